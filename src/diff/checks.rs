//! CHECK constraints: named ones by name, unnamed ones by content.

use crate::model::{Check, ConstraintName, Table};
use crate::sql;

use super::change::TableChange;

fn same_name(one: Option<&ConstraintName>, other: Option<&ConstraintName>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.same(other),
        (Some(_) | None, _) => false,
    }
}

/// Whether two checks have the same condition; names and enforcement apart.
fn same_condition(live: &Check, desired: &Check) -> bool {
    let Check { name: _, expression, enforced: _ } = live;
    sql::same_expression(expression, &desired.expression)
}

/// Compares checks. `aside` tells whether a check must go and come back: because a column that it names is renamed or
/// made anew, which MySQL refuses (3959), or because MySQL would drop it along with another column.
pub(super) fn changes(
    live: &Table,
    desired: &Table,
    written: &Table,
    aside: &dyn Fn(&Check) -> bool,
) -> Vec<TableChange> {
    let written_check =
        |check: &Check| written.checks.iter().find(|written| same_name(written.name.as_ref(), check.name.as_ref()));
    let mut free: Vec<&Check> = live.checks.iter().collect();
    let mut changes = Vec::new();
    let mut missing = Vec::new();
    for check in &desired.checks {
        let Some(as_written) = written_check(check) else { continue };
        match free.iter().position(|found| same_name(found.name.as_ref(), check.name.as_ref())) {
            Some(at) => {
                let found = free.remove(at);
                if !same_condition(found, check) || found.name != check.name || aside(found) {
                    changes.push(TableChange::ChangeCheck { live: found.clone(), desired: as_written.clone() });
                } else if found.enforced != check.enforced {
                    changes.push(TableChange::SetCheckEnforced { check: check.clone() });
                }
            }
            None => missing.push(as_written.clone()),
        }
    }
    for check in desired.checks.iter().filter(|check| written_check(check).is_none()) {
        let same = |found: &&&Check| same_condition(found, check);
        let exact = free.iter().position(|found| same(&found) && same_name(found.name.as_ref(), check.name.as_ref()));
        match exact.or_else(|| free.iter().position(|found| same(&found))) {
            Some(at) => {
                let found = free.remove(at);
                if aside(found) {
                    // A number of the server's own choice: others may be made in the same statement.
                    let desired = Check { name: None, ..check.clone() };
                    changes.push(TableChange::ChangeCheck { live: found.clone(), desired });
                } else if found.enforced != check.enforced {
                    let check = Check { name: found.name.clone(), ..check.clone() };
                    changes.push(TableChange::SetCheckEnforced { check });
                }
            }
            None => missing.push(Check { name: None, ..check.clone() }),
        }
    }
    changes.extend(missing.into_iter().map(TableChange::AddCheck));
    changes.extend(free.into_iter().map(|check| TableChange::DropCheck(check.clone())));
    changes
}
