//! What a server answers, within bounds: an honest server keeps limits of its own (`max_execution_time`,
//! `lock_wait_timeout`), one that hangs or means harm does not.

use std::time::Duration;

use futures::TryStreamExt;
use futures::stream::BoxStream;
use sqlx::mysql::{MySqlQueryResult, MySqlRow};
use sqlx::{Either, Row};

/// How long an answer may be, and how long its next part may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// `None`: as long as it takes.
    silence: Option<Duration>,
    bytes: usize,
}

impl Bounds {
    /// Of all that is asked of a server: twice what the session lets a query take, and many times the definitions that go
    /// into one message.
    pub(super) const READING: Self = Self { silence: Some(Duration::from_secs(120)), bytes: 256 << 20 };
    /// Of statements that change tables, which take as long as they take.
    pub(super) const CHANGING: Self = Self { silence: None, bytes: 1 << 20 };
}

/// Why there is no whole answer.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// The driver's error: what the server refuses, and what became of the connection.
    Driver(sqlx::Error),
    /// It is longer than anything that is asked for; how many bytes were taken.
    TooLong(usize),
    /// Nothing came for this long.
    Silent(Duration),
}

/// An answer that is being read. One that is not read to its end leaves the connection unusable.
pub(super) struct Answer<'c> {
    parts: BoxStream<'c, Result<Either<MySqlQueryResult, MySqlRow>, sqlx::Error>>,
    bounds: Bounds,
    taken: usize,
}

impl<'c> Answer<'c> {
    pub(super) fn new(
        parts: BoxStream<'c, Result<Either<MySqlQueryResult, MySqlRow>, sqlx::Error>>,
        bounds: Bounds,
    ) -> Self {
        Self { parts, bounds, taken: 0 }
    }

    /// The next row, `Some(None)` at the end of a statement's rows, `None` at the end of all.
    pub(super) async fn next(&mut self) -> Result<Option<Option<MySqlRow>>, Unanswered> {
        let next = self.parts.try_next();
        let part = match self.bounds.silence {
            Some(silence) => tokio::time::timeout(silence, next).await.map_err(|_| Unanswered::Silent(silence))?,
            None => next.await,
        };
        let Some(part) = part.map_err(Unanswered::Driver)? else { return Ok(None) };
        let row = part.right();
        self.taken = self.taken.saturating_add(row.as_ref().map_or(0, bytes));
        if self.taken > self.bounds.bytes {
            return Err(Unanswered::TooLong(self.taken));
        }
        Ok(Some(row))
    }
}

fn bytes(row: &MySqlRow) -> usize {
    let of = |place| row.try_get_unchecked::<Option<&[u8]>, _>(place).ok().flatten().map_or(0, <[u8]>::len);
    (0..row.len()).map(of).sum()
}

#[cfg(test)]
impl Bounds {
    /// Tight ones.
    pub(super) fn tight(silence: Duration, bytes: usize) -> Self {
        Self { silence: Some(silence), bytes }
    }
}
