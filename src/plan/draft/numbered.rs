//! Rows that a new AUTO_INCREMENT column numbers in an order that is the same on every server.
//!
//! A statement of its own adds the column with an index that is not unique, and reads the rows in the order of all columns
//! (`ORDER BY`). The server ignores that order in a table with a key by which InnoDB stores its rows (warning 1105), so that
//! the primary key comes in a second statement, in place. Seen on MySQL 9.7 and MariaDB 10.11 with rows of transactions that
//! overlapped: [decision 19](../../../docs/decisions/0019-values-that-servers-compute.md).

use crate::diff::{TableChange, TableDifference};
use crate::model::{Column, ColumnName, Index, IndexKind, IndexName, KeyPart, KeyTarget, Position};
use crate::rules::{RowOrder, begins_to_count, has_key, order_of_rows};

/// The changes, in two parts.
#[derive(Debug, Default)]
pub(super) struct Numbered {
    /// What numbers the rows; empty where no order has to be named.
    pub(super) first: Vec<TableChange>,
    /// In which order.
    pub(super) order: Vec<ColumnName>,
    /// All that is done afterwards.
    pub(super) rest: Vec<TableChange>,
}

/// Takes what numbers rows out of the changes of a table.
pub(super) fn numbered(difference: &TableDifference, changes: Vec<TableChange>) -> Numbered {
    let counting = changes.iter().position(|change| begins_to_count(change).is_some());
    let order = counting
        .and_then(|at| changes.get(at))
        .and_then(begins_to_count)
        .map_or(RowOrder::Key, |column| order_of_rows(difference, column));
    let (Some(at), RowOrder::Columns(order) | RowOrder::Own(order)) = (counting, order) else {
        return Numbered { rest: changes, ..Numbered::default() };
    };
    if order.is_empty() {
        return Numbered { rest: changes, ..Numbered::default() };
    }
    let mut rest = changes;
    let mut first = Vec::new();
    let change = rest.remove(at);
    let column = begins_to_count(&change).cloned();
    if let TableChange::AddColumn { column, written, position } = change {
        let (now, later) = places(difference, &column, position, &rest);
        if let Some(position) = later {
            // At the place that it had among the others, each of which names columns that stand by then.
            rest.insert(at, TableChange::MoveColumn { written: written.clone(), position });
        }
        first.push(TableChange::AddColumn { column, written, position: now });
    } else {
        first.push(change);
    }
    if let Some(column) = column
        && !has_key(&difference.live, &column.name)
    {
        let wanted = rest.iter().position(|change| is_key_of(change, &column, difference));
        match wanted {
            Some(at) => first.push(rest.remove(at)),
            None => {
                let key = KeyPart {
                    target: KeyTarget::Column { name: column.name.clone(), length: None },
                    descending: false,
                };
                let name = free_name(difference, &column);
                let index = Box::new(Index::new(Some(name), IndexKind::Plain, vec![key]));
                first.push(TableChange::AddIndex(index.clone()));
                rest.insert(0, TableChange::DropIndex(index));
            }
        }
    }
    Numbered { first, order, rest }
}

/// The place at which the column can be put now, and the one to which it is moved later, where others come and go.
fn places(
    difference: &TableDifference,
    column: &Column,
    position: Option<Position>,
    rest: &[TableChange],
) -> (Option<Position>, Option<Position>) {
    let others = rest.iter().any(|change| {
        matches!(
            change,
            TableChange::AddColumn { .. }
                | TableChange::MoveColumn { .. }
                | TableChange::ReplaceColumn { .. }
                | TableChange::RenameColumn { .. }
        )
    });
    if !others {
        return (position, None);
    }
    let columns = &difference.desired.columns;
    let place = columns.iter().position(|other| other.name.same(&column.name)).unwrap_or_default();
    let before = place.checked_sub(1).and_then(|before| columns.get(before));
    (None, Some(before.map_or(Position::First, |before| Position::After(before.name.clone()))))
}

/// Whether a change adds a plain index that begins with the column and needs nothing else that is new.
fn is_key_of(change: &TableChange, column: &Column, difference: &TableDifference) -> bool {
    let TableChange::AddIndex(index) = change else { return false };
    let mut names = index.parts.iter().map(|part| match &part.target {
        KeyTarget::Column { name, length: _ } => Some(name),
        KeyTarget::Expression(_) => None,
    });
    index.kind == IndexKind::Plain
        && names.next().flatten().is_some_and(|name| name.same(&column.name))
        && names.all(|name| name.is_some_and(|name| difference.live.column(name) == difference.desired.column(name)))
}

/// A name that no index has, before or after.
fn free_name(difference: &TableDifference, column: &Column) -> IndexName {
    let indexes = || difference.live.indexes.iter().chain(&difference.desired.indexes);
    let is_free = |name: &IndexName| !indexes().any(|index| index.name.as_ref().is_some_and(|other| other.same(name)));
    let base: String = column.name.as_str().chars().take(48).collect();
    let mut name = IndexName::new(format!("{base}_numbers"));
    let mut number = 2_u32;
    while !is_free(&name) {
        name = IndexName::new(format!("{base}_numbers_{number}"));
        number += 1;
    }
    name
}
