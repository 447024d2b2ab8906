//! From `model` to text.

mod alter;
mod column;
mod data_type;
mod index;
mod keywords;
mod options;
mod partition;
mod table;

use super::identifier::push_identifier;
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
    let mut out = String::with_capacity(256);
    match statement {
        Statement::CreateTable(table) => table::push_create_table(&mut out, table, Style::Plain),
        Statement::AlterTable(alter) => alter::push_alter(&mut out, alter),
        Statement::DropTable(table) => {
            out.push_str("DROP TABLE ");
            push_identifier(&mut out, table.as_str());
        }
        Statement::RenameTable { from, to } => {
            out.push_str("RENAME TABLE ");
            push_identifier(&mut out, from.as_str());
            out.push_str(" TO ");
            push_identifier(&mut out, to.as_str());
        }
    }
    out
}

/// Prints `CREATE TABLE`.
pub fn print_create_table(table: &Table, style: Style) -> String {
    let mut out = String::with_capacity(1024);
    table::push_create_table(&mut out, table, style);
    out
}

/// Prints a type as manifests write it (character set and collation included where given).
pub fn print_data_type(data_type: &DataType) -> String {
    let mut out = String::new();
    data_type::push_type(&mut out, data_type);
    data_type::push_characters(&mut out, data_type);
    if let DataType::Geometry { kind: _, srid: Some(srid) } = data_type {
        out.push_str(&format!(" srid {srid}"));
    }
    out
}

/// Prints a literal.
pub fn print_literal(literal: &Literal) -> String {
    let mut out = String::new();
    column::push_literal(&mut out, literal, Style::Plain);
    out
}

/// Prints what follows `DEFAULT`.
pub fn print_column_default(default: &ColumnDefault) -> String {
    let mut out = String::new();
    column::push_default(&mut out, default, Style::Plain);
    out
}

/// Prints `PARTITION BY …`.
pub fn print_partitioning(partitioning: &Partitioning, style: Style) -> String {
    let mut out = String::new();
    partition::push_partitioning(&mut out, partitioning, style);
    out
}

/// Prints one bound of a range.
pub fn print_partition_bound(bound: &PartitionBound) -> String {
    let mut out = String::new();
    partition::push_bound(&mut out, bound);
    out
}

/// Prints one value of a list.
pub fn print_partition_value(value: &PartitionValue) -> String {
    let mut out = String::new();
    partition::push_value(&mut out, value);
    out
}

/// Appends a piece that SHOW CREATE TABLE hides from servers before `version`.
fn push_versioned(out: &mut String, style: Style, version: &str, text: &str) {
    match style {
        Style::Plain => {
            out.push(' ');
            out.push_str(text);
        }
        Style::ShowCreate => {
            out.push_str(" /*!");
            out.push_str(version);
            out.push(' ');
            out.push_str(text);
            out.push_str(" */");
        }
    }
}
