//! TW006: A column becomes NOT NULL.

use crate::diff::TableChange;

use super::{Finding, Level, Review, Rule, each_change};

pub(super) const RULE: Rule = Rule {
    code: "TW006",
    level: Level::Warning,
    why: "If one row is NULL, the statement fails after having read the table; code that writes NULL or leaves the column out fails afterwards",
    instead: "fill the NULLs first and keep them out with a CHECK that is not enforced yet, then change the column",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_change(review, |table, change| {
        if let TableChange::ModifyColumn { live, desired, .. } = change
            && live.nullable == Some(true)
            && desired.nullable == Some(false)
        {
            Some(
                RULE.finding(
                    format!("{table}.{}", desired.name),
                    format!("column `{}` becomes NOT NULL", desired.name),
                ),
            )
        } else {
            None
        }
    })
}
