//! One connection with the fixed settings that make what servers print comparable.
//!
//! They are in `queries/session.sql`; the driver has none of its own. Settings that take a privilege (`innodb_strict_mode`,
//! `sql_generate_invisible_primary_key`) are left alone where they are right already, which is the default.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::answer::{Bounds, Row};
use super::login::Connection;
use super::one_statement::{Batch, NotOneStatement, OneStatement};
use super::queries::{Queries, queries};
use super::{Endpoint, MysqlError, MysqlErrorKind};
use crate::model::{Flavour, SchemaName};
use crate::sql::quote_identifier;

const UTC: &str = "SET @@SESSION.time_zone = '+00:00'";
const ZONE: &str = "SET @@SESSION.time_zone = ?";

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// One connection. All text goes through [`OneStatement`].
pub(super) struct Session {
    connection: Connection,
    address: Arc<str>,
    id: u64,
    version: String,
    /// Whether every statement so far has been answered.
    usable: bool,
    /// Restricted settings that are not as they must be for sessions that create tables.
    wrong: Vec<&'static str>,
    /// The time zone in which statements run; `None`: UTC, as everything else.
    zone: Option<Arc<str>>,
}

impl fmt::Debug for Session {
    /// Without the connection, which knows the password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").field("address", &self.address).field("id", &self.id).finish_non_exhaustive()
    }
}

impl Session {
    /// Connects and fixes the settings; no schema is selected.
    pub(super) async fn open(endpoint: &Endpoint, address: &Arc<str>) -> Result<Self, MysqlError> {
        let connection = tokio::time::timeout(CONNECT_TIMEOUT, Box::pin(Connection::open(endpoint, address)))
            .await
            .map_err(|_| {
            MysqlError::new(
                address,
                MysqlErrorKind::Unreachable,
                format!("no answer within {} s", CONNECT_TIMEOUT.as_secs()),
                "check host, port, routes and firewalls, and whether the server is overloaded",
            )
        })??;
        let mut session = Self {
            connection,
            address: Arc::clone(address),
            id: 0,
            version: String::new(),
            usable: true,
            wrong: Vec::new(),
            zone: None,
        };
        session.fix_settings().await?;
        Ok(session)
    }

