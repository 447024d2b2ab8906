//! TW003: A rename breaks running code.

use crate::diff::{Change, TableChange};

use super::{Finding, Level, Review, Rule, each_change};

pub(super) const RULE: Rule = Rule {
    code: "TW003",
    level: Level::Warning,
    why: "Code that knows only one of the two names fails from this moment, or until it is deployed; views and triggers that use the old name break silently",
    instead: "add the new column, write both, move the readers, then drop the old one; for a table put a view in place of the old name",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    let mut found = each_change(review, |table, change| {
        if let TableChange::RenameColumn { from, to } = change {
            let path = format!("{table}.{to}");
            Some(RULE.finding(path, format!("column `{from}` becomes `{to}`")))
        } else {
            None
        }
    });
    for change in &review.changes.changes {
        if let Change::RenameTable { from, to } = change {
            found.push(RULE.finding(to.to_string(), format!("table `{from}` becomes `{to}`")));
        }
    }
    found
}
