//! A scratch schema on the primary in which plans are rehearsed, outside the binary log.

use super::{MysqlError, Server};
use crate::model::{SchemaName, TableName};

/// A scratch schema and the one session that uses it.
#[derive(Debug)]
pub struct Scratch {}

/// Why there is no scratch schema, and what would help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("plans cannot be rehearsed on this server: {why}")]
pub struct ScratchUnavailable {
    /// Why.
    pub why: String,
    /// The GRANT that helps, where one does.
    pub grant: Option<String>,
    /// The server's answer, where it refused.
    #[source]
    pub source: Option<MysqlError>,
}

impl Scratch {
    /// Makes the schema, with the defaults (character set, collation) of the server's own schema.
    pub async fn open(_server: &Server) -> Result<Self, ScratchUnavailable> {
        todo!()
    }

    /// Its name.
    pub fn schema(&self) -> &SchemaName {
        todo!()
    }

    /// Switches foreign_key_checks of this session (on when opened).
    pub async fn foreign_key_checks(&mut self, _on: bool) -> Result<(), MysqlError> {
        todo!()
    }

    /// Runs one DDL statement in the scratch schema. The caller passes texts whose table names are unqualified and
    /// whose foreign-key parents are in the scratch schema (stubs).
    pub async fn run(&mut self, _sql: &str) -> Result<(), MysqlError> {
        todo!()
    }

    /// The table's definition there; `None` when it does not exist.
    pub async fn show_create(&mut self, _name: &TableName) -> Result<Option<String>, MysqlError> {
        todo!()
    }

    /// Names of the tables there, sorted.
    pub async fn tables(&mut self) -> Result<Vec<TableName>, MysqlError> {
        todo!()
    }

    /// Drops one table if it exists.
    pub async fn drop_table(&mut self, _name: &TableName) -> Result<(), MysqlError> {
        todo!()
    }

    /// Runs the first of these statements that the server accepts, and says which; a candidate that is refused for
    /// its algorithm or lock leads to the next, any other refusal is the answer.
    pub async fn try_candidates(&mut self, _candidates: &[String]) -> Result<usize, MysqlError> {
        todo!()
    }

    /// Drops all tables, so that the schema can be used for the next rehearsal.
    pub async fn clear(&mut self) -> Result<(), MysqlError> {
        todo!()
    }

    /// Drops the schema and closes the session.
    pub async fn close(self) -> Result<(), MysqlError> {
        todo!()
    }
}
