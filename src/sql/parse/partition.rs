//! `PARTITION BY` and lists of partitions.

use super::super::SqlError;
use super::super::cursor::Cursor;
use super::constraint::column_list;
use super::expression::{in_parentheses, to_comma};
use crate::model::{
    ColumnName, Partition, PartitionBound, PartitionName, PartitionScheme, PartitionValue, PartitionValues,
    Partitioning, Subpartitioning,
};

/// Takes `PARTITION BY …`.
pub(super) fn partitioning(cursor: &mut Cursor<'_>) -> Result<Partitioning, SqlError> {
    cursor.expect("PARTITION")?;
    cursor.expect("BY")?;
    let scheme = scheme(cursor, false)?;
    let count = if cursor.take("PARTITIONS") { Some(cursor.integer("a number of partitions")?) } else { None };
    let mut subpartitioning = None;
    if cursor.take("SUBPARTITION") {
        cursor.expect("BY")?;
        let scheme = self::scheme(cursor, true)?;
        let count =
            if cursor.take("SUBPARTITIONS") { Some(cursor.integer("a number of subpartitions")?) } else { None };
        subpartitioning = Some(Subpartitioning { scheme, count });
    }
    let partitions = if cursor.is_mark("(") { partition_list(cursor)? } else { Vec::new() };
    Ok(Partitioning { scheme, count, subpartitioning, partitions })
}

fn scheme(cursor: &mut Cursor<'_>, sub: bool) -> Result<PartitionScheme, SqlError> {
    if !sub && cursor.take("RANGE") {
        return Ok(if cursor.take("COLUMNS") {
            PartitionScheme::RangeColumns(column_list(cursor)?)
        } else {
            PartitionScheme::Range(in_parentheses(cursor)?)
        });
    }
    if !sub && cursor.take("LIST") {
        return Ok(if cursor.take("COLUMNS") {
            PartitionScheme::ListColumns(column_list(cursor)?)
        } else {
            PartitionScheme::List(in_parentheses(cursor)?)
        });
    }
    let linear = cursor.take("LINEAR");
    if cursor.take("HASH") {
        return Ok(PartitionScheme::Hash { linear, expression: in_parentheses(cursor)? });
    }
    if !cursor.take("KEY") {
        return Err(cursor.expected(if sub { "HASH or KEY" } else { "RANGE, LIST, HASH or KEY" }));
    }
    let algorithm = if cursor.take("ALGORITHM") {
        cursor.expect_mark("=")?;
        Some(cursor.integer("1 or 2")?)
    } else {
        None
    };
    let columns: Vec<ColumnName> = if cursor.is_mark("(") && cursor.is_mark_ahead(1, ")") {
        cursor.advance();
        cursor.advance();
        Vec::new()
    } else {
        column_list(cursor)?
    };
    Ok(PartitionScheme::Key { linear, algorithm, columns })
}

/// Takes `(PARTITION …, PARTITION …)`.
pub(super) fn partition_list(cursor: &mut Cursor<'_>) -> Result<Vec<Partition>, SqlError> {
    list(cursor, "PARTITION")
}

fn list(cursor: &mut Cursor<'_>, keyword: &str) -> Result<Vec<Partition>, SqlError> {
    cursor.expect_mark("(")?;
    let mut partitions = Vec::new();
    loop {
        cursor.expect(keyword)?;
        partitions.push(partition(cursor, keyword == "SUBPARTITION")?);
        if !cursor.take_mark(",") {
            cursor.expect_mark(")")?;
            return Ok(partitions);
        }
    }
}

fn partition(cursor: &mut Cursor<'_>, sub: bool) -> Result<Partition, SqlError> {
    let name = PartitionName::new(cursor.identifier("a partition name")?);
    let mut partition = Partition {
        name,
        values: None,
        engine: None,
        comment: String::new(),
        data_directory: None,
        index_directory: None,
        max_rows: None,
        min_rows: None,
        tablespace: None,
        subpartitions: Vec::new(),
    };
    if !sub && cursor.take("VALUES") {
        partition.values = Some(if cursor.take("LESS") {
            cursor.expect("THAN")?;
            PartitionValues::LessThan(less_than(cursor)?)
        } else {
            cursor.expect("IN")?;
            PartitionValues::In(value_in(cursor)?)
        });
    }
    options(cursor, &mut partition)?;
    if !sub && cursor.is_mark("(") {
        partition.subpartitions = list(cursor, "SUBPARTITION")?;
    }
    Ok(partition)
}