    async fn fix_settings(&mut self) -> Result<(), MysqlError> {
        let mut batch = Batch::default();
        batch.push(&self.fixed(include_str!("queries/session.sql"), &[])?);
        batch.push(&self.fixed(include_str!("queries/session_restricted.sql"), &[])?);
        let mut rows = Vec::new();
        let (_, result) = batch.send(&mut self.connection, |_, row| rows.push(row)).await;
        result.map_err(|error| MysqlError::from_answer(&self.address, &error))?;
        let row = rows.pop().ok_or_else(|| MysqlError::unexpected(&self.address, "no answer to CONNECTION_ID()"))?;
        self.id = self.number(&row, 0)?;
        self.version = self.text(&row, 1)?;
        let right: [(&'static str, bool); 3] = [
            ("innodb_strict_mode", true),
            ("explicit_defaults_for_timestamp", true),
            ("sql_generate_invisible_primary_key", false),
        ];
        for (at, (name, wanted)) in right.into_iter().enumerate() {
            // MariaDB and servers before 8.0.30 have no such column, and no such setting.
            let Some(value) = (at + 2 < row.len()).then(|| self.optional(&row, at + 2)).transpose()?.flatten() else {
                continue;
            };
            if matches!(value.as_str(), "1" | "ON") != wanted {
                self.wrong.push(name);
            }
        }
        if let Some(settings) = self.queries().session {
            self.query(settings, &[]).await?;
        }
        Ok(())
    }

    /// For sessions that create tables: sets the restricted settings too, or says which privilege is missing.
    pub(super) async fn fix_restricted_settings(&mut self) -> Result<(), MysqlError> {
        for name in std::mem::take(&mut self.wrong) {
            let statement = match name {
                "innodb_strict_mode" => "SET @@SESSION.innodb_strict_mode = 1",
                "explicit_defaults_for_timestamp" => "SET @@SESSION.explicit_defaults_for_timestamp = 1",
                _ => "SET @@SESSION.sql_generate_invisible_primary_key = 0",
            };
            if let Err(mut error) = self.query(statement, &[]).await {
                error.message = format!("{name} is switched globally, and this account may not switch it for itself");
                error.next_step =
                    "grant SESSION_VARIABLES_ADMIN to the account, or set the server's global value to MySQL's default"
                        .to_owned();
                return Err(error);
            }
        }
        Ok(())
    }

    /// Lets definitions have zero dates as defaults, or no longer; strict in all else.
    pub(super) async fn zero_dates(&mut self, allowed: bool) -> Result<(), MysqlError> {
        let text = if allowed {
            "SET @@SESSION.sql_mode = REPLACE(REPLACE(@@SESSION.sql_mode, 'NO_ZERO_IN_DATE,', ''), 'NO_ZERO_DATE,', '')"
        } else {
            "SET @@SESSION.sql_mode = CONCAT(@@SESSION.sql_mode, ',NO_ZERO_IN_DATE,NO_ZERO_DATE')"
        };
        self.query(text, &[]).await.map(drop)
    }

    /// From now on statements run in the server's own time zone, in which its clients read and write TIMESTAMP values.
    /// Definitions are still shown and made again in UTC, between [`Session::set_utc`] and [`Session::set_zone`].
    pub(super) async fn run_in(&mut self, zone: Option<&str>) -> Result<(), MysqlError> {
        self.zone = zone.map(Into::into);
        self.set_zone().await
    }

    /// Back to UTC for good.
    pub(super) async fn leave_zone(&mut self) -> Result<(), MysqlError> {
        self.set_utc().await?;
        self.zone = None;
        Ok(())
    }

    /// Whether statements run in another time zone than UTC.
    pub(super) fn has_zone(&self) -> bool {
        self.zone.is_some()
    }

    /// Sets UTC for a while; nothing is sent where statements run in it anyway.
    pub(super) async fn set_utc(&mut self) -> Result<(), MysqlError> {
        if self.zone.is_some() { self.query(UTC, &[]).await.map(drop) } else { Ok(()) }
    }

    /// Sets the time zone in which statements run again.
    pub(super) async fn set_zone(&mut self) -> Result<(), MysqlError> {
        match self.zone.clone() {
            Some(zone) => self.query(ZONE, &[&zone]).await.map(drop),
            None => Ok(()),
        }
    }

    /// The statements of [`Session::set_utc`] and [`Session::set_zone`], for a message of several; `None` where there is
    /// nothing to set.
    pub(super) fn zone_settings(&self) -> Result<Option<[OneStatement; 2]>, MysqlError> {
        let Some(zone) = &self.zone else { return Ok(None) };
        Ok(Some([self.fixed(UTC, &[])?, self.fixed(ZONE, &[zone])?]))
    }

    /// Whether it can run another statement: all so far were answered.
    pub(super) fn usable(&self) -> bool {
        self.usable
    }

    /// Marks it as not to be used again.
    pub(super) fn spoil(&mut self) {
        self.usable = false;
    }

    /// The server's id of this connection.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// `VERSION()`.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// Whose server it is.
    pub(super) fn flavour(&self) -> Flavour {
        if self.version.contains("MariaDB") { Flavour::Mariadb } else { Flavour::Mysql }
    }

    /// The queries in this server's words.
    pub(super) fn queries(&self) -> &'static Queries {
        queries(self.flavour())
    }

    /// `host:port`.
    pub(super) fn address(&self) -> &Arc<str> {
        &self.address
    }

    /// `USE schema`
    pub(super) async fn use_schema(&mut self, schema: &SchemaName) -> Result<(), MysqlError> {
        self.send(self.statement(format!("USE {}", quote_identifier(schema.as_str())))?).await.map(drop)
    }

    /// Runs a fixed query with values in the places of its `?`.
    pub(super) async fn query(&mut self, text: &'static str, values: &[&str]) -> Result<Vec<Row>, MysqlError> {
        self.send(self.fixed(text, values)?).await
    }

    /// As [`Session::query`], where the last `?` takes a list.
    pub(super) async fn query_in(
        &mut self,
        text: &'static str,
        values: &[&str],
        list: &[&str],
    ) -> Result<Vec<Row>, MysqlError> {
        let statement = OneStatement::query_in(text, values, list).map_err(|error| self.not_one(error))?;
        self.send(statement).await
    }

    /// A fixed query that answers exactly one row.
    pub(super) async fn query_row(&mut self, text: &'static str, values: &[&str]) -> Result<Row, MysqlError> {
        let mut rows = self.query(text, values).await?;
        rows.pop().ok_or_else(|| MysqlError::unexpected(&self.address, "a query gave no row"))
    }

    /// Runs DDL that `sql` has printed; the text is kept in the error.
    pub(super) async fn ddl(&mut self, text: &str) -> Result<(), MysqlError> {
        let statement = self.statement(text)?;
        self.send_within(statement, Bounds::CHANGING).await.map(drop).map_err(|error| error.running(text))
    }

