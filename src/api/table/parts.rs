//! The parts of a structured Table: columns, keys, constraints, options.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Scalar;

/// One column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ColumnSpec {
    /// Its name.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// Its type as in CREATE TABLE, e.g. `bigint unsigned`, `varchar(255)`, `enum('a','b')`.
    #[serde(rename = "type")]
    #[schemars(length(min = 1, max = 65536))]
    pub data_type: String,
    /// `false` is NOT NULL. Default: MySQL's, which is NULL except for primary keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nullable: Option<bool>,
    /// A literal default: a string or an integer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Scalar>,
    /// A default that is computed: `CURRENT_TIMESTAMP(6)`, or any expression that MySQL allows there; also the literals that
    /// YAML has no value for: `b'101'` and `x'1F'`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 65536))]
    pub default_expression: Option<String>,
    /// `CURRENT_TIMESTAMP`, with its fractional digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub on_update: Option<String>,
    /// AUTO_INCREMENT.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub auto_increment: bool,
    /// GENERATED ALWAYS AS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated: Option<GeneratedSpec>,
    /// Character set. Default: the table's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub character_set: Option<String>,
    /// Collation. Default: the table's, or the character set's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub collation: Option<String>,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub comment: Option<String>,
    /// `false` is INVISIBLE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible: Option<bool>,
    /// Names under which the column may exist now: it is renamed, not dropped and added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(min = 1, max = 64)), extend("x-kubernetes-list-type" = "atomic"))]
    pub renamed_from: Vec<String>,
    /// Spatial reference system of a spatial column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub srid: Option<u32>,
    /// COLUMN_FORMAT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<ColumnFormatSpec>,
    /// STORAGE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<ColumnStorageSpec>,
    /// ENGINE_ATTRIBUTE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 65536))]
    pub engine_attribute: Option<String>,
    /// SECONDARY_ENGINE_ATTRIBUTE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 65536))]
    pub secondary_engine_attribute: Option<String>,
    /// NOT SECONDARY.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_secondary: bool,
}

/// COLUMN_FORMAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ColumnFormatSpec {
    /// FIXED
    Fixed,
    /// DYNAMIC
    Dynamic,
}

/// STORAGE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ColumnStorageSpec {
    /// DISK
    Disk,
    /// MEMORY
    Memory,
}

/// GENERATED ALWAYS AS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GeneratedSpec {
    /// The expression, without outer parentheses.
    #[schemars(length(min = 1, max = 65536))]
    pub expression: String,
    /// Computed when read, or kept in the row.
    #[serde(default)]
    pub kind: GeneratedKindSpec,
}

/// Whether a generated column is computed when read or when written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum GeneratedKindSpec {
    /// Computed when read.
    #[default]
    Virtual,
    /// Kept in the row.
    Stored,
}

/// One part of a key: a column (or its first `length` characters), or an expression.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyPartSpec {
    /// The column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub name: Option<String>,
    /// Length of the prefix, in characters (bytes for binary types).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub length: Option<u32>,
    /// Ascending or descending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderSpec>,
    /// A functional key part, without outer parentheses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 65536))]
    pub expression: Option<String>,
}

/// Order of a key part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OrderSpec {
    /// Ascending.
    Asc,
    /// Descending.
    Desc,
}

/// The primary key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrimaryKeySpec {
    /// Key parts, in order.
    #[schemars(length(min = 1, max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    pub columns: Vec<KeyPartSpec>,
    /// USING.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<IndexAlgorithmSpec>,
    /// KEY_BLOCK_SIZE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 65535))]
    pub key_block_size: Option<u32>,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub comment: Option<String>,
    /// ENGINE_ATTRIBUTE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 65536))]
    pub engine_attribute: Option<String>,
    /// SECONDARY_ENGINE_ATTRIBUTE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 65536))]
    pub secondary_engine_attribute: Option<String>,
}

/// A secondary index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IndexSpec {
    /// Its name.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// Plain, unique, fulltext or spatial.
    #[serde(default, skip_serializing_if = "is_plain")]
    pub kind: IndexKindSpec,
    /// Key parts, in order.
    #[schemars(length(min = 1, max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    pub columns: Vec<KeyPartSpec>,
    /// USING.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<IndexAlgorithmSpec>,
    /// WITH PARSER, of a fulltext index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub parser: Option<String>,
    /// `false` is INVISIBLE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible: Option<bool>,
    /// Comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub comment: Option<String>,
    /// KEY_BLOCK_SIZE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 65535))]
    pub key_block_size: Option<u32>,
    /// ENGINE_ATTRIBUTE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 65536))]
    pub engine_attribute: Option<String>,
    /// SECONDARY_ENGINE_ATTRIBUTE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 65536))]
    pub secondary_engine_attribute: Option<String>,
}

