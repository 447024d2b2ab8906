//! TW015: A check is enforced on rows that exist.

use crate::diff::TableChange;

use super::{Finding, Level, Review, Rule, each_change};

pub(super) const RULE: Rule = Rule {
    code: "TW015",
    level: Level::Warning,
    why: "MySQL copies the table to check every row, writes wait meanwhile, and one row that fails the check makes the statement fail",
    instead: "add it NOT ENFORCED (which is free), repair the rows, then enforce it",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_change(review, |table, change| {
        if let TableChange::AddCheck(check)
        | TableChange::ChangeCheck { desired: check, .. }
        | TableChange::SetCheckEnforced { check } = change
            && check.enforced
        {
            let name = check.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
            Some(RULE.finding(table.to_string(), format!("check{name} is enforced")))
        } else {
            None
        }
    })
}
