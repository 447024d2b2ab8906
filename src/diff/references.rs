//! Foreign keys whose parent is declared in the same group: the parent must be there, with the columns.

use crate::model::Ensure;

use super::{ChangeSet, Desired, Refusal, RefusalReason};

/// Refuses tables whose foreign keys cannot hold by what the manifests themselves say. Parents outside the group are the
/// server's to know.
pub(super) fn check(desired: &[&Desired], lower_case_table_names: u8, set: &mut ChangeSet) {
    for item in desired.iter().filter(|item| item.declared.ensure == Ensure::Present) {
        for key in item.canonical.foreign_keys.iter().filter(|key| key.referenced_schema.is_none()) {
            let parent = desired
                .iter()
                .find(|other| other.declared.table.name.same(&key.referenced_table, lower_case_table_names));
            let Some(parent) = parent else { continue };
            let name = key.name.as_ref().map(ToString::to_string).unwrap_or_default();
            let problem = if parent.declared.ensure == Ensure::Absent {
                Some(format!(
                    "foreign key `{name}` refers to table `{}`, which {} declares absent; drop the foreign key first",
                    key.referenced_table, parent.declared.origin
                ))
            } else {
                key.referenced_columns.iter().find(|column| parent.canonical.column(column).is_none()).map(|column| {
                    format!(
                        "foreign key `{name}` refers to column `{column}`, which table `{}` ({}) does not have; \
                         add the column there or correct the name",
                        key.referenced_table, parent.declared.origin
                    )
                })
            };
            if let Some(problem) = problem {
                set.refusals.push(Refusal {
                    table: item.declared.table.name.clone(),
                    reason: RefusalReason::MissingReference,
                    message: format!("{}: table `{}`: {problem}", item.declared.origin, item.declared.table.name),
                });
            }
        }
    }
}
