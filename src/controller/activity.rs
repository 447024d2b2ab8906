//! What a look at the servers means for a Plan that waits, and whether it is worth a write. No client required.
//!
//! A status is not written because time passes. What stands is compared with what was seen by its substance: who is in
//! the way for longer than a moment, and since when. How busy a server is, is written along with that only, and
//! transactions of a moment only for whoever asked for them.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::condition::cut;
use crate::api::{LongestStatement, PlanActivity, ServerActivity, SessionActivity, SessionKind, Unseen};
use crate::apply;
use crate::telemetry::chain;

/// Who has been in the way for so long will be there when somebody reads of it.
const LASTING: SignedDuration = SignedDuration::from_secs(10);
/// Servers tell ages in whole seconds, and their answers take their time: what began so close together began at once.
const SAME: SignedDuration = SignedDuration::from_secs(5);
/// The limits of the CRD.
const SESSIONS: usize = 20;
const TABLES: usize = 16;
const LONGEST_REQUEST: usize = 64;

/// What all servers of a Database did at one time.
#[derive(Debug)]
pub(crate) struct Look {
    /// When they were asked.
    pub(crate) at: Timestamp,
    pub(crate) servers: Vec<apply::ServerActivity>,
}

/// A request that was made and not answered yet.
pub(crate) fn open_request<'a>(request: Option<&'a str>, standing: Option<&PlanActivity>) -> Option<&'a str> {
    let answered = standing.and_then(|standing| standing.request.as_deref());
    request.filter(|request| Some(*request) != answered && request.chars().count() <= LONGEST_REQUEST)
}

/// What is to be written for a Plan of these tables: `None` where what stands still says it. `request` is what was asked
/// before the look began.
pub(crate) fn publish(
    standing: Option<&PlanActivity>,
    look: &Look,
    tables: &BTreeSet<&str>,
    request: Option<&str>,
) -> Option<PlanActivity> {
    let at = Timestamp::from_second(look.at.as_second()).unwrap_or(look.at);
    let open = open_request(request, standing);
    let mut activity = PlanActivity {
        observed_at: Time(at),
        request: open.map(str::to_owned).or_else(|| standing.and_then(|standing| standing.request.clone())),
        servers: look.servers.iter().map(|server| of_server(server, at, tables)).collect(),
    };
    if let Some(standing) = standing {
        keep_times(&mut activity, standing);
    }
    if open.is_none() {
        for server in &mut activity.servers {
            server.sessions.retain(|session| lasts(session, at));
        }
    }
    for server in &mut activity.servers {
        let more = server.sessions.len().saturating_sub(SESSIONS);
        server.sessions.truncate(SESSIONS);
        server.more_sessions = i32::try_from(more).ok().filter(|more| *more > 0);
    }
    let same = open.is_none() && standing.is_some_and(|standing| substance(standing, at) == substance(&activity, at));
    (!same).then_some(activity)
}

fn of_server(server: &apply::ServerActivity, at: Timestamp, tables: &BTreeSet<&str>) -> ServerActivity {
    let replica = server.replica.clone();
    let seen = match &server.seen {
        Ok(seen) => seen,
        Err(error) => {
            return ServerActivity {
                replica,
                problem: Some(cut(&chain(error).to_string())),
                ..ServerActivity::default()
            };
        }
    };
    let apply::Activity { sessions, longest, threads_running, history_length, unseen } = seen;
    ServerActivity {
        replica,
        problem: None,
        sessions: sessions.iter().filter_map(|session| of_session(session, at, tables)).collect(),
        more_sessions: None,
        longest_statement: longest.as_ref().map(|longest| LongestStatement {
            connection_id: whole(longest.connection_id),
            user: short(&longest.user, 128),
            host: host(&longest.host),
            since: began(at, longest.seconds),
        }),
        threads_running: threads_running.map(whole),
        history_list_length: history_length.map(whole),
        unseen: unseen
            .iter()
            .map(|unseen| Unseen { what: short(&unseen.what, 512), remedy: short(&unseen.remedy, 512) })
            .collect(),
    }
}

