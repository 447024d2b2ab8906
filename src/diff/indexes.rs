//! Primary key and indexes.
//!
//! Indexes that the manifest names are matched by name; those it does not name, and the ones that its foreign keys imply,
//! by content. An index under another name with the same content is renamed rather than built again.

use crate::model::{ForeignKey, Index, IndexKind, IndexName, KeyPart, KeyTarget, PrimaryKey, Table};
use crate::sql;

use super::change::TableChange;

/// Compares primary keys. `anew`: even an equal one must be made anew.
pub(super) fn primary_key(live: &Table, desired: &Table, anew: bool) -> Vec<TableChange> {
    match (&live.primary_key, &desired.primary_key) {
        (None, None) => Vec::new(),
        (None, Some(desired)) => vec![TableChange::AddPrimaryKey(desired.clone())],
        (Some(live), None) => vec![TableChange::DropPrimaryKey(live.clone())],
        (Some(live), Some(desired)) if !anew && same_primary_key(live, desired) => Vec::new(),
        (Some(live), Some(desired)) => {
            vec![TableChange::ChangePrimaryKey { live: live.clone(), desired: desired.clone() }]
        }
    }
}

fn same_primary_key(live: &PrimaryKey, desired: &PrimaryKey) -> bool {
    let PrimaryKey { parts, algorithm, key_block_size, comment, engine_attribute, secondary_engine_attribute } = live;
    same_parts(parts, &desired.parts)
        && *algorithm == desired.algorithm
        && *key_block_size == desired.key_block_size
        && *comment == desired.comment
        && *engine_attribute == desired.engine_attribute
        && *secondary_engine_attribute == desired.secondary_engine_attribute
}

/// Whether two indexes are the same, name and visibility apart.
pub(crate) fn same_content(live: &Index, desired: &Index) -> bool {
    let Index {
        name: _,
        kind,
        parts,
        algorithm,
        key_block_size,
        parser,
        visible: _,
        comment,
        engine_attribute,
        secondary_engine_attribute,
        // As written only.
        constraint: _,
    } = live;
    *kind == desired.kind
        && same_parts(parts, &desired.parts)
        && *algorithm == desired.algorithm
        && *key_block_size == desired.key_block_size
        && *parser == desired.parser
        && *comment == desired.comment
        && *engine_attribute == desired.engine_attribute
        && *secondary_engine_attribute == desired.secondary_engine_attribute
}

/// Whether two lists of key parts are the same.
pub(crate) fn same_parts(live: &[KeyPart], desired: &[KeyPart]) -> bool {
    live.len() == desired.len() && live.iter().zip(desired).all(|(live, desired)| same_part(live, desired))
}

fn same_part(live: &KeyPart, desired: &KeyPart) -> bool {
    let KeyPart { target, descending } = live;
    let same_target = match (target, &desired.target) {
        (KeyTarget::Column { name, length }, KeyTarget::Column { name: other, length: other_length }) => {
            name.same(other) && length == other_length
        }
        (KeyTarget::Expression(live), KeyTarget::Expression(desired)) => sql::same_expression(live, desired),
        (KeyTarget::Column { .. }, KeyTarget::Expression(_)) | (KeyTarget::Expression(_), KeyTarget::Column { .. }) => {
            false
        }
    };
    same_target && *descending == desired.descending
}

/// Whether an index can serve a foreign key: it begins with these columns, in order, whole and ascending.
pub(crate) fn serves(parts: &[KeyPart], key: &ForeignKey) -> bool {
    parts.len() >= key.columns.len()
        && key.columns.iter().zip(parts).all(|(wanted, part)| match &part.target {
            KeyTarget::Column { name, length: None } => name.same(wanted) && !part.descending,
            KeyTarget::Column { length: Some(_), .. } | KeyTarget::Expression(_) => false,
        })
}

/// Where a desired index comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Provenance {
    /// The manifest names it.
    Named,
    /// The manifest has it without a name.
    Unnamed,
    /// A foreign key implies it.
    Implied,
}

