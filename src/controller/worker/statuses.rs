//! Step "update status", client required: writes what is to be said, where it differs from what stands.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use jiff::Timestamp;
use kube::{Api, ResourceExt};

use super::plans::Start;
use super::{Alarm, Gathered, Worker, deleting};
use crate::api::{
    ConditionType, Database, DatabasePrimaryStatus, DatabaseReplicaStatus, DatabaseState, DatabaseStatus, Disposition,
    MissingPrivilege, Reason, Table, TableCounts, TableStatus,
};
use crate::apply::{Fence, Role};
use crate::controller::assess::{Facts, Trouble, assess, drifted, worth_telling};
use crate::controller::condition::{Say, conditions, cut, holds, ready, reason_of};
use crate::controller::patch::{Written, status};
use crate::controller::store::ObjectKey;
use crate::controller::validate::Validated;
use crate::controller::verdict;
use crate::model::{Ensure, Gtid};
use crate::telemetry::chain;

/// How many writes are under way at a time.
const AT_A_TIME: usize = 16;
/// How many servers are remembered as accepted: the limit of the CRD.
const ACCEPTED: usize = 16;
/// A step on the way is not told of an object that says nothing wrong meanwhile, unless it lasts so long.
const PASSING: Duration = Duration::from_secs(2);

impl Worker {
    /// What must be written before a run starts: `Ready=False` for its Tables that say `Ready=True`, and who the primary
    /// is, if nobody has been told yet. Whether it was.
    pub(super) async fn tell_before(
        &mut self,
        gathered: &Gathered,
        validated: &Validated,
        trouble: Option<&Trouble>,
        start: &Start,
        alarm: &mut Alarm,
    ) -> bool {
        let now = Timestamp::now();
        let mut writes = Vec::new();
        for key in &start.members {
            let Some(object) = gathered.tables.get(key) else { continue };
            let stands = object.status.as_ref().is_some_and(|s| holds(&s.conditions, ConditionType::Ready));
            let wanted = self.wanted(key, object, gathered, validated, trouble, now);
            if let Some(wanted) = wanted.filter(|_| stands) {
                writes.push((key.clone(), object.clone(), wanted));
            }
        }
        let known = self.is_recorded(&gathered.database);
        let counts = gathered.database.status.as_ref().and_then(|status| status.tables).unwrap_or_default();
        let told = known || self.update_database(gathered, trouble, counts, alarm).await;
        self.write(writes, alarm).await && told
    }

    /// Writes the statuses of the Database and its Tables, where they differ. Whether all were written.
    pub(super) async fn update_statuses(
        &mut self,
        gathered: &Gathered,
        validated: &Validated,
        trouble: Option<&Trouble>,
        alarm: &mut Alarm,
    ) -> bool {
        let now = Timestamp::now();
        let mut writes = Vec::new();
        let mut counts = TableCounts::default();
        // What this round has written already counts.
        let tables = self.tables.over(gathered.tables.values().cloned().collect());
        for (key, object) in tables.iter().filter(|(_, object)| !deleting(object)) {
            let wanted = self.wanted(key, object, gathered, validated, trouble, now);
            let shown = wanted.as_ref().or(object.status.as_ref());
            count(&mut counts, shown);
            self.gauges.table(key, shown);
            let Some(wanted) = wanted.filter(|wanted| object.status.as_ref() != Some(wanted)) else { continue };
            if !self.passes(key, object, &wanted, alarm) {
                writes.push((key.clone(), object.clone(), wanted));
            }
        }
        self.gauges.keep_tables(|key| tables.get(key).is_some_and(|object| !deleting(object)));
        let told = self.write(writes, alarm).await;
        self.update_database(gathered, trouble, counts, alarm).await && told
    }

    async fn write(&mut self, writes: Vec<(ObjectKey, Arc<Table>, TableStatus)>, alarm: &mut Alarm) -> bool {
        let client = self.context.client.clone();
        let mut results = futures::stream::iter(writes)
            .map(|(key, object, wanted)| {
                let api: Api<Table> = Api::namespaced(client.clone(), &key.namespace);
                async move {
                    let result = status(&api, object.as_ref(), object.status.as_ref(), &wanted).await;
                    (key, object, wanted, result)
                }
            })
            .buffer_unordered(AT_A_TIME);
        let mut failed = 0_usize;
        while let Some((key, object, wanted, result)) = results.next().await {
            match result {
                Ok(Written::Unchanged) => {}
                Ok(Written::Changed(written)) => {
                    self.tell(&object, &wanted);
                    self.tables.put(*written);
                }
                Ok(Written::Gone) => self.tables.forget(&key),
                Err(error) => {
                    failed += 1;
                    if failed == 1 {
                        tracing::warn!(table = %key, error = %chain(&error), "status not written; trying again");
                    }
                }
            }
        }
        if failed > 0 {
            alarm.after(Duration::from_secs(1));
        }
        failed == 0
    }

