//! Asks the server for its normal form of a table: CREATE TEMPORARY TABLE, SHOW CREATE TABLE, DROP TEMPORARY TABLE.
//!
//! Under row-based logging nothing of it reaches the binary log, and no GTID is used; under another format it is not
//! done. The three go in one message.

use super::forms::form;
use super::session::Session;
use super::{MysqlError, MysqlErrorKind, Server};
use crate::model::{ServerZone, TableName};

/// A session in which tables are normalised; leaves nothing behind, on disk or in the binary log.
#[derive(Debug)]
pub struct Canonicalizer {
    session: Session,
}

impl Canonicalizer {
    /// Opens the session in the server's schema. Tables are made in the server's time zone `zone` (`None`: UTC), and shown
    /// in UTC.
    pub async fn open(server: &Server, zone: Option<&ServerZone>) -> Result<Self, MysqlError> {
        let mut session = server.open().await?;
        let row = session.query_row("SELECT @@GLOBAL.log_bin, @@SESSION.binlog_format", &[]).await?;
        if session.text(&row, 0)? == "1" && session.text(&row, 1)? != "ROW" {
            return Err(MysqlError::new(
                session.address(),
                MysqlErrorKind::Refused,
                "temporary tables would be written to the binary log (binlog_format is not ROW)",
                "set binlog_format=ROW",
            ));
        }
        session.fix_restricted_settings().await?;
        session.use_schema(server.schema()).await?;
        session.run_in(zone.map(|zone| zone.session.as_str())).await?;
        Ok(Self { session })
    }

    /// Lets definitions have zero dates as defaults, as statements on such tables are run.
    pub async fn allow_zero_dates(&mut self) -> Result<(), MysqlError> {
        self.session.zero_dates(true).await
    }

    /// The server's text for this table. `create_table` is the printed `CREATE TABLE` of exactly this name, without
    /// foreign keys, partitions, FULLTEXT indexes and tablespace options (temporary tables take none of them).
    /// The answer begins with `CREATE TABLE`, not `CREATE TEMPORARY TABLE`. An error tells what the server refuses in
    /// the definition.
    pub async fn canonical(&mut self, name: &TableName, create_table: &str) -> Result<String, MysqlError> {
        form(&mut self.session, name, create_table).await
    }

    /// Closes the session.
    pub async fn close(self) {
        self.session.close().await;
    }
}
