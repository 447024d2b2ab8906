//! Whether a primary still has what it is known to have executed. No client required.
//!
//! What is missing stays missing once it has been noticed, until a person gives it up: a server that has lost its last
//! transactions gives their numbers to other ones, so that its set soon looks complete again.
//!
//! In doubt nothing is lost. Known is only what this server is sure to have executed: what was seen on it, and what is
//! written down of statements that it is known to have ended well.

use std::sync::Arc;

use kube::ResourceExt;

use super::execute::parse_gtid;
use super::promotion::Seen;
use crate::api::{Database, Plan, StatementState, StatementStatus, labels};
use crate::model::{Gtid, ServerUuid};
use crate::mysql::{GtidSet, ReplicaState, gtid_source};

/// A set that is longer as a text is told by the first and last number of each source.
const LONGEST: usize = 256;
/// And of no more sources than these: status and annotation have bounds.
const SOURCES: usize = 4;

/// What a server has lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Loss {
    pub(crate) server_uuid: String,
    pub(crate) gtids: GtidSet,
}

impl Loss {
    /// What the status says of it, from before this controller began.
    pub(crate) fn told(database: &Database) -> Option<Self> {
        let primary = database.status.as_ref()?.primary.as_ref()?;
        let gtids = GtidSet::parse(primary.lost_gtids.as_deref()?).ok()?;
        Some(Self { server_uuid: primary.server_uuid.clone(), gtids })
    }
}

/// What is written down of this server: the GTIDs of statements that ended well on it, in the Plans that are kept, and
/// those of its own that a replica was seen to have. It may have fewer, never others.
pub(crate) fn recorded<'a>(
    database: &Database,
    server_uuid: &ServerUuid,
    plans: impl IntoIterator<Item = &'a Arc<Plan>>,
) -> GtidSet {
    let here = |plan: &&Arc<Plan>| plan.spec.proposal.baseline.server_uuid.eq_ignore_ascii_case(&server_uuid.0);
    let executed = plans
        .into_iter()
        .filter(here)
        .filter_map(|plan| plan.status.as_ref())
        .flat_map(|status| &status.statements)
        .filter(|statement| ended_well(statement))
        .filter_map(|statement| statement.gtid.as_deref());
    let schema = database.spec.schema.clone().unwrap_or_else(|| database.name_any());
    let own = gtid_source(server_uuid, &schema);
    let verified = database.status.iter().flat_map(|status| &status.replicas);
    let verified = verified.filter_map(|replica| replica.verified_gtid.as_deref());
    let verified = verified.filter(|gtid| parse_gtid(gtid).is_some_and(|gtid| gtid.source.eq_ignore_ascii_case(&own)));
    let gtids: Vec<Gtid> = executed.chain(verified).filter_map(parse_gtid).collect();
    // A text that is no GTID tells nothing.
    GtidSet::of(&gtids).unwrap_or_default()
}

/// Whether the statement is sure to have been executed under its GTID. One that is done although its end was not seen, or
/// had failed, was perhaps done by somebody else, under another.
fn ended_well(statement: &StatementStatus) -> bool {
    statement.state == StatementState::Done && statement.finished_at.is_some() && statement.error.is_none()
}

/// What a person has given up; nothing where the annotation is no set of GTIDs.
pub(crate) fn accepted(database: &Database) -> GtidSet {
    let text = database.annotations().get(labels::ACCEPT_LOST_GTIDS);
    text.and_then(|text| GtidSet::parse(text).ok()).unwrap_or_default()
}

/// What a primary that follows nobody lacks of what is known of it, and nobody has given up.
pub(crate) fn loss(
    standing: Option<&Loss>,
    seen: Option<&Seen>,
    recorded: &GtidSet,
    accepted: &GtidSet,
    state: &ReplicaState,
) -> Option<Loss> {
    let uuid = &state.server_uuid.0;
    let noticed = standing.filter(|loss| loss.server_uuid.eq_ignore_ascii_case(uuid)).map(|loss| &loss.gtids);
    let seen = seen.filter(|seen| seen.server_uuid.eq_ignore_ascii_case(uuid)).map(|seen| &seen.executed);
    // MariaDB's positions say nothing of who wrote what.
    let known = seen.filter(|seen| seen.names_sources() && state.executed.names_sources());
    let missing = known.map(|known| known.subtract(&state.executed)).unwrap_or_default();
    let missing = missing.union(&recorded.subtract(&state.executed)).union(noticed.unwrap_or(&GtidSet::default()));
    let gtids = shortened(missing.subtract(accepted));
    (!gtids.is_empty()).then(|| Loss { server_uuid: uuid.clone(), gtids })
}