    fn wanted(
        &self,
        key: &ObjectKey,
        object: &Table,
        gathered: &Gathered,
        validated: &Validated,
        trouble: Option<&Trouble>,
        now: Timestamp,
    ) -> Option<TableStatus> {
        let (replicas, required) = Self::names_of_replicas(&gathered.database);
        let candidate = validated.candidates.get(key);
        let view = self.views.get(key).filter(|view| !view.dirty || view.live != super::Live::Unknown);
        let generation = object.metadata.generation.unwrap_or_default();
        let standing = object.status.as_ref();
        let facts = Facts {
            generation,
            standing,
            claimed: candidate.map(|candidate| candidate.desired.table.name.as_str()),
            unfit: validated.unfit.get(key),
            trouble,
            view,
            absent: candidate.is_some_and(|candidate| candidate.desired.ensure == Ensure::Absent),
            standby: self.session.standby(),
            observe_only: !self.manages(&gathered.database) && !self.session.standby(),
            suspended: gathered.database.spec.suspend,
            drifted: view.is_some_and(|view| drifted(standing, generation, view)),
            replicas: &replicas,
            required: &required,
            word: self.words.get(key),
        };
        assess(&facts, now)
    }

    /// Whether what is to be said will be over before anybody could read it, and nothing false stands meanwhile: an
    /// object whose new generation has not been looked at says so by itself.
    fn passes(&self, key: &ObjectKey, object: &Table, wanted: &TableStatus, alarm: &mut Alarm) -> bool {
        let observed = object.status.as_ref().map_or(-1, |status| status.observed_generation);
        let on_its_way = holds(&wanted.conditions, ConditionType::Reconciling);
        let Some(view) = self.views.get(key) else { return false };
        let until = view.seen + PASSING;
        if on_its_way && Some(observed) != object.metadata.generation && until > Instant::now() {
            alarm.at(until);
            return true;
        }
        false
    }

    /// An event where the reason has changed.
    fn tell(&self, object: &Table, wanted: &TableStatus) {
        self.tell_drift(object, wanted);
        let before = object.status.as_ref().and_then(|status| reason_of(&status.conditions, ConditionType::Ready));
        let ready = wanted.conditions.iter().find(|condition| condition.type_ == ConditionType::Ready.as_str());
        let Some(ready) = ready.filter(|ready| before != Some(ready.reason.as_str())) else { return };
        let reason = Reason::ALL.iter().find(|reason| reason.as_str() == ready.reason);
        if let Some(reason) = reason.filter(|reason| worth_telling(**reason)) {
            self.context.events.tell(object, "Reconcile", *reason, &ready.message);
        }
    }

    /// Drift where `Ready` has something else to say, a plan that waits for instance.
    fn tell_drift(&self, object: &Table, wanted: &TableStatus) {
        let is = |status: &TableStatus| holds(&status.conditions, ConditionType::Drifted);
        let said = reason_of(&wanted.conditions, ConditionType::Ready) == Some(Reason::Drifted.as_str());
        if is(wanted) && !said && !object.status.as_ref().is_some_and(is) {
            let note = "somebody changed the live table; put the change into the manifest or undo it";
            self.context.events.tell(object, "Reconcile", Reason::Drifted, note);
        }
    }

    /// A required replica that is no longer as it should be, or is again.
    fn tell_replicas(&self, database: &Database, wanted: &DatabaseStatus) {
        let kind = ConditionType::Replicated;
        let before = database.status.as_ref().and_then(|status| reason_of(&status.conditions, kind));
        let now = wanted.conditions.iter().find(|condition| condition.type_ == kind.as_str());
        let Some(now) = now.filter(|now| before.is_some_and(|before| before != now.reason)) else { return };
        if let Some(reason) = Reason::ALL.iter().find(|reason| reason.as_str() == now.reason) {
            self.context.events.tell(database, "Verify", *reason, &now.message);
        }
    }

