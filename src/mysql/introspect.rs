//! Reads definitions and sizes. Definitions are `SHOW CREATE TABLE` texts: nothing else is complete.

mod definitions;
mod dependants;
mod foreign_keys;
mod row_versions;
mod tables;

pub use definitions::{show_create_table, show_create_tables};
pub use dependants::dependants;
pub use foreign_keys::{ForeignKeyEdge, foreign_key_edges};
pub use row_versions::{RowVersions, row_versions};
pub use tables::{
    LiveTable, TableKind, TableSize, checks_named, is_table_elsewhere, list_tables, row_formats, schema_defaults, sizes,
};

pub(super) use definitions::show_create_on;
pub(super) use tables::defaults_on;
