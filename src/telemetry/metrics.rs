//! Metrics under the names that dashboards for controllers know already, and our own.
//!
//! Each family is registered once, with the labels that it has: the guide, the dashboard and the alerts are checked
//! against [`Metrics::families`], and a real scrape is checked against it, too. Numbers that belong to an object go when
//! the object goes, or when this process no longer works on it.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::{
    counter::Counter,
    family::{Family, MetricConstructor},
    gauge::Gauge,
    histogram::{Histogram, exponential_buckets},
    info::Info,
};
use prometheus_client::registry::{Metric, Registry};

use super::exposition::text_format;
use super::labels::{
    ControllerLabels, DatabaseStateLabels, DdlFailure, DdlFailureLabels, DdlLabels, LeaseLabels, NotReadyLabels,
    ObjectLabels, PlanLabels, QueueLabels, ReasonLabels, ReconcileLabels, ReconcileResult, ReplicaLabels,
    RequestLabels, VerdictLabels,
};
use super::pending::Pending;

/// The unit of work, as the value of `controller` and of a queue's `name`.
pub const DATABASE: &str = "database";

/// A gauge of seconds.
pub type Seconds = Gauge<f64, AtomicU64>;

/// What kind of number a family holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FamilyKind {
    /// Only rises.
    Counter,
    /// Now.
    Gauge,
    /// How often how much.
    Histogram,
}

impl FamilyKind {
    /// As the exposition formats call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// One family of metrics, as it is scraped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FamilyDescription {
    /// The name of its samples (of a histogram: what stands before `_bucket`, `_sum` and `_count`).
    pub name: &'static str,
    /// What kind of number.
    pub kind: FamilyKind,
    /// Its labels, in the order in which they are written.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

/// Registers families and remembers what they are.
#[derive(Default)]
struct Book {
    registry: Registry,
    families: Vec<FamilyDescription>,
}

impl Book {
    fn add<M: Metric + Clone>(
        &mut self,
        kind: FamilyKind,
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
        metric: M,
    ) -> M {
        // Counters get their `_total` from the exposition format.
        self.registry.register(name.strip_suffix("_total").unwrap_or(name), help, metric.clone());
        self.families.push(FamilyDescription { name, kind, labels, help });
        metric
    }

