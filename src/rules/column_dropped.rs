//! TW002: A column is dropped.

use crate::diff::TableChange;

use super::{Finding, Level, Review, Rule, each_change};

pub(super) const RULE: Rule = Rule {
    code: "TW002",
    level: Level::Warning,
    why: "Its values are gone at once, on the replica too (those of a generated column can be computed again), and code that still names it fails",
    instead: "deploy code that no longer uses the column first; make it INVISIBLE for some days; keep a copy of the values",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_change(review, |table, change| {
        if let TableChange::DropColumn { column } = change {
            let which = if column.generated.is_some() { "generated column" } else { "column" };
            Some(RULE.finding(format!("{table}.{}", column.name), format!("{which} `{}` is dropped", column.name)))
        } else {
            None
        }
    })
}
