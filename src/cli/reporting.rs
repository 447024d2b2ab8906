//! What became of an `apply`: as text, and as JSON whose fields docs/guides/commands.md lists.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::apply::{ReplicaReport, Report as RunReport, RowsReport, RunError, RunFailure, StatementReport};
use crate::plan::proposal::ProposedStatement;

use super::console::Trouble;
use super::failure::{Failure, chain};
use super::options::ReportFormat;
use super::render::{Report, json};
use super::rows;
use super::style::Style;
use super::terminal::Terminal;
use super::text::{count, duration, one_line, short};

/// Where it stands; the words of a Plan's `status.phase`, and `Refused`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Phase {
    /// Waits for approval; nothing was run.
    Pending,
    /// Some tables are refused; nothing was run.
    Refused,
    /// Done on the primary; a replica is not proved.
    Verifying,
    /// Done everywhere.
    Succeeded,
    /// Stopped as asked, after a statement.
    Cancelled,
    /// Stopped by an error.
    Failed,
}

/// What became of one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
enum State {
    /// Not sent.
    Pending,
    /// Executed.
    Done,
    /// Failed; nothing of it was done.
    Failed,
    /// The connection was lost and the server has not said what became of it.
    Unknown,
}

/// All that there is to say after a run, or instead of one.
pub(super) struct Outcome<'a> {
    pub(super) report: &'a Report,
    pub(super) phase: Phase,
    pub(super) done: Vec<StatementReport>,
    pub(super) stopped: Option<String>,
    pub(super) troubles: BTreeMap<usize, Trouble>,
    pub(super) replicas: Vec<ReplicaReport>,
    pub(super) rows: Vec<RowsReport>,
    pub(super) took: Option<Duration>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatementLine<'a> {
    #[serde(flatten)]
    proposed: &'a ProposedStatement,
    state: State,
    gtid: Option<String>,
    connection_id: Option<u64>,
    started_at: Option<String>,
    finished_at: Option<String>,
    duration_milliseconds: Option<u64>,
    attempts: Option<u32>,
    error: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReplicaLine<'a> {
    name: &'a str,
    server_uuid: Option<&'a str>,
    verdict: &'static str,
    message: &'a str,
    reached_at: Option<String>,
    matched_at: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    phase: Phase,
    digest: &'a str,
    risk: Value,
    statements: Vec<StatementLine<'a>>,
    replicas: Vec<ReplicaLine<'a>>,
    rows: Value,
    refusals: Value,
    duration_milliseconds: Option<u64>,
    error: Option<&'a str>,
    plan: Value,
}

impl<'a> Outcome<'a> {
    /// Nothing was run.
    pub(super) fn unstarted(report: &'a Report, phase: Phase) -> Self {
        Self {
            report,
            phase,
            done: Vec::new(),
            stopped: None,
            troubles: BTreeMap::new(),
            replicas: Vec::new(),
            rows: Vec::new(),
            took: None,
        }
    }

    /// A run has ended, one way or the other.
    pub(super) fn of_run(
        report: &'a Report,
        result: &Result<RunReport, RunError>,
        mut troubles: BTreeMap<usize, Trouble>,
        took: Duration,
    ) -> Self {
        let (run, stopped) = match result {
            Ok(run) => (run, None),
            Err(error) => (&error.report, Some(chain(error))),
        };
        if let Err(error) = result
            && let Some(statement) = error.statement
        {
            let unknown = matches!(error.cause, RunFailure::Ambiguous { .. });
            troubles.entry(statement).or_insert_with(|| Trouble { unknown, message: chain(error) });
        }
        let proved = run.replicas.iter().all(|replica| replica.verdict.holds());
        let phase = match (&stopped, run.cancelled, proved) {
            (Some(_), _, _) => Phase::Failed,
            (None, true, _) => Phase::Cancelled,
            (None, false, false) => Phase::Verifying,
            (None, false, true) => Phase::Succeeded,
        };
        Self {
            report,
            phase,
            done: run.statements.clone(),
            stopped,
            troubles,
            replicas: run.replicas.clone(),
            rows: Vec::new(),
            took: Some(took),
        }
    }

    /// With what became of the rows: not proved is not done everywhere.
    pub(super) fn with_rows(mut self, rows: Vec<RowsReport>) -> Self {
        if self.phase == Phase::Succeeded && !rows::all_equal(&rows) {
            self.phase = Phase::Verifying;
        }
        self.rows = rows;
        self
    }

    /// To stdout.
    pub(super) fn print(&self, format: ReportFormat, terminal: &Terminal) -> Result<(), Failure> {
        let text = match format {
            ReportFormat::Text => self.text(terminal.out),
            ReportFormat::Json => self.json(),
        };
        Ok(terminal.data(&text)?)
    }

