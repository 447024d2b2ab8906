//! Row counts and checksums of a part of a table, on a session of its own. Only reads, and without locks.
//!
//! The server computes the checksum, so that no value of a column leaves it, with one exception: the boundaries between
//! two parts are values of the key. They are kept in memory as typed literals, go to the two servers that are compared, and
//! stand in no error, log line or Debug output ([`range::Boundary`]).

mod columns;
mod range;
mod shape;

use std::fmt;
use std::time::Duration;

use super::identity::{executed, read_gtids};
use super::rows::time_was_over;
use super::session::Session;
use super::{GtidSet, MysqlError, MysqlErrorKind, Server};
use crate::model::Flavour;
use crate::sql::quote_identifier;

pub use range::{Boundary, KeyRange};
pub use shape::{NotReadable, RowShape};

/// The settings of a session that reads rows: dates that the strict mode refuses as literals may be boundaries, and the
/// server's own isolation level may be READ UNCOMMITTED.
const SETTINGS: [&str; 2] = [
    "SET @@SESSION.sql_mode = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION', \
     @@SESSION.wait_timeout = 600",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
];

/// How often a metadata lock that was not granted is asked for again.
const LOCK_RETRIES: u32 = 3;

/// Row count and checksum of a part of a table. Two parts with the same rows have the same one.
#[derive(Clone, PartialEq, Eq)]
pub struct RowSum {
    /// How many rows there are.
    pub rows: u64,
    /// The checksums of all rows taken together; not for show, since the one of a single row may tell its values.
    sum: Vec<String>,
}

impl fmt::Debug for RowSum {
    /// Without the checksum.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RowSum").field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// Why a question about rows has no answer. The server's own words are left out: they may quote a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadFailure {
    /// The time was over; the server stopped it.
    TimeOver,
    /// A row is longer than the server's max_allowed_packet.
    RowTooLong,
    /// The account may not SELECT from the table.
    Denied,
    /// The table does not exist, or no longer has these columns.
    TableChanged,
    /// The server cannot be reached.
    Unreachable,
    /// The server refuses the question, with this number.
    Refused(u16),
    /// The answer is none that this version understands.
    Unexpected,
}

impl fmt::Display for ReadFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimeOver => formatter.write_str("the time for one question was over"),
            Self::RowTooLong => formatter.write_str("a row is longer than max_allowed_packet"),
            Self::Denied => formatter.write_str("the account may not SELECT from it"),
            Self::TableChanged => formatter.write_str("the table was changed or dropped while it was read"),
            Self::Unreachable => formatter.write_str("the server cannot be reached"),
            Self::Refused(number) => write!(formatter, "the server refused the question (error {number})"),
            Self::Unexpected => formatter.write_str("the server's answer is not understood"),
        }
    }
}

impl ReadFailure {
    fn of(error: &MysqlError) -> Self {
        if time_was_over(error) {
            return Self::TimeOver;
        }
        match error.code {
            // Operands of BIT_XOR that are not of equal length: one of them marks a row without a checksum.
            Some(3513 | 3514 | 1301) => return Self::RowTooLong,
            Some(1054 | 1146 | 1412 | 1176) => return Self::TableChanged,
            Some(_) | None => {}
        }
        match error.kind {
            MysqlErrorKind::Denied => Self::Denied,
            MysqlErrorKind::ConnectionLost
            | MysqlErrorKind::Unreachable
            | MysqlErrorKind::UnknownHost
            | MysqlErrorKind::Tls
            | MysqlErrorKind::LoginRefused => Self::Unreachable,
            MysqlErrorKind::UnknownSchema
            | MysqlErrorKind::Deadlock
            | MysqlErrorKind::LockWaitTimeout
            | MysqlErrorKind::AlgorithmRefused
            | MysqlErrorKind::ReadOnly
            | MysqlErrorKind::Interrupted
            | MysqlErrorKind::NoSuchTable
            | MysqlErrorKind::DataRefused
            | MysqlErrorKind::Refused
            | MysqlErrorKind::Unexpected => error.code.map_or(Self::Unexpected, Self::Refused),
        }
    }
}

/// On which side of the replication a server is: where its executed transactions stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowSide {
    /// It writes them.
    Primary,
    /// It applies them.
    Replica,
}

/// A session that reads rows of one server.
#[derive(Debug)]
pub struct RowReader {
    server: Server,
    side: RowSide,
    session: Option<Session>,
}

impl RowReader {
    /// Names the server; connects with the first question.
    pub fn new(server: &Server, side: RowSide) -> Self {
        Self { server: server.clone(), side, session: None }
    }