/// `None`: it concerns another Plan's tables.
fn of_session(session: &apply::SessionActivity, at: Timestamp, tables: &BTreeSet<&str>) -> Option<SessionActivity> {
    let names = session.tables.iter().map(|table| table.as_str());
    let (kind, concerned): (SessionKind, Vec<&str>) = match session.kind {
        apply::SessionKind::BackupLock => (SessionKind::BackupLock, Vec::new()),
        apply::SessionKind::GlobalReadLock => (SessionKind::GlobalReadLock, Vec::new()),
        apply::SessionKind::Ddl => (SessionKind::Ddl, names.collect()),
        apply::SessionKind::TableLock => {
            let concerned: Vec<&str> = names.filter(|name| tables.contains(name)).collect();
            if concerned.is_empty() {
                return None;
            }
            (SessionKind::TableLock, concerned)
        }
    };
    Some(SessionActivity {
        kind,
        connection_id: session.connection_id.map(whole),
        user: short(&session.user, 128),
        host: host(&session.host),
        since: began(at, session.seconds),
        idle: session.idle,
        waits: session.waits,
        tables: concerned.into_iter().take(TABLES).map(str::to_owned).collect(),
    })
}

/// The same transaction keeps the beginning that was told of it first.
fn keep_times(activity: &mut PlanActivity, standing: &PlanActivity) {
    for server in &mut activity.servers {
        let Some(before) = standing.servers.iter().find(|before| before.replica == server.replica) else { continue };
        for session in &mut server.sessions {
            let known = before.sessions.iter().find(|known| {
                (known.kind, known.connection_id, &known.user, &known.host)
                    == (session.kind, session.connection_id, &session.user, &session.host)
                    && known.since.0.duration_since(session.since.0).abs() <= SAME
            });
            if let Some(known) = known {
                session.since = known.since.clone();
            }
        }
    }
}

fn lasts(session: &SessionActivity, at: Timestamp) -> bool {
    at.duration_since(session.since.0) >= LASTING
}

/// What a reader would act on.
type Substance<'a> = (Option<&'a str>, bool, Vec<&'a Unseen>, BTreeSet<Entry<'a>>);
type Entry<'a> = (&'static str, Option<i64>, &'a str, Option<&'a str>, Timestamp, bool, &'a [String]);

fn substance(activity: &PlanActivity, at: Timestamp) -> Vec<Substance<'_>> {
    let PlanActivity { observed_at: _, request: _, servers } = activity;
    servers
        .iter()
        .map(|server| {
            // What moves all the time is no substance.
            let ServerActivity {
                replica,
                problem,
                sessions,
                more_sessions: _,
                longest_statement: _,
                threads_running: _,
                history_list_length: _,
                unseen,
            } = server;
            let lasting = sessions.iter().filter(|session| lasts(session, at)).map(entry).collect();
            (replica.as_deref(), problem.is_some(), unseen.iter().collect(), lasting)
        })
        .collect()
}

fn entry(session: &SessionActivity) -> Entry<'_> {
    // An open transaction is idle now and then.
    let SessionActivity { kind, connection_id, user, host, since, idle: _, waits, tables } = session;
    let kind = match kind {
        SessionKind::BackupLock => "BackupLock",
        SessionKind::GlobalReadLock => "GlobalReadLock",
        SessionKind::Ddl => "Ddl",
        SessionKind::TableLock => "TableLock",
    };
    (kind, *connection_id, user, host.as_deref(), since.0, *waits, tables)
}

