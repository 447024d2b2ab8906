//! Names that MySQL makes up for constraints: `table_ibfk_1` for foreign keys, `table_chk_1` (MariaDB: `CONSTRAINT_1`) for checks, counted in the
//! order of definition among the unnamed ones.
//! <https://dev.mysql.com/doc/refman/9.0/en/create-table-check-constraints.html>

use crate::model::{ConstraintName, Dialect, Table};

/// Names all foreign keys and checks.
pub(super) fn names(table: &mut Table, dialect: Dialect) {
    let mut number = 0_u32;
    for key in &mut table.foreign_keys {
        key.index_name = None;
        if key.name.is_none() {
            number += 1;
            key.name = Some(ConstraintName::new(format!("{}_ibfk_{number}", table.name)));
        }
    }
    number = 0;
    for check in &mut table.checks {
        if check.name.is_none() {
            number += 1;
            check.name = Some(ConstraintName::new(dialect.made_up_check(table.name.as_str(), number)));
        }
    }
}
