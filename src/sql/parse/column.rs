//! One column with its attributes, in any order.

use super::super::SqlError;
use super::super::cursor::Cursor;
use super::super::lexer::Kind;
use super::constraint;
use super::data_type::data_type;
use super::default;
use super::expression::in_parentheses;
use crate::model::{
    Check, Column, ColumnFormat, ColumnName, ConstraintName, DataType, ForeignKey, Generated, GeneratedKind, Index,
    IndexKind, KeyPart, KeyTarget, PrimaryKey, Storage,
};

/// A column and what was written with it that belongs to the table.
pub(super) struct ParsedColumn {
    pub(super) column: Column,
    pub(super) primary_key: Option<PrimaryKey>,
    pub(super) unique: Option<Index>,
    pub(super) checks: Vec<Check>,
    pub(super) references: Option<ForeignKey>,
}

impl ParsedColumn {
    fn part(&self) -> Vec<KeyPart> {
        vec![KeyPart { target: KeyTarget::Column { name: self.column.name.clone(), length: None }, descending: false }]
    }

    fn add_unique(&mut self) {
        if self.unique.is_none() {
            self.unique = Some(Index::new(None, IndexKind::Unique, self.part()));
        }
    }

    fn add_primary(&mut self) {
        if self.primary_key.is_none() {
            self.primary_key = Some(constraint::plain_primary_key(self.part()));
        }
    }
}

/// Parses a column's name and definition.
pub(super) fn column(cursor: &mut Cursor<'_>) -> Result<ParsedColumn, SqlError> {
    let name = ColumnName::new(cursor.identifier("a column name")?);
    definition(cursor, name)
}

/// Parses what follows a column's name.
pub(super) fn definition(cursor: &mut Cursor<'_>, name: ColumnName) -> Result<ParsedColumn, SqlError> {
    let parsed = data_type(cursor)?;
    let mut column = ParsedColumn {
        column: Column::new(name, parsed.data_type),
        primary_key: None,
        unique: None,
        checks: Vec::new(),
        references: None,
    };
    if parsed.serial {
        serial(&mut column);
    }
    while !cursor.at_end() && !cursor.is_mark(",") && !cursor.is_mark(")") && !cursor.is_mark(";") {
        if !(value_attribute(cursor, &mut column)?
            || key_attribute(cursor, &mut column)?
            || storage_attribute(cursor, &mut column.column)?)
        {
            // `FIRST` and `AFTER` of ALTER TABLE end a column.
            break;
        }
    }
    Ok(column)
}

/// `SERIAL`: `BIGINT UNSIGNED NOT NULL AUTO_INCREMENT UNIQUE`.
fn serial(column: &mut ParsedColumn) {
    column.column.nullable = Some(false);
    column.column.auto_increment = true;
    column.add_unique();
}