fn provenance(index: &Index, desired: &Table, written: &Table) -> Provenance {
    let name = index.name.as_ref();
    let written_name = |candidate: &Index| {
        candidate
            .name
            .clone()
            .or_else(|| candidate.constraint.as_ref().map(|constraint| IndexName::new(constraint.as_str())))
    };
    let named =
        written.indexes.iter().filter_map(written_name).any(|written| name.is_some_and(|name| name.same(&written)));
    if named {
        return Provenance::Named;
    }
    let plain = index.kind == IndexKind::Plain && index.comment.is_empty() && index.visible;
    let implied = plain
        && desired.foreign_keys.iter().any(|key| key.columns.len() == index.parts.len() && serves(&index.parts, key))
        && !written
            .indexes
            .iter()
            .any(|candidate| written_name(candidate).is_none() && column_names(candidate) == column_names(index));
    if implied { Provenance::Implied } else { Provenance::Unnamed }
}

fn column_names(index: &Index) -> Vec<Option<String>> {
    index
        .parts
        .iter()
        .map(|part| match &part.target {
            KeyTarget::Column { name, .. } => Some(name.folded()),
            KeyTarget::Expression(_) => None,
        })
        .collect()
}

fn same_name(one: &Index, other: &Index) -> bool {
    match (&one.name, &other.name) {
        (Some(one), Some(other)) => one.same(other),
        (Some(_) | None, _) => false,
    }
}

/// Compares indexes. `live` carries desired column names already. `renamed` tells whether a functional index names a
/// column that is renamed: MySQL refuses such a rename (3837), so the index goes and comes back.
pub(super) fn changes(
    live: &Table,
    desired: &Table,
    written: &Table,
    renamed: &dyn Fn(&Index) -> bool,
) -> Vec<TableChange> {
    let mut free: Vec<&Index> = live.indexes.iter().collect();
    let mut changes = Vec::new();
    let mut missing: Vec<(&Index, Provenance)> = Vec::new();
    let by_provenance =
        |wanted: Provenance| desired.indexes.iter().filter(move |index| provenance(index, desired, written) == wanted);

    for index in by_provenance(Provenance::Named) {
        match take(&mut free, |candidate| same_name(candidate, index)) {
            Some(found) => compare(found, index, renamed, written, &mut changes),
            None => missing.push((index, Provenance::Named)),
        }
    }
    for provenance in [Provenance::Unnamed, Provenance::Implied] {
        for index in by_provenance(provenance) {
            let exact = take(&mut free, |candidate| {
                same_name(candidate, index) && same_content(candidate, index) && candidate.visible == index.visible
            });
            let found = exact.or_else(|| {
                take(&mut free, |candidate| same_content(candidate, index) && candidate.visible == index.visible)
            });
            let found = found.or_else(|| take(&mut free, |candidate| same_content(candidate, index)));
            match found {
                Some(found) => {
                    // Its live name stays.
                    let mut wanted = index.clone();
                    wanted.name.clone_from(&found.name);
                    compare(found, &wanted, renamed, written, &mut changes);
                }
                None => missing.push((index, provenance)),
            }
        }
    }
    // Named ones that exist under a name that nobody wants: renamed.
    let mut built: Vec<(&Index, Provenance)> = Vec::new();
    for (index, provenance) in missing {
        let found = (provenance == Provenance::Named)
            .then(|| take(&mut free, |candidate| same_content(candidate, index) && !renamed(candidate)))
            .flatten();
        match found {
            Some(found) => {
                if let Some(from) = &found.name {
                    changes.push(TableChange::RenameIndex { from: from.clone(), to: Box::new(index.clone()) });
                }
                if found.visible != index.visible
                    && let Some(name) = &index.name
                {
                    changes.push(TableChange::SetIndexVisibility { index: name.clone(), visible: index.visible });
                }
            }
            None => built.push((index, provenance)),
        }
    }
    for (index, provenance) in built {
        match provenance {
            Provenance::Named => changes.push(TableChange::AddIndex(Box::new(as_written(index, written)))),
            Provenance::Unnamed => {
                let mut unnamed = index.clone();
                if live.indexes.iter().any(|live| same_name(live, index)) {
                    unnamed.name = None;
                }
                changes.push(TableChange::AddIndex(Box::new(unnamed)));
            }
            Provenance::Implied => {
                if needs_implied(index, live, desired, &free) {
                    let mut unnamed = index.clone();
                    if live.indexes.iter().any(|live| same_name(live, index)) {
                        unnamed.name = None;
                    }
                    changes.push(TableChange::AddIndex(Box::new(unnamed)));
                }
            }
        }
    }
    for index in free {
        changes.push(TableChange::DropIndex(Box::new(index.clone())));
    }
    in_order_of(desired, &mut changes);
    changes
}

