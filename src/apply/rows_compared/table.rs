//! One table, chunk by chunk along its key; or at once, where it has none.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::health::hindrance;
use super::pace::Pace;
use super::settle::{Pair, Settled};
use super::{ChunkRows, RowLimits, RowsProgress, RowsVerdict, Side};
use crate::apply::Connections;
use crate::model::{ServerFacts, TableName};
use crate::mysql::{self, Boundary, KeyRange, ReadFailure, RowReader, RowShape, RowSum};
use crate::plan::fingerprint;
use crate::sql::parse_create_table;

/// How long one question about a chunk takes at most.
const QUESTION: Duration = Duration::from_secs(30);
/// How long the question about a table that cannot be read in parts takes at most.
const QUESTION_AT_ONCE: Duration = Duration::from_secs(60);
/// After so many chunks that differ the rest of the table is not read.
const DIFFERING: usize = 16;

/// How much of the primary's table was compared.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Compared {
    pub(super) rows: u64,
    pub(super) chunks: u64,
}

/// Compares one table with each replica that nothing has ended yet.
pub(super) async fn compare(
    connections: &Connections,
    facts: &ServerFacts,
    reader: &mut RowReader,
    table: &TableName,
    sides: &mut [Side<'_>],
    limits: &RowLimits,
    tell: &(dyn Fn(RowsProgress<'_>) + Send + Sync),
) -> Compared {
    let mut run = match Run::begin(connections, facts, reader, table, sides, limits).await {
        Ok(run) => run,
        Err(why) => {
            end_all(sides, &RowsVerdict::NotCompared { why });
            return Compared::default();
        }
    };
    let ended = match run.shape.has_key() {
        true => run.in_chunks(sides, tell).await,
        false => run.at_once(sides).await,
    };
    if let Err(verdict) = ended {
        end_all(sides, &verdict);
    }
    // Nothing is equal to a server that has stopped to follow.
    for side in active(sides) {
        if let Some(why) = hindrance(side.server).await {
            side.not_compared(why);
        }
    }
    run.compared
}

fn active<'s, 'a>(sides: &'s mut [Side<'a>]) -> impl Iterator<Item = &'s mut Side<'a>> {
    sides.iter_mut().filter(|side| side.ended.is_none())
}

fn end_all(sides: &mut [Side<'_>], verdict: &RowsVerdict) {
    for side in active(sides) {
        side.end(verdict.clone());
    }
}

/// The comparison of one table.
struct Run<'r> {
    table: &'r TableName,
    reader: &'r mut RowReader,
    shape: RowShape,
    limits: &'r RowLimits,
    end: Instant,
    compared: Compared,
    /// By the server's estimate.
    rows: u64,
    row_bytes: u64,
}

impl<'r> Run<'r> {
    /// Reads the definitions on both sides: rows are compared only where these are the same.
    async fn begin(
        connections: &Connections,
        facts: &ServerFacts,
        reader: &'r mut RowReader,
        table: &'r TableName,
        sides: &mut [Side<'_>],
        limits: &'r RowLimits,
    ) -> Result<Run<'r>, String> {
        let primary = connections.primary();
        let text = mysql::show_create_table(primary, table)
            .await
            .map_err(|error| format!("its definition could not be read on the primary: {error}"))?
            .ok_or("the primary has no such table")?;
        let parsed = parse_create_table(&text, facts.dialect())
            .map_err(|_| "its definition has something that is not understood".to_owned())?;
        let shape = RowShape::of(&parsed, facts.flavour).map_err(|problem| problem.to_string())?;
        for side in active(sides) {
            match mysql::show_create_table(side.server, table).await {
                Ok(Some(theirs)) if fingerprint(&theirs) == fingerprint(&text) => {
                    if let Some(why) = hindrance(side.server).await {
                        side.not_compared(why);
                    }
                }
                Ok(Some(_)) => side.not_compared("the definitions differ"),
                Ok(None) => side.not_compared("the replica has no such table"),
                Err(error) => side.not_compared(format!("its definition could not be read there: {error}")),
            }
        }
        let sizes = mysql::sizes(primary, std::slice::from_ref(table)).await.unwrap_or_default();
        let (rows, bytes) = sizes.first().map(|size| (size.rows, size.data_bytes)).unwrap_or_default();
        Ok(Self {
            table,
            reader,
            shape,
            limits,
            end: Instant::now() + limits.time,
            compared: Compared::default(),
            rows,
            row_bytes: bytes / rows.max(1),
        })
    }

    /// Along the key.
    async fn in_chunks(
        &mut self,
        sides: &mut [Side<'_>],
        tell: &(dyn Fn(RowsProgress<'_>) + Send + Sync),
    ) -> Result<(), RowsVerdict> {
        let mut pace = Pace::new();
        let mut after: Option<Boundary> = None;
        loop {
            if active(sides).next().is_none() {
                return Ok(());
            }
            self.within_limits()?;
            let began = Instant::now();
            let rest = KeyRange { after: after.clone(), through: None };
            let distance = pace.rows().min(self.limits.rows - self.compared.rows);
            let through = match self.reader.boundary(&self.shape, &rest, distance, self.question()).await {
                Ok(through) => through,
                Err(ReadFailure::TimeOver) if pace.was_too_long() => continue,
                Err(failure) => return Err(self.failed(failure)),
            };
            let range = KeyRange { after: after.clone(), through: through.clone() };
            let Some(rows) = self.chunk(&range, sides, &mut pace).await? else { continue };
            self.compared.rows += rows;
            let took = began.elapsed();
            tell(RowsProgress { table: self.table, rows: self.compared.rows, of: self.rows });
            if through.is_none() {
                return Ok(());
            }
            after = through;
            pace.took(took);
            sleep(Pace::rest(took)).await;
        }
    }

    /// One chunk on all servers; `None`: it was too long and has become smaller. Else the primary's rows.
    async fn chunk(
        &mut self,
        range: &KeyRange,
        sides: &mut [Side<'_>],
        pace: &mut Pace,
    ) -> Result<Option<u64>, RowsVerdict> {
        let (shape, question) = (&self.shape, self.question());
        let theirs = active(sides).map(|side| side.reader.checksum(shape, range, question));
        let (live, theirs) =
            tokio::join!(self.reader.checksum(shape, range, question), futures::future::join_all(theirs));
        let late = |answer: &Result<RowSum, ReadFailure>| matches!(answer, Err(ReadFailure::TimeOver));
        if (late(&live) || theirs.iter().any(late)) && pace.was_too_long() {
            return Ok(None);
        }
        let live = live.map_err(|failure| self.failed(failure))?;
        self.compared.chunks += 1;
        let chunk = self.compared.chunks;
        for (side, theirs) in active(sides).zip(theirs) {
            match theirs {
                Ok(sum) if sum == live => {}
                Ok(_) => self.settle(side, chunk, range).await,
                Err(failure) => side.not_compared(format!("on the replica, {failure}")),
            }
        }
        Ok(Some(live.rows))
    }

    async fn settle(&mut self, side: &mut Side<'_>, chunk: u64, range: &KeyRange) {
        let question = self.question();
        let mut pair = Pair {
            shape: &self.shape,
            primary: self.reader,
            replica: &mut side.reader,
            server: side.server,
            question,
            patience: self.limits.patience,
            end: self.end,
        };
        match pair.settle(range, 0).await {
            Settled::Equal => {}
            Settled::Moving => side.unsettled.push(chunk),
            Settled::Differs(primary, replica) => {
                side.differing.push(ChunkRows { chunk, primary, replica });
                if side.differing.len() == DIFFERING {
                    side.not_compared("so many chunks differ");
                }
            }
            Settled::Behind(why) | Settled::Failed(why) => side.not_compared(why),
        }
    }

    /// A table without a key that can be followed: one checksum, which does not depend on the order of the rows.
    async fn at_once(&mut self, sides: &mut [Side<'_>]) -> Result<(), RowsVerdict> {
        let most = self.limits.rows_at_once.min(self.limits.rows);
        let more = self.reader.has_more_than(&self.shape, most, QUESTION_AT_ONCE).await;
        let why = match more {
            Ok(false) if self.row_bytes.saturating_mul(self.rows) <= self.limits.bytes => {
                let whole = KeyRange::default();
                let live = self.reader.checksum(&self.shape, &whole, self.question());
                let live = live.await.map_err(|failure| self.failed(failure))?;
                self.compared = Compared { rows: live.rows, chunks: 1 };
                for side in active(sides) {
                    match side.reader.checksum(&self.shape, &whole, self.question()).await {
                        Ok(sum) if sum == live => {}
                        Ok(_) => self.settle(side, 1, &whole).await,
                        Err(failure) => side.not_compared(format!("on the replica, {failure}")),
                    }
                }
                return Ok(());
            }
            Ok(false) => format!("more than {} bytes", self.limits.bytes),
            Ok(true) => format!("more than {most} rows"),
            Err(failure) => return Err(self.failed(failure)),
        };
        Err(RowsVerdict::NotCompared {
            why: format!("it has no key along which it can be read in chunks, and {why} are not read at once"),
        })
    }

    fn within_limits(&self) -> Result<(), RowsVerdict> {
        let limit = |what: String| {
            let Compared { rows, chunks } = self.compared;
            Err(RowsVerdict::Incomplete {
                limit: format!("the limit of {what} ended it after {rows} rows in {chunks} chunks"),
            })
        };
        if self.compared.rows >= self.limits.rows {
            return limit(format!("{} rows", self.limits.rows));
        }
        if self.compared.rows.saturating_mul(self.row_bytes) >= self.limits.bytes {
            return limit(format!("{} bytes", self.limits.bytes));
        }
        if Instant::now() >= self.end {
            return limit(format!("{} s", self.limits.time.as_secs()));
        }
        Ok(())
    }

    fn question(&self) -> Duration {
        let most = if self.shape.has_key() { QUESTION } else { QUESTION_AT_ONCE };
        most.min(self.end.saturating_duration_since(Instant::now())).max(Duration::from_millis(100))
    }

    /// The time of the whole table may have been what was over.
    fn failed(&self, failure: ReadFailure) -> RowsVerdict {
        match self.within_limits() {
            Err(limit) if failure == ReadFailure::TimeOver => limit,
            Err(_) | Ok(()) => RowsVerdict::NotCompared { why: format!("on the primary, {failure}") },
        }
    }
}