    fn counter<M: Metric + Clone + Default>(
        &mut self,
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> M {
        self.add(FamilyKind::Counter, name, labels, help, M::default())
    }

    fn gauge<M: Metric + Clone + Default>(
        &mut self,
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> M {
        self.add(FamilyKind::Gauge, name, labels, help, M::default())
    }

    fn histogram<S>(
        &mut self,
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
        buckets: fn() -> Histogram,
    ) -> Family<S, Histogram>
    where
        Family<S, Histogram>: Metric,
        S: Clone + std::hash::Hash + Eq,
        fn() -> Histogram: MetricConstructor<Histogram>,
    {
        self.add(FamilyKind::Histogram, name, labels, help, Family::new_with_constructor(buckets))
    }
}

/// All metrics of a process; clones share them.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    families: Arc<[FamilyDescription]>,
    /// Reconciliations.
    pub reconciles: Family<ReconcileLabels, Counter>,
    /// Failed reconciliations.
    pub reconcile_errors: Family<ControllerLabels, Counter>,
    /// Seconds per reconciliation.
    pub reconcile_seconds: Family<ControllerLabels, Histogram>,
    /// Failed reconciliations by what was in the way.
    pub troubles: Family<ReasonLabels, Counter>,
    /// Databases that wait for their worker.
    pub queue_depth: Family<QueueLabels, Gauge>,
    /// Wake-ups of workers.
    pub queue_adds: Family<QueueLabels, Counter>,
    /// Reconciliations repeated after a failure.
    pub queue_retries: Family<QueueLabels, Counter>,
    /// Seconds from a wake-up to its reconciliation.
    pub queue_seconds: Family<QueueLabels, Histogram>,
    /// Seconds for which a worker worked on what it took.
    pub work_seconds: Family<QueueLabels, Histogram>,
    /// 1 while this process holds the Lease.
    pub leader: Family<LeaseLabels, Gauge>,
    /// Requests to the API server.
    pub requests: Family<RequestLabels, Counter>,
    /// Events that were not recorded.
    pub events_dropped: Counter,
    /// 1 while a Database is Ready.
    pub database_ready: Family<ObjectLabels, Gauge>,
    /// 1 while a Database is not Ready, for the reason why.
    pub database_not_ready: Family<NotReadyLabels, Gauge>,
    /// 1 for what a Database is.
    pub database_state: Family<DatabaseStateLabels, Gauge>,
    /// 1 while a Table is Ready.
    pub table_ready: Family<ObjectLabels, Gauge>,
    /// 1 while a Table is not Ready, for the reason why.
    pub table_not_ready: Family<NotReadyLabels, Gauge>,
    /// 1 while a Table is Drifted.
    pub table_drifted: Family<ObjectLabels, Gauge>,
    /// 1 while a Table is Replicated.
    pub table_replicated: Family<ObjectLabels, Gauge>,
    /// Changes that somebody else made.
    pub drifts: Family<ObjectLabels, Counter>,
    /// Seconds by which a replica lags.
    pub replica_lag: Family<ReplicaLabels, Seconds>,
    /// 1 for what a replica is.
    pub replica_verdict: Family<VerdictLabels, Gauge>,
    /// Tables whose rows differ on a replica.
    pub rows_differ: Family<ReplicaLabels, Gauge>,
    /// Plans by phase and risk.
    pub plans: Family<PlanLabels, Gauge>,
    /// Plans that wait, and for how long.
    pub plan_pending: Pending,
    /// Seconds per DDL statement.
    pub ddl_seconds: Family<DdlLabels, Histogram>,
    /// Failed DDL statements.
    pub ddl_failures: Family<DdlFailureLabels, Counter>,
}

const OBJECT: &[&str] = &["namespace", "name"];
const NOT_READY: &[&str] = &["namespace", "name", "reason", "disposition"];
const CONTROLLER: &[&str] = &["controller"];
const NAME: &[&str] = &["name"];

/// From 5 ms to 40 s.
fn rounds() -> Histogram {
    Histogram::new(exponential_buckets(0.005, 2.0, 14))
}

/// From 1 ms to 16 s.
fn waits() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 15))
}

/// From 10 ms to 10 hours.
fn statements() -> Histogram {
    Histogram::new(exponential_buckets(0.01, 2.75, 16))
}

/// Counters of what seldom happens stand at zero from the beginning, so that the first time is seen as a rise.
fn begin(
    reconciles: &Family<ReconcileLabels, Counter>,
    errors: &Family<ControllerLabels, Counter>,
    failures: &Family<DdlFailureLabels, Counter>,
) {
    for result in [ReconcileResult::success, ReconcileResult::error] {
        drop(reconciles.get_or_create(&ReconcileLabels { controller: DATABASE, result }));
    }
    drop(errors.get_or_create(&ControllerLabels { controller: DATABASE }));
    for reason in [DdlFailure::LockWaitTimeout, DdlFailure::Failed, DdlFailure::Ambiguous] {
        drop(failures.get_or_create(&DdlFailureLabels { reason }));
    }
}