/// Puts the indexes that are built into the order of the manifest: what one statement builds is shown in its order.
fn in_order_of(desired: &Table, changes: &mut [TableChange]) {
    let place = |change: &TableChange| {
        let (TableChange::AddIndex(built) | TableChange::ChangeIndex { desired: built, .. }) = change else {
            return None;
        };
        let named = desired.indexes.iter().position(|index| same_name(index, built));
        // One without a name, which MySQL is to make up.
        named.or_else(|| desired.indexes.iter().position(|index| same_content(index, built)))
    };
    let places: Vec<usize> = (0..changes.len()).filter(|at| place(&changes[*at]).is_some()).collect();
    let mut built: Vec<TableChange> = places.iter().map(|at| changes[*at].clone()).collect();
    built.sort_by_key(place);
    for (at, change) in places.into_iter().zip(built) {
        changes[at] = change;
    }
}

/// MySQL makes the implied index itself when it adds the foreign key. It must be said only where the key is live already
/// and nothing that stays serves it.
fn needs_implied(index: &Index, live: &Table, desired: &Table, dropped: &[&Index]) -> bool {
    let served_by_rest = |key: &ForeignKey| {
        live.indexes
            .iter()
            .filter(|candidate| !dropped.iter().any(|gone| same_name(gone, candidate)))
            .any(|candidate| serves(&candidate.parts, key))
            || desired
                .indexes
                .iter()
                .filter(|candidate| !same_name(candidate, index))
                .any(|candidate| serves(&candidate.parts, key))
    };
    desired.foreign_keys.iter().filter(|key| key.columns.len() == index.parts.len() && serves(&index.parts, key)).any(
        |key| {
            let is_live = live.foreign_keys.iter().any(|found| super::foreign_keys::same_content(found, key, 0));
            is_live && !served_by_rest(key)
        },
    )
}

fn take<'a>(free: &mut Vec<&'a Index>, wanted: impl Fn(&Index) -> bool) -> Option<&'a Index> {
    let at = free.iter().position(|candidate| wanted(candidate))?;
    Some(free.remove(at))
}

fn compare(
    live: &Index,
    desired: &Index,
    renamed: &dyn Fn(&Index) -> bool,
    written: &Table,
    changes: &mut Vec<TableChange>,
) {
    if !same_content(live, desired) || renamed(live) {
        changes.push(TableChange::ChangeIndex {
            live: Box::new(live.clone()),
            desired: Box::new(as_written(desired, written)),
        });
        return;
    }
    if live.name != desired.name
        && let Some(from) = &live.name
    {
        changes.push(TableChange::RenameIndex { from: from.clone(), to: Box::new(desired.clone()) });
    }
    if live.visible != desired.visible
        && let Some(name) = &desired.name
    {
        changes.push(TableChange::SetIndexVisibility { index: name.clone(), visible: desired.visible });
    }
}

/// The index as the manifest has it, under its canonical name.
fn as_written(canonical: &Index, written: &Table) -> Index {
    let found = written.indexes.iter().find(|candidate| same_name(candidate, canonical));
    match found {
        Some(found) => Index { name: canonical.name.clone(), constraint: None, ..found.clone() },
        None => canonical.clone(),
    }
}
