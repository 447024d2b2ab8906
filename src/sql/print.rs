//! From `model` to text.

use crate::model::{ColumnDefault, DataType, Literal, PartitionBound, PartitionValue, Partitioning, Statement, Table};

/// How a table is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For statements that run: no executable comments, nothing left to the reader's version.
    Plain,
    /// As `SHOW CREATE TABLE` prints it, byte for byte (9.7; `/*!80023 INVISIBLE */` and the like).
    ShowCreate,
}

/// Prints a statement: no semicolon, no comments; `CREATE TABLE` over several lines, `ALTER TABLE` on one with
/// `ALGORITHM=` and `LOCK=` last.
pub fn print_statement(statement: &Statement) -> String {
    let _ = statement;
    todo!()
}

/// Prints `CREATE TABLE`.
pub fn print_create_table(table: &Table, style: Style) -> String {
    let _ = (table, style);
    todo!()
}

/// Prints a type as manifests write it (character set and collation included where given).
pub fn print_data_type(data_type: &DataType) -> String {
    let _ = data_type;
    todo!()
}

/// Prints a literal.
pub fn print_literal(literal: &Literal) -> String {
    let _ = literal;
    todo!()
}

/// Prints what follows `DEFAULT`.
pub fn print_column_default(default: &ColumnDefault) -> String {
    let _ = default;
    todo!()
}

/// Prints `PARTITION BY …`.
pub fn print_partitioning(partitioning: &Partitioning, style: Style) -> String {
    let _ = (partitioning, style);
    todo!()
}

/// Prints one bound of a range.
pub fn print_partition_bound(bound: &PartitionBound) -> String {
    let _ = bound;
    todo!()
}

/// Prints one value of a list.
pub fn print_partition_value(value: &PartitionValue) -> String {
    let _ = value;
    todo!()
}
