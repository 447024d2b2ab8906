//! Partitions as SHOW CREATE TABLE prints them: every partition names its engine; NULL comes first in a LIST; without a
//! list there is a count; the comments of partitions go to their subpartitions.
//! <https://dev.mysql.com/doc/refman/9.0/en/partitioning-types.html>

use crate::model::{Partition, PartitionScheme, PartitionValue, PartitionValues, Table};

/// Applies to the whole `PARTITION BY`.
pub(super) fn desired(table: &mut Table) {
    let engine = table.options.engine.clone();
    let Some(partitioning) = &mut table.partitioning else { return };
    match &mut partitioning.scheme {
        // 2 is the default and never printed.
        PartitionScheme::Key { algorithm, .. } if *algorithm == Some(2) => *algorithm = None,
        PartitionScheme::Key { .. }
        | PartitionScheme::Hash { .. }
        | PartitionScheme::Range(_)
        | PartitionScheme::RangeColumns(_)
        | PartitionScheme::List(_)
        | PartitionScheme::ListColumns(_) => {}
    }
    let counted = matches!(partitioning.scheme, PartitionScheme::Hash { .. } | PartitionScheme::Key { .. });
    if !partitioning.partitions.is_empty() {
        partitioning.count = None;
    } else if counted && partitioning.count.is_none() {
        partitioning.count = Some(1);
    }
    let named_subpartitions = partitioning.partitions.iter().any(|partition| !partition.subpartitions.is_empty());
    if let Some(subpartitioning) = &mut partitioning.subpartitioning {
        if named_subpartitions {
            subpartitioning.count = None;
        } else if subpartitioning.count.is_none() {
            subpartitioning.count = Some(1);
        }
    }
    for partition in &mut partitioning.partitions {
        normalize(partition, engine.as_deref());
    }
}

fn normalize(partition: &mut Partition, engine: Option<&str>) {
    partition.engine = engine.map(str::to_owned);
    for sub in &mut partition.subpartitions {
        if sub.comment.is_empty() {
            sub.comment.clone_from(&partition.comment);
        }
        normalize(sub, engine);
    }
    if !partition.subpartitions.is_empty() {
        partition.comment.clear();
    }
    if let Some(PartitionValues::In(entries)) = &mut partition.values {
        entries.sort_by_key(|entry| !matches!(entry.as_slice(), [PartitionValue::Null]));
    }
}
