//! TW010: The table is copied and writes wait.

use crate::rules::Work;

use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW010",
    level: Level::Warning,
    why: "Writes to the table wait for as long as the copy takes, it needs the table's size on disk once more, and the replica does the same again afterwards",
    instead: "run it in a quiet window, or split the change so that what needs no copy does not wait for it",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    review
        .costs
        .iter()
        .filter(|cost| cost.work == Work::Copy)
        .map(|cost| RULE.finding(cost.table.to_string(), format!("table `{}` is copied", cost.table)))
        .collect()
}
