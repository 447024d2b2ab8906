//! From `model` to text.

mod alter;
mod column;
mod data_type;
mod index;
mod keywords;
mod options;
mod partition;
mod table;

use std::borrow::Cow;

use super::identifier::push_identifier;
use crate::model::{
    ColumnDefault, DataType, Dialect, Literal, PartitionBound, PartitionValue, Partitioning, Statement, Table,
};

/// How a table is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For statements that run: no executable comments, nothing left to the reader's version.
    Plain,
    /// As `SHOW CREATE TABLE` prints it, byte for byte (`/*!80023 INVISIBLE */` and the like).
    ShowCreate,
}

/// How something is printed, and for whom.
#[derive(Clone, Copy)]
struct Paper<'t> {
    style: Style,
    dialect: Dialect,
    /// What columns need not say.
    inherited: Option<Inherited<'t>>,
}

/// The table's own character set and collation.
#[derive(Clone, Copy)]
struct Inherited<'t> {
    character_set: Option<&'t str>,
    collation: Option<&'t str>,
    /// Whether that collation is the one that the character set means by itself.
    is_default: bool,
}

impl Inherited<'_> {
    /// Whether columns that inherit it show the collation.
    fn is_shown_by_columns(self) -> bool {
        !self.is_default
    }

    /// Whether the table shows it: not where the character set says it, but for utf8mb4, which once said another.
    fn is_shown_by_table(self) -> bool {
        !self.is_default || self.character_set == Some("utf8mb4")
    }
}

impl Paper<'_> {
    /// Whether it is to be what the server prints.
    fn shown(self) -> bool {
        self.style == Style::ShowCreate
    }

    /// The server's name of a character set.
    fn character_set(self, name: &str) -> &str {
        if name == "utf8mb3" && !self.dialect.says_utf8mb3() { "utf8" } else { name }
    }

    /// The server's name of a collation.
    fn collation(self, name: &str) -> Cow<'_, str> {
        match name.strip_prefix("utf8mb3_") {
            Some(rest) if !self.dialect.says_utf8mb3_of_collations() => Cow::Owned(format!("utf8_{rest}")),
            Some(_) | None => Cow::Borrowed(name),
        }
    }
}

/// For what all servers take alike.
const ANYBODY: Paper<'_> = Paper { style: Style::Plain, dialect: Dialect::NEWEST, inherited: None };

/// Prints a statement: no semicolon, no comments; `CREATE TABLE` over several lines, `ALTER TABLE` on one with
/// `ALGORITHM=` and `LOCK=` last.
pub fn print_statement(statement: &Statement, dialect: Dialect) -> String {
    let paper = Paper { style: Style::Plain, dialect, inherited: None };
    let mut out = String::with_capacity(256);
    match statement {
        Statement::CreateTable(table) => table::push_create_table(&mut out, table, paper),
        Statement::AlterTable(alter) => alter::push_alter(&mut out, alter, paper),
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
pub fn print_create_table(table: &Table, style: Style, dialect: Dialect) -> String {
    let mut out = String::with_capacity(1024);
    table::push_create_table(&mut out, table, Paper { style, dialect, inherited: None });
    out
}

/// Prints a canonical table as `SHOW CREATE TABLE` does where its columns have the table's character set and collation
/// because they name none: a canonical table no longer knows which do. `is_default` says whether the table's collation is
/// the one that its character set means by itself.
pub fn print_canonical(table: &Table, is_default: bool, dialect: Dialect) -> String {
    let mut out = String::with_capacity(1024);
    let inherited = Inherited {
        character_set: table.options.character_set.as_deref(),
        collation: table.options.collation.as_deref(),
        is_default,
    };
    let paper = Paper { style: Style::ShowCreate, dialect, inherited: Some(inherited) };
    table::push_create_table(&mut out, table, paper);
    out
}

/// Prints a type as manifests write it (character set and collation included where given).
pub fn print_data_type(data_type: &DataType) -> String {
    let mut out = String::new();
    data_type::push_type(&mut out, data_type, ANYBODY);
    data_type::push_characters(&mut out, data_type, ANYBODY);
    if let DataType::Geometry { kind: _, srid: Some(srid) } = data_type {
        out.push_str(&format!(" srid {srid}"));
    }
    out
}

/// Prints a literal.
pub fn print_literal(literal: &Literal) -> String {
    let mut out = String::new();
    column::push_literal(&mut out, literal, ANYBODY);
    out
}

/// Prints what follows `DEFAULT`.
pub fn print_column_default(default: &ColumnDefault) -> String {
    let mut out = String::new();
    column::push_default(&mut out, default, ANYBODY);
    out
}

/// Prints `PARTITION BY …`.
pub fn print_partitioning(partitioning: &Partitioning, style: Style) -> String {
    let mut out = String::new();
    partition::push_partitioning(&mut out, partitioning, Paper { style, ..ANYBODY });
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
fn push_versioned(out: &mut String, paper: Paper, version: &str, text: &str) {
    if paper.shown() && paper.dialect.hides_from_older() {
        out.push_str(" /*!");
        out.push_str(version);
        out.push(' ');
        out.push_str(text);
        out.push_str(" */");
    } else {
        out.push(' ');
        out.push_str(text);
    }
}
