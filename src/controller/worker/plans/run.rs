//! Starts a run in a task of its own.

use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span};

use super::{Members, Running, Start, desired};
use crate::api::{Plan, PlanStatus};
use crate::apply::Planned;
use crate::controller::dereference::positive;
use crate::controller::execute::{Task, execute};
use crate::controller::journal::Notes;
use crate::controller::trace;
use crate::controller::validate::{Candidate, Validated};
use crate::controller::worker::{Gathered, Worker};

impl Worker {
    #[expect(clippy::too_many_arguments, reason = "all that a run needs")]
    pub(super) fn task(
        &self,
        gathered: &Gathered,
        validated: &Validated,
        plan: Plan,
        status: PlanStatus,
        members: &Members,
        fresh: Option<Planned>,
        adopt: bool,
    ) -> Option<Task> {
        let execution = &gathered.database.spec.execution;
        let candidates: Vec<Candidate> =
            members.keys.iter().filter_map(|key| validated.candidates.get(key).cloned()).collect();
        Some(Task {
            client: self.context.client.clone(),
            plan,
            status,
            connections: self.session.connections.clone()?,
            desired: desired(&candidates),
            options: Self::options(&gathered.database),
            fresh,
            adopt,
            only_look: gathered.database.spec.suspend || !members.complete,
            lock_wait_timeout: positive(execution.lock_wait_timeout),
            retries: execution.retries,
            cancel: CancellationToken::new(),
            notes: Notes::new(self.runs.wake.clone()),
            metrics: self.context.metrics.clone(),
            events: self.context.events.clone(),
        })
    }

    /// Starts a run in a task of its own.
    pub(in crate::controller::worker) fn start(&mut self, start: Start) {
        let Start { plan, members, task } = start;
        let span = trace::of_plan(&task.plan, info_span!(parent: None, "run plan", plan = %plan, adopt = task.adopt));
        let approved_by = task.status.approval.as_ref().map(|approval| approval.by.as_str());
        span.in_scope(|| tracing::info!(plan = %plan, adopt = task.adopt, approved_by, "running"));
        let (cancel, notes, wake) = (task.cancel.clone(), task.notes.clone(), self.runs.wake.clone());
        let run = async move {
            let ended = execute(task).await;
            wake.ring();
            ended
        };
        let task = tokio::spawn(run.instrument(span));
        self.runs.running = Some(Running { plan, members, notes, _stop: cancel.clone().drop_guard(), cancel, task });
    }
}
