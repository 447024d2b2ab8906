//! Which server the primary is, and whether another one has rightly taken its place.

use std::time::Instant;

use super::{Gathered, Worker};
use crate::api::{Database, Reason};
use crate::apply;
use crate::controller::promotion::{Seen, is_promoted, present, sent};
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
        if database.spec.replicas.is_empty()
            || !database.spec.primary.server_uuids.is_empty()
            || self.succession.looked == probed
        {
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
            self.succession.seen = Some(Seen { server_uuid: uuid, executed: state.executed });
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
