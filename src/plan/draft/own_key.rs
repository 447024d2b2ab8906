//! A foreign key to the very table that a statement changes.
//!
//! The server looks for the parents of the new rows in the table as it was: where the statement changes what the key refers
//! to, MySQL 9.7 refuses every row (1452) or, where the parent's key is made in it, ends (a crash), and MariaDB refuses the
//! statement (errno 150). In a statement of its own afterwards the key is added.

use crate::diff::{TableChange, TableDifference};
use crate::model::{ColumnName, ForeignKey, KeyPart, KeyTarget};

/// Whether a key is added only after the other changes of its table: it refers to that table, and by what they change.
pub(super) fn waits(difference: &TableDifference, key: &ForeignKey) -> bool {
    key.referenced_schema.is_none()
        && key.referenced_table == difference.desired.name
        && difference.changes.iter().any(|change| touches(change, &key.referenced_columns))
}

fn touches(change: &TableChange, columns: &[ColumnName]) -> bool {
    let among = |name: &ColumnName| columns.iter().any(|column| column.same(name));
    let over = |parts: &[KeyPart]| {
        parts.iter().any(|part| match &part.target {
            KeyTarget::Column { name, .. } => among(name),
            KeyTarget::Expression(_) => false,
        })
    };
    match change {
        TableChange::AddColumn { column, .. } | TableChange::DropColumn { column } => among(&column.name),
        TableChange::ReplaceColumn { desired, .. } | TableChange::ModifyColumn { desired, .. } => among(&desired.name),
        TableChange::RenameColumn { from, to } => among(from) || among(to),
        TableChange::AddPrimaryKey(key) | TableChange::DropPrimaryKey(key) => over(&key.parts),
        TableChange::ChangePrimaryKey { live, desired } => over(&live.parts) || over(&desired.parts),
        TableChange::AddIndex(index) | TableChange::DropIndex(index) => over(&index.parts),
        TableChange::ChangeIndex { live, desired } => over(&live.parts) || over(&desired.parts),
        TableChange::MoveColumn { .. }
        | TableChange::RenameIndex { .. }
        | TableChange::SetIndexVisibility { .. }
        | TableChange::AddForeignKey(_)
        | TableChange::DropForeignKey(_)
        | TableChange::ChangeForeignKey { .. }
        | TableChange::AddCheck(_)
        | TableChange::DropCheck(_)
        | TableChange::ChangeCheck { .. }
        | TableChange::SetCheckEnforced { .. }
        | TableChange::Options(_)
        | TableChange::Partitions(_) => false,
    }
}
