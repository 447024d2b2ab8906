//! TW018: A constraint no longer protects.

use crate::diff::TableChange;
use crate::model::Table;

use super::uniqueness::{loses_uniqueness, named};
use super::{Finding, Level, Review, Rule, each_difference};

pub(super) const RULE: Rule = Rule {
    code: "TW018",
    level: Level::Warning,
    why: "From this moment rows can be written that break the rule, and while there are such rows it cannot be added again",
    instead: "make sure that nothing relies on it, and keep the definition to add it again",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_difference(review, |difference, change| {
        what_is_lost(change, &difference.desired).map(|what| {
            RULE.finding(difference.desired.name.to_string(), format!("{what} no longer protects the table"))
        })
    })
}

/// Exhaustive, so that a new change must say whether it takes protection away.
fn what_is_lost(change: &TableChange, desired: &Table) -> Option<String> {
    match change {
        TableChange::DropIndex(index) | TableChange::ChangeIndex { live: index, .. } => {
            loses_uniqueness(change, desired).then(|| named("unique index", index.name.as_ref()))
        }
        TableChange::DropPrimaryKey(_) => loses_uniqueness(change, desired).then(|| "the primary key".to_owned()),
        TableChange::ChangePrimaryKey { .. } => {
            loses_uniqueness(change, desired).then(|| "the primary key as it was".to_owned())
        }
        TableChange::DropForeignKey(key) | TableChange::ChangeForeignKey { live: key, .. } => {
            Some(named("foreign key", key.name.as_ref()))
        }
        TableChange::DropCheck(check) | TableChange::ChangeCheck { live: check, .. } => {
            check.enforced.then(|| named("check", check.name.as_ref()))
        }
        TableChange::SetCheckEnforced { check } => (!check.enforced).then(|| named("check", check.name.as_ref())),
        TableChange::ModifyColumn { live, desired, .. } => (live.check.is_some() && live.check != desired.check)
            .then(|| named("the check of column", Some(&live.name))),
        TableChange::AddColumn { .. }
        | TableChange::DropColumn { .. }
        | TableChange::RenameColumn { .. }
        | TableChange::MoveColumn { .. }
        | TableChange::ReplaceColumn { .. }
        | TableChange::AddPrimaryKey(_)
        | TableChange::AddIndex(_)
        | TableChange::RenameIndex { .. }
        | TableChange::SetIndexVisibility { .. }
        | TableChange::AddForeignKey(_)
        | TableChange::AddCheck(_)
        | TableChange::Options(_)
        | TableChange::Partitions(_) => None,
    }
}
