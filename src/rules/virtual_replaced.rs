//! TW020: A column is dropped and added anew, or filled anew.

use crate::diff::TableChange;

use super::{Finding, Level, Review, Rule, each_change};

pub(super) const RULE: Rule = Rule {
    code: "TW020",
    level: Level::Warning,
    why: "A column that was not generated loses its values; where MySQL has no such change (error 3106), the plan drops the column and adds it again",
    instead: "add the generated column under another name and drop the first one later",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_change(review, |table, change| {
        let (column, what) = if let TableChange::ReplaceColumn { desired, .. } = change {
            (desired, "is dropped and added anew")
        } else if let TableChange::ModifyColumn { live, desired, .. } = change
            && live.generated.is_none()
            && desired.generated.is_some()
        {
            (desired, "is computed from now on, and its values are overwritten")
        } else {
            return None;
        };
        Some(RULE.finding(format!("{table}.{}", column.name), format!("column `{}` {what}", column.name)))
    })
}
