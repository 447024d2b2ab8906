//! A chunk that differs is looked at again until the two servers are seen alike, or stand still and differ.
//!
//! The primary's chunk is read before what it has executed, and the replica's after it has executed that: a row that is
//! written meanwhile makes another look, not a difference. A state of the primary that was seen counts, too, when the
//! replica passes through it later. What never stands still is cut into smaller parts, which do more easily.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::health::{absence, hindrance};
use crate::mysql::{KeyRange, ReadFailure, RowReader, RowShape, RowSum, Server};

/// How often a chunk is looked at before it is cut, and a small one before it is given up.
const LOOKS: u32 = 4;
const LOOKS_AT_FEW: u32 = 16;
/// A chunk of so few rows is small.
const FEW: u64 = 64;
/// How often a chunk must stand still and differ.
const PROOFS: u32 = 3;
/// Into how many parts a chunk is cut, and how often.
const PARTS: u64 = 8;
const DEPTH: u32 = 8;
/// How many states of the primary are kept.
const STATES: usize = 64;
/// How often a replica that does not get further is asked why.
const ASK_WHY: Duration = Duration::from_secs(1);

/// The two servers, and how a table is read there.
pub(super) struct Pair<'p> {
    pub(super) shape: &'p RowShape,
    pub(super) primary: &'p mut RowReader,
    pub(super) replica: &'p mut RowReader,
    pub(super) server: &'p Server,
    /// How long one question takes at most.
    pub(super) question: Duration,
    /// How long the replica is waited for.
    pub(super) patience: Duration,
    /// When the time for the table is over.
    pub(super) end: Instant,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    /// They were seen alike.
    Equal,
    /// They stood still and differed: rows of the primary, and of the replica.
    Differs(u64, u64),
    /// They were written all the time.
    Moving,
    /// The replica does not get there; why.
    Behind(String),
    /// A server did not answer; why.
    Failed(String),
}

impl Pair<'_> {
    /// Looks until something can be said of the range.
    pub(super) async fn settle(&mut self, range: &KeyRange, depth: u32) -> Settled {
        match self.look(range).await {
            Ok((Settled::Moving, rows)) if rows > 1 && depth < DEPTH && self.shape.has_key() => {
                match self.parts(range, rows).await {
                    Ok(parts) if parts.len() > 1 => Box::pin(self.settle_parts(&parts, depth + 1)).await,
                    Ok(_) => Settled::Moving,
                    Err(failure) => Settled::Failed(format!("on the primary, {failure}")),
                }
            }
            Ok((settled, _)) => settled,
            Err(settled) => settled,
        }
    }

    async fn settle_parts(&mut self, parts: &[KeyRange], depth: u32) -> Settled {
        let mut worst = Settled::Equal;
        for part in parts {
            match self.settle(part, depth).await {
                Settled::Equal => {}
                Settled::Moving => worst = Settled::Moving,
                other @ (Settled::Differs(..) | Settled::Behind(_) | Settled::Failed(_)) => return other,
            }
        }
        worst
    }

    /// Several looks at the whole range; also how many rows it had last.
    async fn look(&mut self, range: &KeyRange) -> Result<(Settled, u64), Settled> {
        let mut states: Vec<RowSum> = Vec::new();
        let mut proofs = 0;
        let mut rows = 0;
        for look in 0..LOOKS_AT_FEW {
            if Instant::now() >= self.end || (look >= LOOKS && proofs == 0 && rows > FEW) {
                break;
            }
            let before = self.on_primary(range).await?;
            let executed = self.primary.executed().await.map_err(of_primary)?;
            rows = before.rows;
            keep(&mut states, &before);
            let Some(theirs) = self.caught_up(range, &executed, &states).await? else {
                return Ok((Settled::Equal, rows));
            };
            let after = self.on_primary(range).await?;
            if after == theirs {
                return Ok((Settled::Equal, rows));
            }
            // Without GTIDs nothing says that the replica has got there.
            if after == before && !executed.is_empty() {
                proofs += 1;
                if proofs == PROOFS {
                    return Ok((Settled::Differs(after.rows, theirs.rows), rows));
                }
            } else {
                proofs = 0;
                keep(&mut states, &after);
            }
            // A transaction may be seen a little before it is among those that were executed.
            let pause = if executed.is_empty() { ASK_WHY } else { Duration::from_millis(10) };
            sleep(pause * (look + 1).min(5)).await;
        }
        Ok((Settled::Moving, rows))
    }

    /// Reads the replica until it has executed this much: the rows that it has then, or `None` as soon as they are a state
    /// of the primary.
    async fn caught_up(
        &mut self,
        range: &KeyRange,
        executed: &crate::mysql::GtidSet,
        states: &[RowSum],
    ) -> Result<Option<RowSum>, Settled> {
        let began = Instant::now();
        let until = (began + self.patience).min(self.end);
        let mut asked = began;
        let mut pause = Duration::from_millis(1);
        loop {
            let theirs = self.replica.executed().await.map_err(of_replica)?;
            let sum = self.replica.checksum(self.shape, range, self.question).await.map_err(of_replica)?;
            if states.contains(&sum) {
                return Ok(None);
            }
            if theirs.contains_set(executed) {
                return Ok(Some(sum));
            }
            if Instant::now() >= until {
                return Err(Settled::Behind(absence(self.server).await));
            }
            if asked.elapsed() >= ASK_WHY {
                asked = Instant::now();
                if let Some(why) = hindrance(self.server).await {
                    return Err(Settled::Behind(why));
                }
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(100));
        }
    }

    async fn on_primary(&mut self, range: &KeyRange) -> Result<RowSum, Settled> {
        self.primary.checksum(self.shape, range, self.question).await.map_err(of_primary)
    }

    /// Cuts a range of so many rows.
    async fn parts(&mut self, range: &KeyRange, rows: u64) -> Result<Vec<KeyRange>, ReadFailure> {
        let distance = (rows / PARTS).max(1);
        let mut parts: Vec<KeyRange> = Vec::new();
        let mut rest = range.clone();
        for _ in 0..PARTS * 2 {
            let Some(boundary) = self.primary.boundary(self.shape, &rest, distance, self.question).await? else {
                break;
            };
            // Where rows share the key's beginning, nothing is between a boundary and itself.
            if rest.through.as_ref() == Some(&boundary) {
                break;
            }
            parts.push(KeyRange { after: rest.after.take(), through: Some(boundary.clone()) });
            rest.after = Some(boundary);
        }
        parts.push(rest);
        Ok(parts)
    }
}

fn keep(states: &mut Vec<RowSum>, state: &RowSum) {
    if !states.contains(state) {
        if states.len() == STATES {
            states.remove(0);
        }
        states.push(state.clone());
    }
}

fn of_primary(failure: ReadFailure) -> Settled {
    Settled::Failed(format!("on the primary, {failure}"))
}

fn of_replica(failure: ReadFailure) -> Settled {
    Settled::Failed(format!("on the replica, {failure}"))
}