fn less_than(cursor: &mut Cursor<'_>) -> Result<Vec<PartitionBound>, SqlError> {
    if cursor.take("MAXVALUE") {
        return Ok(vec![PartitionBound::MaxValue]);
    }
    cursor.expect_mark("(")?;
    let mut bounds = Vec::new();
    loop {
        bounds.push(bound(cursor)?);
        if !cursor.take_mark(",") {
            cursor.expect_mark(")")?;
            return Ok(bounds);
        }
    }
}

/// Takes one bound.
pub(super) fn bound(cursor: &mut Cursor<'_>) -> Result<PartitionBound, SqlError> {
    if cursor.take("MAXVALUE") { Ok(PartitionBound::MaxValue) } else { value(cursor).map(PartitionBound::Value) }
}

/// Takes one value.
pub(super) fn value(cursor: &mut Cursor<'_>) -> Result<PartitionValue, SqlError> {
    if cursor.take("NULL") {
        return Ok(PartitionValue::Null);
    }
    to_comma(cursor).map(PartitionValue::Expression)
}

fn value_in(cursor: &mut Cursor<'_>) -> Result<Vec<Vec<PartitionValue>>, SqlError> {
    cursor.expect_mark("(")?;
    let mut entries = Vec::new();
    loop {
        let before = *cursor;
        if let Some(tuple) = tuple(cursor)? {
            entries.push(tuple);
        } else {
            *cursor = before;
            entries.push(vec![value(cursor)?]);
        }
        if !cursor.take_mark(",") {
            cursor.expect_mark(")")?;
            return Ok(entries);
        }
    }
}

/// `(1,'a')` of LIST COLUMNS; `None` where the parenthesis belongs to an expression.
fn tuple(cursor: &mut Cursor<'_>) -> Result<Option<Vec<PartitionValue>>, SqlError> {
    if !cursor.take_mark("(") {
        return Ok(None);
    }
    let mut values = Vec::new();
    loop {
        values.push(value(cursor)?);
        if !cursor.take_mark(",") {
            cursor.expect_mark(")")?;
            let ends = cursor.is_mark(",") || cursor.is_mark(")");
            return Ok(Some(values).filter(|_| ends));
        }
    }
}

fn options(cursor: &mut Cursor<'_>, partition: &mut Partition) -> Result<(), SqlError> {
    loop {
        if cursor.take("ENGINE") || cursor.take_all(&["STORAGE", "ENGINE"]) {
            cursor.take_mark("=");
            partition.engine = Some(cursor.word_or_string("the name of an engine")?);
        } else if cursor.take("COMMENT") {
            cursor.take_mark("=");
            partition.comment = cursor.string("a comment as a string")?;
        } else if cursor.take_all(&["DATA", "DIRECTORY"]) {
            cursor.take_mark("=");
            partition.data_directory = Some(cursor.string("a directory as a string")?);
        } else if cursor.take_all(&["INDEX", "DIRECTORY"]) {
            cursor.take_mark("=");
            partition.index_directory = Some(cursor.string("a directory as a string")?);
        } else if cursor.take("MAX_ROWS") {
            cursor.take_mark("=");
            partition.max_rows = Some(cursor.integer("a number of rows")?).filter(|rows| *rows != 0);
        } else if cursor.take("MIN_ROWS") {
            cursor.take_mark("=");
            partition.min_rows = Some(cursor.integer("a number of rows")?).filter(|rows| *rows != 0);
        } else if cursor.take("TABLESPACE") {
            cursor.take_mark("=");
            partition.tablespace = Some(cursor.identifier("the name of a tablespace")?);
        } else if cursor.take("NODEGROUP") {
            // NDB only, and gone from 8.0 on for all others.
            cursor.take_mark("=");
            cursor.integer::<u32>("a number")?;
        } else {
            return Ok(());
        }
    }
}
