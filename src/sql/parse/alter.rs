//! `ALTER TABLE`.

use super::super::SqlError;
use super::super::cursor::Cursor;
use super::column::{ParsedColumn, definition};
use super::constraint::{Element, element, table_name};
use super::default::column_default;
use super::options::{ParsedOptions, option};
use super::partition::{partition_list, partitioning};
use crate::model::{
    Algorithm, AlterClause, AlterTable, Column, ColumnName, ConstraintName, IndexName, Lock, PartitionName, Position,
    SchemaName, UnusedIndex,
};

/// Takes `ALTER TABLE …`.
pub(in super::super) fn alter_table(cursor: &mut Cursor<'_>) -> Result<(Option<SchemaName>, AlterTable), SqlError> {
    cursor.expect("ALTER")?;
    cursor.expect("TABLE")?;
    let (schema, table) = table_name(cursor)?;
    let mut alter = AlterTable { table, clauses: Vec::new(), algorithm: None, lock: None };
    loop {
        if !algorithm_or_lock(cursor, &mut alter)? {
            clause(cursor, &mut alter.clauses)?;
        }
        if !cursor.take_mark(",") {
            break;
        }
    }
    if cursor.is_words(&["PARTITION", "BY"]) {
        alter.clauses.push(AlterClause::PartitionBy(Box::new(partitioning(cursor)?)));
    } else if cursor.take_all(&["REMOVE", "PARTITIONING"]) {
        alter.clauses.push(AlterClause::RemovePartitioning);
    }
    Ok((schema, alter))
}

/// What follows `ORDER BY`: names, as far as the statement goes. `DESC` is not modelled.
fn order(cursor: &mut Cursor<'_>) -> Result<Vec<ColumnName>, SqlError> {
    let mut columns = Vec::new();
    loop {
        columns.push(ColumnName::new(cursor.identifier("a column")?));
        cursor.take("ASC");
        if !cursor.take_mark(",") {
            return Ok(columns);
        }
    }
}

