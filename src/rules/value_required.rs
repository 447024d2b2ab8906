//! TW007: A column needs a value from now on.

use crate::diff::TableChange;

use super::question::Live;
use super::{Finding, Level, Review, Rule, each_difference};

pub(super) const RULE: Rule = Rule {
    code: "TW007",
    level: Level::Warning,
    why: "Code that leaves the column out cannot insert any more; where the column is new, rows that exist get an empty value that nobody chose (0, an empty string; for dates the statement fails)",
    instead: "give the column a default, or add it as NULL, fill it, and make it NOT NULL afterwards",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_difference(review, |difference, change| {
        let table = &difference.desired.name;
        let (column, problem, question) = if let TableChange::AddColumn { column, .. } = change {
            let question = Live::new(review, difference).without_value(column);
            (column, "is added NOT NULL without a default", question)
        } else if let TableChange::ModifyColumn { live, desired, .. } = change
            // What becomes NOT NULL is TW006.
            && live.nullable == Some(false)
            && !live.requires_value()
        {
            (desired, "is NOT NULL and has no default any more", None)
        } else {
            return None;
        };
        column.requires_value().then(|| Finding {
            question,
            ..RULE.finding(format!("{table}.{}", column.name), format!("column `{}` {problem}", column.name))
        })
    })
}