fn began(at: Timestamp, seconds: u64) -> Time {
    let age = SignedDuration::try_from(Duration::from_secs(seconds)).unwrap_or_default();
    Time(at.checked_sub(age).unwrap_or(at))
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn short(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

fn host(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| short(text, 255))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TableName;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn session(connection: u64, seconds: u64, table: &str) -> apply::SessionActivity {
        apply::SessionActivity {
            kind: apply::SessionKind::TableLock,
            connection_id: Some(connection),
            user: "app".to_owned(),
            host: "10.0.0.7".to_owned(),
            seconds,
            idle: true,
            waits: false,
            tables: vec![TableName::new(table)],
        }
    }

    fn look(second: i64, sessions: &[apply::SessionActivity], threads: u64) -> Look {
        let seen = apply::Activity {
            sessions: sessions.to_vec(),
            threads_running: Some(threads),
            ..apply::Activity::default()
        };
        Look { at: at(second), servers: vec![apply::ServerActivity { replica: None, seen: Ok(seen) }] }
    }

    fn connections(activity: &PlanActivity) -> Vec<i64> {
        activity.servers[0].sessions.iter().filter_map(|session| session.connection_id).collect()
    }

    #[test]
    fn an_age_that_grows_and_numbers_that_move_are_not_written() {
        let tables = BTreeSet::from(["users"]);
        let first = publish(None, &look(0, &[session(7, 30, "users")], 2), &tables, None).unwrap();
        assert_eq!(first.servers[0].sessions[0].since.0, at(-30));
        // A second later by the server's clock than by ours.
        assert_eq!(publish(Some(&first), &look(60, &[session(7, 89, "users")], 9), &tables, None), None);
        // Another transaction of the same connection, and none at all.
        assert!(publish(Some(&first), &look(60, &[session(7, 20, "users")], 2), &tables, None).is_some());
        let gone = publish(Some(&first), &look(60, &[], 2), &tables, None).unwrap();
        assert!(connections(&gone).is_empty());
    }

    #[test]
    fn transactions_of_a_moment_are_for_those_who_ask() {
        let tables = BTreeSet::from(["users"]);
        let quiet = publish(None, &look(0, &[session(7, 1, "users")], 2), &tables, None).unwrap();
        assert!(connections(&quiet).is_empty());
        assert_eq!(publish(Some(&quiet), &look(60, &[session(8, 1, "users")], 2), &tables, None), None);
        let asked = publish(Some(&quiet), &look(61, &[session(9, 1, "users")], 2), &tables, Some("now")).unwrap();
        assert_eq!((connections(&asked), asked.request.as_deref()), (vec![9], Some("now")));
        // Answered once. What was told in a moment must not stand there for ever.
        assert_eq!(publish(Some(&asked), &look(65, &[], 2), &tables, Some("now")), None);
        let later = publish(Some(&asked), &look(120, &[session(10, 1, "users")], 2), &tables, Some("now")).unwrap();
        assert_eq!((connections(&later), later.request.as_deref()), (Vec::new(), Some("now")));
        assert_eq!(publish(Some(&later), &look(180, &[session(11, 1, "users")], 2), &tables, Some("now")), None);
    }

    #[test]
    fn a_plan_is_told_of_its_own_tables() {
        let tables = BTreeSet::from(["users"]);
        let mut ddl = session(8, 40, "orders");
        ddl.kind = apply::SessionKind::Ddl;
        let found = publish(None, &look(0, &[ddl, session(7, 30, "orders")], 2), &tables, None).unwrap();
        assert_eq!(connections(&found), [8]);
    }

    #[test]
    fn no_more_than_the_definition_takes() {
        let tables = BTreeSet::from(["users"]);
        let many: Vec<_> = (0..30).map(|id| session(id, 600 - id, "users")).collect();
        let found = publish(None, &look(0, &many, 2), &tables, None).unwrap();
        assert_eq!((found.servers[0].sessions.len(), found.servers[0].more_sessions), (20, Some(10)));
        let request = "x".repeat(65);
        assert_eq!(open_request(Some(&request), None), None);
    }
}
