//! TW019: A partition is dropped with its rows.

use crate::diff::{PartitionChange, TableChange};

use super::{Finding, Level, Review, Rule, each_change};

pub(super) const RULE: Rule = Rule {
    code: "TW019",
    level: Level::Warning,
    why: "All its rows are gone at once, on the replica too",
    instead: "let the manifest manage the scheme only (`manage: Scheme`) where partitions come and go by age, or keep a copy of the rows",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_change(review, |table, change| {
        if let TableChange::Partitions(PartitionChange::Drop(names)) = change {
            let names = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            Some(RULE.finding(table.to_string(), format!("partition {names} is dropped")))
        } else {
            None
        }
    })
}
