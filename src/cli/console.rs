//! The journal of a run on a terminal: what starts, what waits for whom, what is done; and Ctrl-C.
//!
//! It keeps nothing: when this process is killed, the plan is simply computed again, and what had been done is no longer
//! in it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::apply::{Journal, JournalError, Progress, StatementOutcome, describe_blocker};
use crate::model::Gtid;
use crate::plan::proposal::Proposal;

use super::failure::{Failure, redacted};
use super::terminal::Terminal;
use super::text::{duration, listed, one_line, short};

/// What runs at this moment: the place in the plan, and a sentence on how to see it on the server.
#[derive(Clone, Debug, Default)]
pub(super) struct Running(Arc<Mutex<BTreeMap<usize, String>>>);

/// What became of a statement that was not executed.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    /// Whether nobody knows yet.
    pub(super) unknown: bool,
    /// What the server said.
    pub(super) message: String,
}

impl Running {
    fn set(&self, statement: usize, words: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(statement, words);
    }

    fn remove(&self, statement: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&statement);
    }

    fn words(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

/// Tells on stderr how a run goes on.
pub(super) struct Console {
    terminal: Terminal,
    names: Vec<String>,
    server: String,
    running: Running,
    troubles: BTreeMap<usize, Trouble>,
}

impl Console {
    /// For one proposal on one server.
    pub(super) fn new(terminal: Terminal, proposal: &Proposal, server: String) -> Self {
        let total = proposal.statements.len();
        let names = proposal.statements.iter().enumerate();
        let names = names
            .map(|(position, one)| {
                format!("[{}/{total}] {}", position + 1, short(&format!("{}: {}", one.table, one.summary), 72))
            })
            .collect();
        Self { terminal, names, server, running: Running::default(), troubles: BTreeMap::new() }
    }

    /// A view on what runs.
    pub(super) fn running(&self) -> Running {
        self.running.clone()
    }

    /// Statements that failed, or of which nobody knows, by place in the plan.
    pub(super) fn troubles(self) -> BTreeMap<usize, Trouble> {
        self.troubles
    }

    fn trouble(&mut self, statement: usize, unknown: bool, message: &str) {
        let word = if unknown { "not known yet" } else { "failed" };
        self.say(statement, &format!("{word}: {message}"));
        self.troubles.insert(statement, Trouble { unknown, message: redacted(message) });
    }

    fn name(&self, statement: usize) -> String {
        self.names.get(statement).cloned().unwrap_or_else(|| format!("statement {}", statement + 1))
    }

    fn say(&self, statement: usize, words: &str) {
        self.terminal.say(&redacted(&format!("{}: {}", self.name(statement), one_line(words))));
    }
}

impl Journal for Console {
    async fn intend(&mut self, statement: usize, _gtid: Option<&Gtid>, connection: u64) -> Result<(), JournalError> {
        let name = self.name(statement);
        let server = &self.server;
        self.running.set(
            statement,
            format!(
                "{name} runs on connection {connection} of {server}; see it there with\n  \
                 SELECT * FROM performance_schema.processlist WHERE ID = {connection};"
            ),
        );
        Ok(())
    }

    async fn finished(&mut self, statement: usize, outcome: &StatementOutcome) -> Result<(), JournalError> {
        self.running.remove(statement);
        match outcome {
            StatementOutcome::Done(report) => {
                let time = report.finished_at.duration_since(report.started_at).unsigned_abs();
                let gtid = report.gtid.as_ref().map(|gtid| format!(", GTID {gtid}")).unwrap_or_default();
                self.say(statement, &format!("done in {}{gtid}", duration(time)));
            }
            StatementOutcome::Failed { message, .. } => self.trouble(statement, false, message),
            StatementOutcome::Unknown { message } => self.trouble(statement, true, message),
        }
        Ok(())
    }

    async fn progress(&mut self, progress: Progress) {
        match progress {
            Progress::WaitingForLock { statement, blockers, .. } => {
                let held: Vec<String> = blockers.iter().map(describe_blocker).collect();
                let by = if held.is_empty() { String::new() } else { format!(", held by {}", listed(&held)) };
                self.say(statement, &format!("waits for its lock{by}"));
            }
            Progress::Retrying { statement, attempt, after, why, .. } => {
                self.say(statement, &format!("{why}; attempt {attempt} follows in {}", duration(after)));
            }
            Progress::Reconnecting { statement, why } => {
                self.say(statement, &format!("{why}; asking the server what became of the statement"));
            }
            Progress::Adopted { statement, connection } => {
                self.say(statement, &format!("runs already, on connection {connection}; waiting for it"));
            }
            Progress::ReplicaReached { .. } => {}
            Progress::ReplicaReport(report) => {
                self.terminal.say(&redacted(&one_line(&format!("replica {}: {}", report.name, report.verdict))));
            }
            Progress::ReplicaWaiting { replica, verdict } => {
                self.terminal.say(&redacted(&one_line(&format!("replica {replica}: {verdict}"))));
            }
        }
    }
}

/// Runs `work`. The first Ctrl-C (or SIGTERM) asks it to end after its statement; the second leaves at once, and says
/// what goes on without us.
pub(super) async fn interruptible<T>(
    work: impl Future<Output = T>,
    cancel: &CancellationToken,
    running: &Running,
    terminal: &Terminal,
) -> Result<T, Failure> {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        result = &mut work => return Ok(result),
        () = interrupted() => cancel.cancel(),
    }
    let on_the_server = running.words();
    terminal.say(match on_the_server.is_empty() {
        true => "No statement runs now, and none will be started. Press Ctrl-C again to leave at once.",
        false => "Stopping after the statement that runs now. Press Ctrl-C again to leave at once.",
    });
    for words in on_the_server {
        terminal.say(&words);
    }
    tokio::select! {
        result = &mut work => Ok(result),
        () = interrupted() => Err(left(&running.words())),
    }
}

fn left(running: &[String]) -> Failure {
    if running.is_empty() {
        return Failure::new("left; nothing runs on");
    }
    Failure::new(format!("left, but MySQL goes on with what it has begun\n{}", running.join("\n")))
        .hint("when it has ended, run the same command again: it does what is left")
}

/// Ends with the next Ctrl-C or SIGTERM.
pub(super) async fn interrupted() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
