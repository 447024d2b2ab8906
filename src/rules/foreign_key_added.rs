//! TW009: A foreign key locks its parent.

use crate::diff::TableChange;

use super::question::Live;
use super::{Finding, Level, Review, Rule, each_difference};

pub(super) const RULE: Rule = Rule {
    code: "TW009",
    level: Level::Warning,
    why: "MySQL copies the child and checks every row, and for as long as that takes it blocks writes to the child and to the parent; one orphan makes it fail at the end",
    instead: "look for orphans first, and run it when neither table is written to much",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_difference(review, |difference, change| {
        if let TableChange::AddForeignKey(key) | TableChange::ChangeForeignKey { desired: key, .. } = change {
            let problem = format!("a foreign key to `{}` is added", key.referenced_table);
            let question = Live::new(review, difference).orphans(review, key);
            Some(RULE.finding(difference.desired.name.to_string(), problem).asking(question))
        } else {
            None
        }
    })
}
