//! Asks the server for its normal form of a table: CREATE TEMPORARY TABLE, SHOW CREATE TABLE, DROP TEMPORARY TABLE.
//!
//! Under row-based logging nothing of it reaches the binary log, and no GTID is used; under another format it is not
//! done. The three go in one message.

use super::one_statement::Batch;
use super::session::{Session, optional_text};
use super::{MysqlError, MysqlErrorKind, Server};
use crate::model::TableName;
use crate::sql::quote_identifier;

/// A session in which tables are normalised; leaves nothing behind, on disk or in the binary log.
#[derive(Debug)]
pub struct Canonicalizer {
    session: Session,
}

const CREATE: &str = "CREATE TABLE ";
const CREATE_TEMPORARY: &str = "CREATE TEMPORARY TABLE ";

impl Canonicalizer {
    /// Opens the session in the server's schema.
    pub async fn open(server: &Server) -> Result<Self, MysqlError> {
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
        let session = &mut self.session;
        let quoted = quote_identifier(name.as_str());
        let definition = create_table
            .strip_prefix(CREATE)
            .filter(|rest| rest.starts_with(&quoted))
            .ok_or_else(|| MysqlError::unexpected(session.address(), "a definition that is not a CREATE TABLE"))?;
        let mut batch = Batch::default();
        batch.push(&session.statement(format!("{CREATE_TEMPORARY}{definition}"))?);
        batch.push(&session.statement(format!("SHOW CREATE TABLE {quoted}"))?);
        batch.push(&session.statement(format!("DROP TEMPORARY TABLE IF EXISTS {quoted}"))?);
        let mut text = None;
        let (done, result) = session.send_batch(batch, |_, row| text = Some(optional_text(&row, 1))).await;
        if let Err(error) = result {
            // Once created, it must not stay: the next definition of this name would be refused.
            if done > 0 && error.session_lives() {
                session.send(session.statement(format!("DROP TEMPORARY TABLE IF EXISTS {quoted}"))?).await?;
            }
            return Err(error.running(create_table));
        }
        let text = text.and_then(Result::ok).flatten();
        text.as_deref()
            .and_then(|text| text.strip_prefix(CREATE_TEMPORARY))
            .map(|rest| format!("{CREATE}{rest}"))
            .ok_or_else(|| MysqlError::unexpected(session.address(), "no definition of a temporary table"))
    }

    /// Closes the session.
    pub async fn close(self) {
        self.session.close().await;
    }
}
