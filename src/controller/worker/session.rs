//! A Database's connections, and what its primary is: opened once, looked at cheaply, closed when the Secret or the spec
//! say other servers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kube::{Api, ResourceExt};

use super::{Alarm, Worker};
use crate::api::{Database, Reason};
use crate::apply::{self, ApplyError, Category, Connections, Fence, Observed, Probe, Role, Target};
use crate::controller::assess::Trouble;
use crate::controller::dereference::{dereference, positive};
use crate::controller::inspect::{edges, inspect};
use crate::controller::secrets;
use crate::controller::siblings::elder;
use crate::controller::store::ObjectKey;
use crate::controller::validate::{Candidate, Validated};
use crate::controller::view::Live;
use crate::model::Dialect;
use crate::mysql::{Capabilities, Endpoint, ServerIdentity};
use crate::telemetry::chain;

/// Everything is compared again after so long, whatever the cheap probe says: CREATE_TIME is a hint only.
const REREAD: Duration = Duration::from_secs(3600);

/// Connections and what was seen over them.
pub(super) struct Session {
    pub(super) connections: Option<Connections>,
    opened_for: Option<Vec<(String, Endpoint)>>,
    generation: i64,
    /// When the Secrets were read last.
    read_at: Option<Instant>,
    pub(super) identity: Option<ServerIdentity>,
    pub(super) capabilities: Option<Capabilities>,
    pub(super) observed: Option<Arc<Observed>>,
    probe: Option<Probe>,
    probed_at: Option<Instant>,
    reread_at: Option<Instant>,
    /// After a failure: when to ask again, and what it was.
    not_before: Option<Instant>,
    last: Option<Trouble>,
    /// Foreign keys, child and parent, live and desired.
    pub(super) edges: Vec<(String, String)>,
}

impl Session {
    pub(super) fn new() -> Self {
        Self {
            connections: None,
            opened_for: None,
            generation: -1,
            read_at: None,
            identity: None,
            capabilities: None,
            observed: None,
            probe: None,
            probed_at: None,
            reread_at: None,
            not_before: None,
            last: None,
            edges: Vec::new(),
        }
    }

    pub(super) async fn close(&mut self) {
        if let Some(connections) = self.connections.take() {
            connections.close().await;
        }
        *self = Self::new();
    }

    pub(super) fn lower_case_table_names(&self) -> u8 {
        self.identity.as_ref().map_or(0, |identity| identity.facts.lower_case_table_names)
    }

    /// Before the server has been asked, the newest: what it takes is what manifests are written for.
    pub(super) fn dialect(&self) -> Dialect {
        self.identity.as_ref().map_or(Dialect::NEWEST, |identity| identity.facts.dialect())
    }

    /// What the primary is now: the last look counts.
    pub(super) fn role(&self) -> Option<Role> {
        match (&self.probe, &self.observed) {
            (Some(probe), _) => Some(probe.role),
            (None, Some(observed)) => Some(observed.role()),
            (None, None) => None,
        }
    }

    pub(super) fn server_uuid(&self) -> Option<String> {
        match (&self.probe, &self.observed) {
            (Some(probe), _) => Some(probe.server_uuid.to_string()),
            (None, Some(observed)) => Some(observed.server_uuid().to_string()),
            (None, None) => None,
        }
    }

    /// When the primary answered last.
    pub(super) fn probed_at(&self) -> Option<Instant> {
        self.probed_at
    }

    pub(super) fn standby(&self) -> bool {
        self.role() == Some(Role::Standby)
    }
}

/// What a target connects to: another list means other connections.
fn endpoints(target: &Target) -> Vec<(String, Endpoint)> {
    let mut endpoints =
        vec![(format!("{:?} {} {:?}", target.role, target.schema, target.create_schema), target.primary.clone())];
    endpoints.extend(target.replicas.iter().map(|replica| {
        (format!("{} {} {:?}", replica.name, replica.required, replica.max_lag), replica.endpoint.clone())
    }));
    endpoints
}

