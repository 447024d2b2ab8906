//! What the servers do is looked at in a task while Plans wait, and told in their statuses: at every drift interval, and
//! at once when somebody asks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use kube::ResourceExt;
use tokio::task::JoinHandle;
use tracing::{Instrument, info_span};

use super::checks::phase;
use super::{Alarm, Gathered, Worker};
use crate::api::{Phase, Plan, PlanStatus, labels};
use crate::apply::{self, activity};
use crate::controller::activity::{Look, open_request, publish};
use crate::controller::assess::Trouble;
use crate::controller::dereference::positive;
use crate::controller::store::ObjectKey;
use crate::controller::wake::Wake;
use crate::model::TableName;

/// However many ask, the servers are not looked at more often.
const AT_MOST: Duration = Duration::from_secs(1);

/// What somebody asked by then, for each Plan that waited when the look began.
type Requests = BTreeMap<ObjectKey, Option<String>>;

/// The look that is under way, and the one that has just ended.
pub(super) struct Looks {
    wake: Arc<Wake>,
    running: Option<Running>,
    begun_at: Option<Instant>,
    /// For the Plans of this round alone: later it is no longer what the servers do.
    ended: Option<(Requests, Look)>,
}

struct Running {
    task: JoinHandle<Vec<apply::ServerActivity>>,
    requests: Requests,
    at: Timestamp,
}

impl Looks {
    pub(super) fn new(wake: Arc<Wake>) -> Self {
        Self { wake, running: None, begun_at: None, ended: None }
    }

    /// Puts what was seen into the status of a Plan that waits, where it says something new.
    pub(super) fn tell(&self, key: &ObjectKey, plan: &Plan, status: &mut PlanStatus) {
        let Some((requests, look)) = &self.ended else { return };
        let Some(request) = requests.get(key).filter(|_| status.phase == Some(Phase::Pending)) else { return };
        if let Some(new) = publish(status.activity.as_ref(), look, &locked(plan), request.as_deref()) {
            status.activity = Some(new);
        }
    }

    /// Whether the look that has ended is what this Plan asks for now.
    fn answers(&self, key: &ObjectKey, plan: &Plan) -> bool {
        let Some((requests, _)) = &self.ended else { return false };
        requests.get(key).is_some_and(|request| request.as_deref() == requested(plan))
    }

    /// What the look of this round was for has been told.
    pub(super) fn told(&mut self) {
        self.ended = None;
    }
}

impl Worker {
    /// Takes a look that has ended, and begins the next where one is due.
    pub(super) async fn look_at_servers(&mut self, gathered: &Gathered, trouble: Option<&Trouble>, alarm: &mut Alarm) {
        if let Some(running) = self.looks.running.take_if(|running| running.task.is_finished()) {
            // A panic in the task is a bug that has been printed; the next look comes.
            if let Ok(servers) = running.task.await {
                self.looks.ended = Some((running.requests, Look { at: running.at, servers }));
            }
        }
        let waiting: Vec<(&ObjectKey, &Arc<Plan>)> =
            gathered.plans.iter().filter(|(_, plan)| phase(plan) == Some(Phase::Pending)).collect();
        if waiting.is_empty() || trouble.is_some() || self.looks.running.is_some() {
            return;
        }
        let Some(connections) = self.session.connections.clone() else { return };
        let urgent = waiting.iter().any(|(key, plan)| {
            let standing = plan.status.as_ref().and_then(|status| status.activity.as_ref());
            let asked = open_request(requested(plan), standing).is_some();
            (standing.is_none() || asked) && !self.looks.answers(key, plan)
        });
        let interval = positive(gathered.database.spec.drift.interval).max(Duration::from_secs(1));
        let wait = if urgent { AT_MOST } else { interval };
        if let Some(at) = self.looks.begun_at.map(|begun| begun + wait).filter(|at| *at > Instant::now()) {
            alarm.at(at);
            return;
        }
        let requests = waiting.iter().map(|(key, plan)| ((*key).clone(), requested(plan).map(str::to_owned))).collect();
        let tables: BTreeSet<&str> = waiting.iter().flat_map(|(_, plan)| locked(plan)).collect();
        let tables: Vec<TableName> = tables.into_iter().map(TableName::from).collect();
        let wake = self.looks.wake.clone();
        let span = info_span!("look at servers", plans = waiting.len());
        let look = async move {
            let servers = activity(&connections, &tables).await;
            wake.ring();
            servers
        };
        let task = tokio::spawn(look.instrument(span));
        self.looks.begun_at = Some(Instant::now());
        self.looks.running = Some(Running { task, requests, at: Timestamp::now() });
    }
}

fn requested(plan: &Plan) -> Option<&str> {
    plan.annotations().get(labels::LOOK).map(String::as_str)
}

/// The tables on which the Plan's statements take locks.
fn locked(plan: &Plan) -> BTreeSet<&str> {
    let statements = plan.spec.proposal.statements.iter();
    statements
        .flat_map(|statement| {
            std::iter::once(statement.table.as_str()).chain(statement.locks.iter().map(|lock| lock.table.as_str()))
        })
        .collect()
}
