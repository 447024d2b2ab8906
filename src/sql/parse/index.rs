//! Indexes: key parts and options.

use super::super::SqlError;
use super::super::cursor::Cursor;
use super::column::non_empty;
use super::expression;
use crate::model::{
    ColumnName, ConstraintName, Index, IndexAlgorithm, IndexKind, IndexName, KeyPart, KeyTarget, PrimaryKey,
    UnusedIndex,
};

/// What may be said of an index besides its parts.
#[derive(Default)]
pub(super) struct IndexOptions {
    algorithm: Option<IndexAlgorithm>,
    key_block_size: Option<u32>,
    parser: Option<String>,
    invisible: bool,
    comment: String,
    engine_attribute: Option<String>,
    secondary_engine_attribute: Option<String>,
}

/// Takes `[name] [USING …] (parts) options` after the keyword of an index.
pub(super) fn index(
    cursor: &mut Cursor<'_>,
    kind: IndexKind,
    constraint: Option<ConstraintName>,
) -> Result<Index, SqlError> {
    let mut options = IndexOptions::default();
    let name = optional_name(cursor)?;
    algorithm(cursor, &mut options)?;
    finish(cursor, name, kind, constraint, options)
}

/// Takes `(parts) options` where name and first options are known.
pub(super) fn finish(
    cursor: &mut Cursor<'_>,
    name: Option<IndexName>,
    kind: IndexKind,
    constraint: Option<ConstraintName>,
    mut options: IndexOptions,
) -> Result<Index, SqlError> {
    let parts = key_parts(cursor)?;
    index_options(cursor, &mut options)?;
    let IndexOptions {
        algorithm,
        key_block_size,
        parser,
        invisible,
        comment,
        engine_attribute,
        secondary_engine_attribute,
    } = options;
    Ok(Index {
        name,
        kind,
        parts,
        algorithm,
        key_block_size,
        parser,
        visible: !invisible,
        comment,
        engine_attribute,
        secondary_engine_attribute,
        constraint,
    })
}

/// Takes what follows `PRIMARY KEY`; a name is allowed and means nothing.
pub(super) fn primary_key(cursor: &mut Cursor<'_>) -> Result<PrimaryKey, SqlError> {
    let here = *cursor;
    let index = index(cursor, IndexKind::Unique, None)?;
    if !index.visible {
        return Err(here.wrong("a primary key cannot be invisible", "take INVISIBLE away"));
    }
    Ok(PrimaryKey {
        parts: index.parts,
        algorithm: index.algorithm,
        key_block_size: index.key_block_size,
        comment: index.comment,
        engine_attribute: index.engine_attribute,
        secondary_engine_attribute: index.secondary_engine_attribute,
    })
}

/// An index name, unless the parts or `USING` follow at once.
pub(super) fn optional_name(cursor: &mut Cursor<'_>) -> Result<Option<IndexName>, SqlError> {
    let using = (cursor.is_word("USING") || cursor.is_word("TYPE"))
        && ["BTREE", "HASH", "RTREE"].iter().any(|word| cursor.is_word_ahead(1, word));
    if using || !cursor.is_identifier() {
        return Ok(None);
    }
    Ok(Some(IndexName::new(cursor.identifier("an index name")?)))
}

/// `USING BTREE` or `TYPE BTREE`.
pub(super) fn algorithm(cursor: &mut Cursor<'_>, options: &mut IndexOptions) -> Result<bool, SqlError> {
    if !cursor.take_any(&["USING", "TYPE"]) {
        return Ok(false);
    }
    options.algorithm = Some(if cursor.take("BTREE") {
        IndexAlgorithm::Btree
    } else if cursor.take("HASH") {
        IndexAlgorithm::Hash
    } else {
        cursor.expect("RTREE")?;
        IndexAlgorithm::Rtree
    });
    Ok(true)
}

fn key_parts(cursor: &mut Cursor<'_>) -> Result<Vec<KeyPart>, SqlError> {
    cursor.expect_mark("(")?;
    let mut parts = Vec::new();
    loop {
        let target = if cursor.take_mark("(") {
            KeyTarget::Expression(expression::to_closing(cursor)?)
        } else {
            let name = ColumnName::new(cursor.identifier("a column, or an expression in parentheses")?);
            let length = if cursor.take_mark("(") {
                let length: u32 = cursor.integer("a prefix length")?;
                cursor.expect_mark(")")?;
                Some(length)
            } else {
                None
            };
            KeyTarget::Column { name, length }
        };
        let descending = cursor.take("DESC");
        if !descending {
            cursor.take("ASC");
        }
        parts.push(KeyPart { target, descending });
        if !cursor.take_mark(",") {
            cursor.expect_mark(")")?;
            return Ok(parts);
        }
    }
}

/// Whether `IGNORED` or `NOT IGNORED` is here, in a dialect that has it.
fn ignored(cursor: &Cursor<'_>) -> bool {
    cursor.dialect.unused_index() == UnusedIndex::Ignored
        && (cursor.is_word("IGNORED") || cursor.is_words(&["NOT", "IGNORED"]))
}

fn index_options(cursor: &mut Cursor<'_>, options: &mut IndexOptions) -> Result<(), SqlError> {
    loop {
        if algorithm(cursor, options)? {
        } else if cursor.take("KEY_BLOCK_SIZE") {
            cursor.take_mark("=");
            options.key_block_size = Some(cursor.integer("a size")?).filter(|size| *size != 0);
        } else if cursor.take_all(&["WITH", "PARSER"]) {
            options.parser = Some(cursor.identifier("the name of a parser")?);
        } else if cursor.take("COMMENT") {
            cursor.take_mark("=");
            options.comment = cursor.string("a comment as a string")?;
        } else if cursor.take("VISIBLE") {
            options.invisible = false;
        } else if cursor.take("INVISIBLE") {
            options.invisible = true;
        } else if ignored(cursor) {
            options.invisible = !cursor.take("NOT");
            cursor.expect("IGNORED")?;
        } else if cursor.take("ENGINE_ATTRIBUTE") {
            cursor.take_mark("=");
            options.engine_attribute = non_empty(cursor.string("a JSON string")?);
        } else if cursor.take("SECONDARY_ENGINE_ATTRIBUTE") {
            cursor.take_mark("=");
            options.secondary_engine_attribute = non_empty(cursor.string("a JSON string")?);
        } else {
            return Ok(());
        }
    }
}
