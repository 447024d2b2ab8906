//! Values: what a MySQL table is, and the statements that change one. No I/O and no opinion.
//!
//! One type, [`Table`], carries both a definition *as written* (by a person, in SQL or YAML) and a *canonical* one
//! (as `SHOW CREATE TABLE` prints it). As written, most fields may be left out (`None`); `normalize` fills in what
//! MySQL would. What must hold of a canonical table is stated on each field.

mod column;
mod data_type;
mod dependant;
mod desired;
mod dialect;
mod foreign_key;
mod index;
mod name;
mod partitioning;
mod server;
mod statement;
mod table;
mod time_zone;
pub mod unseen;

pub use column::{Column, ColumnDefault, ColumnFormat, Expression, Generated, GeneratedKind, Literal, Storage};
pub use data_type::{CharacterSpec, DataType, GeometryKind, IntegerKind, TextSize};
pub use dependant::{Dependant, DependantKind, Dependants, Mention, MentionPlace, UnseenDependants};
pub use desired::{DesiredTable, Ensure, Origin, PartitionManagement};
pub use dialect::{Dialect, Feature, InstantAdd, UnusedIndex};
pub use foreign_key::{Check, ForeignKey, ForeignKeyEdge, ReferentialAction};
pub use index::{Index, IndexAlgorithm, IndexKind, KeyPart, KeyTarget, PrimaryKey};
pub use name::{ColumnName, ConstraintName, IndexName, PartitionName, SchemaName, TableName};
pub use partitioning::{
    Partition, PartitionBound, PartitionScheme, PartitionValue, PartitionValues, Partitioning, Subpartitioning,
};
pub use server::{Flavour, Gtid, SchemaDefaults, ServerFacts, ServerUuid, Version};
pub use statement::{Algorithm, AlterClause, AlterTable, Lock, Position, Statement};
pub use table::{Table, TableOptions};
pub use time_zone::{ServerZone, ZoneOffsets};
