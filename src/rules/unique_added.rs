//! TW008: A unique index can fail on duplicates.

use crate::diff::TableChange;
use crate::model::IndexKind;

use super::{Finding, Level, Review, Rule, each_change};

pub(super) const RULE: Rule = Rule {
    code: "TW008",
    level: Level::Warning,
    why: "One duplicate makes the statement fail after having read the table, even a duplicate that was written and removed meanwhile; afterwards writes that were fine are refused",
    instead: "look for duplicates first, and run it when few rows are written",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_change(review, |table, change| {
        let what = if let TableChange::AddIndex(index) | TableChange::ChangeIndex { desired: index, .. } = change {
            (index.kind == IndexKind::Unique).then_some("a unique index")
        } else if let TableChange::AddPrimaryKey(_) | TableChange::ChangePrimaryKey { .. } = change {
            Some("a primary key")
        } else {
            None
        };
        what.map(|what| RULE.finding(table.to_string(), format!("{what} is built over rows that exist")))
    })
}
