//! What a run, or a check of the replicas, has come to means for its Plan.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use kube::ResourceExt;
use kube::api::Api;
use tracing::info_span;

use super::Later;
use crate::api::{Phase, Plan, Reason, StatementState};
use crate::apply::{self, Category, Disposition};
use crate::controller::backoff::Backoff;
use crate::controller::execute::{End, Ended, let_go, say};
use crate::controller::journal::{Notes, PlanJournal, SeenBy};
use crate::controller::standing::said;
use crate::controller::store::ObjectKey;
use crate::controller::trace;
use crate::controller::worker::checks::{missing, phase};
use crate::controller::worker::row_checks::RowProof;
use crate::controller::worker::{Gathered, Worker, session};
use crate::telemetry::chain;

impl Worker {
    /// Takes over what a run or a check has come to, and stops a run whose Database was suspended. Whether a Plan was
    /// written.
    pub(in crate::controller::worker) async fn take_ended(&mut self, gathered: &Gathered) -> bool {
        let checked = self.take_checked().await.and_then(|checked| Some((checked.plan?, checked.reports)));
        let compared = self.take_rows().await.map(|plan| (plan, Vec::new()));
        if let Some((key, reports)) = checked.or(compared)
            && let Some(plan) = gathered.plans.get(&key)
            && phase(plan) == Some(Phase::Verifying)
        {
            let before = said(&plan.status.clone().unwrap_or_default()).0;
            let api: Api<Plan> = Api::namespaced(self.context.client.clone(), &key.namespace);
            let standing = plan.status.clone().unwrap_or_default();
            let seen_by = SeenBy {
                notes: Notes::new(self.runs.wake.clone()),
                metrics: self.context.metrics.clone(),
                events: self.context.events.clone(),
            };
            let mut journal = PlanJournal::new(api, plan.as_ref().clone(), standing, seen_by);
            let rows = self.proof_of_rows(gathered, &key, plan, &reports);
            conclude(&mut journal, &reports, &rows);
            let (reason, message) = said(&journal.status);
            if reason != before && rows.is_found() {
                self.context.events.tell(journal.plan(), "Verify", reason, &message);
            }
            self.runs.unwritten = Some(journal);
        }
        if (gathered.database.spec.suspend || self.has_lost_history())
            && let Some(running) = &self.runs.running
        {
            running.cancel.cancel();
        }
        if self.runs.running.as_ref().is_some_and(|running| running.task.is_finished())
            && let Some(running) = self.runs.running.take()
        {
            match running.task.await {
                Ok(ended) => self.take_end(gathered, &running.plan, &running.members, ended),
                Err(error) => {
                    tracing::error!(plan = %running.plan, error = %chain(&error), "a run ended abnormally; it is taken up again");
                    self.wait(&running.plan, Reason::Retrying, "its run ended abnormally; it is taken up again");
                }
            }
            for key in &running.members {
                if let Some(view) = self.views.get_mut(key) {
                    view.dirty = true;
                }
            }
        }
        self.write_unwritten().await
    }

    /// Whether the server that answers is fenced because transactions are missing.
    fn has_lost_history(&self) -> bool {
        self.session.server_uuid().is_some_and(|uuid| self.lost(&uuid).is_some())
    }

    fn wait(&mut self, key: &ObjectKey, reason: Reason, message: &str) {
        let before = self.runs.waits.remove(key).map(|later| later.backoff);
        let mut backoff = before.unwrap_or_else(|| Backoff::new(Duration::from_secs(1), Duration::from_secs(300)));
        let at = Instant::now() + backoff.next();
        self.runs.waits.insert(key.clone(), Later { at, backoff, reason, message: message.to_owned() });
    }

