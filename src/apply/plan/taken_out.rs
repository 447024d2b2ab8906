//! Which tables leave a plan when some are refused in rehearsal. Pure. No table leaves without a refusal of its own: what is
//! neither planned nor refused would pass for being as declared.

use std::collections::BTreeSet;

use super::compare::refuse;
use crate::diff::{Desired, LiveSchema};
use crate::model::TableName;
use crate::plan::proposal::{Refusal, RefusalReason};

/// The tables that are left, and refusals of those that leave because of what they are connected to. At least one leaves.
pub(super) fn without(open: Vec<Desired>, refusals: &[Refusal], live: &LiveSchema) -> (Vec<Desired>, Vec<Refusal>) {
    let failed: BTreeSet<TableName> = refusals.iter().map(|refusal| TableName::new(refusal.table.as_str())).collect();
    let count = open.len();
    let left: Vec<Desired> =
        open.into_iter().filter(|desired| !failed.contains(&desired.declared.table.name)).collect();
    if left.len() < count {
        return (left, Vec::new());
    }
    // About tables that only stand beside those of the plan: what is connected with them cannot be tried.
    let (mut gone, mut left): (Vec<Desired>, Vec<Desired>) =
        left.into_iter().partition(|desired| is_connected(desired, &failed, live));
    if gone.is_empty() {
        gone = std::mem::take(&mut left);
    }
    let names: Vec<String> = failed.iter().map(|name| format!("`{name}`")).collect();
    let message = format!("it is not tried, because {} is refused, which it is connected with", names.join(", "));
    let more = gone.iter().map(|desired| refuse(&desired.declared, RefusalReason::NotProvable, &message)).collect();
    (left, more)
}

/// Whether foreign keys, live or desired, connect a table with one of these.
fn is_connected(desired: &Desired, failed: &BTreeSet<TableName>, live: &LiveSchema) -> bool {
    let declared = &desired.declared;
    let names: Vec<&TableName> = std::iter::once(&declared.table.name).chain(&declared.renamed_from).collect();
    let own = names.iter().filter_map(|name| live.tables.get(*name)).map(|live| &live.table);
    let refers = own.chain([&desired.canonical]).any(|table| {
        table.foreign_keys.iter().any(|key| key.referenced_schema.is_none() && failed.contains(&key.referenced_table))
    });
    let referred = failed.iter().filter_map(|name| live.tables.get(name)).any(|parent| {
        let keys = &parent.table.foreign_keys;
        keys.iter().any(|key| key.referenced_schema.is_none() && names.contains(&&key.referenced_table))
    });
    refers || referred || names.iter().any(|name| failed.contains(*name))
}
