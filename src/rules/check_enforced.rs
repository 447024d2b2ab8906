//! TW015: A check is enforced on rows that exist.

use crate::diff::TableChange;

use super::question::Live;
use super::{Finding, Level, Review, Rule, each_difference};

pub(super) const RULE: Rule = Rule {
    code: "TW015",
    level: Level::Warning,
    why: "MySQL copies the table to check every row, writes wait meanwhile, and one row that fails the check makes the statement fail",
    instead: "add it NOT ENFORCED (which is free), repair the rows, then enforce it",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_difference(review, |difference, change| {
        if let TableChange::AddCheck(check)
        | TableChange::ChangeCheck { desired: check, .. }
        | TableChange::SetCheckEnforced { check } = change
            && check.enforced
        {
            let name = check.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
            let question = Live::new(review, difference).breaking(check);
            let table = difference.desired.name.to_string();
            Some(RULE.finding(table, format!("check{name} is enforced")).asking(question))
        } else if let TableChange::ModifyColumn { live, desired, .. } = change
            && let Some(expression) = &desired.check
            && live.check != desired.check
        {
            // MariaDB's checks of one column.
            let question = Live::new(review, difference).breaking_expression(expression);
            let path = format!("{}.{}", difference.desired.name, desired.name);
            Some(RULE.finding(path, format!("the check of column `{}` is enforced", desired.name)).asking(question))
        } else {
            None
        }
    })
}
