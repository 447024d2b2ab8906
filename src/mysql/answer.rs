//! What a server answers, within bounds: an honest server keeps limits of its own (`max_execution_time`,
//! `lock_wait_timeout`), one that hangs or means harm does not.

use std::fmt;
use std::time::Duration;

use futures::TryStreamExt;
use sqlx::mysql::MySqlRow;
use sqlx::{AssertSqlSafe, Column as _, Either, Row as _};

use super::link::Broken;
use super::login::Connection;
use super::unwind::{Panicked, caught};

/// A row of an answer; all values come as text.
pub(super) struct Row(MySqlRow);

impl fmt::Debug for Row {
    /// Without the values.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Row({} columns)", self.len())
    }
}

/// The most columns of an answer: as many as a table can have (manual, "Limits on Table Column Count").
const MAX_COLUMNS: usize = 4096;
/// How many bytes may stand between the last row and the end of a statement's rows. The driver (0.9.0) takes a row whose
/// first value has 16 MiB or more for that end, because it begins as the end does.
const MAX_END_BYTES: u64 = 8 << 20;

/// What a row, and what a value of a row takes in memory besides its bytes, about.
const ROW_BYTES: u64 = 128;
const VALUE_BYTES: usize = 32;

/// How long an answer may be, and how long its next part may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// `None`: as long as it takes.
    silence: Option<Duration>,
    bytes: u64,
}

/// Why there is no whole answer.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// The driver's error: what the server refuses, and what became of the connection.
    Driver(sqlx::Error),
    /// The TCP socket's error.
    Lost(String),
    /// It is longer than anything that is asked for; how many bytes were taken.
    TooLong(u64),
    /// Nothing came for this long.
    Silent(Duration),
    /// It is nothing that the driver understands.
    Malformed,
}

impl Bounds {
    /// Of all that is asked of a server: twice what the session lets a query take, and many times the definitions that go
    /// into one message.
    pub(super) const READING: Self = Self { silence: Some(Duration::from_secs(120)), bytes: 256 << 20 };
    /// Of statements that change tables, which take as long as they take.
    pub(super) const CHANGING: Self = Self { silence: None, bytes: 1 << 20 };

    async fn within<T>(self, part: impl Future<Output = sqlx::Result<T>>) -> Result<T, Unanswered> {
        let part = caught(part);
        let part = match self.silence {
            Some(silence) => tokio::time::timeout(silence, part).await.map_err(|_| Unanswered::Silent(silence))?,
            None => part.await,
        };
        part.map_err(|Panicked| Unanswered::Malformed)?.map_err(Unanswered::Driver)
    }
}

/// Sends a text of one or several statements and hands on the rows of each, with the statement's place; the server stops
/// at the first that fails. Answers how many succeeded. An answer that is not read to its end leaves the connection
/// unusable.
#[expect(clippy::disallowed_methods, reason = "this is the one wrapper: every text has passed the gate")]
pub(super) async fn ask(
    connection: &mut Connection,
    text: String,
    bounds: Bounds,
    mut take: impl FnMut(usize, Row),
) -> (usize, Result<(), Unanswered>) {
    let Connection { driver, link } = connection;
    let mut done = 0;
    let mut bytes = 0_u64;
    let mut parts = sqlx::raw_sql(AssertSqlSafe(text)).fetch_many(driver);
    loop {
        match bounds.within(parts.try_next()).await {
            Ok(Some(Either::Right(row))) => {
                link.row_came();
                let row = Row(row);
                if row.len() > MAX_COLUMNS {
                    return (done, Err(Unanswered::Malformed));
                }
                bytes = bytes.saturating_add(row.bytes());
                if bytes > bounds.bytes {
                    return (done, Err(Unanswered::TooLong(bytes)));
                }
                take(done, row);
            }
            Ok(Some(Either::Left(_))) if link.unread() > MAX_END_BYTES => {
                return (done, Err(Unanswered::TooLong(link.unread())));
            }
            Ok(Some(Either::Left(_))) => done += 1,
            Ok(None) => return (done, Ok(())),
            Err(error) => return (done, Err(told_by_link(error, link.broken()))),
        }
    }
}

/// What the driver knows only as an end, the link knows better.
fn told_by_link(error: Unanswered, broken: Option<Broken>) -> Unanswered {
    match (error, broken) {
        (Unanswered::Driver(sqlx::Error::Io(_)), Some(Broken::TooLong(bytes))) => Unanswered::TooLong(bytes),
        (Unanswered::Driver(sqlx::Error::Io(_)), Some(Broken::Lost(_, text) | Broken::Tls(text))) => {
            Unanswered::Lost(text)
        }
        (Unanswered::Driver(sqlx::Error::Io(_)), Some(Broken::Malformed)) => Unanswered::Malformed,
        (error, _) => error,
    }
}

impl Row {
    /// How many columns it has.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// A column's bytes; `None` for NULL.
    pub(super) fn value(&self, at: usize) -> Result<Option<&[u8]>, String> {
        self.0.try_get_unchecked(at).map_err(|_| format!("no column {at} in an answer"))
    }

    /// The place of a column of this name.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.0.columns().iter().position(|column| column.name() == name)
    }

    /// About how many bytes it takes: a row of NULLs takes some, too.
    fn bytes(&self) -> u64 {
        let of = |at| self.value(at).ok().flatten().map_or(0, <[u8]>::len).saturating_add(VALUE_BYTES);
        (0..self.len())
            .map(of)
            .fold(ROW_BYTES, |sum, length| sum.saturating_add(u64::try_from(length).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
impl Bounds {
    /// Tight ones.
    pub(super) fn tight(silence: Duration, bytes: u64) -> Self {
        Self { silence: Some(silence), bytes }
    }
}
