//! What all workers share.

use std::collections::BTreeSet;
use std::sync::Arc;

use kube::Client;
use kube::ResourceExt;

use super::event::Events;
use super::store::{ObjectKey, Store};
use crate::api::{Approval, Database, Plan, Table};
use crate::plan::proposal::DatabaseReference;
use crate::telemetry::Metrics;

/// Shared by all workers.
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) databases: Arc<Store<Database>>,
    pub(crate) tables: Arc<Store<Table>>,
    pub(crate) plans: Arc<Store<Plan>>,
    pub(crate) approvals: Arc<Store<Approval>>,
    pub(crate) events: Events,
    pub(crate) metrics: Metrics,
    /// Only some Databases are this controller's: Tables of others are none of its business.
    pub(crate) selective: bool,
    /// Accounts of GitOps tools, as the admission policies name them.
    pub(crate) gitops_accounts: BTreeSet<String>,
}

/// The Database that a reference names, seen from an object's namespace.
pub(crate) fn referenced(reference: &DatabaseReference, namespace: Option<String>) -> ObjectKey {
    let namespace = reference.namespace.clone().or(namespace).unwrap_or_default();
    ObjectKey::new(namespace, reference.name.clone())
}

/// A Database is its own.
pub(crate) fn of_database(database: &Database) -> ObjectKey {
    ObjectKey::of(database)
}

/// A Table's Database.
pub(crate) fn of_table(table: &Table) -> ObjectKey {
    referenced(&table.spec.database_ref, table.namespace())
}

/// A Plan's Database.
pub(crate) fn of_plan(plan: &Plan) -> ObjectKey {
    referenced(&plan.spec.proposal.database_ref, plan.namespace())
}

/// An Approval's Database.
pub(crate) fn of_approval(approval: &Approval) -> ObjectKey {
    referenced(&approval.spec.database_ref, approval.namespace())
}