    async fn update_database(
        &mut self,
        gathered: &Gathered,
        trouble: Option<&Trouble>,
        counts: TableCounts,
        alarm: &mut Alarm,
    ) -> bool {
        let database = &gathered.database;
        let wanted = self.wanted_database(database, trouble, counts);
        self.gauges.database(database_reason(self.session.role(), trouble).0, wanted.state);
        self.gauges.keep_replicas(|name| database.spec.replicas.iter().any(|replica| replica.name == name));
        if database.status.as_ref() == Some(&wanted) {
            return true;
        }
        let api: Api<Database> = Api::namespaced(self.context.client.clone(), &self.key.namespace);
        // The watch shows the write a moment later; until then the same is not written again.
        if self.database_told.as_ref() == Some(&(database.resource_version(), wanted.clone())) {
            return true;
        }
        match status(&api, database.as_ref(), database.status.as_ref(), &wanted).await {
            Ok(_) => {
                let standing = database.status.as_ref();
                let before = standing.and_then(|status| reason_of(&status.conditions, ConditionType::Ready));
                let (reason, message) = database_reason(self.session.role(), trouble);
                if before != Some(reason.as_str()) {
                    self.context.events.tell(database.as_ref(), "Reconcile", reason, &message);
                }
                self.tell_replicas(database, &wanted);
                self.database_told = Some((database.resource_version(), wanted));
                true
            }
            Err(error) => {
                tracing::warn!(database = %self.key, error = %chain(&error), "status not written; trying again");
                alarm.after(Duration::from_secs(1));
                // Who the primary is must be known before anything is done to it.
                self.is_recorded(database)
            }
        }
    }

    fn wanted_database(&self, database: &Database, trouble: Option<&Trouble>, counts: TableCounts) -> DatabaseStatus {
        let empty = DatabaseStatus::default();
        let standing = database.status.as_ref().unwrap_or(&empty);
        let generation = database.metadata.generation.unwrap_or_default();
        let (reason, message) = database_reason(self.session.role(), trouble);
        let mut say = ready(reason, &message);
        let (replicas, required) = Self::names_of_replicas(database);
        let kind = ConditionType::Replicated;
        let late = required.iter().find_map(|name| {
            let report = self.health.get(name)?;
            (!report.verdict.arrived()).then_some(report)
        });
        match late {
            _ if replicas.is_empty() => say.push(Say::new(kind, true, Reason::NoReplicas, "")),
            Some(report) => {
                let message = format!("replica {}: {}", report.name, without_numbers(report));
                say.push(Say::new(kind, false, verdict::reason(&report.verdict), message));
            }
            None if required.iter().all(|name| self.health.contains_key(name)) => {
                say.push(Say::new(kind, true, Reason::Replicated, ""));
            }
            None => {}
        }
        let state = self.session.role().map(|role| match role {
            _ if trouble.is_some_and(|trouble| fences(trouble.reason)) => DatabaseState::Fenced,
            Role::Active => DatabaseState::Active,
            Role::Standby => DatabaseState::Standby,
            Role::Fenced(_) => DatabaseState::Fenced,
        });
        DatabaseStatus {
            observed_generation: generation,
            conditions: conditions(&standing.conditions, generation, say, Timestamp::now()),
            state: state.or(standing.state),
            primary: self.primary_status(standing, trouble),
            replicas: replicas.iter().filter_map(|name| self.replica_status(name, standing)).collect(),
            tables: Some(counts),
        }
    }

    fn primary_status(&self, standing: &DatabaseStatus, trouble: Option<&Trouble>) -> Option<DatabasePrimaryStatus> {
        // Of a server that is not accepted nothing is taken over.
        if trouble.is_some_and(|trouble| trouble.reason == Reason::ServerChanged) {
            return standing.primary.clone();
        }
        let (Some(identity), Some(uuid)) = (&self.session.identity, self.session.server_uuid()) else {
            return standing.primary.clone();
        };
        let mut accepted =
            standing.primary.as_ref().map(|primary| primary.accepted_server_uuids.clone()).unwrap_or_default();
        accepted.retain(|known| *known != uuid);
        accepted.push(uuid.clone());
        accepted.drain(..accepted.len().saturating_sub(ACCEPTED));
        let missing = self.session.capabilities.iter().flat_map(|capabilities| &capabilities.missing);
        let lost = self.lost(&uuid).map(|loss| loss.gtids.to_string());
        Some(DatabasePrimaryStatus {
            version: identity.version_text.chars().take(128).collect(),
            flavour: identity.facts.flavour.product().to_owned(),
            server_uuid: uuid,
            writable: match self.session.role() {
                Some(Role::Active | Role::Fenced(Fence::SourceConfigured | Fence::MultiWriter(_))) => true,
                Some(Role::Standby | Role::Fenced(Fence::ReadOnly)) | None => false,
            },
            accepted_server_uuids: accepted,
            lost_gtids: lost,
            missing_privileges: missing
                .map(|missing| MissingPrivilege {
                    privilege: missing.privileges.chars().take(64).collect(),
                    costs: missing.cost.chars().take(512).collect(),
                    grant: missing.grant.chars().take(512).collect(),
                })
                .collect(),
        })
    }