fn shortened(gtids: GtidSet) -> GtidSet {
    if gtids.to_string().len() > LONGEST { gtids.spans(SOURCES) } else { gtids }
}

/// What is said of it.
pub(crate) fn message(database: &Database, loss: &Loss) -> String {
    let primary = &database.spec.primary;
    let given_up = accepted(database).union(&loss.gtids);
    let (name, uuid, lost) = (database.name_any(), &loss.server_uuid, &loss.gtids);
    format!(
        "server {uuid} at {}:{} lacks transactions that it had executed ({lost}): it was put back to an earlier state, or \
         its GTIDs were reset; if it is right as it is and they are given up, say so: kubectl annotate databases.{} {name} \
         -n {} --overwrite {}='{given_up}'",
        primary.host,
        primary.port,
        crate::api::GROUP,
        database.namespace().unwrap_or_default(),
        labels::ACCEPT_LOST_GTIDS,
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SERVER: &str = "11111111-1111-1111-1111-111111111111";
    const OTHER: &str = "22222222-2222-2222-2222-222222222222";

    fn set(text: &str) -> GtidSet {
        GtidSet::parse(&text.replace("OTHER", OTHER).replace("SERVER", SERVER)).unwrap()
    }

    fn primary(executed: &str) -> ReplicaState {
        ReplicaState::alone(ServerUuid(SERVER.to_owned()), set(executed), false)
    }

    fn seen(server_uuid: &str, executed: &str) -> Seen {
        Seen { server_uuid: server_uuid.to_owned(), executed: set(executed) }
    }

    fn lost(standing: Option<&Loss>, seen: &Seen, recorded: &str, accepted: &str, now: &str) -> Option<String> {
        let loss = loss(standing, Some(seen), &set(recorded), &set(accepted), &primary(now));
        loss.map(|loss| loss.gtids.to_string().replace(SERVER, "SERVER").replace(OTHER, "OTHER"))
    }

    #[test]
    fn what_was_seen_or_written_down_and_is_missing_is_lost() {
        let before = seen(SERVER, "SERVER:1-9");
        assert_eq!(lost(None, &before, "", "", "SERVER:1-12,OTHER:1"), None);
        assert_eq!(lost(None, &before, "OTHER:3", "", "SERVER:1-7,OTHER:1-2").as_deref(), Some("SERVER:8-9,OTHER:3"));
        // RESET: nothing is there.
        assert_eq!(lost(None, &before, "", "", "").as_deref(), Some("SERVER:1-9"));
        // What another server had is no measure.
        assert_eq!(lost(None, &seen(OTHER, "SERVER:1-9"), "", "", "SERVER:1"), None);
    }

    #[test]
    fn it_stays_lost_until_it_is_given_up_although_its_numbers_are_used_again() {
        let before = seen(SERVER, "SERVER:1-9");
        let standing = loss(None, Some(&before), &set(""), &set(""), &primary("SERVER:1-7")).unwrap();
        let later = "SERVER:1-20";
        assert_eq!(lost(Some(&standing), &before, "", "", later).as_deref(), Some("SERVER:8-9"));
        assert_eq!(lost(Some(&standing), &before, "", "SERVER:8", later).as_deref(), Some("SERVER:9"));
        assert_eq!(lost(Some(&standing), &before, "", "SERVER:5-9", later), None);
        // What was lost besides is not given up with it.
        let more = seen(SERVER, "SERVER:1-12");
        assert_eq!(lost(None, &more, "", "SERVER:8-9", "SERVER:1-7").as_deref(), Some("SERVER:10-12"));
        let elsewhere = Loss { server_uuid: OTHER.to_owned(), ..standing };
        assert_eq!(lost(Some(&elsewhere), &before, "", "", later), None);
    }

    #[test]
    fn positions_tell_nothing() {
        let positions = |text: &str| GtidSet::parse_positions(text).unwrap();
        let before = Seen { server_uuid: SERVER.to_owned(), executed: positions("0-1-9") };
        let now = ReplicaState { executed: positions("0-1-7"), ..primary("") };
        assert_eq!(loss(None, Some(&before), &set(""), &set(""), &now), None);
    }

    #[test]
    fn a_long_set_is_told_by_its_spans() {
        let gaps: Vec<String> = (1..100).map(|at| (2 * at).to_string()).collect();
        let before = seen(SERVER, &format!("SERVER:{}", gaps.join(":")));
        assert_eq!(lost(None, &before, "", "", "").as_deref(), Some("SERVER:2-198"));
        // Named as they were told, they are given up.
        assert_eq!(lost(None, &before, "", "SERVER:2-198", ""), None);
    }

    fn database(annotation: &str, verified: &str) -> Database {
        let primary = json!({ "version": "8.4.0", "flavour": "MySQL", "serverUuid": SERVER, "writable": true });
        let replica = json!({ "name": "eu", "applierState": "Running", "inSync": true, "verifiedGtid": verified });
        serde_json::from_value(json!({
            "apiVersion": "x/v1", "kind": "Database",
            "metadata": { "name": "shop", "annotations": { labels::ACCEPT_LOST_GTIDS: annotation } },
            "spec": { "primary": { "host": "h", "credentials": { "secretName": "s" } } },
            "status": { "primary": primary, "replicas": [replica] },
        }))
        .unwrap()
    }

    fn plan(server_uuid: &str, statements: &Value) -> Arc<Plan> {
        let proposal = json!({
            "databaseRef": { "name": "shop", "namespace": "ns" }, "tables": ["users"], "statements": [], "risk": "Safe",
            "baseline": { "serverUuid": server_uuid, "schema": "shop", "fingerprints": [] }, "approvalVia": [],
            "proof": "Rehearsed", "digest": "d",
        });
        let object = json!({
            "apiVersion": "x/v1", "kind": "Plan", "metadata": { "name": "p" }, "spec": { "proposal": proposal },
            "status": { "statements": statements },
        });
        Arc::new(serde_json::from_value(object).unwrap())
    }

    #[test]
    fn only_what_ended_well_on_this_server_is_recorded() {
        let server = ServerUuid(SERVER.to_owned());
        let own = gtid_source(&server, "shop");
        let at = "2026-01-01T00:00:00Z";
        let gtid = |number: u64| format!("{own}:{number}");
        let statements = json!([
            { "state": "Done", "gtid": gtid(1), "finishedAt": at },
            // Its end was not seen: somebody else may have done it.
            { "state": "Done", "gtid": gtid(2) },
            { "state": "Done", "gtid": gtid(3), "finishedAt": at, "error": "it had failed" },
            { "state": "Failed", "gtid": gtid(4), "finishedAt": at },
            { "state": "Running", "gtid": gtid(5) },
            { "state": "Done", "finishedAt": at },
        ]);
        let elsewhere = json!([{ "state": "Done", "gtid": gtid(6), "finishedAt": at }]);
        let plans = [plan(&SERVER.to_uppercase(), &statements), plan(OTHER, &elsewhere)];
        let known = |verified: &str| recorded(&database("", verified), &server, &plans).to_string();
        assert_eq!(known(""), gtid(1));
        assert_eq!(known(&gtid(9)), format!("{own}:1:9"));
        // Of another server, or another schema.
        assert_eq!(known(&format!("{OTHER}:9")), gtid(1));
    }

    #[test]
    fn what_is_given_up_is_a_set_of_gtids_and_the_command_keeps_what_was_given_up_before() {
        assert_eq!(accepted(&database("SERVER", "")), GtidSet::default());
        let before = database(&format!("{SERVER}:3"), "");
        assert_eq!(accepted(&before), set("SERVER:3"));
        let says = message(&before, &Loss { server_uuid: SERVER.to_owned(), gtids: set("SERVER:8-9") });
        assert!(says.contains(&format!("accept-lost-gtids='{SERVER}:3:8-9'")), "{says}");
        assert!(says.len() < 700, "{}", says.len());
    }
}
