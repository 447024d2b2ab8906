//! The numbers of one Database and its objects. No client required.
//!
//! What has a series here loses it when its object goes, and all of them when the worker ends: a controller that has lost
//! its Lease says nothing about Tables. Only what moved is written, so that a round over many Tables at rest is cheap.

use std::collections::BTreeMap;
use std::sync::Arc;

use kube::ResourceExt;

use crate::api::{ConditionType, DatabaseState, Disposition, Phase, Plan, Reason, TableStatus};
use crate::apply::{ReplicaReport, Verdict};
use crate::controller::condition::{holds, reason_of};
use crate::controller::store::ObjectKey;
use crate::plan::proposal::Risk;
use crate::telemetry::{
    DatabaseStateLabels, Metrics, NotReadyLabels, ObjectLabels, PendingLabels, PlanLabels, ReplicaLabels, VerdictLabels,
};

/// What is told of one Table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TableNumbers {
    ready: bool,
    drifted: bool,
    replicated: bool,
    not_ready: Option<Reason>,
}

/// What is told of the Database.
#[derive(Clone, Debug, PartialEq, Eq)]
struct DatabaseNumbers {
    reason: Reason,
    state: Option<&'static str>,
}

/// The series of one Database.
pub(super) struct Gauges {
    metrics: Metrics,
    labels: ObjectLabels,
    database: Option<DatabaseNumbers>,
    tables: BTreeMap<ObjectKey, TableNumbers>,
    replicas: BTreeMap<String, VerdictLabels>,
    plans: BTreeMap<PlanLabels, i64>,
    pending: BTreeMap<ObjectKey, PendingLabels>,
}

fn labels_of(key: &ObjectKey) -> ObjectLabels {
    ObjectLabels::new(key.namespace.as_str(), key.name.as_str())
}

impl Gauges {
    pub(super) fn new(metrics: Metrics, database: &ObjectKey) -> Self {
        Self {
            metrics,
            labels: labels_of(database),
            database: None,
            tables: BTreeMap::new(),
            replicas: BTreeMap::new(),
            plans: BTreeMap::new(),
            pending: BTreeMap::new(),
        }
    }

    /// What the Database is now.
    pub(super) fn database(&mut self, reason: Reason, state: Option<DatabaseState>) {
        let state = state.map(|state| match state {
            DatabaseState::Active => "Active",
            DatabaseState::Standby => "Standby",
            DatabaseState::Fenced => "Fenced",
        });
        let numbers = DatabaseNumbers { reason, state };
        if self.database.as_ref() == Some(&numbers) {
            return;
        }
        self.forget_database();
        let ready = reason.disposition() == Disposition::Done;
        self.metrics.database_ready.get_or_create(&self.labels).set(i64::from(ready));
        if !ready {
            self.metrics.database_not_ready.get_or_create(&not_ready(&self.labels, reason)).set(1);
        }
        if let Some(state) = self.state_labels(&numbers) {
            self.metrics.database_state.get_or_create(&state).set(1);
        }
        // From the beginning, so that the first drift is seen as a rise.
        drop(self.metrics.drifts.get_or_create(&self.labels));
        self.database = Some(numbers);
    }

    fn state_labels(&self, numbers: &DatabaseNumbers) -> Option<DatabaseStateLabels> {
        let ObjectLabels { namespace, name } = self.labels.clone();
        Some(DatabaseStateLabels { namespace, name, state: numbers.state? })
    }

    fn forget_database(&mut self) {
        if let Some(before) = self.database.take() {
            self.metrics.database_ready.remove(&self.labels);
            self.metrics.database_not_ready.remove(&not_ready(&self.labels, before.reason));
            if let Some(state) = self.state_labels(&before) {
                self.metrics.database_state.remove(&state);
            }
        }
    }

    /// What a Table's status says now.
    pub(super) fn table(&mut self, key: &ObjectKey, status: Option<&TableStatus>) {
        let is = |kind| status.is_some_and(|status| holds(&status.conditions, kind));
        let text = status.and_then(|status| reason_of(&status.conditions, ConditionType::Ready));
        let reason =
            Reason::ALL.iter().find(|reason| Some(reason.as_str()) == text).copied().unwrap_or(Reason::Pending);
        let ready = is(ConditionType::Ready);
        let numbers = TableNumbers {
            ready,
            drifted: is(ConditionType::Drifted),
            replicated: is(ConditionType::Replicated),
            not_ready: (!ready).then_some(reason),
        };
        let before = self.tables.get(key);
        if before == Some(&numbers) {
            return;
        }
        let labels = labels_of(key);
        if numbers.drifted && before.is_some_and(|before| !before.drifted) {
            self.metrics.drifts.get_or_create(&self.labels).inc();
        }
        if let Some(reason) = before.and_then(|before| before.not_ready) {
            self.metrics.table_not_ready.remove(&not_ready(&labels, reason));
        }
        self.metrics.table_ready.get_or_create(&labels).set(i64::from(numbers.ready));
        self.metrics.table_drifted.get_or_create(&labels).set(i64::from(numbers.drifted));
        self.metrics.table_replicated.get_or_create(&labels).set(i64::from(numbers.replicated));
        if let Some(reason) = numbers.not_ready {
            self.metrics.table_not_ready.get_or_create(&not_ready(&labels, reason)).set(1);
        }
        self.tables.insert(key.clone(), numbers);
    }

