//! Primary key and indexes.

use super::{ColumnName, ConstraintName, Expression, IndexName};

/// The primary key. MySQL ignores a name given to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PrimaryKey {
    /// Key parts, in order.
    pub parts: Vec<KeyPart>,
    /// `USING BTREE|HASH` as written; SHOW CREATE TABLE keeps it.
    pub algorithm: Option<IndexAlgorithm>,
    /// `KEY_BLOCK_SIZE`; `None` for 0.
    pub key_block_size: Option<u32>,
    /// `COMMENT`, unescaped; empty when there is none.
    pub comment: String,
    /// `ENGINE_ATTRIBUTE`, unescaped.
    pub engine_attribute: Option<String>,
    /// `SECONDARY_ENGINE_ATTRIBUTE`, unescaped.
    pub secondary_engine_attribute: Option<String>,
}

/// A secondary index.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Index {
    /// Its name. As written it may be absent; canonical always `Some` (MySQL's rule: the first column's name, then `_2`, `_3`).
    pub name: Option<IndexName>,
    /// Plain, unique, fulltext or spatial.
    pub kind: IndexKind,
    /// Key parts, in order.
    pub parts: Vec<KeyPart>,
    /// `USING BTREE|HASH` as written; SHOW CREATE TABLE keeps it.
    pub algorithm: Option<IndexAlgorithm>,
    /// `KEY_BLOCK_SIZE`; `None` for 0.
    pub key_block_size: Option<u32>,
    /// `WITH PARSER`, for FULLTEXT.
    pub parser: Option<String>,
    /// `VISIBLE` (true) or `INVISIBLE`.
    pub visible: bool,
    /// `COMMENT`, unescaped; empty when there is none.
    pub comment: String,
    /// `ENGINE_ATTRIBUTE`, unescaped.
    pub engine_attribute: Option<String>,
    /// `SECONDARY_ENGINE_ATTRIBUTE`, unescaped.
    pub secondary_engine_attribute: Option<String>,
    /// `CONSTRAINT name UNIQUE` without an index name: MySQL takes the symbol as the index name.
    pub constraint: Option<ConstraintName>,
}

impl Index {
    /// A visible index about which nothing but kind, name and parts was said.
    pub fn new(name: Option<IndexName>, kind: IndexKind, parts: Vec<KeyPart>) -> Self {
        Self {
            name,
            kind,
            parts,
            algorithm: None,
            key_block_size: None,
            parser: None,
            visible: true,
            comment: String::new(),
            engine_attribute: None,
            secondary_engine_attribute: None,
            constraint: None,
        }
    }
}

/// The kinds of secondary index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IndexKind {
    /// `KEY`
    Plain,
    /// `UNIQUE KEY`
    Unique,
    /// `FULLTEXT KEY`
    Fulltext,
    /// `SPATIAL KEY`
    Spatial,
}

/// `USING`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IndexAlgorithm {
    /// `BTREE`
    Btree,
    /// `HASH`
    Hash,
    /// `RTREE` (SHOW INDEX only)
    Rtree,
}

/// One part of a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyPart {
    /// What is indexed.
    pub target: KeyTarget,
    /// `DESC`; `ASC` is MySQL's default and never printed.
    pub descending: bool,
}

/// What a key part indexes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyTarget {
    /// A column, or its first `length` characters (bytes for binary types). Canonical: a prefix of the full length is `None`.
    Column {
        /// The column.
        name: ColumnName,
        /// Prefix length.
        length: Option<u32>,
    },
    /// A functional key part; the text without its own outer parentheses.
    Expression(Expression),
}
