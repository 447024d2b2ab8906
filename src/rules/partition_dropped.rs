//! TW019: A partition is dropped with its rows.

use crate::diff::{PartitionChange, TableChange};

use super::question::{Counted, Live};
use super::{Finding, Level, Review, Rule, each_difference};

pub(super) const RULE: Rule = Rule {
    code: "TW019",
    level: Level::Warning,
    why: "All its rows are gone at once, on the replica too",
    instead: "let the manifest manage the scheme only (`manage: Scheme`) where partitions come and go by age, or keep a copy of the rows",
    check,
};

const ROWS: Counted = Counted { one: "row that is deleted", many: "rows that are deleted" };

fn check(review: Review<'_>) -> Vec<Finding> {
    each_difference(review, |difference, change| {
        if let TableChange::Partitions(PartitionChange::Drop(partitions)) = change {
            let question = Live::new(review, difference).rows_in(partitions, ROWS);
            let table = &difference.desired.name;
            let names = partitions.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            Some(RULE.finding(table.to_string(), format!("partition {names} is dropped")).asking(question))
        } else {
            None
        }
    })
}