fn algorithm_or_lock(cursor: &mut Cursor<'_>, alter: &mut AlterTable) -> Result<bool, SqlError> {
    if cursor.take("ALGORITHM") {
        cursor.take_mark("=");
        alter.algorithm = if cursor.take("INSTANT") {
            Some(Algorithm::Instant)
        } else if cursor.take("INPLACE") {
            Some(Algorithm::Inplace)
        } else if cursor.take("COPY") {
            Some(Algorithm::Copy)
        } else {
            cursor.expect("DEFAULT")?;
            None
        };
    } else if cursor.take("LOCK") {
        cursor.take_mark("=");
        alter.lock = if cursor.take("NONE") {
            Some(Lock::None)
        } else if cursor.take("SHARED") {
            Some(Lock::Shared)
        } else if cursor.take("EXCLUSIVE") {
            Some(Lock::Exclusive)
        } else {
            cursor.expect("DEFAULT")?;
            None
        };
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn clause(cursor: &mut Cursor<'_>, clauses: &mut Vec<AlterClause>) -> Result<(), SqlError> {
    if cursor.take("ADD") {
        return add(cursor, clauses);
    }
    if cursor.take("DROP") {
        clauses.push(drop(cursor)?);
    } else if cursor.take("MODIFY") {
        cursor.take("COLUMN");
        let name = ColumnName::new(cursor.identifier("a column")?);
        let parsed = definition(cursor, name)?;
        let position = position(cursor)?;
        let column = with_keys(parsed, clauses, cursor.dialect.inline_references());
        clauses.push(AlterClause::ModifyColumn { column, position });
    } else if cursor.take("CHANGE") {
        cursor.take("COLUMN");
        let from = ColumnName::new(cursor.identifier("a column")?);
        let name = ColumnName::new(cursor.identifier("a column")?);
        let parsed = definition(cursor, name)?;
        let position = position(cursor)?;
        let column = with_keys(parsed, clauses, cursor.dialect.inline_references());
        clauses.push(AlterClause::ChangeColumn { from, column, position });
    } else if cursor.take("RENAME") {
        clauses.push(rename(cursor)?);
    } else if cursor.take("ALTER") {
        clauses.push(alter(cursor)?);
    } else if cursor.take("CONVERT") {
        clauses.push(convert(cursor)?);
    } else if cursor.take("FORCE") {
        clauses.push(AlterClause::Force);
    } else if cursor.take_all(&["ORDER", "BY"]) {
        clauses.push(AlterClause::OrderBy(order(cursor)?));
    } else if cursor.take_all(&["REMOVE", "PARTITIONING"]) {
        clauses.push(AlterClause::RemovePartitioning);
    } else if cursor.is_words(&["PARTITION", "BY"]) {
        clauses.push(AlterClause::PartitionBy(Box::new(partitioning(cursor)?)));
    } else if cursor.take_all(&["REORGANIZE", "PARTITION"]) {
        let from = partition_names(cursor)?;
        cursor.expect("INTO")?;
        clauses.push(AlterClause::ReorganizePartitions { from, into: partition_list(cursor)? });
    } else if cursor.take_all(&["COALESCE", "PARTITION"]) {
        clauses.push(AlterClause::CoalescePartitions(cursor.integer("a number of partitions")?));
    } else {
        let mut options = ParsedOptions::default();
        if !option(cursor, &mut options)? {
            return Err(
                cursor.expected("a clause of ALTER TABLE (ADD, DROP, MODIFY, CHANGE, RENAME, ALTER, an option …)")
            );
        }
        // Options may follow one another with or without commas.
        loop {
            let before = *cursor;
            let comma = cursor.take_mark(",");
            if !option(cursor, &mut options)? {
                if comma {
                    *cursor = before;
                }
                break;
            }
        }
        clauses.push(AlterClause::Options { set: Box::new(options.set), reset: options.reset });
    }
    Ok(())
}

fn add(cursor: &mut Cursor<'_>, clauses: &mut Vec<AlterClause>) -> Result<(), SqlError> {
    if cursor.is_word("PARTITION") && (cursor.is_mark_ahead(1, "(") || cursor.is_word_ahead(1, "PARTITIONS")) {
        cursor.advance();
        clauses.push(if cursor.take("PARTITIONS") {
            AlterClause::AddPartitionCount(cursor.integer("a number of partitions")?)
        } else {
            AlterClause::AddPartitions(partition_list(cursor)?)
        });
        return Ok(());
    }
    if !cursor.is_word("COLUMN") && !super::column::begins_column(cursor) && !cursor.is_mark("(") {
        clauses.push(match element(cursor)? {
            Element::PrimaryKey(primary_key) => AlterClause::AddPrimaryKey(primary_key),
            Element::Index(index) => AlterClause::AddIndex(index),
            Element::ForeignKey(foreign_key) => AlterClause::AddForeignKey(foreign_key),
            Element::Check(check) => AlterClause::AddCheck(check),
        });
        return Ok(());
    }
    cursor.take("COLUMN");
    if cursor.take_mark("(") {
        loop {
            if !super::column::begins_column(cursor) {
                return Err(cursor.expected("a column"));
            }
            add_column(cursor, clauses)?;
            if !cursor.take_mark(",") {
                return cursor.expect_mark(")");
            }
        }
    }
    add_column(cursor, clauses)
}

fn add_column(cursor: &mut Cursor<'_>, clauses: &mut Vec<AlterClause>) -> Result<(), SqlError> {
    let parsed = super::column::column(cursor)?;
    let position = position(cursor)?;
    let at = clauses.len();
    let column = with_keys(parsed, clauses, cursor.dialect.inline_references());
    clauses.insert(at, AlterClause::AddColumn { column, position });
    Ok(())
}

/// What was written with a column and belongs to the table becomes clauses of its own.
fn with_keys(parsed: ParsedColumn, clauses: &mut Vec<AlterClause>, inline: bool) -> Box<Column> {
    let ParsedColumn { column, primary_key, unique, checks, references } = parsed;
    clauses.extend(primary_key.map(AlterClause::AddPrimaryKey));
    clauses.extend(unique.map(|index| AlterClause::AddIndex(Box::new(index))));
    clauses.extend(checks.into_iter().map(AlterClause::AddCheck));
    clauses.extend(references.filter(|_| inline).map(AlterClause::AddForeignKey));
    Box::new(column)
}

fn position(cursor: &mut Cursor<'_>) -> Result<Option<Position>, SqlError> {
    if cursor.take("FIRST") {
        return Ok(Some(Position::First));
    }
    if cursor.take("AFTER") {
        return Ok(Some(Position::After(ColumnName::new(cursor.identifier("a column")?))));
    }
    Ok(None)
}

fn drop(cursor: &mut Cursor<'_>) -> Result<AlterClause, SqlError> {
    Ok(if cursor.take("PRIMARY") {
        cursor.expect("KEY")?;
        AlterClause::DropPrimaryKey
    } else if cursor.take_any(&["KEY", "INDEX"]) {
        AlterClause::DropIndex(IndexName::new(cursor.identifier("an index")?))
    } else if cursor.take("FOREIGN") {
        cursor.expect("KEY")?;
        AlterClause::DropForeignKey(ConstraintName::new(cursor.identifier("a foreign key")?))
    } else if cursor.take("CHECK") || (cursor.dialect.drops_checks_as_constraints() && cursor.take("CONSTRAINT")) {
        AlterClause::DropCheck(ConstraintName::new(cursor.identifier("a CHECK constraint")?))
    } else if cursor.is_word("CONSTRAINT") {
        return Err(cursor
            .wrong("DROP CONSTRAINT does not say of which kind", "write DROP FOREIGN KEY, DROP CHECK or DROP KEY"));
    } else if cursor.is_word("PARTITION") && cursor.ahead(1).is_some() && !cursor.is_mark_ahead(1, ",") {
        cursor.advance();
        AlterClause::DropPartitions(partition_names(cursor)?)
    } else {
        cursor.take("COLUMN");
        AlterClause::DropColumn(ColumnName::new(cursor.identifier("a column")?))
    })
}

fn partition_names(cursor: &mut Cursor<'_>) -> Result<Vec<PartitionName>, SqlError> {
    let mut names = Vec::new();
    loop {
        names.push(PartitionName::new(cursor.identifier("a partition")?));
        if !cursor.take_mark(",") {
            return Ok(names);
        }
    }
}

fn rename(cursor: &mut Cursor<'_>) -> Result<AlterClause, SqlError> {
    Ok(if cursor.take("COLUMN") {
        let from = ColumnName::new(cursor.identifier("a column")?);
        cursor.expect("TO")?;
        AlterClause::RenameColumn { from, to: ColumnName::new(cursor.identifier("a column")?) }
    } else if cursor.take_any(&["KEY", "INDEX"]) {
        let from = IndexName::new(cursor.identifier("an index")?);
        cursor.expect("TO")?;
        AlterClause::RenameIndex { from, to: IndexName::new(cursor.identifier("an index")?) }
    } else {
        return Err(cursor.wrong("ALTER TABLE … RENAME TO is not taken", "write RENAME TABLE a TO b"));
    })
}

fn alter(cursor: &mut Cursor<'_>) -> Result<AlterClause, SqlError> {
    if cursor.take("INDEX") {
        let index = IndexName::new(cursor.identifier("an index")?);
        let words = cursor.dialect.unused_index();
        let visible = if words == UnusedIndex::Ignored { used(cursor)? } else { visibility(cursor)? };
        return Ok(AlterClause::AlterIndexVisibility { index, visible });
    }
    if cursor.take("CHECK") {
        let name = ConstraintName::new(cursor.identifier("a CHECK constraint")?);
        let enforced = !cursor.take("NOT");
        cursor.expect("ENFORCED")?;
        return Ok(AlterClause::AlterCheck { name, enforced });
    }
    cursor.take("COLUMN");
    let column = ColumnName::new(cursor.identifier("a column")?);
    if cursor.take_all(&["DROP", "DEFAULT"]) {
        return Ok(AlterClause::AlterColumnDefault { column, default: None });
    }
    cursor.expect("SET")?;
    if cursor.take("DEFAULT") {
        return Ok(AlterClause::AlterColumnDefault { column, default: Some(column_default(cursor)?) });
    }
    Ok(AlterClause::AlterColumnVisibility { column, visible: visibility(cursor)? })
}

fn visibility(cursor: &mut Cursor<'_>) -> Result<bool, SqlError> {
    if cursor.take("INVISIBLE") {
        return Ok(false);
    }
    cursor.expect("VISIBLE")?;
    Ok(true)
}

/// `IGNORED` or `NOT IGNORED`.
fn used(cursor: &mut Cursor<'_>) -> Result<bool, SqlError> {
    let used = cursor.take("NOT");
    cursor.expect("IGNORED")?;
    Ok(used)
}

fn convert(cursor: &mut Cursor<'_>) -> Result<AlterClause, SqlError> {
    cursor.expect("TO")?;
    if !(cursor.take("CHARSET") || cursor.take_all(&["CHARACTER", "SET"]) || cursor.take_all(&["CHAR", "SET"])) {
        return Err(cursor.expected("CHARACTER SET"));
    }
    cursor.take_mark("=");
    let character_set = cursor.word_or_string("a character set")?.to_ascii_lowercase();
    let collation = if cursor.take("COLLATE") {
        cursor.take_mark("=");
        cursor.word_or_string("a collation")?.to_ascii_lowercase()
    } else {
        String::new()
    };
    Ok(AlterClause::ConvertTo { character_set, collation })
}
