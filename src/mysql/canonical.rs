//! Asks the server for its normal form of a table: CREATE TEMPORARY TABLE, SHOW CREATE TABLE, DROP TEMPORARY TABLE.

use super::{MysqlError, Server};
use crate::model::TableName;

/// A session in which tables are normalised; leaves nothing behind, on disk or in the binary log.
#[derive(Debug)]
pub struct Canonicalizer {}

impl Canonicalizer {
    /// Opens the session in the server's schema.
    pub async fn open(_server: &Server) -> Result<Self, MysqlError> {
        todo!()
    }

    /// The server's text for this table. `create_table` is the printed `CREATE TABLE` of exactly this name, without
    /// foreign keys, partitions, FULLTEXT indexes and tablespace options (temporary tables take none of them).
    /// The answer begins with `CREATE TABLE`, not `CREATE TEMPORARY TABLE`.
    pub async fn canonical(&mut self, _name: &TableName, _create_table: &str) -> Result<String, MysqlError> {
        todo!()
    }

    /// Closes the session.
    pub async fn close(self) {
        todo!()
    }
}
