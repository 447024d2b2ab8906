//! Table elements that are no columns: keys, foreign keys, checks.

use super::super::SqlError;
use super::super::cursor::Cursor;
use super::expression::in_parentheses;
use super::index;
use crate::model::{
    Check, ColumnName, ConstraintName, ForeignKey, Index, IndexKind, KeyPart, PrimaryKey, ReferentialAction,
    SchemaName, TableName,
};

/// One element.
pub(super) enum Element {
    PrimaryKey(PrimaryKey),
    Index(Box<Index>),
    ForeignKey(ForeignKey),
    Check(Check),
}

/// A primary key of which nothing but the parts was said.
pub(super) fn plain_primary_key(parts: Vec<KeyPart>) -> PrimaryKey {
    PrimaryKey {
        parts,
        algorithm: None,
        key_block_size: None,
        comment: String::new(),
        engine_attribute: None,
        secondary_engine_attribute: None,
    }
}

/// Takes an element.
pub(super) fn element(cursor: &mut Cursor<'_>) -> Result<Element, SqlError> {
    if cursor.take_any(&["KEY", "INDEX"]) {
        return index::index(cursor, IndexKind::Plain, None).map(|index| Element::Index(Box::new(index)));
    }
    for (word, kind) in [("FULLTEXT", IndexKind::Fulltext), ("SPATIAL", IndexKind::Spatial)] {
        if cursor.take(word) {
            cursor.take_any(&["KEY", "INDEX"]);
            return index::index(cursor, kind, None).map(|index| Element::Index(Box::new(index)));
        }
    }
    let mut name = None;
    if cursor.take("CONSTRAINT") && !["PRIMARY", "UNIQUE", "FOREIGN", "CHECK"].iter().any(|word| cursor.is_word(word)) {
        name = Some(ConstraintName::new(cursor.identifier("a constraint name")?));
    }
    if cursor.take("PRIMARY") {
        cursor.expect("KEY")?;
        return index::primary_key(cursor).map(Element::PrimaryKey);
    }
    if cursor.take("UNIQUE") {
        cursor.take_any(&["KEY", "INDEX"]);
        return index::index(cursor, IndexKind::Unique, name).map(|index| Element::Index(Box::new(index)));
    }
    if cursor.take("CHECK") {
        return check(cursor, name).map(Element::Check);
    }
    if cursor.take("FOREIGN") {
        cursor.expect("KEY")?;
        let index_name = index::optional_name(cursor)?;
        let columns = column_list(cursor)?;
        return references(cursor, name, index_name, columns).map(Element::ForeignKey);
    }
    Err(cursor.expected("a column, PRIMARY KEY, UNIQUE, KEY, FULLTEXT, SPATIAL, FOREIGN KEY or CHECK"))
}

/// Takes `(expression) [[NOT] ENFORCED]` after `CHECK`.
pub(super) fn check(cursor: &mut Cursor<'_>, name: Option<ConstraintName>) -> Result<Check, SqlError> {
    let expression = in_parentheses(cursor)?;
    let enforced = !cursor.take_all(&["NOT", "ENFORCED"]);
    if enforced {
        cursor.take("ENFORCED");
    }
    Ok(Check { name, expression, enforced })
}

/// Takes `REFERENCES …`.
pub(super) fn references(
    cursor: &mut Cursor<'_>,
    name: Option<ConstraintName>,
    index_name: Option<crate::model::IndexName>,
    columns: Vec<ColumnName>,
) -> Result<ForeignKey, SqlError> {
    cursor.expect("REFERENCES")?;
    let (referenced_schema, referenced_table) = table_name(cursor)?;
    let referenced_columns = if cursor.is_mark("(") { column_list(cursor)? } else { Vec::new() };
    if cursor.take("MATCH") && !cursor.take_any(&["FULL", "PARTIAL", "SIMPLE"]) {
        return Err(cursor.expected("FULL, PARTIAL or SIMPLE"));
    }
    let unsaid = cursor.dialect.unsaid_action();
    let (mut on_delete, mut on_update) = (unsaid, unsaid);
    loop {
        if cursor.take_all(&["ON", "DELETE"]) {
            on_delete = action(cursor)?;
        } else if cursor.is_words(&["ON", "UPDATE"])
            && !["CURRENT_TIMESTAMP", "NOW", "LOCALTIME", "LOCALTIMESTAMP"]
                .iter()
                .any(|word| cursor.is_word_ahead(2, word))
        {
            cursor.take_all(&["ON", "UPDATE"]);
            on_update = action(cursor)?;
        } else {
            break;
        }
    }
    Ok(ForeignKey {
        name,
        index_name,
        columns,
        referenced_schema,
        referenced_table,
        referenced_columns,
        on_delete,
        on_update,
    })
}

fn action(cursor: &mut Cursor<'_>) -> Result<ReferentialAction, SqlError> {
    Ok(if cursor.take("RESTRICT") {
        ReferentialAction::Restrict
    } else if cursor.take("CASCADE") {
        ReferentialAction::Cascade
    } else if cursor.take_all(&["SET", "NULL"]) {
        ReferentialAction::SetNull
    } else if cursor.take_all(&["SET", "DEFAULT"]) {
        ReferentialAction::SetDefault
    } else if cursor.take_all(&["NO", "ACTION"]) {
        ReferentialAction::NoAction
    } else {
        return Err(cursor.expected("RESTRICT, CASCADE, SET NULL, SET DEFAULT or NO ACTION"));
    })
}

/// Takes `(a, b)`; prefix lengths and orders, which MySQL's grammar lets through here, are taken and ignored as it does.
pub(super) fn column_list(cursor: &mut Cursor<'_>) -> Result<Vec<ColumnName>, SqlError> {
    cursor.expect_mark("(")?;
    let mut columns = Vec::new();
    loop {
        columns.push(ColumnName::new(cursor.identifier("a column")?));
        if cursor.take_mark("(") {
            cursor.integer::<u32>("a prefix length")?;
            cursor.expect_mark(")")?;
        }
        cursor.take_any(&["ASC", "DESC"]);
        if !cursor.take_mark(",") {
            cursor.expect_mark(")")?;
            return Ok(columns);
        }
    }
}

/// Takes `[schema.]table`.
pub(in super::super) fn table_name(cursor: &mut Cursor<'_>) -> Result<(Option<SchemaName>, TableName), SqlError> {
    let name = cursor.identifier("a table name")?;
    if cursor.take_mark(".") {
        let table = cursor.identifier("a table name")?;
        return Ok((Some(SchemaName::new(name)), TableName::new(table)));
    }
    Ok((None, TableName::new(name)))
}
