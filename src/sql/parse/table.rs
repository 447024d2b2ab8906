//! `CREATE TABLE`.

use super::super::SqlError;
use super::super::cursor::Cursor;
use super::column::{ParsedColumn, begins_column, column};
use super::constraint::{Element, element, table_name};
use super::options::{ParsedOptions, option};
use super::partition::partitioning;
use crate::model::{ForeignKey, SchemaName, Table};

/// A table, and what of the statement is not the table.
pub(in super::super) struct ParsedTable {
    pub(in super::super) schema: Option<SchemaName>,
    pub(in super::super) table: Table,
    pub(in super::super) if_not_exists: bool,
}

/// Takes `CREATE TABLE …`. Whether a column's REFERENCES makes a foreign key depends on the server.
pub(in super::super) fn create_table(cursor: &mut Cursor<'_>) -> Result<ParsedTable, SqlError> {
    cursor.expect("CREATE")?;
    if cursor.is_word("TEMPORARY") {
        return Err(
            cursor.wrong("a TEMPORARY table belongs to one session and cannot be declared", "take the statement away")
        );
    }
    cursor.expect("TABLE")?;
    let if_not_exists = cursor.take_all(&["IF", "NOT", "EXISTS"]);
    let (schema, name) = table_name(cursor)?;
    let mut table = Table::new(name);
    refuse_like(cursor)?;
    cursor.expect_mark("(")?;
    refuse_like(cursor)?;
    let mut references = Vec::new();
    loop {
        if begins_column(cursor) {
            let here = *cursor;
            add_column(&mut table, column(cursor)?, &mut references, &here)?;
        } else {
            let here = *cursor;
            let element = element(cursor)?;
            add_element(&mut table, element, &here)?;
        }
        if !cursor.take_mark(",") {
            break;
        }
    }
    if !cursor.is_mark(")") {
        return Err(cursor.expected("`,` or `)`"));
    }
    cursor.advance();
    // Columns are large, and kept for long.
    table.columns.shrink_to_fit();
    if cursor.dialect.inline_references() {
        table.foreign_keys.extend(references);
    }
    let mut options = ParsedOptions::default();
    while option(cursor, &mut options)? {
        cursor.take_mark(",");
    }
    table.options = options.set;
    if cursor.is_words(&["PARTITION", "BY"]) {
        table.partitioning = Some(partitioning(cursor)?);
    }
    if cursor.is_words(&["WITH", "SYSTEM"]) {
        return Err(cursor.wrong("a system-versioned table is not managed", "leave it unmanaged"));
    }
    if ["AS", "SELECT", "IGNORE", "REPLACE", "WITH", "TABLE", "VALUES"].iter().any(|word| cursor.is_word(word))
        || (cursor.is_mark("(") && cursor.is_word_ahead(1, "SELECT"))
    {
        return Err(cursor.wrong(
            "CREATE TABLE … SELECT takes its columns and rows from a query",
            "declare the columns; the rows are not the schema's business",
        ));
    }
    Ok(ParsedTable { schema, table, if_not_exists })
}

fn refuse_like(cursor: &Cursor<'_>) -> Result<(), SqlError> {
    if cursor.is_word("LIKE") {
        return Err(cursor.wrong("CREATE TABLE … LIKE copies another table", "write the definition out"));
    }
    if cursor.is_word("AS") || cursor.is_word("SELECT") {
        return Err(cursor.wrong(
            "CREATE TABLE … SELECT takes its columns and rows from a query",
            "declare the columns; the rows are not the schema's business",
        ));
    }
    Ok(())
}

/// Adds a column and what was written with it; its REFERENCES go to `references`.
fn add_column(
    table: &mut Table,
    parsed: ParsedColumn,
    references: &mut Vec<ForeignKey>,
    here: &Cursor<'_>,
) -> Result<(), SqlError> {
    let ParsedColumn { column, primary_key, unique, checks, references: reference } = parsed;
    table.columns.push(column);
    if let Some(primary_key) = primary_key {
        add_element(table, Element::PrimaryKey(primary_key), here)?;
    }
    table.indexes.extend(unique);
    table.checks.extend(checks);
    references.extend(reference);
    Ok(())
}

fn add_element(table: &mut Table, element: Element, here: &Cursor<'_>) -> Result<(), SqlError> {
    match element {
        Element::PrimaryKey(primary_key) => {
            if table.primary_key.is_some() {
                return Err(here.wrong("a table has one primary key, this is a second", "keep one of the two"));
            }
            table.primary_key = Some(primary_key);
        }
        Element::Index(index) => table.indexes.push(*index),
        Element::ForeignKey(foreign_key) => table.foreign_keys.push(foreign_key),
        Element::Check(check) => table.checks.push(check),
    }
    Ok(())
}
