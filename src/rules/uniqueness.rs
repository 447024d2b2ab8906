//! What the keys of a table keep unique, and what still does when one of them goes.

use std::fmt::Display;

use crate::diff::{TableChange, TableDifference};
use crate::model::{ColumnName, Index, IndexKind, KeyPart, KeyTarget, Table};
use crate::sql;

/// A primary key, or an index that is unique.
#[derive(Clone, Copy)]
pub(super) struct UniqueKey<'a> {
    /// The index; `None`: the primary key.
    pub(super) index: Option<&'a Index>,
    /// What is unique.
    pub(super) parts: &'a [KeyPart],
}

impl UniqueKey<'_> {
    pub(super) fn has(&self, column: &ColumnName) -> bool {
        self.parts.iter().any(|part| matches!(&part.target, KeyTarget::Column { name, .. } if name.same(column)))
    }

    /// For people: "unique index `a`".
    pub(super) fn name(&self) -> String {
        match self.index {
            None => "the primary key".to_owned(),
            Some(index) if index.name.is_some() => named("unique index", index.name.as_ref()),
            Some(index) => {
                let part = |part: &KeyPart| match &part.target {
                    KeyTarget::Column { name, .. } => format!("`{name}`"),
                    KeyTarget::Expression(_) => "an expression".to_owned(),
                };
                format!("the unique index over {}", index.parts.iter().map(part).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// All that is unique in a table.
pub(super) fn unique_keys(table: &Table) -> impl Iterator<Item = UniqueKey<'_>> {
    let primary = table.primary_key.iter().map(|key| UniqueKey { index: None, parts: &key.parts });
    let unique = table.indexes.iter().filter(|index| index.kind == IndexKind::Unique);
    primary.chain(unique.map(|index| UniqueKey { index: Some(index), parts: &index.parts }))
}

/// The key that a change makes anew over the rows that exist, if any.
pub(super) fn built(change: &TableChange) -> Option<UniqueKey<'_>> {
    if let TableChange::AddIndex(index) | TableChange::ChangeIndex { desired: index, .. } = change
        && index.kind == IndexKind::Unique
    {
        Some(UniqueKey { index: Some(index), parts: &index.parts })
    } else if let TableChange::AddPrimaryKey(key) | TableChange::ChangePrimaryKey { desired: key, .. } = change {
        Some(UniqueKey { index: None, parts: &key.parts })
    } else {
        None
    }
}

/// Whether no two rows can agree in these parts, because a live key over some of them is unique and stays as it compares.
pub(super) fn already_unique(difference: &TableDifference, parts: &[KeyPart]) -> bool {
    let changes_values = |column: &ColumnName| {
        difference.changes.iter().any(|change| {
            if let TableChange::ModifyColumn { live, desired, .. } = change {
                desired.name.same(column)
                    && (live.data_type != desired.data_type || live.generated != desired.generated)
            } else if let TableChange::ReplaceColumn { desired, .. } = change {
                desired.name.same(column)
            } else {
                false
            }
        })
    };
    let stays = |part: &KeyPart| match &part.target {
        KeyTarget::Column { name, .. } => !changes_values(name),
        KeyTarget::Expression(expression) => !sql::expression_columns(expression).iter().any(&changes_values),
    };
    unique_keys(&difference.live).any(|key| key.parts.iter().all(stays) && still_unique(parts, key.parts))
}

/// Whether a change lets rows be written that agree where no two rows could: a unique key goes, and none of the desired
/// table is as strict.
pub(crate) fn loses_uniqueness(change: &TableChange, desired: &Table) -> bool {
    let (lost, primary) =
        if let TableChange::DropPrimaryKey(key) | TableChange::ChangePrimaryKey { live: key, .. } = change {
            (&key.parts, true)
        } else if let TableChange::DropIndex(index) | TableChange::ChangeIndex { live: index, .. } = change
            && index.kind == IndexKind::Unique
        {
            (&index.parts, false)
        } else {
            return false;
        };
    // A unique index takes any number of NULLs, a primary key none.
    let never_null = |part: &KeyPart| match &part.target {
        KeyTarget::Column { name, .. } => desired.column(name).is_some_and(|column| column.nullable == Some(false)),
        KeyTarget::Expression(_) => false,
    };
    !unique_keys(desired).any(|key| {
        still_unique(lost, key.parts) && (!primary || key.index.is_none() || key.parts.iter().all(never_null))
    })
}

/// Whether what is unique by `desired` is unique by `live` too: each of its parts is among them, and no longer there.
fn still_unique(live: &[KeyPart], desired: &[KeyPart]) -> bool {
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

/// For people: what, and its name where it has one.
pub(super) fn named<T: Display>(what: &str, name: Option<&T>) -> String {
    name.map_or_else(|| what.to_owned(), |name| format!("{what} `{name}`"))
}