impl Metrics {
    /// Registers all metrics. `version` is this program's.
    pub fn new(version: &str) -> Self {
        let mut book = Book::default();
        let reconciles = book.counter(
            "controller_runtime_reconcile_total",
            &["controller", "result"],
            "Reconciliations by result: success, error",
        );
        let reconcile_errors =
            book.counter("controller_runtime_reconcile_errors_total", CONTROLLER, "Failed reconciliations");
        let reconcile_seconds =
            book.histogram("controller_runtime_reconcile_time_seconds", CONTROLLER, "Time per reconciliation", rounds);
        let troubles = book.counter(
            "tablewright_reconcile_errors_total",
            &["reason"],
            "Failed reconciliations by what was in the way: a reason of the API, StatusNotWritten or Panic",
        );
        let queue_depth = book.gauge("workqueue_depth", NAME, "Databases that wait for their worker");
        let queue_adds = book.counter("workqueue_adds_total", NAME, "Wake-ups of workers");
        let queue_retries =
            book.counter("workqueue_retries_total", NAME, "Reconciliations that are repeated after a failure");
        let queue_seconds = book.histogram(
            "workqueue_queue_duration_seconds",
            NAME,
            "Time from a wake-up to its reconciliation, bursts being gathered for up to half a second",
            waits,
        );
        let work_seconds = book.histogram(
            "workqueue_work_duration_seconds",
            NAME,
            "Time for which a worker worked on what it took",
            rounds,
        );
        let leader =
            book.gauge("leader_election_master_status", NAME, "1 while this process holds the Lease of this name");
        let requests = book.counter(
            "rest_client_requests_total",
            &["code", "method"],
            "Requests to the API server by status code (<error>: no answer) and method",
        );
        let events_dropped =
            book.counter("tablewright_events_dropped_total", &[], "Kubernetes events that could not be recorded");
        let database_ready = book.gauge("tablewright_database_ready", OBJECT, "1 while a Database is Ready");
        let database_not_ready = book.gauge(
            "tablewright_database_not_ready_reason",
            NOT_READY,
            "1 while a Database is not Ready, with the reason, and whether it goes on by itself (Progressing) or needs a person (Stalled)",
        );
        let database_state = book.gauge(
            "tablewright_database_state",
            &["namespace", "name", "state"],
            "1 for what a Database's primary is: Active, Standby or Fenced",
        );
        let table_ready = book.gauge("tablewright_table_ready", OBJECT, "1 while a Table is Ready");
        let table_not_ready = book.gauge(
            "tablewright_table_not_ready_reason",
            NOT_READY,
            "1 while a Table is not Ready, with the reason, and whether it goes on by itself (Progressing), waits by intention (Waiting) or needs a person (Stalled)",
        );
        let table_drifted = book.gauge(
            "tablewright_table_drifted",
            OBJECT,
            "1 while a live table differs from its manifest because somebody else changed it",
        );
        let table_replicated = book.gauge(
            "tablewright_table_replicated",
            OBJECT,
            "1 while every required replica has the primary's definition of a Table",
        );
        let drifts =
            book.counter("tablewright_drift_detected_total", OBJECT, "Times that a Table of a Database became drifted");
        let replica_lag = book.gauge(
            "tablewright_replica_lag_seconds",
            &["namespace", "name", "replica"],
            "Time by which a replica lags; absent while the replica does not say",
        );
        let replica_verdict = book.gauge(
            "tablewright_replica_verdict",
            &["namespace", "name", "replica", "verdict", "required"],
            "1 for what a replica is: Arrived, Lagging, ApplierBlocked, ApplierStopped, Diverged, Unobservable, Filtered or Errant",
        );
        let rows_differ = book.gauge(
            "tablewright_rows_differ",
            &["namespace", "name", "replica"],
            "Tables that a plan wrote anew and that had other rows on a replica when they were last compared",
        );
        let plans = book.gauge(
            "tablewright_plans",
            &["namespace", "name", "phase", "risk"],
            "Plans of a Database by phase and risk; finished ones are kept for a while",
        );
        let plan_pending = Pending::new(
            "tablewright_plan_pending_seconds",
            "Time since a Plan was made, while it is Pending, with what it waits for",
        );
        book.registry.register_collector(Box::new(plan_pending.clone()));
        book.families.push(plan_pending.describe());
        let ddl_seconds = book.histogram(
            "tablewright_ddl_duration_seconds",
            &["algorithm"],
            "Time per executed DDL statement by algorithm: Instant, Inplace, Copy or None (CREATE, DROP, RENAME)",
            statements,
        );
        let ddl_failures = book.counter(
            "tablewright_ddl_failures_total",
            &["reason"],
            "DDL statements that did not succeed at once: LockWaitTimeout (tried again), Failed (refused or rolled back by the server), Ambiguous (the connection was lost, and the server was asked what became of it)",
        );
        let info = Info::new(vec![("version", version.to_owned())]);
        book.registry.register("tablewright_build", "This program", info);
        book.families.push(FamilyDescription {
            name: "tablewright_build_info",
            kind: FamilyKind::Gauge,
            labels: &["version"],
            help: "This program",
        });
        begin(&reconciles, &reconcile_errors, &ddl_failures);
        Self {
            registry: Arc::new(book.registry),
            families: book.families.into(),
            reconciles,
            reconcile_errors,
            reconcile_seconds,
            troubles,
            queue_depth,
            queue_adds,
            queue_retries,
            queue_seconds,
            work_seconds,
            leader,
            requests,
            events_dropped,
            database_ready,
            database_not_ready,
            database_state,
            table_ready,
            table_not_ready,
            table_drifted,
            table_replicated,
            drifts,
            replica_lag,
            replica_verdict,
            rows_differ,
            plans,
            plan_pending,
            ddl_seconds,
            ddl_failures,
        }
    }

