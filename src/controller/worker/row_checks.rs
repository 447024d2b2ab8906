//! The rows of the tables that a Plan wrote anew are compared in a task, where the Database asks for it, before the Plan's
//! verification ends.
//!
//! What was found stands until it is compared again, which takes at least ten times as long as the comparison took: every
//! row is read on both servers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tracing::{Instrument, info_span};

use super::checks::missing;
use super::{Gathered, Worker};
use crate::api::{Plan, Reason, RowVerification};
use crate::apply::{ApplyError, ReplicaReport, RowLimits, RowsReason, RowsReport, compare_rows, rewritten_tables};
use crate::controller::store::ObjectKey;
use crate::controller::trace;
use crate::controller::wake::Wake;
use crate::model::Dialect;
use crate::telemetry::chain;

/// While rows are compared, or differ, replicas are checked so often.
const CHECK_AGAIN: Duration = Duration::from_secs(5);
/// Rows that were not proved are compared again after ten times the time that it took, within these bounds.
const SOONEST: Duration = Duration::from_secs(10);
const LATEST: Duration = Duration::from_secs(600);

/// The comparison that is under way, and the last one that ended.
pub(super) struct RowChecks {
    wake: Arc<Wake>,
    running: Option<Running>,
    last: Option<Last>,
}

struct Running {
    plan: ObjectKey,
    since: Instant,
    task: JoinHandle<Result<Vec<RowsReport>, ApplyError>>,
}

struct Last {
    plan: ObjectKey,
    /// When the rows may be compared again.
    again: Instant,
    found: Vec<RowsReport>,
}

/// What is known of the rows of a Plan.
#[derive(Clone, Debug)]
pub(super) enum RowProof {
    /// They are not asked for, or it wrote none anew.
    NotAsked,
    /// They are being compared.
    Awaited,
    /// They were compared.
    Found(Vec<RowsReport>),
}

impl RowProof {
    /// Whether they were compared.
    pub(super) fn is_found(&self) -> bool {
        match self {
            Self::Found(_) => true,
            Self::NotAsked | Self::Awaited => false,
        }
    }

    /// The reason and words for what is not proved on a required replica; `None` when all is.
    pub(super) fn missing(&self) -> Option<(Reason, String)> {
        let found = match self {
            Self::NotAsked => return None,
            Self::Awaited => {
                let message = "the rows of the tables that were written anew are compared with the replicas";
                return Some((Reason::Verifying, message.to_owned()));
            }
            Self::Found(found) => found,
        };
        let required = || found.iter().filter(|report| report.required);
        let words = |report: &RowsReport| format!("{} on replica {}: {}", report.table, report.replica, report.verdict);
        let differs = |report: &&RowsReport| report.verdict.reason() == RowsReason::RowsDiffer;
        if let Some(report) = required().find(differs) {
            return Some((Reason::RowsDiffer, words(report)));
        }
        let report = required().find(|report| !report.verdict.is_equal())?;
        let message = format!("{}; to end without this proof, set spec.verification.rows to \"Off\"", words(report));
        Some((Reason::RowsNotProved, message))
    }
}

impl RowChecks {
    pub(super) fn new(wake: Arc<Wake>) -> Self {
        Self { wake, running: None, last: None }
    }
}

impl Drop for RowChecks {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.task.abort();
        }
    }
}

impl Worker {
    /// What is known of the rows of a Plan whose statements have been executed; begins to compare them once the required
    /// replicas have arrived.
    pub(super) fn proof_of_rows(
        &mut self,
        gathered: &Gathered,
        key: &ObjectKey,
        plan: &Plan,
        reports: &[ReplicaReport],
    ) -> RowProof {
        match gathered.database.spec.verification.rows {
            RowVerification::Off => return RowProof::NotAsked,
            RowVerification::Changed => {}
        }
        // That is said first.
        if missing(reports).is_some() {
            return RowProof::NotAsked;
        }
        let dialect = self.session.observed.as_ref().map_or(Dialect::NEWEST, |observed| observed.facts().dialect());
        let tables = rewritten_tables(&plan.spec.proposal, dialect);
        if tables.is_empty() || gathered.database.spec.replicas.is_empty() {
            return RowProof::NotAsked;
        }
        self.checks.not_before(CHECK_AGAIN);
        let known = self.row_checks.last.as_ref().filter(|last| last.plan == *key);
        let proof = known.map_or(RowProof::Awaited, |last| RowProof::Found(last.found.clone()));
        let proved = proof.missing().is_none();
        let due = known.is_none_or(|last| !proved && last.again <= Instant::now());
        if due
            && self.row_checks.running.is_none()
            && let Some(connections) = self.session.connections.clone()
        {
            let wake = self.row_checks.wake.clone();
            let compare = async move {
                let found = compare_rows(&connections, &tables, &[], &RowLimits::default(), &|_| {}).await;
                wake.ring();
                found
            };
            let span = trace::of_plan(plan, info_span!(parent: None, "compare rows", plan = %key));
            let task = tokio::spawn(compare.instrument(span));
            self.row_checks.running = Some(Running { plan: key.clone(), since: Instant::now(), task });
        }
        proof
    }

    /// Takes the result of a comparison that has ended: whose rows they are.
    pub(super) async fn take_rows(&mut self) -> Option<ObjectKey> {
        if !self.row_checks.running.as_ref().is_some_and(|running| running.task.is_finished()) {
            return None;
        }
        let Running { plan, since, task } = self.row_checks.running.take()?;
        let found = match task.await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                tracing::warn!(%plan, error = %chain(&error), "rows cannot be compared; trying again");
                return None;
            }
            Err(error) => {
                tracing::error!(%plan, error = %chain(&error), "a comparison of rows ended abnormally; trying again");
                return None;
            }
        };
        let mut differing: BTreeMap<&str, usize> = BTreeMap::new();
        for report in &found {
            let differs = report.verdict.reason() == RowsReason::RowsDiffer;
            *differing.entry(&report.replica).or_default() += usize::from(differs);
        }
        for (replica, tables) in differing {
            self.gauges.rows_differ(replica, tables);
        }
        let again = Instant::now() + (since.elapsed() * 10).clamp(SOONEST, LATEST);
        self.row_checks.last = Some(Last { plan: plan.clone(), again, found });
        Some(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::{ChunkRows, RowsVerdict};

    fn found(verdict: RowsVerdict, required: bool) -> RowsReport {
        RowsReport { replica: "eu".to_owned(), required, table: "t".into(), verdict, rows: 5, chunks: 1 }
    }

    #[test]
    fn only_equal_rows_end_a_verification_and_a_difference_is_said_first() {
        let differ = || RowsVerdict::Differ { chunks: vec![ChunkRows { chunk: 1, primary: 5, replica: 4 }] };
        let moving = || RowsVerdict::NotSettled { chunks: vec![1] };
        let reason = |found: Vec<RowsReport>| RowProof::Found(found).missing().map(|(reason, _)| reason);
        assert_eq!(reason(vec![found(RowsVerdict::Equal, true)]), None);
        assert_eq!(reason(vec![found(moving(), true), found(differ(), true)]), Some(Reason::RowsDiffer));
        assert_eq!(reason(vec![found(moving(), true)]), Some(Reason::RowsNotProved));
        assert_eq!(reason(vec![found(differ(), false)]), None);
        assert_eq!(RowProof::Awaited.missing().map(|(reason, _)| reason), Some(Reason::Verifying));
        assert_eq!(RowProof::NotAsked.missing(), None);
    }
}
