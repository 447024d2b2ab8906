//! The partitioning of a structured Table.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// PARTITION BY.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartitioningSpec {
    /// The scheme.
    pub by: PartitionBySpec,
    /// The expression, for Range, List, Hash and LinearHash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub expression: Option<String>,
    /// The columns, for RangeColumns, ListColumns, Key and LinearKey (none there: the primary key).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(min = 1, max = 64)), extend("x-kubernetes-list-type" = "atomic"))]
    pub columns: Vec<String>,
    /// ALGORITHM, for Key and LinearKey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2))]
    pub algorithm: Option<u8>,
    /// PARTITIONS: how many, where none are named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 8192))]
    pub count: Option<u32>,
    /// SUBPARTITION BY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subpartitioning: Option<SubpartitioningSpec>,
    /// The partitions, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8192), extend("x-kubernetes-list-type" = "atomic"))]
    pub partitions: Vec<PartitionSpec>,
    /// `Scheme`: the list rotates at run time and is left alone.
    #[serde(default, skip_serializing_if = "is_all")]
    pub manage: PartitionManageSpec,
}

/// The partitioning function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PartitionBySpec {
    /// RANGE
    Range,
    /// RANGE COLUMNS
    RangeColumns,
    /// LIST
    List,
    /// LIST COLUMNS
    ListColumns,
    /// HASH
    Hash,
    /// LINEAR HASH
    LinearHash,
    /// KEY
    Key,
    /// LINEAR KEY
    LinearKey,
}

/// What of the partitioning is managed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PartitionManageSpec {
    /// Scheme and list.
    #[default]
    All,
    /// The scheme only.
    Scheme,
}

fn is_all(manage: &PartitionManageSpec) -> bool {
    matches!(manage, PartitionManageSpec::All)
}

/// SUBPARTITION BY.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubpartitioningSpec {
    /// Hash, LinearHash, Key or LinearKey.
    pub by: PartitionBySpec,
    /// The expression, for Hash and LinearHash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub expression: Option<String>,
    /// The columns, for Key and LinearKey.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(min = 1, max = 64)), extend("x-kubernetes-list-type" = "atomic"))]
    pub columns: Vec<String>,
    /// ALGORITHM, for Key and LinearKey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2))]
    pub algorithm: Option<u8>,
    /// SUBPARTITIONS: how many, where none are named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 8192))]
    pub count: Option<u32>,
}

/// One partition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartitionSpec {
    /// Its name.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// VALUES LESS THAN one value: an expression (strings in SQL quotes), or MAXVALUE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub less_than: Option<String>,
    /// VALUES LESS THAN several values, one per column of RangeColumns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(min = 1, max = 4096)), extend("x-kubernetes-list-type" = "atomic"))]
    pub less_than_values: Vec<String>,
    /// VALUES IN, for one column or expression: expressions (strings in SQL quotes), or NULL.
    #[serde(default, rename = "in", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024), inner(length(min = 1, max = 4096)), extend("x-kubernetes-list-type" = "atomic"))]
    pub in_values: Vec<String>,
    /// VALUES IN, for several columns: each entry has one value per column.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024), extend("x-kubernetes-list-type" = "atomic"))]
    pub in_tuples: Vec<PartitionTupleSpec>,
    /// COMMENT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub comment: Option<String>,
    /// DATA DIRECTORY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub data_directory: Option<String>,
    /// INDEX DIRECTORY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub index_directory: Option<String>,
    /// MAX_ROWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rows: Option<u64>,
    /// MIN_ROWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_rows: Option<u64>,
    /// TABLESPACE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub tablespace: Option<String>,
    /// Subpartitions by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1024), extend("x-kubernetes-list-type" = "atomic"))]
    pub subpartitions: Vec<SubpartitionSpec>,
}

/// One value per column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartitionTupleSpec {
    /// The values, in the order of the columns.
    #[schemars(length(min = 1, max = 16), inner(length(min = 1, max = 4096)), extend("x-kubernetes-list-type" = "atomic"))]
    pub values: Vec<String>,
}

/// One subpartition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubpartitionSpec {
    /// Its name.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// COMMENT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub comment: Option<String>,
    /// DATA DIRECTORY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub data_directory: Option<String>,
    /// INDEX DIRECTORY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub index_directory: Option<String>,
    /// MAX_ROWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rows: Option<u64>,
    /// MIN_ROWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_rows: Option<u64>,
    /// TABLESPACE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub tablespace: Option<String>,
}
