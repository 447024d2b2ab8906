//! TW038: A copy of the table checks the foreign keys that stay.

use crate::diff::{Change, TableDifference};
use crate::model::ForeignKey;

use super::question::Live;
use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW038",
    level: Level::Note,
    why: "MySQL checks every row of a table that it copies against the foreign keys that stay, too: one row without a parent, written with foreign_key_checks=0, makes the statement fail at its end",
    instead: "correct the rows that are counted, if there are any",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for change in &review.changes.changes {
        let Change::AlterTable(difference) = change else { continue };
        let table = &difference.desired.name;
        if review.is_copied(table) {
            findings.extend(kept(review, difference).map(|key| {
                let problem = format!("the copy checks the foreign key to `{}`", key.referenced_table);
                let question = Live::new(review, difference).orphans(review, key);
                RULE.finding(table.to_string(), problem).asking(question)
            }));
        }
    }
    findings
}

/// Foreign keys that stay as they are. Those that are dropped and added again have a finding of their own (TW025).
fn kept<'d>(review: Review<'d>, difference: &'d TableDifference) -> impl Iterator<Item = &'d ForeignKey> {
    let paused = |key: &ForeignKey| {
        review.changes.paused.iter().any(|paused| paused.table == difference.desired.name && paused.key == *key)
    };
    difference.desired.foreign_keys.iter().filter(move |key| difference.live.foreign_keys.contains(key) && !paused(key))
}
