//! Foreign keys and CHECK constraints.

use super::{ColumnName, ConstraintName, Expression, IndexName, SchemaName, TableName};

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ForeignKey {
    /// `CONSTRAINT name`. Canonical always `Some` (MySQL's rule: `table_ibfk_N`).
    pub name: Option<ConstraintName>,
    /// `FOREIGN KEY index_name (…)`: the name of the implicit index when no constraint name was given (as written only).
    pub index_name: Option<IndexName>,
    /// The child's columns.
    pub columns: Vec<ColumnName>,
    /// The parent's schema, when it is another one.
    pub referenced_schema: Option<SchemaName>,
    /// The parent.
    pub referenced_table: TableName,
    /// The parent's columns.
    pub referenced_columns: Vec<ColumnName>,
    /// `ON DELETE`. Canonical: `NoAction` is what is not printed.
    pub on_delete: ReferentialAction,
    /// `ON UPDATE`.
    pub on_update: ReferentialAction,
}

/// One foreign key of the server as an edge between tables, read without either table's definition; also the keys of
/// tables that no manifest names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ForeignKeyEdge {
    /// The constraint.
    pub name: ConstraintName,
    /// The child's schema, when it is not the one at hand.
    pub child_schema: Option<SchemaName>,
    /// The child.
    pub child: TableName,
    /// The child's columns.
    pub child_columns: Vec<ColumnName>,
    /// The parent's schema, when it is not the one at hand.
    pub parent_schema: Option<SchemaName>,
    /// The parent.
    pub parent: TableName,
    /// The parent's columns.
    pub parent_columns: Vec<ColumnName>,
}

/// What happens to children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReferentialAction {
    /// `NO ACTION`, MySQL's default, elided by SHOW CREATE TABLE.
    NoAction,
    /// `RESTRICT`, printed by SHOW CREATE TABLE.
    Restrict,
    /// `CASCADE`
    Cascade,
    /// `SET NULL`
    SetNull,
    /// `SET DEFAULT` (InnoDB refuses it)
    SetDefault,
}

/// A CHECK constraint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Check {
    /// `CONSTRAINT name`. Canonical always `Some` (MySQL's rule: `table_chk_N`).
    pub name: Option<ConstraintName>,
    /// The condition.
    pub expression: Expression,
    /// `ENFORCED` (true) or `NOT ENFORCED`.
    pub enforced: bool,
}
