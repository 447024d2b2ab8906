//! TW001: A table is dropped.

use crate::diff::Change;

use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW001",
    level: Level::Warning,
    why: "All its rows are gone at once, on the replica too; only a backup brings them back",
    instead: "stop all use of the table first, keep a dump, or rename it and drop it some days later",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    review
        .changes
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::DropTable { live } => {
                Some(RULE.finding(live.name.to_string(), format!("table `{}` is dropped", live.name)))
            }
            Change::CreateTable { .. } | Change::RenameTable { .. } | Change::AlterTable(_) => None,
        })
        .collect()
}