/// The kinds of secondary index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum IndexKindSpec {
    /// KEY
    #[default]
    Plain,
    /// UNIQUE KEY
    Unique,
    /// FULLTEXT KEY
    Fulltext,
    /// SPATIAL KEY
    Spatial,
}

fn is_plain(kind: &IndexKindSpec) -> bool {
    matches!(kind, IndexKindSpec::Plain)
}

/// USING.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum IndexAlgorithmSpec {
    /// BTREE
    Btree,
    /// HASH
    Hash,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForeignKeySpec {
    /// Name of the constraint, unique in the schema.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// This table's columns.
    #[schemars(length(min = 1, max = 16), inner(length(min = 1, max = 64)), extend("x-kubernetes-list-type" = "atomic"))]
    pub columns: Vec<String>,
    /// What they refer to.
    pub references: ReferencesSpec,
    /// What happens to children of a deleted row. Default: NO ACTION.
    #[serde(default, skip_serializing_if = "is_no_action")]
    pub on_delete: ForeignKeyActionSpec,
    /// What happens to children of a row whose key changes. Default: NO ACTION.
    #[serde(default, skip_serializing_if = "is_no_action")]
    pub on_update: ForeignKeyActionSpec,
}

/// What a foreign key refers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReferencesSpec {
    /// The parent's schema, where it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub schema: Option<String>,
    /// The parent.
    #[schemars(length(min = 1, max = 64))]
    pub table: String,
    /// The parent's columns.
    #[schemars(length(min = 1, max = 16), inner(length(min = 1, max = 64)), extend("x-kubernetes-list-type" = "atomic"))]
    pub columns: Vec<String>,
}

/// What happens to children.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ForeignKeyActionSpec {
    /// NO ACTION
    #[default]
    NoAction,
    /// RESTRICT
    Restrict,
    /// CASCADE
    Cascade,
    /// SET NULL
    SetNull,
    /// SET DEFAULT (InnoDB refuses it)
    SetDefault,
}

fn is_no_action(action: &ForeignKeyActionSpec) -> bool {
    matches!(action, ForeignKeyActionSpec::NoAction)
}

/// A CHECK constraint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckSpec {
    /// Name of the constraint, unique in the schema.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// The condition, without outer parentheses.
    #[schemars(length(min = 1, max = 65536))]
    pub expression: String,
    /// `false` is NOT ENFORCED.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced: Option<bool>,
}

/// Table options.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OptionsSpec {
    /// ENGINE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub engine: Option<String>,
    /// DEFAULT CHARACTER SET.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub character_set: Option<String>,
    /// COLLATE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub collation: Option<String>,
    /// COMMENT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048))]
    pub comment: Option<String>,
    /// ROW_FORMAT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_format: Option<RowFormatSpec>,
    /// AUTO_INCREMENT: the counter, never managed unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_increment: Option<u64>,
    /// KEY_BLOCK_SIZE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 65535))]
    pub key_block_size: Option<u32>,
    /// COMPRESSION.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub compression: Option<String>,
    /// ENCRYPTION.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<bool>,
    /// TABLESPACE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub tablespace: Option<String>,
    /// STORAGE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<ColumnStorageSpec>,
    /// AUTOEXTEND_SIZE, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autoextend_size: Option<u64>,
    /// DATA DIRECTORY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub data_directory: Option<String>,
    /// INDEX DIRECTORY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub index_directory: Option<String>,
    /// STATS_PERSISTENT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stats_persistent: Option<bool>,
    /// STATS_AUTO_RECALC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stats_auto_recalc: Option<bool>,
    /// STATS_SAMPLE_PAGES.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 65535))]
    pub stats_sample_pages: Option<u32>,
    /// AVG_ROW_LENGTH.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avg_row_length: Option<u64>,
    /// MIN_ROWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_rows: Option<u64>,
    /// MAX_ROWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rows: Option<u64>,
    /// PACK_KEYS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack_keys: Option<bool>,
    /// CHECKSUM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<bool>,
    /// DELAY_KEY_WRITE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_key_write: Option<bool>,
    /// INSERT_METHOD, of a MERGE table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16))]
    pub insert_method: Option<String>,
    /// UNION, of a MERGE table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256), inner(length(min = 1, max = 64)), extend("x-kubernetes-list-type" = "atomic"))]
    pub union: Vec<String>,
    /// ENGINE_ATTRIBUTE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 65536))]
    pub engine_attribute: Option<String>,
    /// SECONDARY_ENGINE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub secondary_engine: Option<String>,
    /// SECONDARY_ENGINE_ATTRIBUTE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 65536))]
    pub secondary_engine_attribute: Option<String>,
}

/// ROW_FORMAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RowFormatSpec {
    /// DEFAULT
    Default,
    /// DYNAMIC
    Dynamic,
    /// COMPRESSED
    Compressed,
    /// REDUNDANT
    Redundant,
    /// COMPACT
    Compact,
    /// FIXED
    Fixed,
}
