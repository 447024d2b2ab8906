//! One worker per Database: the unit of work. It owns the Database's connections and looks at all its Tables at once.
//!
//! A round is gather, decide, act, in named steps:
//!
//! | step | client | file |
//! |---|---|---|
//! | gather | not required | here |
//! | dereference | required | `dereference.rs`, `worker/session.rs` |
//! | validate | not required | `validate.rs` |
//! | inspect | required (MySQL) | `inspect.rs`, `worker/session.rs`, `worker/succession.rs` |
//! | check replicas | required (MySQL, in a task) | `worker/checks.rs`, of rows `worker/row_checks.rs` |
//! | look at what the servers do while Plans wait | required (MySQL, in a task) | `worker/looks.rs`, `activity.rs` |
//! | plan: group, propose, decide | MySQL for the proposal only | `worker/plans.rs` and beside it, `lifecycle.rs`, `group.rs`, `consent.rs` |
//! | update status | required | `worker/statuses.rs`, `worker/approvals.rs` |
//! | run | required (in a task) | `execute.rs` |
//!
//! A round is short. What may take long (a run, a wait for a replica) is a task that wakes the worker when it ends.

mod approvals;
mod checks;
mod gauges;
mod looks;
mod plans;
mod row_checks;
mod session;
mod statuses;
mod succession;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span};

use super::assess::{Trouble, Word};
use super::backoff::Backoff;
use super::context::Context;
use super::overlay::Overlay;
use super::secrets::SecretWatches;
use super::store::ObjectKey;
use super::validate::{Conversions, Validated, validate};
use super::view::{Live, View};
use super::wake::Wake;
use crate::api::{Approval, Database, Mode, Plan, Reason, Table};
use crate::apply::ReplicaReport;
use crate::telemetry::{ControllerLabels, DATABASE, QueueLabels, ReasonLabels, ReconcileLabels, ReconcileResult};

/// Changes that come together are looked at together: a round waits for so much quiet.
const GATHER: Duration = Duration::from_millis(100);
/// But no longer than this.
const GATHER_MOST: Duration = Duration::from_millis(500);
/// A round comes at least this often.
const AT_LEAST: Duration = Duration::from_secs(600);

/// What is counted where the API server took a status not.
const STATUS_NOT_WRITTEN: &str = "StatusNotWritten";

/// What one round works on.
pub(crate) struct Gathered {
    pub(crate) database: Arc<Database>,
    pub(crate) tables: BTreeMap<ObjectKey, Arc<Table>>,
    pub(crate) plans: BTreeMap<ObjectKey, Arc<Plan>>,
}

/// When to look again, whatever else happens: the earliest wish counts.
#[derive(Default)]
pub(crate) struct Alarm(Option<Instant>);

impl Alarm {
    pub(crate) fn at(&mut self, at: Instant) {
        self.0 = Some(self.0.map_or(at, |known| known.min(at)));
    }

    pub(crate) fn after(&mut self, wait: Duration) {
        self.at(Instant::now() + wait);
    }
}

/// The worker of one Database.
pub(crate) struct Worker {
    context: Arc<Context>,
    key: ObjectKey,
    wake: Arc<Wake>,
    stop: CancellationToken,
    tables: Overlay<Table>,
    plans: Overlay<Plan>,
    approvals: Overlay<Approval>,
    conversions: Conversions,
    views: BTreeMap<ObjectKey, View>,
    session: session::Session,
    secrets: SecretWatches,
    succession: succession::Succession,
    checks: checks::Checks,
    row_checks: row_checks::RowChecks,
    looks: looks::Looks,
    runs: plans::Runs,
    gauges: gauges::Gauges,
    health: BTreeMap<String, ReplicaReport>,
    /// What Plans mean for their Tables, from the last look.
    words: BTreeMap<ObjectKey, Word>,
    failures: Backoff,
    started: bool,
    /// Whether every Table that was there has been compared once.
    looked: bool,
    /// The last status written for the Database, and over which version of it.
    database_told: Option<(Option<String>, crate::api::DatabaseStatus)>,
    /// What a run said of the replicas, to be taken over once its Tables have been compared.
    arrived: Option<(BTreeSet<ObjectKey>, Vec<ReplicaReport>)>,
}

