//! Defaults that two servers would compute differently, such as `(uuid())`.
//!
//! MySQL refuses most statements that give existing rows such a value where a binary log is written (error 1674), and so
//! one that sets such a default while it adds another column; MariaDB takes them, and the replica's rows get other values. The default alone is set without touching a row: it gets a
//! statement of its own, after the others. A rehearsal does not see this, since it keeps out of the binary log.

use crate::diff::{Change, ChangeSet, TableChange};
use crate::model::{Column, ColumnDefault};
use crate::plan::proposal::{Refusal, RefusalReason};
use crate::rules::has_own_default;

/// The change, and what is to be done in a statement of its own afterwards.
#[expect(clippy::wildcard_enum_match_arm, reason = "only these two write a column's default")]
pub(super) fn deferred(change: TableChange) -> (Option<TableChange>, Option<TableChange>) {
    match change {
        TableChange::AddColumn { written, column, position } if has_own_default(&column) => {
            let plain = |column: &Column| Column { default: without_default(column), ..column.clone() };
            let (first, first_written) = (plain(&column), plain(&written));
            let then = TableChange::ModifyColumn { live: Box::new(first.clone()), desired: column, written };
            (
                Some(TableChange::AddColumn { written: Box::new(first_written), column: Box::new(first), position }),
                Some(then),
            )
        }
        TableChange::ModifyColumn { live, desired, written } if has_own_default(&desired) => {
            let as_live = Column { default: live.default.clone(), ..(*desired).clone() };
            if as_live == *live {
                return (None, Some(TableChange::ModifyColumn { live, desired, written }));
            }
            let first = Box::new(as_live.clone());
            let first_written = Box::new(Column { default: live.default.clone(), ..(*written).clone() });
            (
                Some(TableChange::ModifyColumn { live, desired: first, written: first_written }),
                Some(TableChange::ModifyColumn { live: Box::new(as_live), desired, written }),
            )
        }
        other => (Some(other), None),
    }
}

fn without_default(column: &Column) -> Option<ColumnDefault> {
    (column.nullable != Some(false)).then_some(ColumnDefault::Null)
}

/// Columns that may not be NULL and could only get their values from such a default.
pub(super) fn refusals(changes: &ChangeSet) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for change in &changes.changes {
        let Change::AlterTable(difference) = change else { continue };
        for change in &difference.changes {
            if let TableChange::AddColumn { column, .. } = change
                && has_own_default(column)
                && column.nullable == Some(false)
            {
                refusals.push(Refusal {
                    table: difference.desired.name.to_string(),
                    reason: RefusalReason::NotConvertible,
                    message: format!(
                        "column `{}` is added NOT NULL with a default that each server computes anew: the rows that exist \
                         would get other values on a replica (MySQL refuses most of these with error 1674, MariaDB none); \
                         add it as NULL, fill it, and make it NOT NULL then",
                        column.name
                    ),
                });
            }
        }
    }
    refusals
}
