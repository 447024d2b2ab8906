//! TW010: Writes to the table wait while it is copied or read.

use crate::rules::Work;

use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW010",
    level: Level::Warning,
    why: "Writes to the table wait for as long as that takes; a copy needs the table's size on disk once more; and the replica does the same again afterwards",
    instead: "run it in a quiet window, or split the change so that what blocks nobody does not wait for it",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    review
        .costs
        .iter()
        .filter(|cost| cost.blocks_writes)
        .map(|cost| {
            let what = match cost.work {
                Work::Copy => "copied",
                Work::Rebuild => "rebuilt, and writes wait meanwhile",
                Work::Metadata | Work::Index => {
                    "locked against writes while an index is built or partitions are filled"
                }
            };
            RULE.finding(cost.table.to_string(), format!("table `{}` is {what}", cost.table))
        })
        .collect()
}