impl Worker {
    /// Reads the Secrets when they may have changed, and opens the connections anew when they have.
    pub(super) async fn connect(&mut self, database: &Database, alarm: &mut Alarm) -> Option<Trouble> {
        let generation = database.metadata.generation.unwrap_or_default();
        let interval = positive(database.spec.drift.interval).max(Duration::from_secs(1));
        self.secrets
            .keep(&Api::namespaced(self.context.client.clone(), &self.key.namespace), &secrets::names(database));
        // Where a Secret may be read but not watched, reading it tells.
        let again = if self.secrets.sees() { REREAD } else { interval };
        let fresh = !self.secrets.take_changed()
            && self.session.connections.is_some()
            && self.session.generation == generation
            && self.session.read_at.is_some_and(|at| at.elapsed() < again);
        if fresh {
            return self.meet(alarm).await;
        }
        match dereference(&self.context.client, database).await {
            Ok(target) => {
                self.session.read_at = Some(Instant::now());
                self.session.generation = generation;
                alarm.after(again);
                let endpoints = endpoints(&target);
                if self.session.opened_for.as_ref() != Some(&endpoints) {
                    if self.session.opened_for.is_some() {
                        tracing::info!(database = %self.key, "servers or credentials changed; connecting anew");
                    }
                    // A run that goes on keeps the connections it has: pools are shared, and closing waits for nobody.
                    let runs = !self.runs.is_idle();
                    if let Some(before) = self.session.connections.take().filter(|_| !runs) {
                        before.close().await;
                    }
                    let generation = self.session.generation;
                    self.session = Session { generation, read_at: Some(Instant::now()), ..Session::new() };
                    let connections = Connections::open(&target);
                    connections.expect_look();
                    self.session.connections = Some(connections);
                    self.session.opened_for = Some(endpoints);
                    self.runs.forget_proposals();
                    for view in self.views.values_mut() {
                        view.dirty = true;
                    }
                }
                self.meet(alarm).await
            }
            // Away for a while: what is connected stays connected.
            Err(error) if error.reason() == Reason::Retrying && self.session.connections.is_some() => None,
            Err(error) => {
                self.session.read_at = None;
                Some(Trouble { reason: error.reason(), message: chain(&error).to_string() })
            }
        }
    }

    /// Asks the primary who it is, once per connection.
    async fn meet(&mut self, alarm: &mut Alarm) -> Option<Trouble> {
        let connections = self.session.connections.clone()?;
        if self.session.identity.is_some() {
            return None;
        }
        if let Some(at) = self.session.not_before.filter(|at| *at > Instant::now()) {
            alarm.at(at);
            return self.session.last.clone();
        }
        let met = async {
            let identity = connections.identify().await?;
            let capabilities = connections.capabilities().await?;
            Ok::<_, ApplyError>((identity, capabilities))
        };
        match met.await {
            Ok((identity, capabilities)) => {
                self.session.identity = Some(identity);
                self.session.capabilities = Some(capabilities);
                None
            }
            Err(error) => Some(self.troubled(&error, alarm)),
        }
    }

    /// The primary cannot be asked: it is left in peace for a while, however many objects move meanwhile.
    fn troubled(&mut self, error: &ApplyError, alarm: &mut Alarm) -> Trouble {
        let trouble = Trouble { reason: reason_of(error.category()), message: chain(error).to_string() };
        if error.category() == Category::AccessDenied {
            // Perhaps the password was rotated: the Secret is read again in the next round.
            self.session.read_at = None;
        }
        let at = Instant::now() + self.failures.next();
        alarm.at(at);
        self.session.not_before = Some(at);
        if self.session.last.as_ref() != Some(&trouble) {
            tracing::warn!(database = %self.key, reason = %trouble.reason, error = %trouble.message, "cannot look at the primary");
        }
        self.session.last = Some(trouble.clone());
        trouble
    }

