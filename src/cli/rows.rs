//! The rows of tables on the replicas: flags, progress, and what was found, as text and as JSON. Tables, numbers of chunks
//! and counts only.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use crate::apply::{
    ApplyError, Connections, ReplicaReport, RowLimits, RowsProgress, RowsReport, RowsVerdict, compare_rows,
};
use crate::model::TableName;

use super::exit::Exit;
use super::failure::Failure;
use super::options::duration;
use super::style::Style;
use super::terminal::Terminal;
use super::text::{count, number, one_line};

/// Whether rows are compared, and how far.
#[derive(Clone, Debug, Args)]
pub(super) struct RowsArgs {
    /// Compare the rows, too: count and checksum of each chunk of a table, without a write or a lock
    #[arg(long)]
    pub(super) rows: bool,
    /// Rows of a table to compare at most
    #[arg(long, value_name = "NUMBER", default_value_t = RowLimits::default().rows, requires = "rows")]
    max_rows: u64,
    /// Bytes of a table to compare at most, by the server's estimate of a row's length
    #[arg(long, value_name = "NUMBER", default_value_t = RowLimits::default().bytes, requires = "rows")]
    max_bytes: u64,
    /// How long a table may take to compare
    #[arg(long, value_name = "DURATION", default_value = "30m", value_parser = duration, requires = "rows")]
    max_time: Duration,
}

impl RowsArgs {
    /// The limits, where replicas are waited for this long.
    pub(super) fn limits(&self, patience: Duration) -> RowLimits {
        RowLimits { rows: self.max_rows, bytes: self.max_bytes, time: self.max_time, patience, ..RowLimits::default() }
    }
}

/// Compares the rows of these tables and shows how far it is.
pub(super) async fn compare(
    connections: &Connections,
    tables: &[TableName],
    replicas: &[ReplicaReport],
    limits: &RowLimits,
    terminal: &Terminal,
) -> Result<Vec<RowsReport>, ApplyError> {
    let progress = terminal.progress("comparing rows");
    let tell = |at: RowsProgress<'_>| {
        progress.tell(&format!("comparing rows of {}: {} of about {}", at.table, number(at.rows), number(at.of)));
    };
    compare_rows(connections, tables, replicas, limits, &tell).await
}

/// What was found: the tables that are equal in one line for each replica, each other one in a line of its own.
pub(super) fn text(reports: &[RowsReport], style: Style) -> String {
    let mut text = String::new();
    let mut equal: BTreeMap<&str, (usize, u64, u64)> = BTreeMap::new();
    for report in reports.iter().filter(|report| report.verdict.is_equal()) {
        let (tables, rows, chunks) = equal.entry(&report.replica).or_default();
        *tables += 1;
        *rows += report.rows;
        *chunks += report.chunks;
    }
    for (replica, (tables, rows, chunks)) in equal {
        let (tables, chunks) = (count(tables, "table"), number(chunks));
        let _ = writeln!(
            text,
            "Rows on {}: {}: {} rows of {tables}, compared in {chunks} chunks",
            one_line(replica),
            style.green("Equal"),
            number(rows)
        );
    }
    for report in reports.iter().filter(|report| !report.verdict.is_equal()) {
        let _ = writeln!(
            text,
            "Rows of {} on {}: {}: {}",
            one_line(report.table.as_str()),
            one_line(&report.replica),
            style.red(report.verdict.reason().as_str()),
            one_line(&report.verdict.to_string())
        );
    }
    text
}

/// As JSON: table, replica, verdict, message, rows, chunks, differing.
pub(super) fn value(reports: &[RowsReport]) -> Value {
    let line = |report: &RowsReport| {
        let differing: Vec<Value> = match &report.verdict {
            RowsVerdict::Differ { chunks } => chunks
                .iter()
                .map(|chunk| json!({"chunk": chunk.chunk, "primaryRows": chunk.primary, "replicaRows": chunk.replica}))
                .collect(),
            RowsVerdict::Equal
            | RowsVerdict::NotSettled { .. }
            | RowsVerdict::Incomplete { .. }
            | RowsVerdict::NotCompared { .. } => Vec::new(),
        };
        json!({
            "table": report.table.as_str(),
            "replica": report.replica,
            "verdict": report.verdict.reason().as_str(),
            "message": report.verdict.to_string(),
            "rows": report.rows,
            "chunks": report.chunks,
            "differing": differing,
        })
    };
    reports.iter().map(line).collect()
}

/// Whether the rows of every table are proved to be the same on every replica.
pub(super) fn all_equal(reports: &[RowsReport]) -> bool {
    reports.iter().all(|report| report.verdict.is_equal())
}

/// An error unless they are.
pub(super) fn proved(reports: &[RowsReport]) -> Result<Exit, Failure> {
    let missing: Vec<String> = reports
        .iter()
        .filter(|report| !report.verdict.is_equal())
        .map(|report| {
            let reason = report.verdict.reason().as_str();
            format!(
                "rows of {} are not proved on replica {} ({reason}): {}",
                report.table, report.replica, report.verdict
            )
        })
        .collect();
    if missing.is_empty() { Ok(Exit::Done) } else { Err(Failure::new(missing.join("\n"))) }
}
