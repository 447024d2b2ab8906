//! TW027: A table reaches outside of its schema.

use crate::diff::{Change, PartitionChange, TableChange};
use crate::model::{Partition, Table, TableOptions};

use super::{Finding, Level, Review, Rule, each_change};

pub(super) const RULE: Rule = Rule {
    code: "TW027",
    level: Level::Warning,
    why: "What lies outside belongs to others: a parent in another schema is locked for a moment, and from then on its rows cannot go while a child refers to them, nor can it be dropped; a directory or tablespace is storage that backups and replicas must have, too",
    instead: "keep parent and child in one schema; leave directories and tablespaces to the server's own settings; else ask those to whom they belong",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    let mut found = each_change(review, |table, change| {
        let reached = in_change(change);
        (!reached.is_empty()).then(|| RULE.finding(table.to_string(), reached.join(", and ")))
    });
    for change in &review.changes.changes {
        if let Change::CreateTable { canonical, .. } = change {
            let reached = in_table(canonical);
            if !reached.is_empty() {
                found.push(RULE.finding(canonical.name.to_string(), reached.join(", and ")));
            }
        }
    }
    found
}

/// What of a table to be created lies outside of its schema, in words.
pub(crate) fn in_table(table: &Table) -> Vec<String> {
    let mut reached: Vec<String> = table.foreign_keys.iter().filter_map(in_key).collect();
    reached.extend(in_options(&table.options));
    if let Some(partitioning) = &table.partitioning {
        reached.extend(in_partitions(&partitioning.partitions));
    }
    reached
}

/// The same of a change.
pub(crate) fn in_change(change: &TableChange) -> Vec<String> {
    match change {
        TableChange::AddForeignKey(key) | TableChange::ChangeForeignKey { desired: key, .. } => {
            in_key(key).into_iter().collect()
        }
        TableChange::Options(options) => in_options(&options.set),
        TableChange::Partitions(partitions) => match partitions {
            PartitionChange::PartitionBy { desired, .. } => in_partitions(&desired.partitions),
            PartitionChange::Add(added) | PartitionChange::Reorganize { into: added, .. } => in_partitions(added),
            PartitionChange::Remove { .. }
            | PartitionChange::AddCount(_)
            | PartitionChange::Drop(_)
            | PartitionChange::Coalesce(_) => Vec::new(),
        },
        TableChange::AddColumn { .. }
        | TableChange::DropColumn { .. }
        | TableChange::RenameColumn { .. }
        | TableChange::ModifyColumn { .. }
        | TableChange::MoveColumn { .. }
        | TableChange::ReplaceColumn { .. }
        | TableChange::AddPrimaryKey(_)
        | TableChange::DropPrimaryKey(_)
        | TableChange::ChangePrimaryKey { .. }
        | TableChange::AddIndex(_)
        | TableChange::DropIndex(_)
        | TableChange::RenameIndex { .. }
        | TableChange::ChangeIndex { .. }
        | TableChange::SetIndexVisibility { .. }
        | TableChange::DropForeignKey(_)
        | TableChange::AddCheck(_)
        | TableChange::DropCheck(_)
        | TableChange::ChangeCheck { .. }
        | TableChange::SetCheckEnforced { .. } => Vec::new(),
    }
}

fn in_key(key: &crate::model::ForeignKey) -> Option<String> {
    let schema = key.referenced_schema.as_ref()?;
    Some(format!("a foreign key refers to `{schema}`.`{}`", key.referenced_table))
}

fn in_options(options: &TableOptions) -> Vec<String> {
    storage(options.tablespace.as_deref(), options.data_directory.is_some(), options.index_directory.is_some())
}

fn in_partitions(partitions: &[Partition]) -> Vec<String> {
    let mut reached = Vec::new();
    for partition in partitions {
        let own = storage(
            partition.tablespace.as_deref(),
            partition.data_directory.is_some(),
            partition.index_directory.is_some(),
        );
        reached.extend(own.into_iter().map(|what| format!("partition `{}`: {what}", partition.name)));
        reached.extend(in_partitions(&partition.subpartitions));
    }
    reached
}

/// The tablespace that each InnoDB table has by itself is none of these.
fn storage(tablespace: Option<&str>, data: bool, index: bool) -> Vec<String> {
    let mut reached = Vec::new();
    if let Some(name) = tablespace.filter(|name| !name.eq_ignore_ascii_case("innodb_file_per_table")) {
        reached.push(format!("it lies in the tablespace `{name}`"));
    }
    if data {
        reached.push("its rows lie in a directory of their own (DATA DIRECTORY)".to_owned());
    }
    if index {
        reached.push("its indexes lie in a directory of their own (INDEX DIRECTORY)".to_owned());
    }
    reached
}