fn value_attribute(cursor: &mut Cursor<'_>, parsed: &mut ParsedColumn) -> Result<bool, SqlError> {
    let column = &mut parsed.column;
    if cursor.take_all(&["NOT", "NULL"]) {
        column.nullable = Some(false);
    } else if cursor.take("NULL") {
        column.nullable = Some(true);
    } else if cursor.take("DEFAULT") {
        column.default = Some(default::column_default(cursor)?);
    } else if cursor.take_all(&["ON", "UPDATE"]) {
        column.on_update = Some(default::current_timestamp(cursor)?);
    } else if cursor.take("AUTO_INCREMENT") {
        column.auto_increment = true;
    } else if cursor.take_all(&["SERIAL", "DEFAULT", "VALUE"]) {
        column.nullable = Some(false);
        column.auto_increment = true;
        parsed.add_unique();
    } else if cursor.is_word("GENERATED") || cursor.is_word("AS") {
        if cursor.take("GENERATED") {
            cursor.expect("ALWAYS")?;
        }
        cursor.expect("AS")?;
        let expression = in_parentheses(cursor)?;
        let kind = if cursor.take("STORED") {
            GeneratedKind::Stored
        } else {
            cursor.take("VIRTUAL");
            GeneratedKind::Virtual
        };
        column.generated = Some(Generated { expression, kind });
    } else if cursor.take("COMMENT") {
        column.comment = cursor.string("a comment as a string")?;
    } else if cursor.take("COLLATE") {
        let collation = cursor.word_or_string("a collation")?.to_ascii_lowercase();
        if let Some(characters) = column.data_type.characters_mut() {
            characters.collation = Some(collation);
        }
    } else if cursor.take("VISIBLE") {
        column.visible = true;
    } else if cursor.take("INVISIBLE") {
        column.visible = false;
    } else if cursor.is_word("REF_SYSTEM_ID") {
        return Err(cursor.wrong(
            "SHOW CREATE TABLE does not show REF_SYSTEM_ID, so that it could never be compared",
            "take it away, and set it by hand",
        ));
    } else if cursor.is_word("SRID") {
        let here = *cursor;
        cursor.advance();
        let number = cursor.integer("the number of a spatial reference system")?;
        let DataType::Geometry { srid, .. } = &mut column.data_type else {
            return Err(here.wrong("only a geometry can have an SRID", "take it away"));
        };
        *srid = Some(number);
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn key_attribute(cursor: &mut Cursor<'_>, parsed: &mut ParsedColumn) -> Result<bool, SqlError> {
    if cursor.take("UNIQUE") {
        cursor.take("KEY");
        parsed.add_unique();
    } else if cursor.take_all(&["PRIMARY", "KEY"]) || cursor.take("PRIMARY") || cursor.take("KEY") {
        parsed.add_primary();
    } else if cursor.is_word("CONSTRAINT") || cursor.is_word("CHECK") {
        let mut name = None;
        if cursor.take("CONSTRAINT") && !cursor.is_word("CHECK") {
            name = Some(ConstraintName::new(cursor.identifier("a constraint name")?));
        }
        let here = *cursor;
        cursor.expect("CHECK")?;
        let check = constraint::check(cursor, name)?;
        if !cursor.dialect.columns_keep_checks() {
            parsed.checks.push(check);
        } else if check.name.is_some() || !check.enforced || parsed.column.check.is_some() {
            return Err(here.wrong(
                "a CHECK of a column has no name here, is always enforced, and there is one of it",
                "declare it behind the columns: CONSTRAINT name CHECK (…)",
            ));
        } else {
            parsed.column.check = Some(check.expression);
        }
    } else if cursor.is_word("REFERENCES") {
        let columns = vec![parsed.column.name.clone()];
        parsed.references = Some(constraint::references(cursor, None, None, columns)?);
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn storage_attribute(cursor: &mut Cursor<'_>, column: &mut Column) -> Result<bool, SqlError> {
    if cursor.take("COLUMN_FORMAT") {
        column.format = if cursor.take("FIXED") {
            Some(ColumnFormat::Fixed)
        } else if cursor.take("DYNAMIC") {
            Some(ColumnFormat::Dynamic)
        } else {
            cursor.expect("DEFAULT")?;
            None
        };
    } else if cursor.take("STORAGE") {
        column.storage = if cursor.take("DISK") {
            Some(Storage::Disk)
        } else if cursor.take("MEMORY") {
            Some(Storage::Memory)
        } else {
            cursor.expect("DEFAULT")?;
            None
        };
    } else if cursor.take("ENGINE_ATTRIBUTE") {
        cursor.take_mark("=");
        column.engine_attribute = non_empty(cursor.string("a JSON string")?);
    } else if cursor.take("SECONDARY_ENGINE_ATTRIBUTE") {
        cursor.take_mark("=");
        column.secondary_engine_attribute = non_empty(cursor.string("a JSON string")?);
    } else if cursor.take_all(&["NOT", "SECONDARY"]) {
        column.not_secondary = true;
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// An empty attribute is none.
pub(super) fn non_empty(text: String) -> Option<String> {
    if text.is_empty() { None } else { Some(text) }
}

/// Whether a token can begin a column definition rather than a keyword of a table element.
pub(super) fn begins_column(cursor: &Cursor<'_>) -> bool {
    match cursor.kind() {
        Some(Kind::Quoted) => true,
        Some(Kind::Word) => {
            !["CONSTRAINT", "PRIMARY", "UNIQUE", "KEY", "INDEX", "FULLTEXT", "SPATIAL", "FOREIGN", "CHECK", "LIKE"]
                .iter()
                .any(|word| cursor.is_word(word))
        }
        _ => false,
    }
}
