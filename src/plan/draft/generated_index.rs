//! Indexes that the server made for a foreign key by itself.
//!
//! It keeps a mark on them that nothing shows, and drops such an index without a word in whatever ALTER first finds
//! another one that covers its columns. A FULLTEXT index counts as covering although no foreign key can stand on it, so
//! that a table with both takes no ALTER at all (error 1553). The empty copies of a rehearsal are made from texts, where
//! every index is named, and know nothing of the mark. A RENAME INDEX takes it away, there and back, by metadata alone.
//! Seen on MySQL 9.7 and (FULLTEXT apart, which it refuses from the start) MariaDB 10.11; the manual has half of it:
//! <https://dev.mysql.com/doc/refman/9.0/en/create-table-foreign-keys.html> ("may be dropped silently later").

use crate::diff::{TableChange, serves};
use crate::model::{ForeignKey, Index, IndexKind, IndexName, KeyPart, Table};

/// The longest name of an index, in characters.
const NAME_LIMIT: usize = 64;

/// Indexes that may bear the mark, and that the changes would lose or fail on: each with a name that is free.
pub(super) fn at_risk(live: &Table, changes: &[TableChange]) -> Vec<(Index, IndexName)> {
    live.indexes
        .iter()
        .filter(|index| {
            live.foreign_keys.iter().any(|key| may_be_generated(index, key) && is_covered(index, key, live, changes))
        })
        .filter_map(|index| Some((index.clone(), free_name(index.name.as_ref()?, live))))
        .collect()
}

/// What the server makes by itself has the foreign key's columns and nothing else.
fn may_be_generated(index: &Index, key: &ForeignKey) -> bool {
    index.kind == IndexKind::Plain
        && index.parts.len() == key.columns.len()
        && serves(&index.parts, key)
        && index.comment.is_empty()
        && index.key_block_size.is_none()
}

fn is_covered(index: &Index, key: &ForeignKey, live: &Table, changes: &[TableChange]) -> bool {
    let fulltext = |other: &Index| other.kind == IndexKind::Fulltext && serves(&other.parts, key);
    if live.indexes.iter().any(fulltext) {
        return true;
    }
    let drops = |change: &TableChange| matches!(change, TableChange::DropIndex(gone) | TableChange::ChangeIndex { live: gone, .. } if gone.name == index.name);
    !changes.iter().any(drops) && changes.iter().filter_map(new_parts).any(|parts| serves(parts, key))
}

/// The parts of a key that the change builds.
fn new_parts(change: &TableChange) -> Option<&[KeyPart]> {
    if let TableChange::AddIndex(index) | TableChange::ChangeIndex { desired: index, .. } = change {
        Some(&index.parts)
    } else if let TableChange::AddPrimaryKey(key) | TableChange::ChangePrimaryKey { desired: key, .. } = change {
        Some(&key.parts)
    } else {
        None
    }
}

/// It is free before the changes are made, which is when it is used.
fn free_name(name: &IndexName, live: &Table) -> IndexName {
    let taken = |candidate: &IndexName| {
        live.indexes.iter().filter_map(|index| index.name.as_ref()).any(|other| other.same(candidate))
    };
    let start: String = name.as_str().chars().take(NAME_LIMIT - 6).collect();
    let mut candidates = (1..=u16::MAX).map(|number| IndexName::new(format!("{start}_{number}")));
    candidates.find(|candidate| !taken(candidate)).unwrap_or_else(|| IndexName::new(start.clone()))
}