    /// Compares what must be compared: new generations, what the probe says moved, everything now and then.
    pub(super) async fn look(
        &mut self,
        database: &Database,
        validated: &Validated,
        alarm: &mut Alarm,
    ) -> Option<Trouble> {
        let connections = self.session.connections.clone()?;
        if let Some(at) = self.session.not_before.filter(|at| *at > Instant::now()) {
            alarm.at(at);
            return self.session.last.clone();
        }
        match self.try_look(&connections, database, validated, alarm).await {
            Ok(()) => {
                self.session.not_before = None;
                self.session.last = None;
                None
            }
            Err(error) => Some(self.troubled(&error, alarm)),
        }
    }

    async fn try_look(
        &mut self,
        connections: &Connections,
        database: &Database,
        validated: &Validated,
        alarm: &mut Alarm,
    ) -> Result<(), ApplyError> {
        let interval = positive(database.spec.drift.interval).max(Duration::from_secs(1));
        let now = Instant::now();
        let due = |at: Option<Instant>, every: Duration| at.is_none_or(|at| now.duration_since(at) >= every);
        if due(self.session.probed_at, interval) {
            self.probe(connections, validated).await?;
        }
        if let Some(at) = self.session.probed_at {
            alarm.at(at + interval);
        }
        if due(self.session.reread_at, REREAD) {
            self.session.reread_at = Some(now);
            for view in self.views.values_mut() {
                view.dirty = true;
                view.stale = true;
            }
        }
        let moving = self.in_motion();
        let wanted = |key: &ObjectKey| !moving.contains(key) && self.views.get(key).is_some_and(|view| view.dirty);
        if !validated.candidates.keys().any(wanted) {
            return Ok(());
        }
        // What is refused for want of a parent may have got one: it is looked at with the others.
        let candidates: Vec<Candidate> = validated
            .candidates
            .values()
            .filter(|candidate| {
                let refused =
                    self.views.get(&candidate.key).is_some_and(|view| matches!(view.live, Live::Refused { .. }));
                wanted(&candidate.key) || (refused && !moving.contains(&candidate.key))
            })
            .cloned()
            .collect();
        let inspection = inspect(connections, &candidates).await?;
        for (key, (live, fingerprint)) in inspection.tables {
            if let Some(view) = self.views.get_mut(&key) {
                view.compared(live, fingerprint);
            }
        }
        self.session.edges = edges(&inspection.observed, validated.candidates.values());
        self.session.observed = Some(Arc::new(inspection.observed));
        Ok(())
    }

    /// The cheap look: who answers, and which tables moved.
    async fn probe(&mut self, connections: &Connections, validated: &Validated) -> Result<(), ApplyError> {
        let probe = apply::probe(connections).await?;
        self.session.probed_at = Some(Instant::now());
        if let Some(before) = &self.session.probe {
            if before.server_uuid != probe.server_uuid || before.role != probe.role {
                // Another server, or another part for it to play: nothing that was known of it counts.
                self.session.identity = Some(connections.identify().await?);
                self.session.capabilities = Some(connections.capabilities().await?);
                self.runs.forget_proposals();
                for view in self.views.values_mut() {
                    view.dirty = true;
                    view.stale = true;
                }
            }
            let moved: BTreeSet<_> =
                probe.moved_since(before).into_iter().map(|table| table.as_str().to_owned()).collect();
            // A rename changes the text of children without moving them: they are looked at with their parents.
            let relatives: BTreeSet<&str> = self
                .session
                .edges
                .iter()
                .filter(|(child, parent)| moved.contains(child) || moved.contains(parent))
                .flat_map(|(child, parent)| [child.as_str(), parent.as_str()])
                .collect();
            for (key, candidate) in &validated.candidates {
                let concerned = candidate
                    .names()
                    .iter()
                    .any(|name| moved.contains(name.as_str()) || relatives.contains(name.as_str()));
                if concerned && let Some(view) = self.views.get_mut(key) {
                    view.dirty = true;
                }
            }
        }
        self.session.probe = Some(probe);
        Ok(())
    }

