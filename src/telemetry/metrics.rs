//! Metrics under the names that dashboards for controllers know already, and our own.
//!
//! Labels come from closed sets, plus namespace and name of an object: no DDL, no column, no message.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, text::encode};
use prometheus_client::metrics::{
    counter::Counter,
    family::Family,
    gauge::Gauge,
    histogram::{Histogram, exponential_buckets},
    info::Info,
};
use prometheus_client::registry::Registry;

/// Which object a number belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ObjectLabels {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// Which replica of which Database a number belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ReplicaLabels {
    /// The Database's namespace.
    pub namespace: String,
    /// The Database's name.
    pub name: String,
    /// The replica's name in the Database's spec.
    pub replica: String,
}

/// One reconciliation's controller and outcome.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ReconcileLabels {
    /// `database`: the unit of work.
    pub controller: &'static str,
    /// How it ended.
    pub result: ReconcileResult,
}

/// How a reconciliation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[allow(non_camel_case_types, reason = "label values as controller-runtime writes them")]
pub enum ReconcileResult {
    /// Nothing is left to do before the next event.
    success,
    /// Something is to be looked at again after a while.
    requeue_after,
    /// It failed and is repeated with backoff.
    error,
}

/// Which failure of a DDL statement is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DdlFailureLabels {
    /// Why.
    pub reason: DdlFailure,
}

/// Why a DDL statement failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum DdlFailure {
    /// It waited for a metadata lock for longer than it may.
    LockWaitTimeout,
    /// The server refused it or it failed on the way.
    Failed,
    /// The connection was lost; the server decides what became of it.
    Ambiguous,
    /// Another server, or a read-only one, answered.
    Fenced,
}

/// A request to the API server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The HTTP status code, or `<error>`.
    pub code: String,
    /// The HTTP method.
    pub method: String,
}

type Gauge64 = Gauge<f64, AtomicU64>;

/// All metrics of a process; clones share them.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    /// Reconciliations.
    pub reconciles: Family<ReconcileLabels, Counter>,
    /// Failed reconciliations.
    pub reconcile_errors: Counter,
    /// Seconds per reconciliation.
    pub reconcile_seconds: Histogram,
    /// Databases that wait for their worker.
    pub queue_depth: Gauge,
    /// Wake-ups of workers.
    pub queue_adds: Counter,
    /// Reconciliations repeated after a failure.
    pub queue_retries: Counter,
    /// 1 while this process holds the Lease.
    pub leader: Gauge,
    /// Requests to the API server.
    pub requests: Family<RequestLabels, Counter>,
    /// 1 while a Table is Ready.
    pub table_ready: Family<ObjectLabels, Gauge>,
    /// 1 while a Table is Drifted.
    pub table_drifted: Family<ObjectLabels, Gauge>,
    /// 1 while a Table is Replicated.
    pub table_replicated: Family<ObjectLabels, Gauge>,
    /// Seconds by which a replica lags.
    pub replica_lag: Family<ReplicaLabels, Gauge64>,
    /// Seconds for which a Plan has been waiting.
    pub plan_pending: Family<ObjectLabels, Gauge64>,
    /// Seconds per DDL statement.
    pub ddl_seconds: Histogram,
    /// Failed DDL statements.
    pub ddl_failures: Family<DdlFailureLabels, Counter>,
}

impl Metrics {
    /// Registers all metrics. `version` is this program's.
    pub fn new(version: &str) -> Self {
        let mut registry = Registry::default();
        let reconciles = Family::<ReconcileLabels, Counter>::default();
        let reconcile_errors = Counter::default();
        let reconcile_seconds = Histogram::new(exponential_buckets(0.005, 2.0, 14));
        let queue_depth = Gauge::default();
        let queue_adds = Counter::default();
        let queue_retries = Counter::default();
        let leader = Gauge::default();
        let requests = Family::<RequestLabels, Counter>::default();
        let table_ready = Family::<ObjectLabels, Gauge>::default();
        let table_drifted = Family::<ObjectLabels, Gauge>::default();
        let table_replicated = Family::<ObjectLabels, Gauge>::default();
        let replica_lag = Family::<ReplicaLabels, Gauge64>::default();
        let plan_pending = Family::<ObjectLabels, Gauge64>::default();
        let ddl_seconds = Histogram::new(exponential_buckets(0.01, 2.5, 16));
        let ddl_failures = Family::<DdlFailureLabels, Counter>::default();
        // Counters get their `_total` from the exposition format.
        registry.register("controller_runtime_reconcile", "Reconciliations by result", reconciles.clone());
        registry.register("controller_runtime_reconcile_errors", "Failed reconciliations", reconcile_errors.clone());
        registry.register(
            "controller_runtime_reconcile_time_seconds",
            "Time per reconciliation",
            reconcile_seconds.clone(),
        );
        registry.register("workqueue_depth", "Databases that wait for their worker", queue_depth.clone());
        registry.register("workqueue_adds", "Wake-ups of workers", queue_adds.clone());
        registry.register("workqueue_retries", "Reconciliations repeated after a failure", queue_retries.clone());
        registry.register("leader_election_master_status", "1 while this process holds the Lease", leader.clone());
        registry.register("rest_client_requests", "Requests to the API server by code and method", requests.clone());
        registry.register("tablewright_table_ready", "1 while a Table is Ready", table_ready.clone());
        registry.register("tablewright_table_drifted", "1 while a Table is Drifted", table_drifted.clone());
        registry.register("tablewright_table_replicated", "1 while a Table is Replicated", table_replicated.clone());
        registry.register("tablewright_replica_lag_seconds", "Time by which a replica lags", replica_lag.clone());
        registry.register("tablewright_plan_pending_seconds", "Time for which a Plan has waited", plan_pending.clone());
        registry.register("tablewright_ddl_duration_seconds", "Time per DDL statement", ddl_seconds.clone());
        registry.register("tablewright_ddl_failures", "Failed DDL statements by reason", ddl_failures.clone());
        registry.register("tablewright_build", "This program", Info::new(vec![("version", version.to_owned())]));
        Self {
            registry: Arc::new(registry),
            reconciles,
            reconcile_errors,
            reconcile_seconds,
            queue_depth,
            queue_adds,
            queue_retries,
            leader,
            requests,
            table_ready,
            table_drifted,
            table_replicated,
            replica_lag,
            plan_pending,
            ddl_seconds,
            ddl_failures,
        }
    }

    /// All metrics in the OpenMetrics text format.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_dashboards_know() {
        let metrics = Metrics::new("0.1.0");
        metrics
            .reconciles
            .get_or_create(&ReconcileLabels { controller: "database", result: ReconcileResult::success })
            .inc();
        let labels = ObjectLabels { namespace: "blog".into(), name: "users".into() };
        metrics.table_ready.get_or_create(&labels).set(1);
        let text = metrics.encode().unwrap();
        for line in [
            "controller_runtime_reconcile_total{controller=\"database\",result=\"success\"} 1",
            "tablewright_table_ready{namespace=\"blog\",name=\"users\"} 1",
            "leader_election_master_status 0",
            "tablewright_build_info{version=\"0.1.0\"} 1",
            "workqueue_adds_total 0",
        ] {
            assert!(text.contains(line), "{line} is missing in:\n{text}");
        }
    }
}
