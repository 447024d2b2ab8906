//! Foreign keys show the child's columns as the child's columns are spelled.

use crate::model::Table;

/// Applies to all foreign keys. The parent's spelling is not known here; names compare without regard to case anyway.
pub(super) fn references(table: &mut Table) {
    let Table { columns, foreign_keys, .. } = table;
    for key in foreign_keys {
        for name in &mut key.columns {
            if let Some(column) = columns.iter().find(|column| column.name.same(name)) {
                *name = column.name.clone();
            }
        }
    }
}
