//! TW023: The table leaves InnoDB.

use crate::diff::TableChange;

use super::{Finding, Level, Review, Rule, each_change};

pub(super) const RULE: Rule = Rule {
    code: "TW023",
    level: Level::Warning,
    why: "Other engines have no transactions, no foreign keys and no recovery after a crash; a statement that fails midway leaves half of its rows, and the replica can differ afterwards",
    instead: "keep InnoDB",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_change(review, |table, change| {
        let TableChange::Options(options) = change else { return None };
        let engine = options.set.engine.as_deref().filter(|engine| *engine != "InnoDB")?;
        Some(RULE.finding(table.to_string(), format!("the table moves to {engine}")))
    })
}
