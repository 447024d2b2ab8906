//! TW008: A unique index can fail on duplicates.

use crate::diff::{TableChange, TableDifference};
use crate::model::{ColumnName, IndexKind, KeyPart, KeyTarget};
use crate::rules::loss::same_but_for_characters;

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
        let (problem, question) = if let TableChange::AddIndex(index) | TableChange::ChangeIndex { desired: index, .. } =
            change
            && index.kind == IndexKind::Unique
        {
            ("a unique index is built over rows that exist", live.duplicates(&index.parts))
        } else if let TableChange::AddPrimaryKey(key) | TableChange::ChangePrimaryKey { desired: key, .. } = change {
            ("a primary key is built over rows that exist", live.duplicates(&key.parts))
        } else if let TableChange::ModifyColumn { live: before, desired: after, .. } = change
            && before.data_type != after.data_type
            && same_but_for_characters(&before.data_type, &after.data_type)
            && let Some(parts) = unique_over(difference, &after.name)
        {
            ("what is unique is compared by another collation", live.duplicates(parts))
        } else {
            return None;
        };
        Some(RULE.finding(difference.desired.name.to_string(), problem.to_owned()).asking(question))
    })
}

/// A key that is unique before and after, and has the column among its parts.
fn unique_over<'a>(difference: &'a TableDifference, column: &ColumnName) -> Option<&'a [KeyPart]> {
    let has = |parts: &[KeyPart]| {
        parts.iter().any(|part| matches!(&part.target, KeyTarget::Column { name, .. } if name.same(column)))
    };
    let new = |change: &TableChange| {
        matches!(
            change,
            TableChange::AddIndex(_)
                | TableChange::ChangeIndex { .. }
                | TableChange::AddPrimaryKey(_)
                | TableChange::ChangePrimaryKey { .. }
        )
    };
    // A key that is built anyhow is looked at as such.
    if difference.changes.iter().any(new) {
        return None;
    }
    let primary = difference.desired.primary_key.iter().map(|key| key.parts.as_slice());
    let unique = difference.desired.indexes.iter().filter(|index| index.kind == IndexKind::Unique);
    primary.chain(unique.map(|index| index.parts.as_slice())).find(|parts| has(parts))
}
