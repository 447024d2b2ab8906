//! TW011: The table is rebuilt.

use crate::rules::Work;

use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW011",
    level: Level::Note,
    why: "It needs the table's size on disk once more, loads the server for its time, and the replica does the same again afterwards",
    instead: "do several such changes in one statement, and run it in a quiet window",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    review
        .costs
        .iter()
        .filter(|cost| cost.work == Work::Rebuild)
        .map(|cost| RULE.finding(cost.table.to_string(), format!("table `{}` is rebuilt in place", cost.table)))
        .collect()
}
