//! TW016: A new column order rebuilds the table.

use crate::diff::TableChange;

use super::{Finding, Level, Review, Rule, each_change};

pub(super) const RULE: Rule = Rule {
    code: "TW016",
    level: Level::Note,
    why: "MySQL writes the whole table anew for it, and nothing but `SELECT *` can tell the difference",
    instead: "leave the live order in the manifest; put new columns where you like, that is free",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_change(review, |table, change| {
        if let TableChange::MoveColumn { written, .. } = change {
            Some(RULE.finding(format!("{table}.{}", written.name), format!("column `{}` is moved", written.name)))
        } else {
            None
        }
    })
}