    /// Only these Tables are there.
    pub(super) fn keep_tables(&mut self, there: impl Fn(&ObjectKey) -> bool) {
        let gone: Vec<ObjectKey> = self.tables.keys().filter(|key| !there(key)).cloned().collect();
        for key in gone {
            let labels = labels_of(&key);
            self.metrics.table_ready.remove(&labels);
            self.metrics.table_drifted.remove(&labels);
            self.metrics.table_replicated.remove(&labels);
            if let Some(reason) = self.tables.remove(&key).and_then(|numbers| numbers.not_ready) {
                self.metrics.table_not_ready.remove(&not_ready(&labels, reason));
            }
        }
    }

    /// What a replica is now.
    pub(super) fn replica(&mut self, report: &ReplicaReport) {
        let ObjectLabels { namespace, name } = self.labels.clone();
        let labels = VerdictLabels {
            namespace,
            name,
            replica: report.name.clone(),
            verdict: report.verdict.reason().as_str(),
            required: report.required,
        };
        let lag = match &report.verdict {
            Verdict::Lagging { behind, .. } => behind.map(|behind| behind.as_secs_f64()),
            Verdict::Arrived => Some(0.0),
            Verdict::ApplierBlocked { .. }
            | Verdict::ApplierStopped { .. }
            | Verdict::Diverged { .. }
            | Verdict::Unobservable { .. }
            | Verdict::Filtered { .. }
            | Verdict::Errant { .. } => None,
        };
        // A series that is there from the beginning shows its first rise.
        drop(self.metrics.rows_differ.get_or_create(&self.replica_labels(&report.name)));
        match lag {
            Some(lag) => {
                self.metrics.replica_lag.get_or_create(&self.replica_labels(&report.name)).set(lag);
            }
            // What it was once is not what it is.
            None => {
                self.metrics.replica_lag.remove(&self.replica_labels(&report.name));
            }
        }
        if let Some(before) = self.replicas.insert(report.name.clone(), labels.clone())
            && before != labels
        {
            self.metrics.replica_verdict.remove(&before);
        }
        self.metrics.replica_verdict.get_or_create(&labels).set(1);
    }

    /// How many tables were found to have other rows on a replica.
    pub(super) fn rows_differ(&mut self, replica: &str, tables: usize) {
        let tables = i64::try_from(tables).unwrap_or(i64::MAX);
        self.metrics.rows_differ.get_or_create(&self.replica_labels(replica)).set(tables);
    }

    fn replica_labels(&self, replica: &str) -> ReplicaLabels {
        let ObjectLabels { namespace, name } = self.labels.clone();
        ReplicaLabels { namespace, name, replica: replica.to_owned() }
    }

    /// Only these replicas are declared.
    pub(super) fn keep_replicas(&mut self, declared: impl Fn(&str) -> bool) {
        let gone: Vec<String> = self.replicas.keys().filter(|name| !declared(name)).cloned().collect();
        for name in gone {
            self.metrics.replica_lag.remove(&self.replica_labels(&name));
            self.metrics.rows_differ.remove(&self.replica_labels(&name));
            if let Some(labels) = self.replicas.remove(&name) {
                self.metrics.replica_verdict.remove(&labels);
            }
        }
    }

    /// All Plans that there are.
    pub(super) fn plans(&mut self, plans: &BTreeMap<ObjectKey, Arc<Plan>>) {
        let mut counts: BTreeMap<PlanLabels, i64> = BTreeMap::new();
        let mut pending: BTreeMap<ObjectKey, PendingLabels> = BTreeMap::new();
        for (key, plan) in plans {
            let status = plan.status.as_ref();
            let phase = status.and_then(|status| status.phase).unwrap_or(Phase::Pending);
            let ObjectLabels { namespace, name } = self.labels.clone();
            let risk = risk_name(plan.spec.proposal.risk);
            *counts.entry(PlanLabels { namespace, name, phase: phase_name(phase), risk }).or_default() += 1;
            if phase == Phase::Pending {
                let text = status.and_then(|status| reason_of(&status.conditions, ConditionType::Ready));
                let reason = Reason::ALL.iter().find(|reason| Some(reason.as_str()) == text).copied();
                let (namespace, name) = (key.namespace.clone(), key.name.clone());
                let reason = reason.unwrap_or(Reason::Planning).as_str();
                pending.insert(key.clone(), PendingLabels { namespace, name, reason });
            }
        }
        for (labels, count) in &counts {
            if self.plans.get(labels) != Some(count) {
                self.metrics.plans.get_or_create(labels).set(*count);
            }
        }
        for labels in self.plans.keys().filter(|labels| !counts.contains_key(*labels)) {
            self.metrics.plans.remove(labels);
        }
        self.plans = counts;
        for (key, labels) in &self.pending {
            if pending.get(key) != Some(labels) {
                self.metrics.plan_pending.remove(labels);
            }
        }
        for (key, labels) in &pending {
            let created = plans.get(key).and_then(|plan| plan.creation_timestamp());
            if let Some(created) = created.filter(|_| self.pending.get(key) != Some(labels)) {
                self.metrics.plan_pending.set(labels.clone(), created.0);
            }
        }
        self.pending = pending;
    }

