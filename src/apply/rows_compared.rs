//! Compares the rows of tables, the primary's against each replica's, by count and checksum: without a write, a lock or a
//! stopped applier, also while both are written to ([decision 20](../../docs/decisions/0020-rows-are-compared.md)).
//!
//! It tells tables, numbers of chunks and counts of rows, and never a value.

mod health;
mod pace;
mod rewritten;
mod settle;
mod table;

use std::fmt;
use std::time::Duration;

use super::{ApplyError, Connections, ReplicaReport, ReplicaTarget};
use crate::model::TableName;
use crate::mysql::{RowReader, RowSide, Server};

pub use rewritten::rewritten_tables;

/// How much of one table is read at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowLimits {
    /// Rows.
    pub rows: u64,
    /// Rows of a table that cannot be read in parts.
    pub rows_at_once: u64,
    /// Bytes, by the server's estimate of a row's length.
    pub bytes: u64,
    /// Time.
    pub time: Duration,
    /// How long a replica is waited for where a chunk differs.
    pub patience: Duration,
}

impl Default for RowLimits {
    fn default() -> Self {
        Self {
            rows: 100_000_000,
            rows_at_once: 1_000_000,
            bytes: 32 << 30,
            time: Duration::from_secs(1800),
            patience: Duration::from_secs(60),
        }
    }
}

/// What became of the rows of one table on one replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowsReport {
    /// The replica's name.
    pub replica: String,
    /// Whether nothing starts while the replica is unhealthy.
    pub required: bool,
    /// The table.
    pub table: TableName,
    /// What was found.
    pub verdict: RowsVerdict,
    /// How many rows of the primary were compared.
    pub rows: u64,
    /// In how many chunks.
    pub chunks: u64,
}

/// What was found of the rows of one table. Closed: exit codes and conditions decide on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowsVerdict {
    /// Every chunk has the same rows on both.
    Equal,
    /// Some chunks have other rows there, although the replica has executed all that the primary had.
    Differ {
        /// The first of them.
        chunks: Vec<ChunkRows>,
    },
    /// Some chunks were written so often that they were never seen alike, and never stood still.
    NotSettled {
        /// Their numbers.
        chunks: Vec<u64>,
    },
    /// What was compared is equal, and a limit ended it.
    Incomplete {
        /// Which limit.
        limit: String,
    },
    /// Nothing can be said.
    NotCompared {
        /// Why.
        why: String,
    },
}

/// A chunk that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkRows {
    /// Its number along the key, from 1.
    pub chunk: u64,
    /// How many rows the primary has in it.
    pub primary: u64,
    /// How many the replica has.
    pub replica: u64,
}

/// [`RowsVerdict`] without its details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowsReason {
    /// See [`RowsVerdict::Equal`].
    Equal,
    /// See [`RowsVerdict::Differ`].
    RowsDiffer,
    /// See [`RowsVerdict::NotSettled`].
    NotSettled,
    /// See [`RowsVerdict::Incomplete`].
    Incomplete,
    /// See [`RowsVerdict::NotCompared`].
    NotCompared,
}

impl RowsReason {
    /// The reason in CamelCase.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "Equal",
            Self::RowsDiffer => "RowsDiffer",
            Self::NotSettled => "NotSettled",
            Self::Incomplete => "Incomplete",
            Self::NotCompared => "NotCompared",
        }
    }
}

impl RowsVerdict {
    /// Which, without details.
    pub fn reason(&self) -> RowsReason {
        match self {
            Self::Equal => RowsReason::Equal,
            Self::Differ { .. } => RowsReason::RowsDiffer,
            Self::NotSettled { .. } => RowsReason::NotSettled,
            Self::Incomplete { .. } => RowsReason::Incomplete,
            Self::NotCompared { .. } => RowsReason::NotCompared,
        }
    }

    /// Whether all rows are proved to be the same.
    pub fn is_equal(&self) -> bool {
        self.reason() == RowsReason::Equal
    }
}

impl fmt::Display for RowsVerdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal => formatter.write_str("the rows are equal"),
            Self::Differ { chunks } => {
                formatter.write_str("the rows differ: ")?;
                for (place, ChunkRows { chunk, primary, replica }) in chunks.iter().enumerate() {
                    let comma = if place == 0 { "" } else { ", " };
                    write!(formatter, "{comma}chunk {chunk} ({primary} rows on the primary, {replica} there)")?;
                }
                Ok(())
            }
            Self::NotSettled { chunks } => {
                let numbers: Vec<String> = chunks.iter().map(u64::to_string).collect();
                write!(
                    formatter,
                    "the rows were written so often that the two servers were never seen alike: chunk {}",
                    numbers.join(", ")
                )
            }
            Self::Incomplete { limit } => write!(formatter, "the rows that were compared are equal; {limit}"),
            Self::NotCompared { why } => write!(formatter, "the rows were not compared: {why}"),
        }
    }
}

