//! Whether another server behind the primary's name is a replica of this Database that was promoted. No client required.
//!
//! It is one only if nothing that the primary was seen to have executed, and nothing that was sent to it, is missing. In
//! doubt it is not: the Database stays fenced, and a person says which server is right.

use std::sync::Arc;

use super::execute::parse_gtid;
use crate::api::{Database, Plan, StatementState};
use crate::model::Gtid;
use crate::mysql::{GtidSet, ReplicaState};

/// A primary, and what it had executed when it was seen last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) server_uuid: String,
    pub(crate) executed: GtidSet,
}

impl Seen {
    /// What was seen of this server before, and what it has now.
    pub(crate) fn more(before: Option<Self>, server_uuid: String, executed: GtidSet) -> Self {
        match before.filter(|before| before.server_uuid == server_uuid) {
            Some(before) => Self { server_uuid, executed: before.executed.union(&executed) },
            None => Self { server_uuid, executed },
        }
    }
}

/// The server that a Database's primary was last: another one must be named or promoted.
pub(crate) fn present(database: &Database) -> Option<&str> {
    let primary = database.status.as_ref()?.primary.as_ref()?;
    primary.accepted_server_uuids.last().map(String::as_str)
}

/// Whether `state`, read in one session, is that of a replica of this Database that took the place of `before`.
pub(crate) fn is_promoted(database: &Database, before: &Seen, sent: &[Gtid], state: &ReplicaState) -> bool {
    let uuid = &state.server_uuid.0;
    let replicas = database.status.iter().flat_map(|status| &status.replicas);
    let known =
        replicas.filter_map(|replica| replica.server_uuid.as_ref()).any(|known| known.eq_ignore_ascii_case(uuid));
    known
        // Where the spec names its servers, it names all of them.
        && database.spec.primary.server_uuids.is_empty()
        && present(database).is_some_and(|present| present.eq_ignore_ascii_case(&before.server_uuid))
        // Promoted: it follows nobody, and may be written.
        && !state.has_source
        && !state.read_only
        // Without GTIDs nothing can be told.
        && !before.executed.is_empty()
        && before.executed.names_sources()
        && state.executed.contains_set(&before.executed)
        && sent.iter().all(|gtid| state.executed.contains(gtid))
}

/// The GTIDs of what was sent to the primary, or may have been; `None` where one cannot be told.
pub(crate) fn sent<'a>(plans: impl IntoIterator<Item = &'a Arc<Plan>>) -> Option<Vec<Gtid>> {
    let statements = plans.into_iter().filter_map(|plan| plan.status.as_ref()).flat_map(|status| &status.statements);
    statements
        .filter(|statement| match statement.state {
            StatementState::Done | StatementState::Running => true,
            StatementState::Pending | StatementState::Skipped | StatementState::Failed => false,
        })
        .map(|statement| statement.gtid.as_deref().and_then(parse_gtid))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::ServerUuid;

    const OLD: &str = "11111111-1111-1111-1111-111111111111";
    const NEW: &str = "22222222-2222-2222-2222-222222222222";

    fn database(replica: &str, named: &[&str]) -> Database {
        let primary = json!({
            "version": "8.4.0", "flavour": "MySQL", "serverUuid": OLD, "writable": true, "acceptedServerUuids": [OLD],
        });
        let replica = json!({ "name": "eu", "serverUuid": replica, "applierState": "Running", "inSync": true });
        serde_json::from_value(json!({
            "apiVersion": "x/v1", "kind": "Database", "metadata": { "name": "shop" },
            "spec": { "primary": { "host": "h", "credentials": { "secretName": "s" }, "serverUuids": named } },
            "status": { "primary": primary, "replicas": [replica] },
        }))
        .unwrap()
    }

    fn promoted(executed: &str) -> ReplicaState {
        ReplicaState::alone(ServerUuid(NEW.to_owned()), GtidSet::parse(executed).unwrap(), false)
    }

    fn before(executed: &str) -> Seen {
        Seen { server_uuid: OLD.to_owned(), executed: GtidSet::parse(executed).unwrap() }
    }

    #[test]
    fn a_known_replica_that_has_everything_is_the_primary_now() {
        let (has, had) = (promoted(&format!("{OLD}:1-9,{NEW}:1-2")), before(&format!("{OLD}:1-8")));
        let ours = Gtid { source: OLD.to_owned(), number: 9 };
        assert!(is_promoted(&database(NEW, &[]), &had, &[ours], &has));
        assert!(is_promoted(&database(&NEW.to_uppercase(), &[]), &had, &[], &has));
    }

    #[test]
    fn what_was_seen_of_one_server_only_grows() {
        let more = |executed: &str| {
            Seen::more(Some(before(&format!("{OLD}:1-8"))), OLD.to_owned(), GtidSet::parse(executed).unwrap())
        };
        assert_eq!(more(&format!("{OLD}:1-5:9")), before(&format!("{OLD}:1-9")));
        let other = Seen { server_uuid: NEW.to_owned(), ..before(&format!("{NEW}:1")) };
        assert_eq!(Seen::more(Some(other), OLD.to_owned(), GtidSet::default()), before(""));
    }

    #[test]
    fn in_doubt_it_is_not() {
        let (has, had) = (promoted(&format!("{OLD}:1-9")), before(&format!("{OLD}:1-8")));
        let known = database(NEW, &[]);
        // No replica of this Database; or the spec names another server.
        assert!(!is_promoted(&database("33333333-3333-3333-3333-333333333333", &[]), &had, &[], &has));
        assert!(!is_promoted(&database(NEW, &[OLD]), &had, &[], &has));
        // Something is missing: of what the primary had, or of what was sent to it after that.
        assert!(!is_promoted(&known, &before(&format!("{OLD}:1-10")), &[], &has));
        assert!(!is_promoted(&known, &had, &[Gtid { source: OLD.to_owned(), number: 10 }], &has));
        // Nothing is known of what it had, or what is known is another server's.
        assert!(!is_promoted(&known, &before(""), &[], &has));
        let other = Seen { server_uuid: NEW.to_owned(), ..had.clone() };
        assert!(!is_promoted(&known, &other, &[], &has));
        // It is a replica still, or may not be written.
        assert!(!is_promoted(&known, &had, &[], &ReplicaState { has_source: true, ..has.clone() }));
        assert!(!is_promoted(&known, &had, &[], &ReplicaState { read_only: true, ..has }));
    }
}