    /// Nothing is said any more.
    pub(super) fn clear(&mut self) {
        self.forget_database();
        self.metrics.drifts.remove(&self.labels);
        self.keep_tables(|_| false);
        self.keep_replicas(|_| false);
        self.plans(&BTreeMap::new());
    }
}

impl Drop for Gauges {
    fn drop(&mut self) {
        self.clear();
    }
}

fn not_ready(labels: &ObjectLabels, reason: Reason) -> NotReadyLabels {
    let disposition = match reason.disposition() {
        Disposition::Done | Disposition::Progressing => "Progressing",
        Disposition::Waiting => "Waiting",
        Disposition::Stalled => "Stalled",
    };
    let ObjectLabels { namespace, name } = labels.clone();
    NotReadyLabels { namespace, name, reason: reason.as_str(), disposition }
}

fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Pending => "Pending",
        Phase::Approved => "Approved",
        Phase::Applying => "Applying",
        Phase::Verifying => "Verifying",
        Phase::Succeeded => "Succeeded",
        Phase::Rejected => "Rejected",
        Phase::Expired => "Expired",
        Phase::Superseded => "Superseded",
        Phase::Cancelled => "Cancelled",
        Phase::Failed => "Failed",
    }
}

fn risk_name(risk: Risk) -> &'static str {
    match risk {
        Risk::Safe => "Safe",
        Risk::Caution => "Caution",
        Risk::Blocking => "Blocking",
        Risk::Destructive => "Destructive",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controller::condition::{conditions, ready};

    fn status(reason: Reason) -> TableStatus {
        TableStatus {
            conditions: conditions(&[], 1, ready(reason, ""), jiff::Timestamp::UNIX_EPOCH),
            ..TableStatus::default()
        }
    }

    fn report(verdict: Verdict) -> ReplicaReport {
        ReplicaReport {
            name: "eu".into(),
            server_uuid: None,
            required: true,
            verdict,
            message: String::new(),
            verified: None,
            reached_at: None,
            matched_at: None,
            split: None,
        }
    }

    #[test]
    fn what_is_gone_has_no_series() {
        let metrics = Metrics::new("0.1.0");
        let bare = metrics.encode().unwrap();
        let mut gauges = Gauges::new(metrics.clone(), &ObjectKey::new("blog", "db"));
        let key = ObjectKey::new("blog", "users");
        gauges.database(Reason::Active, Some(DatabaseState::Active));
        gauges.table(&key, Some(&status(Reason::PlanRejected)));
        gauges.replica(&report(Verdict::Arrived));
        let text = metrics.encode().unwrap();
        for line in [
            "tablewright_database_state{namespace=\"blog\",name=\"db\",state=\"Active\"} 1",
            "tablewright_table_ready{namespace=\"blog\",name=\"users\"} 0",
            "tablewright_table_not_ready_reason{namespace=\"blog\",name=\"users\",reason=\"PlanRejected\",disposition=\"Stalled\"} 1",
            "tablewright_replica_verdict{namespace=\"blog\",name=\"db\",replica=\"eu\",verdict=\"Arrived\",required=\"true\"} 1",
            "tablewright_replica_lag_seconds{namespace=\"blog\",name=\"db\",replica=\"eu\"} 0",
            "tablewright_rows_differ{namespace=\"blog\",name=\"db\",replica=\"eu\"} 0",
        ] {
            assert!(text.contains(line), "{line} is missing in:\n{text}");
        }
        // A reason that is over, and a lag that nobody knows any more, are gone.
        gauges.table(&key, Some(&status(Reason::InSync)));
        gauges.replica(&report(Verdict::ApplierStopped { number: 0, message: String::new() }));
        let text = metrics.encode().unwrap();
        assert!(!text.contains("table_not_ready_reason") && !text.contains("lag_seconds{"), "{text}");
        assert!(text.contains("verdict=\"ApplierStopped\"") && !text.contains("verdict=\"Arrived\""), "{text}");
        drop(gauges);
        assert_eq!(metrics.encode().unwrap(), bare);
    }
}