    /// Every family there is, in the order of registration.
    pub fn families(&self) -> &[FamilyDescription] {
        &self.families
    }

    /// All metrics in the OpenMetrics text format.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// All metrics in the older text format (0.0.4).
    pub fn encode_text(&self) -> Result<String, std::fmt::Error> {
        text_format(&self.encode()?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::labels::PendingLabels;
    use super::*;

    #[test]
    fn names_are_those_that_dashboards_know() {
        let metrics = Metrics::new("0.1.0");
        metrics
            .reconciles
            .get_or_create(&ReconcileLabels { controller: DATABASE, result: ReconcileResult::success })
            .inc();
        metrics.table_ready.get_or_create(&ObjectLabels::new("blog", "users")).set(1);
        metrics.queue_adds.get_or_create(&QueueLabels { name: DATABASE }).inc();
        let text = metrics.encode().unwrap();
        for line in [
            "controller_runtime_reconcile_total{controller=\"database\",result=\"success\"} 1",
            "tablewright_table_ready{namespace=\"blog\",name=\"users\"} 1",
            "tablewright_build_info{version=\"0.1.0\"} 1",
            "workqueue_adds_total{name=\"database\"} 1",
        ] {
            assert!(text.contains(line), "{line} is missing in:\n{text}");
        }
        assert!(metrics.encode_text().unwrap().contains("# TYPE workqueue_adds_total counter"));
    }

    #[test]
    fn a_plan_waits_for_longer_at_each_scrape_without_being_written() {
        let metrics = Metrics::new("0.1.0");
        let labels = PendingLabels { namespace: "blog".into(), name: "p".into(), reason: "AwaitingApproval" };
        let since = jiff::Timestamp::now().checked_sub(jiff::SignedDuration::from_secs(100)).unwrap();
        metrics.plan_pending.set(labels.clone(), since);
        let value = || -> f64 {
            let text = metrics.encode().unwrap();
            let line = text.lines().find(|line| line.starts_with("tablewright_plan_pending_seconds{")).unwrap();
            line.rsplit(' ').next().unwrap().parse().unwrap()
        };
        let first = value();
        assert!((100.0..200.0).contains(&first), "{first}");
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert!(value() > first);
        metrics.plan_pending.remove(&labels);
        assert!(!metrics.encode().unwrap().contains("plan_pending"));
    }
}
