//! TW008: A unique index can fail on duplicates.

use crate::diff::TableChange;
use crate::model::IndexKind;

use super::question::Live;
use super::{Finding, Level, Review, Rule, each_difference};

pub(super) const RULE: Rule = Rule {
    code: "TW008",
    level: Level::Warning,
    why: "One duplicate makes the statement fail after having read the table, even a duplicate that was written and removed meanwhile; afterwards writes that were fine are refused",
    instead: "look for duplicates first, and run it when few rows are written",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_difference(review, |difference, change| {
        let live = Live::new(review, difference);
        let (what, question) = if let TableChange::AddIndex(index) | TableChange::ChangeIndex { desired: index, .. } =
            change
            && index.kind == IndexKind::Unique
        {
            ("a unique index", live.duplicates(&index.parts))
        } else if let TableChange::AddPrimaryKey(key) | TableChange::ChangePrimaryKey { desired: key, .. } = change {
            ("a primary key", live.duplicates(&key.parts))
        } else {
            return None;
        };
        let problem = format!("{what} is built over rows that exist");
        Some(RULE.finding(difference.desired.name.to_string(), problem).asking(question))
    })
}
