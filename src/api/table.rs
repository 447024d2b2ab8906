//! Table: one table of a Database, structured or as SQL.
//!
//! Field names are MySQL's terms. What is left out takes MySQL's own default for a new table; what is said is exact.
#![expect(clippy::duplicated_attributes, reason = "printer columns have types and priorities in common")]

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::TableStatus;
use crate::plan::proposal::DatabaseReference;

mod partitioning;
mod parts;
mod scalar;

pub use partitioning::{
    PartitionBySpec, PartitionManageSpec, PartitionSpec, PartitionTupleSpec, PartitioningSpec, SubpartitionSpec,
    SubpartitioningSpec,
};
pub use parts::{
    CheckSpec, ColumnFormatSpec, ColumnSpec, ColumnStorageSpec, ForeignKeyActionSpec, ForeignKeySpec,
    GeneratedKindSpec, GeneratedSpec, IndexAlgorithmSpec, IndexKindSpec, IndexSpec, KeyPartSpec, OptionsSpec,
    OrderSpec, PrimaryKeySpec, ReferencesSpec, RowFormatSpec,
};
pub use scalar::Scalar;

/// One table: either `columns` (and what belongs to them) or `sql`; with `ensure: Absent` neither.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "tablewright.dev",
    version = "v1alpha1",
    kind = "Table",
    plural = "tables",
    namespaced,
    status = "TableStatus",
    shortname = "tbl",
    category = "tablewright",
    derive = "PartialEq",
    doc = "One table of a Database: what it is to be. Deleting the object never drops the table.",
    selectable = ".spec.databaseRef.name",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(name = "Database", type_ = "string", json_path = ".spec.databaseRef.name"),
    printcolumn(name = "Plan", type_ = "string", json_path = ".status.plan"),
    printcolumn(
        name = "Replicated",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Replicated\")].status"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].message",
        priority = 1
    )
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TableSpec {
    /// The Database to which the table belongs. Immutable.
    pub database_ref: DatabaseReference,
    /// Name of the table in MySQL. Default: the object's name. May change only to a name whose `renamedFrom` lists the
    /// present one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub name: Option<String>,
    /// `Present`, or `Absent`: plan a DROP TABLE, which is destructive and waits for approval.
    #[serde(default, skip_serializing_if = "is_present")]
    pub ensure: EnsureSpec,
    /// Names under which the table may exist now: it is renamed, not created.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(min = 1, max = 64)), extend("x-kubernetes-list-type" = "set"))]
    pub renamed_from: Vec<String>,
    /// The whole table as one CREATE TABLE statement, instead of the fields below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1048576))]
    pub sql: Option<String>,
    /// Columns, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = 4096), extend("x-kubernetes-list-type" = "atomic"))]
    pub columns: Vec<ColumnSpec>,
    /// The primary key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_key: Option<PrimaryKeySpec>,
    /// Secondary indexes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub indexes: Vec<IndexSpec>,
    /// Foreign keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub foreign_keys: Vec<ForeignKeySpec>,
    /// CHECK constraints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub checks: Vec<CheckSpec>,
    /// Partitioning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitioning: Option<PartitioningSpec>,
    /// Table options.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<OptionsSpec>,
}

impl TableSpec {
    /// A spec that says nothing but where the table belongs.
    pub fn new(database_ref: DatabaseReference) -> Self {
        Self {
            database_ref,
            name: None,
            ensure: EnsureSpec::Present,
            renamed_from: Vec::new(),
            sql: None,
            columns: Vec::new(),
            primary_key: None,
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            partitioning: None,
            options: None,
        }
    }
}

/// Whether the table is to exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum EnsureSpec {
    /// It is to exist.
    #[default]
    Present,
    /// It is to be dropped.
    Absent,
}

fn is_present(ensure: &EnsureSpec) -> bool {
    matches!(ensure, EnsureSpec::Present)
}