    fn replica_status(&self, name: &str, standing: &DatabaseStatus) -> Option<DatabaseReplicaStatus> {
        let before = standing.replicas.iter().find(|replica| replica.name == name);
        let Some(report) = self.health.get(name) else { return before.cloned() };
        let arrived = report.verdict.arrived();
        Some(DatabaseReplicaStatus {
            name: name.to_owned(),
            server_uuid: report.server_uuid.clone().or_else(|| before?.server_uuid.clone()),
            applier_state: verdict::applier(&report.verdict),
            verified_gtid: report.verified.as_ref().map(Gtid::to_string).or_else(|| before?.verified_gtid.clone()),
            in_sync: arrived,
            message: (!arrived).then(|| cut(&without_numbers(report))),
        })
    }

    /// Tables whose Database does not exist.
    pub(super) async fn tell_orphans(&mut self, tables: &BTreeMap<ObjectKey, Arc<Table>>, trouble: &Trouble) {
        for (key, object) in tables.iter().filter(|(_, object)| !deleting(object)) {
            let generation = object.metadata.generation.unwrap_or_default();
            let standing = object.status.clone().unwrap_or_default();
            let say = ready(trouble.reason, &trouble.message);
            let mut wanted = TableStatus { observed_generation: generation, ..standing.clone() };
            wanted.conditions = conditions(&standing.conditions, generation, say, Timestamp::now());
            self.gauges.table(key, Some(&wanted));
            let api: Api<Table> = Api::namespaced(self.context.client.clone(), &key.namespace);
            match status(&api, object.as_ref(), object.status.as_ref(), &wanted).await {
                Ok(Written::Changed(written)) => {
                    self.tell(object, &wanted);
                    self.tables.put(*written);
                }
                Ok(Written::Unchanged | Written::Gone) => {}
                Err(error) => tracing::warn!(table = %key, error = %chain(&error), "status not written"),
            }
        }
    }
}

/// Lag moves with every look, and lives in the metrics only.
fn without_numbers(report: &crate::apply::ReplicaReport) -> String {
    use crate::apply::Verdict;
    match &report.verdict {
        Verdict::ApplierBlocked { state, .. } => format!("its applier is blocked ({state})"),
        Verdict::Lagging { .. }
        | Verdict::Arrived
        | Verdict::ApplierStopped { .. }
        | Verdict::Diverged { .. }
        | Verdict::Unobservable { .. }
        | Verdict::Filtered { .. }
        | Verdict::Errant { .. } => verdict::lasting(&report.verdict),
    }
}

/// Whether nobody knows which server is right, whatever part this one plays.
fn fences(reason: Reason) -> bool {
    [Reason::ServerChanged, Reason::HistoryLost, Reason::SplitBrain].contains(&reason)
}

fn database_reason(role: Option<Role>, trouble: Option<&Trouble>) -> (Reason, String) {
    match (trouble, role) {
        (Some(trouble), _) => (trouble.reason, trouble.message.clone()),
        (None, Some(Role::Standby)) => {
            (Reason::Standby, "the primary is a read-only replica; only compared".to_owned())
        }
        (None, Some(Role::Active | Role::Fenced(_))) => (Reason::Active, "the primary is writable".to_owned()),
        (None, None) => (Reason::Pending, "the primary has not been looked at yet".to_owned()),
    }
}

fn count(counts: &mut TableCounts, status: Option<&TableStatus>) {
    counts.total += 1;
    let Some(status) = status else {
        counts.reconciling += 1;
        return;
    };
    let reason = reason_of(&status.conditions, ConditionType::Ready);
    let disposition = Reason::ALL.iter().find(|known| Some(known.as_str()) == reason).map(|known| known.disposition());
    match disposition {
        Some(Disposition::Done) => counts.ready += 1,
        Some(Disposition::Waiting) => counts.waiting += 1,
        Some(Disposition::Stalled) => counts.stalled += 1,
        Some(Disposition::Progressing) | None => counts.reconciling += 1,
    }
}
