//! The Kubernetes face of tablewright: the kinds of `tablewright.dev/v1alpha1`, their CRDs, and manifests in and out.
//!
//! The types here say what an object may look like; what a Table *means* is `model`'s, and [`manifest`] is the only way
//! from one to the other. Nothing in this module talks to a server.

pub mod export;
pub mod labels;
pub mod manifest;
pub mod reason;

mod approval;
mod crd;
mod database;
mod database_status;
mod plan;
mod plan_activity;
mod schema;
mod table;
mod table_status;

pub use approval::{Approval, ApprovalSpec, ApprovalStatus};
pub use crd::crds;
pub use database::{
    ApprovalFrom, ApprovalPolicy, CredentialsReference, Database, DatabaseSpec, Drift, DriftAction, Execution, Mode,
    Primary, PrimaryRole, Replica, ReplicaRole, RowVerification, Tls, TlsMode, Verification, Window,
};
pub use database_status::{
    ApplierState, DatabasePrimaryStatus, DatabaseReplicaStatus, DatabaseState, DatabaseStatus, MissingPrivilege,
    TableCounts,
};
pub use plan::{
    ApprovalHow, Decision, Phase, Plan, PlanApproval, PlanReplicaStatus, PlanSpec, PlanStatus, StatementState,
    StatementStatus, Verdict,
};
pub use plan_activity::{LongestStatement, PlanActivity, ServerActivity, SessionActivity, SessionKind, Unseen};
pub use reason::{ConditionType, Disposition, Reason};
pub use schema::plan_schema;
pub use table::{
    CheckSpec, ColumnFormatSpec, ColumnSpec, ColumnStorageSpec, EnsureSpec, ForeignKeyActionSpec, ForeignKeySpec,
    GeneratedKindSpec, GeneratedSpec, IndexAlgorithmSpec, IndexKindSpec, IndexSpec, KeyPartSpec, OptionsSpec,
    OrderSpec, PartitionBySpec, PartitionManageSpec, PartitionSpec, PartitionTupleSpec, PartitioningSpec,
    PrimaryKeySpec, ReferencesSpec, RowFormatSpec, Scalar, SubpartitionSpec, SubpartitioningSpec, Table, TableSpec,
};
pub use table_status::{ReplicaVerdict, TableReplicaStatus, TableStatus};

/// API group of every kind.
pub const GROUP: &str = "tablewright.dev";
/// Version of every kind.
pub const VERSION: &str = "v1alpha1";
/// `apiVersion` of every kind.
pub const API_VERSION: &str = "tablewright.dev/v1alpha1";
/// `status.observedGeneration` of an object that the controller has not seen.
pub const UNOBSERVED: i64 = -1;
