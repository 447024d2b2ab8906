//! Which tables INSTANT can no longer add columns to or drop them from, for what does not show in their definitions: the
//! copies of a rehearsal are new, and would take it.

use crate::diff::{Change, ChangeSet, History, LiveSchema, TableChange};
use crate::model::{Dialect, IndexKind, Table, TableName};
use crate::mysql::{self, MysqlError, MysqlErrorKind, RowVersions, Server};

/// What the tables whose columns come or go have been through. Without PROCESS nothing is known, and the server refuses at
/// run time.
pub(super) async fn look(changes: &ChangeSet, primary: &Server) -> Result<Vec<RowVersions>, MysqlError> {
    let mut names: Vec<TableName> = changes.changes.iter().filter_map(columns_move).collect();
    for change in &changes.changes {
        if let Change::RenameTable { from, to } = change
            && let Some(name) = names.iter_mut().find(|name| *name == to)
        {
            name.clone_from(from);
        }
    }
    if names.is_empty() {
        return Ok(Vec::new());
    }
    match mysql::row_versions(primary, &names).await {
        Err(error) if error.kind == MysqlErrorKind::Denied => Ok(Vec::new()),
        found => found,
    }
}

/// Marks the tables with what was found.
pub(super) fn mark(live: &mut LiveSchema, found: &[RowVersions], dialect: Dialect) {
    for versions in found {
        if let Some(table) = live.tables.get_mut(&versions.name) {
            table.history = history(versions, &table.table, dialect);
        }
    }
}

/// The table, by its desired name, whose columns INSTANT could add or drop.
fn columns_move(change: &Change) -> Option<TableName> {
    let Change::AlterTable(difference) = change else { return None };
    let moves = |change: &TableChange| {
        if let TableChange::AddIndex(index) = change {
            index.kind == IndexKind::Fulltext
        } else {
            matches!(change, TableChange::AddColumn { .. } | TableChange::DropColumn { .. })
        }
    };
    difference.changes.iter().any(moves).then(|| difference.desired.name.clone())
}

/// InnoDB adds three columns of its own to those that are not virtual; one more is what a FULLTEXT index left behind.
fn history(versions: &RowVersions, table: &Table, dialect: Dialect) -> History {
    let stored = table.columns.iter().filter(|column| !column.is_virtual());
    let stored = u32::try_from(stored.count()).unwrap_or(u32::MAX);
    let fulltext = table.indexes.iter().any(|index| index.kind == IndexKind::Fulltext);
    History {
        versions_spent: dialect.most_row_versions().is_some_and(|most| versions.versions >= most),
        hidden_column: !fulltext && versions.columns > stored.saturating_add(3),
    }
}
