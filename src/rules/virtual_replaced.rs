//! TW020: A column is dropped and added anew.

use crate::diff::TableChange;

use super::{Finding, Level, Review, Rule, each_change};

pub(super) const RULE: Rule = Rule {
    code: "TW020",
    level: Level::Warning,
    why: "MySQL has no such change (error 3106), so the plan drops the column and adds it again; a column that was not generated loses its values",
    instead: "add the generated column under another name and drop the first one later",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_change(review, |table, change| {
        if let TableChange::ReplaceColumn { desired, .. } = change {
            Some(RULE.finding(
                format!("{table}.{}", desired.name),
                format!("column `{}` is dropped and added anew", desired.name),
            ))
        } else {
            None
        }
    })
}
