//! From text to `model`.

mod alter;
mod column;
mod constraint;
mod data_type;
mod default;
mod expression;
mod index;
mod options;
mod partition;
mod table;

pub(super) use alter::alter_table;
pub(super) use constraint::table_name;
pub(super) use table::create_table;

use super::SqlError;
use super::cursor::{Cursor, tokenize};
use super::lexer::Executable;
use crate::model::{
    ColumnDefault, DataType, Dialect, Expression, Index, IndexKind, IndexName, PartitionBound, PartitionValue,
    Partitioning, SchemaName, Statement, Table, TableName,
};

/// Parses all of a short text with one part of the grammar.
fn whole<T>(
    text: &str,
    dialect: Dialect,
    parse: impl FnOnce(&mut Cursor<'_>) -> Result<T, SqlError>,
) -> Result<T, SqlError> {
    let tokens = tokenize(text, Executable::Refused)?;
    let mut cursor = Cursor::new(text, &tokens, dialect);
    let value = parse(&mut cursor)?;
    if cursor.at_end() { Ok(value) } else { Err(cursor.expected("the end")) }
}

/// Takes `CREATE [UNIQUE|FULLTEXT|SPATIAL] INDEX name ON table (…)`.
pub(super) fn create_index(cursor: &mut Cursor<'_>) -> Result<(Option<SchemaName>, TableName, Index), SqlError> {
    cursor.expect("CREATE")?;
    let kind = if cursor.take("UNIQUE") {
        IndexKind::Unique
    } else if cursor.take("FULLTEXT") {
        IndexKind::Fulltext
    } else if cursor.take("SPATIAL") {
        IndexKind::Spatial
    } else {
        IndexKind::Plain
    };
    cursor.expect("INDEX")?;
    let name = IndexName::new(cursor.identifier("an index name")?);
    let mut options = index::IndexOptions::default();
    index::algorithm(cursor, &mut options)?;
    cursor.expect("ON")?;
    let (schema, table) = constraint::table_name(cursor)?;
    let index = index::finish(cursor, Some(name), kind, None, options)?;
    while ["ALGORITHM", "LOCK"].iter().any(|word| cursor.is_word(word)) {
        cursor.advance();
        cursor.take_mark("=");
        cursor.identifier("an algorithm or a lock")?;
    }
    Ok((schema, table, index))
}

fn statement(cursor: &mut Cursor<'_>) -> Result<Statement, SqlError> {
    if cursor.is_word("CREATE") {
        let here = *cursor;
        let parsed = create_table(cursor)?;
        if parsed.if_not_exists || parsed.schema.is_some() {
            return Err(here.wrong("a generated CREATE TABLE has neither IF NOT EXISTS nor a schema", "take them away"));
        }
        return Ok(Statement::CreateTable(Box::new(parsed.table)));
    }
    if cursor.is_word("ALTER") {
        let here = *cursor;
        let (schema, alter) = alter_table(cursor)?;
        if schema.is_some() {
            return Err(here.wrong("a generated ALTER TABLE names no schema", "take it away"));
        }
        return Ok(Statement::AlterTable(alter));
    }
    if cursor.take("DROP") {
        cursor.expect("TABLE")?;
        return Ok(Statement::DropTable(TableName::new(cursor.identifier("a table name")?)));
    }
    if cursor.take("RENAME") {
        cursor.expect("TABLE")?;
        let from = TableName::new(cursor.identifier("a table name")?);
        cursor.expect("TO")?;
        return Ok(Statement::RenameTable { from, to: TableName::new(cursor.identifier("a table name")?) });
    }
    Err(cursor.expected("CREATE TABLE, ALTER TABLE, DROP TABLE or RENAME TABLE"))
}

/// Parses exactly one `CREATE TABLE` statement (a trailing semicolon is allowed). `dialect` decides which executable
/// comments (`/*!80023 … */`) count and whether a column's `REFERENCES` makes a foreign key. The table's name has no schema:
/// where the table belongs is said elsewhere.
pub fn parse_create_table(text: &str, dialect: Dialect) -> Result<Table, SqlError> {
    let tokens = tokenize(text, Executable::For(dialect))?;
    let mut cursor = Cursor::new(text, &tokens, dialect);
    if !cursor.is_word("CREATE") {
        return Err(cursor.expected("CREATE TABLE"));
    }
    let start = cursor;
    let parsed = create_table(&mut cursor)?;
    if let Some(schema) = parsed.schema {
        return Err(start.wrong(
            format!("table `{}` is declared in schema `{schema}`", parsed.table.name),
            "leave the schema out: the table belongs to the schema of its Database, or of --url",
        ));
    }
    cursor.take_mark(";");
    if cursor.at_end() { Ok(parsed.table) } else { Err(cursor.expected("the end of the statement")) }
}

/// Parses exactly one statement of those that this project generates; used to check everything before it runs.
/// Executable comments are refused.
pub fn parse_statement(text: &str, dialect: Dialect) -> Result<Statement, SqlError> {
    whole(text, dialect, statement)
}

/// Parses a column type as manifests write it: `varchar(255)`, `bigint unsigned`, `enum('a','b')`, `point srid 4326`.
pub fn parse_data_type(text: &str) -> Result<DataType, SqlError> {
    whole(text, Dialect::NEWEST, |cursor| {
        let start = *cursor;
        let parsed = data_type::data_type(cursor)?;
        if parsed.serial {
            return Err(start.wrong(
                "SERIAL is more than a type",
                "write bigint unsigned, nullable: false, autoIncrement: true and a unique index",
            ));
        }
        let mut data_type = parsed.data_type;
        if let DataType::Geometry { srid, .. } = &mut data_type
            && cursor.take("SRID")
        {
            *srid = Some(cursor.integer("the number of a spatial reference system")?);
        }
        Ok(data_type)
    })
}

/// Parses one expression (of a generated column, a CHECK, a partitioning function).
pub fn parse_expression(text: &str) -> Result<Expression, SqlError> {
    whole(text, Dialect::NEWEST, expression::to_end)
}

/// Parses a functional key part: as an expression; `CAST(… AS … ARRAY)` allowed.
pub fn parse_key_expression(text: &str) -> Result<Expression, SqlError> {
    whole(text, Dialect::NEWEST, expression::to_end)
}

/// Parses a manifest's `defaultExpression`: `CURRENT_TIMESTAMP`, `NOW()` and their like without parentheses are
/// [`ColumnDefault::CurrentTimestamp`]; anything else is [`ColumnDefault::Expression`] (`(now())` too, as for MySQL).
pub fn parse_default_expression(text: &str) -> Result<ColumnDefault, SqlError> {
    whole(text, Dialect::NEWEST, default::default_expression)
}

/// Parses a manifest's `onUpdate`: `CURRENT_TIMESTAMP[(n)]` or a synonym; gives the fractional digits.
pub fn parse_on_update(text: &str) -> Result<u8, SqlError> {
    whole(text, Dialect::NEWEST, default::current_timestamp)
}

/// Parses one bound of `VALUES LESS THAN`: `MAXVALUE` or a value.
pub fn parse_partition_bound(text: &str) -> Result<PartitionBound, SqlError> {
    whole(text, Dialect::NEWEST, partition::bound)
}

/// Parses one value of `VALUES IN`: `NULL` or an expression.
pub fn parse_partition_value(text: &str) -> Result<PartitionValue, SqlError> {
    whole(text, Dialect::NEWEST, partition::value)
}

/// Parses a whole `PARTITION BY …` clause.
pub fn parse_partitioning(text: &str) -> Result<Partitioning, SqlError> {
    whole(text, Dialect::NEWEST, partition::partitioning)
}
