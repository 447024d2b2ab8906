//! What a server answers, within bounds: an honest server keeps limits of its own (`max_execution_time`,
//! `lock_wait_timeout`), one that hangs or means harm does not.

use std::time::Duration;

use futures::TryStreamExt;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, Value};

/// How long an answer may be, and how long its next part may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// `None`: as long as it takes.
    silence: Option<Duration>,
    bytes: usize,
}

/// Why there is no whole answer.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// The driver's error: what the server refuses, and what became of the connection.
    Driver(mysql_async::Error),
    /// It is longer than anything that is asked for; how many bytes were taken.
    TooLong(usize),
    /// Nothing came for this long.
    Silent(Duration),
}

impl Bounds {
    /// Of all that is asked of a server: twice what the session lets a query take, and many times the definitions that go
    /// into one message.
    pub(super) const READING: Self = Self { silence: Some(Duration::from_secs(120)), bytes: 256 << 20 };
    /// Of statements that change tables, which take as long as they take.
    pub(super) const CHANGING: Self = Self { silence: None, bytes: 1 << 20 };

    async fn within<T>(self, part: impl Future<Output = mysql_async::Result<T>>) -> Result<T, Unanswered> {
        let part = match self.silence {
            Some(silence) => tokio::time::timeout(silence, part).await.map_err(|_| Unanswered::Silent(silence))?,
            None => part.await,
        };
        part.map_err(Unanswered::Driver)
    }
}

/// Sends a text of one or several statements and hands on the rows of each, with the statement's place; the server stops
/// at the first that fails. Answers how many succeeded. An answer that is not read to its end leaves the connection
/// unusable.
#[expect(clippy::disallowed_methods, reason = "this is the one wrapper: every text has passed the gate")]
pub(super) async fn ask(
    connection: &mut Conn,
    text: String,
    bounds: Bounds,
    mut take: impl FnMut(usize, Row),
) -> (usize, Result<(), Unanswered>) {
    let mut done = 0;
    let mut bytes = 0_usize;
    let mut answer = match bounds.within(connection.query_iter(text)).await {
        Ok(answer) => answer,
        Err(error) => return (done, Err(error)),
    };
    loop {
        // What a later statement is refused for comes here.
        let mut rows = match bounds.within(answer.stream::<Row>()).await {
            Ok(Some(rows)) => rows,
            Ok(None) => return (done, Ok(())),
            Err(error) => return (done, Err(error)),
        };
        loop {
            match bounds.within(rows.try_next()).await {
                Ok(Some(row)) => {
                    bytes = bytes.saturating_add(length(&row));
                    if bytes > bounds.bytes {
                        return (done, Err(Unanswered::TooLong(bytes)));
                    }
                    take(done, row);
                }
                Ok(None) => break,
                Err(error) => return (done, Err(error)),
            }
        }
        done += 1;
    }
}

/// How many bytes the row's values have; all come as text.
fn length(row: &Row) -> usize {
    let of = |place| match row.as_ref(place) {
        Some(Value::Bytes(bytes)) => bytes.len(),
        Some(_) | None => 0,
    };
    (0..row.len()).map(of).sum()
}

#[cfg(test)]
impl Bounds {
    /// Tight ones.
    pub(super) fn tight(silence: Duration, bytes: usize) -> Self {
        Self { silence: Some(silence), bytes }
    }
}
