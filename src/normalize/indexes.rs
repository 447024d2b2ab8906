//! Names of unnamed indexes, the indexes that foreign keys imply, and the order in which SHOW CREATE TABLE prints them.
//!
//! An unnamed index takes the name of its first column (one with an expression: `functional_index`), with `_2`, `_3` … when an
//! index *before* it has that name. `CONSTRAINT name UNIQUE` gives the index its name. A foreign key needs an index that
//! begins with its columns, in order, ascending, without prefixes; where there is none, MySQL makes one, named as the
//! constraint, else as `FOREIGN KEY name (…)` says, else as an unnamed index.
//! <https://dev.mysql.com/doc/refman/9.0/en/create-table-foreign-keys.html>

use crate::model::{Column, ForeignKey, Index, IndexKind, IndexName, KeyPart, KeyTarget, Table};

/// Names all indexes and adds the implied ones.
pub(super) fn names_and_implied(table: &mut Table) {
    let mut taken: Vec<String> = Vec::new();
    for index in &mut table.indexes {
        let named = index.name.take().or_else(|| index.constraint.as_ref().map(|name| IndexName::new(name.as_str())));
        let name = named.unwrap_or_else(|| made_up(&index.parts, &taken));
        taken.push(name.folded());
        index.name = Some(name);
        index.constraint = None;
    }
    let mut implied: Vec<Index> = Vec::new();
    for key in &table.foreign_keys {
        let covered = covers(table.primary_key.as_ref().map(|key| key.parts.as_slice()).unwrap_or_default(), key)
            || table.indexes.iter().any(|index| index_covers(index, key));
        if covered {
            continue;
        }
        let parts: Vec<KeyPart> = key
            .columns
            .iter()
            .map(|name| KeyPart { target: KeyTarget::Column { name: name.clone(), length: None }, descending: false })
            .collect();
        // Of two implied ones, the one that is the beginning of the other goes.
        if implied.iter().any(|other| index_covers(other, key)) {
            continue;
        }
        implied.retain(|other| !begins_with(&parts, &other.parts));
        let named = key.name.as_ref().map(|name| IndexName::new(name.as_str())).or_else(|| key.index_name.clone());
        let name = named.unwrap_or_else(|| made_up(&parts, &taken));
        taken.push(name.folded());
        implied.push(Index::new(Some(name), IndexKind::Plain, parts));
    }
    table.indexes.extend(implied);
}

/// Whether an index serves a foreign key.
fn index_covers(index: &Index, key: &ForeignKey) -> bool {
    match index.kind {
        IndexKind::Plain | IndexKind::Unique => covers(&index.parts, key),
        IndexKind::Fulltext | IndexKind::Spatial => false,
    }
}

fn covers(parts: &[KeyPart], key: &ForeignKey) -> bool {
    parts.len() >= key.columns.len()
        && key.columns.iter().zip(parts).all(|(wanted, part)| match &part.target {
            KeyTarget::Column { name, length: None } => name.same(wanted) && !part.descending,
            KeyTarget::Column { length: Some(_), .. } | KeyTarget::Expression(_) => false,
        })
}

fn begins_with(parts: &[KeyPart], beginning: &[KeyPart]) -> bool {
    parts.get(..beginning.len()) == Some(beginning)
}

fn made_up(parts: &[KeyPart], taken: &[String]) -> IndexName {
    let columns_only = parts.iter().all(|part| matches!(part.target, KeyTarget::Column { .. }));
    let base = match parts.first().map(|part| &part.target) {
        Some(KeyTarget::Column { name, .. }) if columns_only => name.as_str().to_owned(),
        Some(KeyTarget::Column { .. } | KeyTarget::Expression(_)) | None => "functional_index".to_owned(),
    };
    // `PRIMARY` is reserved: an index on a column of that name starts with _2.
    let mut name = base.clone();
    let mut number = 1_u32;
    while taken.contains(&name.to_lowercase()) || name.eq_ignore_ascii_case("primary") {
        number += 1;
        name = format!("{base}_{number}");
    }
    IndexName::new(name)
}

/// Unique indexes without nullable columns first, then the other unique ones, then the rest, FULLTEXT last; otherwise in
/// the order of definition.
pub(super) fn sort(table: &mut Table) {
    let Table { columns, indexes, .. } = table;
    indexes.sort_by_key(|index| match index.kind {
        IndexKind::Unique if !has_nullable(columns, &index.parts) => 0_u8,
        IndexKind::Unique => 1,
        IndexKind::Plain | IndexKind::Spatial => 2,
        IndexKind::Fulltext => 3,
    });
}

fn has_nullable(columns: &[Column], parts: &[KeyPart]) -> bool {
    parts.iter().any(|part| match &part.target {
        KeyTarget::Column { name, .. } => {
            columns.iter().any(|column| column.name.same(name) && column.nullable == Some(true))
        }
        KeyTarget::Expression(_) => true,
    })
}
