//! From text to `model`.

use super::SqlError;
use crate::model::{
    ColumnDefault, DataType, Expression, PartitionBound, PartitionValue, Partitioning, Statement, Table, Version,
};

/// Parses exactly one `CREATE TABLE` statement (a trailing semicolon is allowed). `version` decides which executable
/// comments (`/*!80023 … */`) count and whether a column's `REFERENCES` makes a foreign key (from 9.0 on).
pub fn parse_create_table(text: &str, version: Version) -> Result<Table, SqlError> {
    let _ = (text, version);
    todo!()
}

/// Parses exactly one statement of those that this project generates; used to check everything before it runs.
/// Executable comments are refused.
pub fn parse_statement(text: &str) -> Result<Statement, SqlError> {
    let _ = text;
    todo!()
}

/// Parses a column type as manifests write it: `varchar(255)`, `bigint unsigned`, `enum('a','b')`, `point srid 4326`.
pub fn parse_data_type(text: &str) -> Result<DataType, SqlError> {
    let _ = text;
    todo!()
}

/// Parses one expression (of a generated column, a CHECK, a partitioning function).
pub fn parse_expression(text: &str) -> Result<Expression, SqlError> {
    let _ = text;
    todo!()
}

/// Parses a functional key part: as an expression; `CAST(… AS … ARRAY)` allowed.
pub fn parse_key_expression(text: &str) -> Result<Expression, SqlError> {
    let _ = text;
    todo!()
}

/// Parses a manifest's `defaultExpression`: `CURRENT_TIMESTAMP`, `NOW()` and their like without parentheses are
/// [`ColumnDefault::CurrentTimestamp`]; anything else is [`ColumnDefault::Expression`] (`(now())` too, as for MySQL).
pub fn parse_default_expression(text: &str) -> Result<ColumnDefault, SqlError> {
    let _ = text;
    todo!()
}

/// Parses a manifest's `onUpdate`: `CURRENT_TIMESTAMP[(n)]` or a synonym; gives the fractional digits.
pub fn parse_on_update(text: &str) -> Result<u8, SqlError> {
    let _ = text;
    todo!()
}

/// Parses one bound of `VALUES LESS THAN`: `MAXVALUE` or a value.
pub fn parse_partition_bound(text: &str) -> Result<PartitionBound, SqlError> {
    let _ = text;
    todo!()
}

/// Parses one value of `VALUES IN`: `NULL` or an expression.
pub fn parse_partition_value(text: &str) -> Result<PartitionValue, SqlError> {
    let _ = text;
    todo!()
}

/// Parses a whole `PARTITION BY …` clause.
pub fn parse_partitioning(text: &str) -> Result<Partitioning, SqlError> {
    let _ = text;
    todo!()
}