    /// Counts the rows of a range and computes their checksum.
    pub async fn checksum(
        &mut self,
        shape: &RowShape,
        range: &KeyRange,
        time: Duration,
    ) -> Result<RowSum, ReadFailure> {
        let text =
            |flavour: Flavour, table: &str| format!("{} FROM {table}{}", shape.sums(flavour), shape.within(range));
        let row = self.ask(shape, text, time).await?.pop().ok_or(ReadFailure::Unexpected)?;
        let rows: u64 = number(&row, 0)?;
        let counted: u64 = number(&row, 1)?;
        if counted != rows {
            return Err(ReadFailure::RowTooLong);
        }
        // Over no rows the servers give different neutral values.
        let sum = if rows == 0 { Vec::new() } else { row.into_iter().skip(2).flatten().collect() };
        if shape.is_marked(&sum) {
            return Err(ReadFailure::RowTooLong);
        }
        Ok(RowSum { rows, sum })
    }

    /// Reads the key of the row at this distance behind the beginning of a range; `None` where there are not so many.
    /// Without a key there is none.
    pub async fn boundary(
        &mut self,
        shape: &RowShape,
        range: &KeyRange,
        distance: u64,
        time: Duration,
    ) -> Result<Option<Boundary>, ReadFailure> {
        let Some(key) = shape.key() else { return Ok(None) };
        let text = |_: Flavour, table: &str| {
            format!(
                "{} FROM {table}{} ORDER BY {} LIMIT 1 OFFSET {}",
                key.selected(),
                shape.within(range),
                key.order(),
                distance.saturating_sub(1)
            )
        };
        match self.ask(shape, text, time).await?.pop() {
            Some(row) => key.read(&row).map(Some).ok_or(ReadFailure::Unexpected),
            None => Ok(None),
        }
    }

    /// Says whether the table has more rows than this.
    pub async fn has_more_than(&mut self, shape: &RowShape, rows: u64, time: Duration) -> Result<bool, ReadFailure> {
        let text = |_: Flavour, table: &str| format!("1 FROM {table} LIMIT 1 OFFSET {rows}");
        Ok(!self.ask(shape, text, time).await?.is_empty())
    }

    /// Reads what the server has executed.
    pub async fn executed(&mut self) -> Result<GtidSet, ReadFailure> {
        let side = self.side;
        let session = self.session().await?;
        let read = async {
            match side {
                RowSide::Primary => executed(session).await,
                RowSide::Replica => {
                    let row = session.query_row(session.queries().replica_facts, &[]).await?;
                    read_gtids(session, &session.text(&row, 1)?)
                }
            }
        };
        read.await.map_err(|error| ReadFailure::of(&error))
    }

    /// Closes the session.
    pub async fn close(self) {
        if let Some(session) = self.session {
            session.close().await;
        }
    }

    async fn session(&mut self) -> Result<&mut Session, ReadFailure> {
        if self.session.as_ref().is_none_or(|session| !session.usable()) {
            let open = async {
                let mut session = self.server.open().await?;
                for setting in SETTINGS {
                    session.query(setting, &[]).await?;
                }
                Ok(session)
            };
            self.session = Some(open.await.map_err(|error| ReadFailure::of(&error))?);
        }
        self.session.as_mut().ok_or(ReadFailure::Unexpected)
    }

    /// Asks one question, again on a new session where the old one had gone, and again where a lock was not granted.
    async fn ask(
        &mut self,
        shape: &RowShape,
        text: impl Fn(Flavour, &str) -> String,
        time: Duration,
    ) -> Result<Vec<Vec<Option<String>>>, ReadFailure> {
        let table =
            format!("{}.{}", quote_identifier(self.server.schema().as_str()), quote_identifier(shape.table().as_str()));
        let mut tries = 0;
        loop {
            tries += 1;
            let session = self.session().await?;
            let asked = super::rows::within(time, session.flavour(), &text(session.flavour(), &table));
            let answer = async {
                let statement = session.statement(asked)?;
                let rows = session.send(statement).await?;
                rows.iter().map(|row| (0..row.len()).map(|at| session.optional(row, at)).collect()).collect()
            };
            let answer: Result<Vec<Vec<Option<String>>>, MysqlError> = answer.await;
            match answer {
                Ok(rows) => return Ok(rows),
                Err(error) if error.kind == MysqlErrorKind::ConnectionLost && tries == 1 => {}
                Err(error) if error.kind == MysqlErrorKind::LockWaitTimeout && tries <= LOCK_RETRIES => {}
                Err(error) => return Err(ReadFailure::of(&error)),
            }
        }
    }
}

fn number(row: &[Option<String>], at: usize) -> Result<u64, ReadFailure> {
    row.get(at).and_then(Option::as_ref).and_then(|text| text.parse().ok()).ok_or(ReadFailure::Unexpected)
}
