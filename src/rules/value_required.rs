//! TW007: A new column needs a value.

use crate::diff::TableChange;

use super::{Finding, Level, Review, Rule, each_change};

pub(super) const RULE: Rule = Rule {
    code: "TW007",
    level: Level::Warning,
    why: "Rows that exist get an empty value that nobody chose (0, an empty string; for dates the statement fails), and code that does not know the column cannot insert any more",
    instead: "give the column a default, or add it as NULL, fill it, and make it NOT NULL afterwards",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_change(review, |table, change| {
        if let TableChange::AddColumn { column, .. } = change
            && column.nullable == Some(false)
            && column.default.is_none()
            && column.generated.is_none()
            && !column.auto_increment
        {
            Some(RULE.finding(
                format!("{table}.{}", column.name),
                format!("column `{}` is added NOT NULL without a default", column.name),
            ))
        } else {
            None
        }
    })
}
