//! TW018: A constraint no longer protects.

use std::fmt::Display;

use crate::diff::TableChange;
use crate::model::{Index, IndexKind, KeyPart, KeyTarget};

use super::{Finding, Level, Review, Rule, each_change};

pub(super) const RULE: Rule = Rule {
    code: "TW018",
    level: Level::Warning,
    why: "From this moment rows can be written that break the rule, and while there are such rows it cannot be added again",
    instead: "make sure that nothing relies on it, and keep the definition to add it again",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_change(review, |table, change| {
        what_is_lost(change).map(|what| RULE.finding(table.to_string(), format!("{what} no longer protects the table")))
    })
}

/// Exhaustive, so that a new change must say whether it takes protection away.
fn what_is_lost(change: &TableChange) -> Option<String> {
    match change {
        TableChange::DropIndex(index) => (index.kind == IndexKind::Unique).then(|| unique(index)),
        TableChange::ChangeIndex { live, desired } => (live.kind == IndexKind::Unique
            && !(desired.kind == IndexKind::Unique && still_unique(&live.parts, &desired.parts)))
        .then(|| unique(live)),
        TableChange::DropPrimaryKey(_) => Some("the primary key".to_owned()),
        TableChange::ChangePrimaryKey { live, desired } => {
            (!still_unique(&live.parts, &desired.parts)).then(|| "the primary key as it was".to_owned())
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

/// Whether what is unique by `desired` is unique by `live` too: each of its parts is among them, and no longer there.
pub(crate) fn still_unique(live: &[KeyPart], desired: &[KeyPart]) -> bool {
    desired.iter().all(|part| live.iter().any(|other| covers(&other.target, &part.target)))
}

fn covers(live: &KeyTarget, desired: &KeyTarget) -> bool {
    match (live, desired) {
        (KeyTarget::Column { name, length }, KeyTarget::Column { name: other, length: shorter }) => {
            // Without a length the whole value counts.
            name.same(other) && shorter.unwrap_or(u32::MAX) <= length.unwrap_or(u32::MAX)
        }
        (_, _) => live == desired,
    }
}

fn unique(index: &Index) -> String {
    named("unique index", index.name.as_ref())
}

fn named<T: Display>(what: &str, name: Option<&T>) -> String {
    name.map_or_else(|| what.to_owned(), |name| format!("{what} `{name}`"))
}
