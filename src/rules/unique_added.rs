//! TW008: A unique index can fail on duplicates.

use crate::diff::{Change, TableChange, TableDifference};
use crate::model::{Column, DataType};

use super::question::{Live, values_changed};
use super::uniqueness::{UniqueKey, already_unique, built, unique_keys};
use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW008",
    level: Level::Warning,
    why: "One duplicate makes the statement fail after having read the table, even a duplicate that was written and removed meanwhile; afterwards writes that were fine are refused",
    instead: "look for duplicates first, and run it when few rows are written",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for change in &review.changes.changes {
        let Change::AlterTable(difference) = change else { continue };
        let table = difference.desired.name.to_string();
        let live = Live::new(review, difference);
        let mut add = |key: UniqueKey<'_>, what: &str| {
            // TW034 is about keys over new columns alone.
            if !already_unique(difference, key.parts) && !live.is_same_for_all(key.parts) {
                let finding = RULE.finding(table.clone(), format!("{} {what}", key.name()));
                findings.push(finding.asking(live.duplicates(key.parts)));
            }
        };
        for key in difference.changes.iter().filter_map(built) {
            add(key, "is built over rows that exist");
        }
        for key in staying(difference, |live, desired| compares_otherwise(&live.data_type, &desired.data_type)) {
            add(key, "is compared by another collation");
        }
        for key in staying(difference, may_become_alike) {
            add(key, "holds values that may become alike");
        }
    }
    findings
}

/// Keys that stay, and have a column for which this holds.
fn staying(
    difference: &TableDifference,
    holds: impl Fn(&Column, &Column) -> bool,
) -> impl Iterator<Item = UniqueKey<'_>> {
    // A key that is built anyhow is looked at as such.
    let is_built = |key: &UniqueKey<'_>| {
        difference
            .changes
            .iter()
            .filter_map(built)
            .any(|built| built.index.is_none() == key.index.is_none() && built.parts == key.parts)
    };
    let has_one = move |key: &UniqueKey<'_>| {
        difference.changes.iter().any(|change| {
            if let TableChange::ModifyColumn { live, desired, .. } = change {
                key.has(&desired.name) && holds(live, desired)
            } else {
                false
            }
        })
    };
    unique_keys(&difference.desired).filter(move |key| has_one(key) && !is_built(key))
}

/// Whether two values of a column can become one: some are rounded or cut, and no error says so.
fn may_become_alike(live: &Column, desired: &Column) -> bool {
    let (before, after) = (&live.data_type, &desired.data_type);
    before != after && !compares_otherwise(before, after) && !matches!(values_changed("c", before, after), Ok(None))
}

/// Whether text compares by other characters than before, whatever becomes of its length or type.
fn compares_otherwise(live: &DataType, desired: &DataType) -> bool {
    let bytes = matches!(live, DataType::Binary { .. } | DataType::VarBinary { .. } | DataType::Blob { .. });
    match (live.characters(), desired.characters()) {
        (Some(one), Some(other)) => one != other,
        (None, Some(_)) => bytes,
        (Some(_) | None, None) => false,
    }
}