    /// What a run's end means for its Plan.
    fn take_end(&mut self, gathered: &Gathered, key: &ObjectKey, members: &BTreeSet<ObjectKey>, ended: Ended) {
        let Ended { mut journal, end } = ended;
        let text = end.describe();
        let span = trace::of_plan(journal.plan(), info_span!(parent: None, "end", plan = %key));
        span.in_scope(|| tracing::info!(plan = %key, end = %text, "run ended"));
        // Whether anything was done, or may have been.
        let begun = journal.status.statements.iter().any(|statement| match statement.state {
            StatementState::Done | StatementState::Running => true,
            StatementState::Pending | StatementState::Skipped | StatementState::Failed => false,
        });
        let failed = format!(
            "{text}; once the cause is gone, ask for another attempt: kubectl tablewright retry {} -n {}",
            key.name, key.namespace
        );
        let again = |journal: &mut PlanJournal, reason: Reason| {
            let phase = if begun { Phase::Applying } else { Phase::Approved };
            say(journal, phase, reason, &text);
        };
        match &end {
            End::Complete(report) => {
                let rows = self.proof_of_rows(gathered, key, journal.plan(), &report.replicas);
                conclude(&mut journal, &report.replicas, &rows);
                self.take_health(&report.replicas);
                self.arrived = Some((members.clone(), report.replicas.clone()));
                self.runs.waits.remove(key);
            }
            End::WasDone => say(&mut journal, Phase::Verifying, Reason::Verifying, "done on the primary"),
            End::Stopped if begun => {
                say(
                    &mut journal,
                    Phase::Cancelled,
                    Reason::PlanCancelled,
                    "stopped between statements; what is left is planned anew",
                );
            }
            End::Stopped if self.has_lost_history() => {
                say(&mut journal, Phase::Pending, Reason::HistoryLost, "the primary lacks what it had executed");
            }
            End::Stopped => say(&mut journal, Phase::Pending, Reason::Suspended, "the Database is suspended"),
            End::Differs(_) if begun => say(&mut journal, Phase::Failed, Reason::PlanFailed, &failed),
            End::Differs(_) => say(&mut journal, Phase::Superseded, Reason::Superseded, &text),
            End::Server(error) => {
                let reason = session::reason_of(error.category());
                again(&mut journal, reason);
                self.wait(key, reason, &text);
            }
            End::Api(_) => {
                again(&mut journal, Reason::Retrying);
                self.wait(key, Reason::Retrying, &text);
            }
            End::Failed(error) => {
                let category = error.cause.category();
                let reason = if let apply::RunFailure::ReplicaUnhealthy { verdict, .. } = &error.cause {
                    crate::controller::verdict::reason(verdict)
                } else {
                    session::reason_of(category)
                };
                match category {
                    Category::BaselineMoved | Category::AlgorithmRefused if !begun => {
                        say(&mut journal, Phase::Superseded, Reason::Superseded, &text);
                    }
                    Category::AlgorithmRefused => say(&mut journal, Phase::Failed, Reason::PlanFailed, &failed),
                    Category::NotWritable | Category::WrongServer => {
                        again(&mut journal, reason);
                        self.wait(key, reason, &text);
                    }
                    Category::BaselineMoved
                    | Category::Unreachable
                    | Category::AccessDenied
                    | Category::Tls
                    | Category::PrivilegeMissing
                    | Category::SchemaMissing
                    | Category::ReplicaUnhealthy
                    | Category::SchemaBusy
                    | Category::LockTimeout
                    | Category::LockTimeoutAfterWork
                    | Category::StatementFailed
                    | Category::Ambiguous
                    | Category::UnexpectedResult
                    | Category::Journal
                    | Category::Bug => match error.cause.disposition() {
                        Disposition::Retry => {
                            again(&mut journal, reason);
                            self.wait(key, reason, &text);
                        }
                        Disposition::WaitForUser | Disposition::Bug => {
                            say(&mut journal, Phase::Failed, Reason::PlanFailed, &failed);
                        }
                    },
                }
            }
        }
        let (reason, message) = said(&journal.status);
        self.context.events.tell(journal.plan(), "Run", reason, &message);
        self.runs.unwritten = Some(journal);
    }

    /// Writes a journal's end; until the API server has taken it nothing else starts.
    async fn write_unwritten(&mut self) -> bool {
        let Some(mut journal) = self.runs.unwritten.take() else { return false };
        match journal.write().await {
            Ok(()) => {
                let mut plan = journal.plan().clone();
                if phase(&plan).is_some_and(Phase::is_final) {
                    let namespace = plan.namespace().unwrap_or_default();
                    let api: Api<Plan> = Api::namespaced(self.context.client.clone(), &namespace);
                    match let_go(&api, &plan).await {
                        Ok(Some(written)) => plan = written,
                        Ok(None) => {}
                        Err(error) => tracing::debug!(error = %chain(&error), "finalizer not removed; trying again"),
                    }
                }
                self.plans.put(plan);
                true
            }
            Err(error) => {
                tracing::warn!(error = %chain(&error), "a Plan's end is not written; trying again");
                self.runs.unwritten = Some(journal);
                let wake = self.runs.wake.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    wake.ring();
                });
                false
            }
        }
    }
}

/// From the replicas' reports, and what is known of their rows, to the Plan's end.
fn conclude(journal: &mut PlanJournal, reports: &[apply::ReplicaReport], rows: &RowProof) {
    journal.replicas(reports);
    match missing(reports).or_else(|| rows.missing()) {
        None => say(journal, Phase::Succeeded, Reason::Succeeded, "executed, and seen on every required replica"),
        Some((reason, message)) => say(journal, Phase::Verifying, reason, &message),
    }
}