/// How far a comparison is.
#[derive(Clone, Copy, Debug)]
pub struct RowsProgress<'a> {
    /// The table.
    pub table: &'a TableName,
    /// How many of its rows were compared.
    pub rows: u64,
    /// How many it has by the server's estimate.
    pub of: u64,
}

/// One replica while a table is compared.
struct Side<'a> {
    target: &'a ReplicaTarget,
    server: &'a Server,
    reader: RowReader,
    differing: Vec<ChunkRows>,
    unsettled: Vec<u64>,
    ended: Option<RowsVerdict>,
}

impl<'a> Side<'a> {
    fn new(target: &'a ReplicaTarget, server: &'a Server) -> Self {
        let reader = RowReader::new(server, RowSide::Replica);
        Self { target, server, reader, differing: Vec::new(), unsettled: Vec::new(), ended: None }
    }

    fn end(&mut self, verdict: RowsVerdict) {
        self.ended.get_or_insert(verdict);
    }

    fn not_compared(&mut self, why: impl Into<String>) {
        self.end(RowsVerdict::NotCompared { why: why.into() });
    }

    /// A difference that was seen is never covered by what ended the comparison later.
    fn verdict(&mut self) -> RowsVerdict {
        let differing = std::mem::take(&mut self.differing);
        if !differing.is_empty() {
            return RowsVerdict::Differ { chunks: differing };
        }
        let unsettled = std::mem::take(&mut self.unsettled);
        match self.ended.take() {
            Some(verdict) => verdict,
            None if unsettled.is_empty() => RowsVerdict::Equal,
            None => RowsVerdict::NotSettled { chunks: unsettled },
        }
    }
}

/// Compares the rows of these tables with those of each replica, one table after another. Replicas that have not arrived by
/// their report are not asked: what they lack or have otherwise is said there.
pub async fn compare_rows(
    connections: &Connections,
    tables: &[TableName],
    replicas: &[ReplicaReport],
    limits: &RowLimits,
    tell: &(dyn Fn(RowsProgress<'_>) + Send + Sync),
) -> Result<Vec<RowsReport>, ApplyError> {
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let facts = connections.identify().await?.facts;
    let mut reader = RowReader::new(connections.primary(), RowSide::Primary);
    let mut reports = Vec::new();
    let mut sides: Vec<Side<'_>> = connections.replicas().map(|(target, server)| Side::new(target, server)).collect();
    for table in tables {
        for side in &mut sides {
            let report = replicas.iter().find(|report| report.name == side.target.name);
            if let Some(report) = report.filter(|report| !report.verdict.arrived()) {
                side.not_compared(format!("{}: {}", report.verdict.reason().as_str(), report.verdict));
            }
        }
        let compared = table::compare(connections, &facts, &mut reader, table, &mut sides, limits, tell).await;
        for side in &mut sides {
            reports.push(RowsReport {
                replica: side.target.name.clone(),
                required: side.target.required,
                table: table.clone(),
                verdict: side.verdict(),
                rows: compared.rows,
                chunks: compared.chunks,
            });
        }
    }
    reader.close().await;
    for side in sides {
        side.reader.close().await;
    }
    Ok(reports)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_but_equal_is_told_apart_and_not_equal() {
        let all = [
            RowsVerdict::Differ { chunks: vec![ChunkRows { chunk: 3, primary: 10, replica: 9 }] },
            RowsVerdict::NotSettled { chunks: vec![1, 4] },
            RowsVerdict::Incomplete { limit: "the limit of 5 rows was reached".to_owned() },
            RowsVerdict::NotCompared { why: "the account may not SELECT from it".to_owned() },
        ];
        let reasons: std::collections::BTreeSet<&str> = all.iter().map(|verdict| verdict.reason().as_str()).collect();
        assert_eq!(reasons.len(), all.len());
        assert!(all.iter().all(|verdict| !verdict.is_equal()) && RowsVerdict::Equal.is_equal());
        assert_eq!(all[0].to_string(), "the rows differ: chunk 3 (10 rows on the primary, 9 there)");
    }
}
