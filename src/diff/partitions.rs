//! Partitioning.

use crate::model::{PartitionManagement, Table};

use super::change::{PartitionChange, TableChange};

/// Compares partitioning.
pub(super) fn changes(
    live: &Table,
    desired: &Table,
    written: &Table,
    _manage: PartitionManagement,
) -> Vec<TableChange> {
    let to_write = || written.partitioning.clone().or_else(|| desired.partitioning.clone());
    match (&live.partitioning, &desired.partitioning) {
        (None, None) => Vec::new(),
        (Some(live), None) => {
            vec![TableChange::Partitions(PartitionChange::Remove { live: Box::new(live.clone()) })]
        }
        (live, Some(desired)) if live.as_ref() == Some(desired) => Vec::new(),
        (live, Some(desired)) => vec![TableChange::Partitions(PartitionChange::PartitionBy {
            live: live.clone().map(Box::new),
            desired: Box::new(to_write().unwrap_or_else(|| desired.clone())),
        })],
    }
}