    /// Runs one statement that does not take long.
    pub(super) async fn send(&mut self, statement: OneStatement) -> Result<Vec<Row>, MysqlError> {
        self.send_within(statement, Bounds::READING).await
    }

    /// Runs one statement.
    pub(super) async fn send_within(
        &mut self,
        statement: OneStatement,
        bounds: Bounds,
    ) -> Result<Vec<Row>, MysqlError> {
        // A future that is dropped while it waits leaves the session unusable.
        self.usable = false;
        let sent = statement.send(&mut self.connection, bounds).await;
        let answer = sent.map_err(|error| MysqlError::from_answer(&self.address, &error));
        self.usable = answer.as_ref().err().is_none_or(MysqlError::session_lives);
        answer
    }

    /// Runs several reading statements in one message: see [`Batch::send`].
    pub(super) async fn send_batch(
        &mut self,
        batch: Batch,
        take: impl FnMut(usize, Row),
    ) -> (usize, Result<(), MysqlError>) {
        self.usable = false;
        let (done, result) = batch.send(&mut self.connection, take).await;
        let answer = result.map_err(|error| MysqlError::from_answer(&self.address, &error));
        self.usable = answer.as_ref().err().is_none_or(MysqlError::session_lives);
        (done, answer)
    }

    /// Text of our own making as one statement.
    pub(super) fn statement(&self, text: impl Into<String>) -> Result<OneStatement, MysqlError> {
        OneStatement::new(text).map_err(|error| self.not_one(error))
    }

    /// A fixed query with values in the places of its `?`.
    pub(super) fn fixed(&self, text: &'static str, values: &[&str]) -> Result<OneStatement, MysqlError> {
        OneStatement::query(text, values).map_err(|error| self.not_one(error))
    }

    fn not_one(&self, error: NotOneStatement) -> MysqlError {
        MysqlError::new(
            &self.address,
            MysqlErrorKind::Refused,
            format!("a statement was not sent: {error}"),
            "please report this",
        )
    }

    /// A column as text; NULL is an error.
    pub(super) fn text(&self, row: &Row, at: usize) -> Result<String, MysqlError> {
        self.optional(row, at)?
            .ok_or_else(|| MysqlError::unexpected(&self.address, format!("column {at} of an answer is NULL")))
    }

    /// A column as text; `None` for NULL. Bytes that are not UTF-8 are an error: nothing is shown garbled.
    pub(super) fn optional(&self, row: &Row, at: usize) -> Result<Option<String>, MysqlError> {
        optional_text(row, at).map_err(|problem| MysqlError::unexpected(&self.address, problem))
    }

    /// A column as text, whatever its bytes; empty for NULL.
    pub(super) fn lossy(&self, row: &Row, at: usize) -> Result<String, MysqlError> {
        let value = row.value(at).map_err(|problem| MysqlError::unexpected(&self.address, problem))?;
        Ok(value.map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default())
    }

    /// A column as a number; NULL is an error.
    pub(super) fn number(&self, row: &Row, at: usize) -> Result<u64, MysqlError> {
        self.optional_number(row, at)?
            .ok_or_else(|| MysqlError::unexpected(&self.address, format!("column {at} of an answer is NULL")))
    }

    /// A column as a number; `None` for NULL.
    pub(super) fn optional_number(&self, row: &Row, at: usize) -> Result<Option<u64>, MysqlError> {
        self.optional(row, at)?
            .map(|text| {
                text.parse().map_err(|_| MysqlError::unexpected(&self.address, format!("column {at} is not a number")))
            })
            .transpose()
    }

    /// Says good-bye; what the server does with it no longer matters.
    pub(super) async fn close(self) {
        let _ = tokio::time::timeout(Duration::from_secs(2), self.connection.close()).await;
    }
}

/// A column as text; all our answers come in the text protocol, whatever their type.
pub(super) fn optional_text(row: &Row, at: usize) -> Result<Option<String>, String> {
    let bytes = row.value(at)?.map(<[u8]>::to_vec);
    bytes.map(String::from_utf8).transpose().map_err(|_| format!("column {at} of an answer is not UTF-8"))
}

/// A definition as text; `None` for NULL. Bytes that are not UTF-8 (MariaDB shows defaults of binary columns as they are
/// stored) become NUL, which no other definition has: names cannot hold it, and in quotes it is escaped.
pub(super) fn definition_text(row: &Row, at: usize) -> Result<Option<String>, String> {
    let Some(bytes) = row.value(at)? else { return Ok(None) };
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push('\0');
        }
    }
    Ok(Some(text))
}
