//! Which server the primary is, whether it still has what it had executed, and whether another one has rightly taken its
//! place.

use std::time::Instant;

use super::{Gathered, Worker};
use crate::api::{Database, Reason};
use crate::apply::{self, Fence, Role};
use crate::controller::assess::Trouble;
use crate::controller::history::{self, Loss};
use crate::controller::promotion::{Seen, is_promoted, present, sent};
use crate::mysql::ReplicaState;
use crate::telemetry::chain;

/// What is remembered of the primary, beyond its connections.
#[derive(Default)]
pub(super) struct Succession {
    /// The accepted primary as it was seen last. In memory only: a controller that has just begun accepts nobody.
    seen: Option<Seen>,
    /// A promoted replica, until the Database's status says so.
    promoted: Option<String>,
    /// The probe after which was looked.
    looked: Option<Instant>,
    /// What the primary has lost, as it was noticed.
    lost: Option<Loss>,
    /// Whether the status has been asked what a controller before this one noticed.
    taken_over: bool,
}

impl Succession {
    /// What a controller before this one noticed stands in the Database's status; asked once, before it is written.
    pub(super) fn take_over(&mut self, database: &Database) {
        if !std::mem::replace(&mut self.taken_over, true) {
            self.lost = Loss::told(database);
        }
    }
}

impl Worker {
    /// After each probe: keeps in mind what the primary has executed, and takes a replica that was promoted for it.
    pub(super) async fn follow(&mut self, gathered: &Gathered) {
        let database = &gathered.database;
        // The status says so by now: from here on it alone decides.
        self.succession.promoted = self
            .succession
            .promoted
            .take()
            .filter(|promoted| present(database).is_none_or(|present| !present.eq_ignore_ascii_case(promoted)));
        let probed = self.session.probed_at();
        if self.succession.looked == probed {
            return;
        }
        self.succession.looked = probed;
        let Some(connections) = self.session.connections.clone() else { return };
        let state = match apply::history(&connections).await {
            Ok(state) => state,
            // Without REPLICATION CLIENT: then a person says who is right.
            Err(error) => {
                tracing::debug!(database = %self.key, error = %chain(&error), "the primary's history cannot be read");
                return;
            }
        };
        let uuid = state.server_uuid.0.clone();
        if self.accepted(database, &uuid) {
            self.remember(gathered, state);
            return;
        }
        if database.spec.replicas.is_empty() || !database.spec.primary.server_uuids.is_empty() {
            return;
        }
        // A run may send more: its end is waited for.
        if !self.runs.is_idle() {
            return;
        }
        let (Some(before), Some(sent)) = (&self.succession.seen, sent(gathered.plans.values())) else { return };
        if !is_promoted(database, before, &sent, &state) {
            return;
        }
        let message = format!(
            "server {uuid}, a replica of this Database, has taken the place of {}, and has all that it was seen to have \
             executed",
            before.server_uuid
        );
        tracing::info!(database = %self.key, "{message}");
        self.context.events.tell(database.as_ref(), "Promote", Reason::Active, &message);
        self.succession.promoted = Some(uuid.clone());
        self.succession.seen = Some(Seen { server_uuid: uuid, executed: state.executed });
    }

    /// Keeps in mind what the accepted primary has executed, and notices what it has lost.
    fn remember(&mut self, gathered: &Gathered, state: ReplicaState) {
        let database = &gathered.database;
        let uuid = state.server_uuid.0.clone();
        let lost = match self.session.role() {
            // Behind a name that moves, the probe may have met another server.
            _ if self.session.server_uuid().as_ref() != Some(&uuid) => return,
            // Whose transactions it lacks is not known while it follows; what it has is.
            None | Some(Role::Fenced(Fence::SourceConfigured | Fence::MultiWriter(_))) => {
                self.succession.seen = Some(Seen::more(self.succession.seen.take(), uuid, state.executed));
                return;
            }
            // What a standby lacks comes from its source, or was given up by whoever built it anew.
            Some(Role::Standby) => None,
            Some(Role::Active | Role::Fenced(Fence::ReadOnly)) => {
                let recorded = history::recorded(database, &state.server_uuid, gathered.plans.values());
                let (standing, seen) = (self.succession.lost.as_ref(), self.succession.seen.as_ref());
                history::loss(standing, seen, &recorded, &history::accepted(database), &state)
            }
        };
        if lost.is_none() {
            self.succession.seen = Some(Seen { server_uuid: uuid, executed: state.executed });
        }
        if let Some(loss) = lost.as_ref().filter(|loss| self.succession.lost.as_ref() != Some(loss)) {
            tracing::warn!(database = %self.key, server = %loss.server_uuid, gtids = %loss.gtids, "the primary has lost transactions");
        }
        self.succession.lost = lost;
    }

    /// Looks once more before a run: whether the primary still has what it had executed.
    pub(super) async fn has_its_history(&mut self, gathered: &Gathered) -> bool {
        self.succession.looked = None;
        self.follow(gathered).await;
        self.succession.lost.is_none()
    }

    /// What this server has lost, if it has.
    pub(super) fn lost(&self, server_uuid: &str) -> Option<&Loss> {
        self.succession.lost.as_ref().filter(|loss| loss.server_uuid.eq_ignore_ascii_case(server_uuid))
    }

    /// A primary that has lost what it had executed is not changed before a person has said that it is right.
    pub(super) fn history_lost(&self, database: &Database, server_uuid: &str) -> Option<Trouble> {
        let loss = self.lost(server_uuid)?;
        Some(Trouble { reason: Reason::HistoryLost, message: history::message(database, loss) })
    }

    /// While a replica is written beside the primary, neither is taken for the right one.
    pub(super) fn split_brain(&self, database: &Database, server_uuid: &str) -> Option<Trouble> {
        let replicas = database.spec.replicas.iter().filter_map(|replica| self.health.get(&replica.name));
        let other = replicas.into_iter().find(|report| report.split == Some(true))?;
        let message = format!(
            "replica {} (server {}) is writable, follows nobody, and has transactions that the primary (server \
             {server_uuid}) lacks: two servers are written; decide which one is right, stop the other \
             (SET GLOBAL super_read_only = ON), and build it anew from the right one",
            other.name,
            other.server_uuid.as_deref().unwrap_or("unknown"),
        );
        Some(Trouble { reason: Reason::SplitBrain, message })
    }

    /// Whether this server may be the primary: one that the spec names, else the one that was seen first, or that took
    /// its place. One that lost its place does not get it back by answering again.
    pub(super) fn accepted(&self, database: &Database, actual: &str) -> bool {
        let named = &database.spec.primary.server_uuids;
        if !named.is_empty() {
            return named.iter().any(|uuid| uuid.eq_ignore_ascii_case(actual));
        }
        let present = self.succession.promoted.as_deref().or_else(|| present(database));
        present.is_none_or(|present| present.eq_ignore_ascii_case(actual))
    }

    /// Whether the status says which server answers: nothing is done to one before that.
    pub(super) fn is_recorded(&self, database: &Database) -> bool {
        self.session.server_uuid().is_some_and(|actual| present(database) == Some(actual.as_str()))
    }
}