    fn text(&self, style: Style) -> String {
        let mut text = String::new();
        if let Some(took) = self.took {
            let (done, total) = (self.done.len(), self.report.proposal.statements.len());
            let words = if done == total {
                count(done, "statement")
            } else {
                format!("{done} of {}", count(total, "statement"))
            };
            let words = format!("Applied {words} in {}.", duration(took));
            let _ = writeln!(text, "\n{}", if done == total { style.green(&words) } else { style.red(&words) });
        }
        for (position, proposed) in self.report.proposal.statements.iter().enumerate() {
            if self.took.is_none() {
                break;
            }
            let (state, report) = self.state(position);
            let mark = match state {
                State::Done => style.green("done"),
                State::Failed => style.red("failed"),
                State::Unknown => style.red("unknown"),
                State::Pending => style.dim("not run"),
            };
            let what = short(&format!("{}: {}", proposed.table, proposed.summary), 72);
            let _ = write!(text, "  {}. {mark}  {what}", position + 1);
            if let Some(report) = report {
                let _ = write!(
                    text,
                    "  ({}{})",
                    duration(took(report)),
                    if report.adopted { ", found running" } else { "" }
                );
                if let Some(gtid) = &report.gtid {
                    let _ = write!(text, "  GTID {gtid}");
                }
            }
            text.push('\n');
        }
        text + &replicas_text(&self.replicas, style) + &rows::text(&self.rows, style)
    }

    fn json(&self) -> String {
        let plan = json::value(self.report);
        let statements = self.report.proposal.statements.iter().enumerate();
        let document = Document {
            phase: self.phase,
            digest: &self.report.proposal.digest,
            risk: plan["risk"].clone(),
            statements: statements.map(|(position, proposed)| self.line(position, proposed)).collect(),
            replicas: replica_lines(&self.replicas),
            rows: rows::value(&self.rows),
            refusals: plan["refusals"].clone(),
            duration_milliseconds: self.took.map(milliseconds),
            error: self.stopped.as_deref(),
            plan,
        };
        format!("{:#}\n", serde_json::to_value(document).unwrap_or_default())
    }

    fn line(&self, position: usize, proposed: &'a ProposedStatement) -> StatementLine<'_> {
        let (state, report) = self.state(position);
        StatementLine {
            proposed,
            state,
            gtid: report.and_then(|report| report.gtid.as_ref()).map(ToString::to_string),
            connection_id: report.map(|report| report.connection),
            started_at: report.map(|report| report.started_at.to_string()),
            finished_at: report.map(|report| report.finished_at.to_string()),
            duration_milliseconds: report.map(|report| milliseconds(took(report))),
            attempts: report.map(|report| report.attempts),
            error: self.troubles.get(&position).filter(|_| report.is_none()).map(|trouble| trouble.message.as_str()),
        }
    }

    fn state(&self, position: usize) -> (State, Option<&StatementReport>) {
        if let Some(report) = self.done.iter().find(|report| report.statement == position) {
            return (State::Done, Some(report));
        }
        match self.troubles.get(&position) {
            Some(trouble) if trouble.unknown => (State::Unknown, None),
            Some(_) => (State::Failed, None),
            None => (State::Pending, None),
        }
    }
}

/// What each replica is, one line each; nothing where there is none.
pub(super) fn replicas_text(replicas: &[ReplicaReport], style: Style) -> String {
    let mut text = String::new();
    for replica in replicas {
        let reason = replica.verdict.reason().as_str();
        let reason = if replica.verdict.arrived() { style.green(reason) } else { style.red(reason) };
        let _ =
            writeln!(text, "Replica {}: {reason}: {}", one_line(&replica.name), one_line(&replica.verdict.to_string()));
    }
    text
}

/// As JSON: name, serverUuid, verdict, message, reachedAt, matchedAt.
pub(super) fn replicas_json(replicas: &[ReplicaReport]) -> Value {
    serde_json::to_value(replica_lines(replicas)).unwrap_or_default()
}

fn replica_lines(replicas: &[ReplicaReport]) -> Vec<ReplicaLine<'_>> {
    replicas
        .iter()
        .map(|replica| ReplicaLine {
            name: &replica.name,
            server_uuid: replica.server_uuid.as_deref(),
            verdict: replica.verdict.reason().as_str(),
            message: &replica.message,
            reached_at: replica.reached_at.map(|at| at.to_string()),
            matched_at: replica.matched_at.map(|at| at.to_string()),
        })
        .collect()
}

fn took(report: &StatementReport) -> Duration {
    report.finished_at.duration_since(report.started_at).unsigned_abs()
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