    /// Whether the primary may be changed: who it is, and what part it plays.
    pub(super) fn gate(&self, database: &Database) -> Option<Trouble> {
        let actual = self.session.server_uuid()?;
        if !self.accepted(database, &actual) {
            let message = unknown_server(database, &actual);
            return Some(Trouble { reason: Reason::ServerChanged, message });
        }
        let all = self.context.databases.all();
        if let Some(elder) = elder(database, &actual, self.session.lower_case_table_names(), &all) {
            let schema = database.spec.schema.clone().unwrap_or_else(|| database.name_any());
            let message = format!(
                "Database {elder}, which is older, keeps the schema `{schema}` of this server ({actual}); delete one of \
                 the two"
            );
            return Some(Trouble { reason: Reason::Conflict, message });
        }
        if let Some(trouble) = self.history_lost(database, &actual) {
            return Some(trouble);
        }
        match self.session.role()? {
            Role::Active => {
                if let Some(trouble) = self.split_brain(database, &actual) {
                    return Some(trouble);
                }
            }
            Role::Standby => {}
            role @ Role::Fenced(fence) => {
                let reason = match fence {
                    Fence::ReadOnly => Reason::ReadOnly,
                    Fence::SourceConfigured => Reason::SourceConfigured,
                    Fence::MultiWriter(_) => Reason::UnsupportedServer,
                };
                return Some(Trouble { reason, message: format!("the primary is {role}") });
            }
        }
        let missing: Vec<String> = self
            .session
            .capabilities
            .iter()
            .flat_map(|capabilities| &capabilities.missing)
            .filter(|missing| missing.required)
            .map(|missing| format!("{} ({}); run: {}", missing.privileges, missing.cost, missing.grant))
            .collect();
        if !missing.is_empty() && !self.session.standby() {
            return Some(Trouble { reason: Reason::MissingPrivilege, message: missing.join("\n") });
        }
        None
    }
}

/// What is said of a server that is not the one this Database knows.
fn unknown_server(database: &Database, actual: &str) -> String {
    let primary = &database.spec.primary;
    // The patch replaces the list: who stood in it stays.
    let named: Vec<&str> = primary.server_uuids.iter().map(String::as_str).chain([actual]).collect();
    let patch = serde_json::json!({ "spec": { "primary": { "serverUuids": named } } });
    format!(
        "server {actual} answers at {}:{}, which is not the one this Database knows; if it is right and lacks nothing, \
         name it among all the servers that may be this primary: kubectl patch databases.{} {} -n {} --type merge -p \
         '{patch}'",
        primary.host,
        primary.port,
        crate::api::GROUP,
        database.name_any(),
        database.namespace().unwrap_or_default(),
    )
}

/// The reason for a category of trouble with a server.
pub(super) fn reason_of(category: Category) -> Reason {
    match category {
        Category::Unreachable => Reason::PrimaryUnreachable,
        Category::AccessDenied => Reason::AuthenticationFailed,
        Category::Tls => Reason::TlsFailed,
        Category::PrivilegeMissing => Reason::MissingPrivilege,
        Category::SchemaMissing => Reason::SchemaMissing,
        Category::NotWritable => Reason::ReadOnly,
        Category::WrongServer => Reason::ServerChanged,
        Category::ReplicaUnhealthy => Reason::ReplicaUnobservable,
        Category::SchemaBusy => Reason::SchemaLocked,
        Category::BaselineMoved | Category::AlgorithmRefused => Reason::Superseded,
        Category::LockTimeout | Category::LockTimeoutAfterWork => Reason::LockWaitTimeout,
        Category::StatementFailed | Category::UnexpectedResult => Reason::PlanFailed,
        Category::Ambiguous | Category::Journal => Reason::Retrying,
        Category::Bug => Reason::InternalError,
    }
}

/// Tables by namespace and name, desired or to be renamed from.
pub(super) fn by_name(validated: &Validated) -> BTreeMap<(String, String), ObjectKey> {
    let mut names = BTreeMap::new();
    for (key, candidate) in &validated.candidates {
        for name in candidate.names() {
            names.insert((key.namespace.clone(), name.as_str().to_owned()), key.clone());
        }
    }
    names
}