impl Worker {
    pub(crate) fn new(context: Arc<Context>, key: ObjectKey, wake: Arc<Wake>, stop: CancellationToken) -> Self {
        let gauges = gauges::Gauges::new(context.metrics.clone(), &key);
        Self {
            context,
            key,
            stop,
            tables: Overlay::new(),
            plans: Overlay::new(),
            approvals: Overlay::new(),
            conversions: Conversions::default(),
            views: BTreeMap::new(),
            session: session::Session::new(),
            secrets: SecretWatches::new(wake.clone()),
            succession: succession::Succession::default(),
            checks: checks::Checks::new(wake.clone()),
            row_checks: row_checks::RowChecks::new(wake.clone()),
            looks: looks::Looks::new(wake.clone()),
            runs: plans::Runs::new(wake.clone()),
            gauges,
            health: BTreeMap::new(),
            words: BTreeMap::new(),
            failures: Backoff::new(Duration::from_secs(1), Duration::from_secs(60)),
            started: false,
            looked: false,
            database_told: None,
            arrived: None,
            wake,
        }
    }

    /// Works until `stop`; then lets a running statement end, within what the shutdown allows.
    pub(crate) async fn work(mut self) {
        let (wake, key) = (self.wake.clone(), self.key.clone());
        loop {
            wake.heard();
            let began = Instant::now();
            let mut alarm = Alarm::default();
            alarm.after(AT_LEAST);
            let stop = self.stop.clone();
            let trouble = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                trouble = self.round(&mut alarm).instrument(info_span!("reconcile", database = %key)) => trouble,
            };
            self.count(began, trouble);
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = tokio::time::sleep_until(alarm.0.unwrap_or_else(Instant::now).into()) => {}
                () = wake.rung() => gather(&wake).await,
            }
        }
        self.finish().await;
    }

    /// `trouble`: what was in the way, of a closed set.
    fn count(&self, began: Instant, trouble: Option<&'static str>) {
        let metrics = &self.context.metrics;
        let (controller, queue) = (ControllerLabels { controller: DATABASE }, QueueLabels { name: DATABASE });
        let took = began.elapsed().as_secs_f64();
        metrics.reconcile_seconds.get_or_create(&controller).observe(took);
        metrics.work_seconds.get_or_create(&queue).observe(took);
        let result = if trouble.is_some() { ReconcileResult::error } else { ReconcileResult::success };
        metrics.reconciles.get_or_create(&ReconcileLabels { controller: DATABASE, result }).inc();
        if let Some(reason) = trouble {
            metrics.reconcile_errors.get_or_create(&controller).inc();
            metrics.queue_retries.get_or_create(&queue).inc();
            metrics.troubles.get_or_create(&ReasonLabels { reason }).inc();
        }
    }

    /// All that is to be counted of what stands at the end of a round.
    fn measure(&mut self) {
        let plans = self.plans.over(self.context.plans.of(&self.key));
        self.gauges.plans(&plans);
    }

    /// One round; what was in the way, if anything was.
    async fn round(&mut self, alarm: &mut Alarm) -> Option<&'static str> {
        // gather: no client required.
        let Some(mut gathered) = self.gather() else {
            self.without_database().await;
            return None;
        };
        let database = gathered.database.clone();
        self.succession.take_over(&database);
        // dereference: client required.
        let mut trouble = self.connect(&database, alarm).await;
        if self.take_ended(&gathered).await {
            gathered.plans = self.plans.over(self.context.plans.of(&self.key));
        }
        // validate: no client required.
        let server = (self.session.dialect(), self.session.lower_case_table_names());
        let validated = validate(&database, &gathered.tables, server, &mut self.conversions);
        self.sync_views(&validated);
        // inspect: MySQL required.
        if trouble.is_none() {
            trouble = self.look(&database, &validated, alarm).await;
        }
        if trouble.is_none() {
            self.failures.reset();
            self.tell_first_look();
            if let Some((members, reports)) = self.arrived.take() {
                self.take_arrivals(&members, &reports, &validated);
            }
            self.follow(&gathered).await;
            trouble = self.gate(&database);
        }
        // check replicas: in a task.
        self.check_replicas(&gathered, &validated, trouble.as_ref(), alarm);
        // look at the servers, while Plans wait: in a task.
        self.look_at_servers(&gathered, trouble.as_ref(), alarm).await;
        // plan: group, propose, decide.
        let start = self.steer(&gathered, &validated, trouble.as_ref(), alarm).await;
        self.looks.told();
        // run: in a task, and only after Ready=False has been written for what was Ready.
        let mut told = true;
        if let Some(start) = start {
            told = self.tell_before(&gathered, &validated, trouble.as_ref(), &start, alarm).await;
            if told && self.has_its_history(&gathered).await {
                self.start(start);
            } else {
                alarm.after(Duration::from_secs(1));
            }
        }
        // update status: client required; while the run goes on.
        told &= self.update_statuses(&gathered, &validated, trouble.as_ref(), alarm).await;
        told &= self.update_approvals(&gathered, alarm).await;
        self.measure();
        match trouble {
            Some(trouble) => Some(trouble.reason.as_str()),
            None => (!told).then_some(STATUS_NOT_WRITTEN),
        }
    }

    fn gather(&mut self) -> Option<Gathered> {
        let context = self.context.clone();
        let database = context.databases.get(&self.key)?;
        let tables = self.tables.over(context.tables.of(&self.key));
        let plans = self.plans.over(context.plans.of(&self.key));
        Some(Gathered { database, tables, plans })
    }

    /// Every Table that may be compared has a view, and a new generation begins unknown.
    fn sync_views(&mut self, validated: &Validated) {
        let now = Instant::now();
        // What was there when the controller started has settled long ago.
        let seen = if self.started { now } else { now.checked_sub(Duration::from_secs(3600)).unwrap_or(now) };
        self.views.retain(|key, _| validated.candidates.contains_key(key));
        for (key, candidate) in &validated.candidates {
            let (uid, generation) = (candidate.uid(), candidate.generation());
            let same = self.views.get(key).is_some_and(|view| view.uid == uid && view.generation == generation);
            if !same {
                let mut view = View::new(uid, generation, seen);
                // The replicas' word holds for a definition, not for a manifest.
                match (self.views.get(key), &candidate.object.status) {
                    (Some(before), _) => {
                        view.fingerprint = before.fingerprint.clone();
                        view.replicas = before.replicas.clone();
                    }
                    (None, Some(status)) => view.remember(status),
                    (None, None) => {}
                }
                self.views.insert(key.clone(), view);
            }
        }
        self.started = true;
    }

    /// Once, for people who wait for a restart to be over.
    fn tell_first_look(&mut self) {
        let unknown = |view: &View| view.dirty || view.live == Live::Unknown;
        if self.looked || self.views.values().any(unknown) {
            return;
        }
        self.looked = true;
        let in_sync = self.views.values().filter(|view| view.live == Live::InSync).count();
        tracing::info!(database = %self.key, tables = self.views.len(), in_sync, "every Table has been compared");
    }

    fn names_of_replicas(database: &Database) -> (Vec<String>, Vec<String>) {
        let replicas = &database.spec.replicas;
        let all = replicas.iter().map(|replica| replica.name.clone()).collect();
        let required = replicas.iter().filter(|replica| replica.required).map(|replica| replica.name.clone());
        (all, required.collect())
    }

    /// Whether plans are made at all.
    fn manages(&self, database: &Database) -> bool {
        database.spec.mode == Mode::Manage && !self.session.standby()
    }

    /// The Database is gone, or was never there: its Tables and Approvals are told so, once.
    async fn without_database(&mut self) {
        self.session.close().await;
        self.succession = succession::Succession::default();
        self.gauges.clear();
        self.secrets = SecretWatches::new(self.wake.clone());
        if self.context.selective {
            return;
        }
        let tables = self.tables.over(self.context.tables.of(&self.key));
        let message = format!("Database {} does not exist; create it, or correct spec.databaseRef", self.key);
        self.tell_orphaned_approvals(&message).await;
        let trouble = Trouble { reason: Reason::DatabaseNotFound, message };
        self.tell_orphans(&tables, &trouble).await;
    }

    /// Tables that are in a run, whose live state is in motion.
    fn in_motion(&self) -> BTreeSet<ObjectKey> {
        self.runs.members()
    }

    /// The end of work: a running statement goes on to its end, nothing new begins.
    async fn finish(mut self) {
        self.runs.finish().await;
        self.session.close().await;
        tracing::debug!(database = %self.key, "worker ended");
    }
}

/// Lets changes that come in a burst come together.
async fn gather(wake: &Wake) {
    let began = Instant::now();
    while began.elapsed() < GATHER_MOST {
        tokio::select! {
            () = wake.rung() => {}
            () = tokio::time::sleep(GATHER) => return,
        }
    }
}

/// Whether a Table's object is being deleted.
pub(crate) fn deleting(table: &Table) -> bool {
    table.metadata.deletion_timestamp.is_some()
}
