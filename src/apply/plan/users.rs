//! Who uses what a plan takes away. Asked only where something is dropped, or gets another name or type.

use crate::diff::{Change, ChangeSet, TableChange};
use crate::model::{Dependants, ServerFacts};
use crate::mysql::{self, MysqlError, Server};

/// Triggers, views, routines and events with the names in their texts; none where the plan takes nothing away.
pub(super) async fn look(changes: &ChangeSet, primary: &Server, facts: &ServerFacts) -> Result<Dependants, MysqlError> {
    if changes.changes.iter().any(takes_away) {
        mysql::dependants(primary, facts).await
    } else {
        Ok(Dependants::default())
    }
}

fn takes_away(change: &Change) -> bool {
    match change {
        Change::DropTable { .. } | Change::RenameTable { .. } => true,
        Change::CreateTable { .. } => false,
        Change::AlterTable(difference) => difference.changes.iter().any(|change| {
            if let TableChange::ModifyColumn { live, desired, .. } = change {
                live.data_type != desired.data_type
            } else {
                matches!(change, TableChange::DropColumn { .. } | TableChange::RenameColumn { .. })
            }
        }),
    }
}
