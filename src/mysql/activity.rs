//! What a server does at this moment that concerns a change of some tables: who holds locks on them, which DDL runs,
//! whether a backup keeps DDL out, how busy it is.
//!
//! Invariant: sessions are told by id, user, host, time and names of tables. The text of a statement is looked at for
//! its first word and goes no further.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::blockers::blockers_on;
use super::grants::{Capabilities, Capability, ServerRole, capabilities};
use super::running::{Length, Process, is_ddl, processes};
use super::session::Session;
use super::{Blocker, MysqlError, MysqlErrorKind, Server};
use crate::model::{Flavour, TableName};

/// What a server does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Sessions that could keep a change waiting, or that it would keep waiting; longest first within a kind.
    pub sessions: Vec<SessionActivity>,
    /// The statement that has run for longest, whatever it is about.
    pub longest: Option<LongestStatement>,
    /// `Threads_running`, this question among them.
    pub threads_running: Option<u64>,
    /// InnoDB's history list length: what purge has not caught up with.
    pub history_length: Option<u64>,
    /// What cannot be seen, and what would change that.
    pub unseen: Vec<Unseen>,
}

/// Why a session is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionKind {
    /// It holds the instance's backup lock: DDL waits.
    BackupLock,
    /// It holds the global read lock: every write waits.
    GlobalReadLock,
    /// It runs DDL on a table of the schema.
    Ddl,
    /// It holds a metadata lock on one of the tables, or waits for one.
    TableLock,
}

/// One session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionActivity {
    /// Why it is named.
    pub kind: SessionKind,
    /// The connection; `None` for a background thread.
    pub connection_id: Option<u64>,
    /// Its user, or the thread's name.
    pub user: String,
    /// Its host, without the port.
    pub host: String,
    /// Seconds since its transaction or statement began.
    pub seconds: u64,
    /// Whether it runs nothing: a transaction that somebody left open.
    pub idle: bool,
    /// Whether it waits for a metadata lock itself.
    pub waits: bool,
    /// The tables, sorted.
    pub tables: Vec<TableName>,
}

/// The statement that has run for longest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongestStatement {
    /// The connection.
    pub connection_id: u64,
    /// Its user.
    pub user: String,
    /// Its host, without the port.
    pub host: String,
    /// For how many seconds.
    pub seconds: u64,
}

/// Something that cannot be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// What.
    pub what: String,
    /// What would show it: a GRANT, or a statement that an administrator runs.
    pub remedy: String,
}

impl Unseen {
    fn new(what: &str, remedy: &str) -> Self {
        Self { what: what.to_owned(), remedy: remedy.to_owned() }
    }
}

/// Looks at a server, for no longer than this.
pub async fn activity(
    server: &Server,
    role: ServerRole,
    tables: &[TableName],
    within: Duration,
) -> Result<Activity, MysqlError> {
    tokio::time::timeout(within, look(server, role, tables)).await.unwrap_or_else(|_| {
        Err(MysqlError::new(
            server.address(),
            MysqlErrorKind::Unreachable,
            format!("no answer within {} s", within.as_secs()),
            "check whether the server is overloaded",
        ))
    })
}

async fn look(server: &Server, role: ServerRole, tables: &[TableName]) -> Result<Activity, MysqlError> {
    let capabilities = capabilities(server, role).await?;
    let schema = server.schema().as_str();
    let names: Vec<&str> = tables.iter().map(TableName::as_str).collect();
    let mut lease = server.session().await?;
    let session = lease.get()?;
    let (own, flavour) = (session.id(), session.flavour());
    let mut activity = Activity { unseen: not_granted(&capabilities, flavour), ..Activity::default() };
    let mut processes = processes(session, Length::Beginning).await?;
    processes.remove(&own);
    let unrecorded = locks_unrecorded(session).await?;
    let records = unrecorded.is_none() && (flavour == Flavour::Mariadb || may_read_locks(&capabilities));
    activity.unseen.extend(unrecorded);
    let locks = if records { blockers_on(session, schema, &names).await? } else { Vec::new() };
    let ddl = running_ddl(session, schema, &processes, records && flavour == Flavour::Mysql).await?;
    activity.sessions = sessions(&locks, &ddl, &processes);
    match flavour {
        Flavour::Mysql if records => activity.sessions.extend(instance_locks(session).await?),
        Flavour::Mysql => {}
        Flavour::Mariadb => {
            activity
                .unseen
                .push(Unseen::new("backup locks and the global read lock", "MariaDB does not name who holds them"));
        }
    }
    activity.sessions.sort_by(|one, other| {
        (one.kind, other.seconds, one.connection_id).cmp(&(other.kind, one.seconds, other.connection_id))
    });
    activity.longest = longest(&processes);
    let running = session.query("SHOW GLOBAL STATUS LIKE 'Threads_running'", &[]).await?;
    activity.threads_running = running.first().map(|row| session.number(row, 1)).transpose()?;
    if capabilities.can(Capability::SeeProcesses) {
        activity.history_length = history_length(session).await?;
    }
    Ok(activity)
}

fn may_read_locks(capabilities: &Capabilities) -> bool {
    capabilities.can(Capability::ReadPerformanceSchema)
}

/// `None` where the server does not count it.
async fn history_length(session: &mut Session) -> Result<Option<u64>, MysqlError> {
    match session.query(session.queries().history_length, &[]).await {
        Ok(rows) => rows.first().map(|row| session.number(row, 0)).transpose(),
        Err(error) if error.session_lives() => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the account's privileges hide.
fn not_granted(capabilities: &Capabilities, flavour: Flavour) -> Vec<Unseen> {
    let hidden = |capability: Capability| match (capability, flavour) {
        (Capability::SeeProcesses, _) => {
            Some("sessions of other accounts, since when transactions are open, and InnoDB's history")
        }
        (Capability::ReadPerformanceSchema, Flavour::Mysql) => {
            Some("who holds metadata locks on the tables, or a lock that keeps DDL out")
        }
        (
            Capability::ReadPerformanceSchema
            | Capability::ReadDefinitions
            | Capability::ChangeSchema
            | Capability::TemporaryTables
            | Capability::Scratch
            | Capability::ChooseGtids
            | Capability::SeeReplication,
            _,
        ) => None,
    };
    let missing = capabilities.missing.iter();
    missing.filter_map(|missing| Some(Unseen::new(hidden(missing.capability)?, &missing.grant))).collect()
}

/// `None` where the server records who holds metadata locks; else what would make it. Where performance_schema is
/// switched off its tables are empty, which must not be taken for a server without locks.
async fn locks_unrecorded(session: &mut Session) -> Result<Option<Unseen>, MysqlError> {
    let what = "who holds metadata locks on the tables";
    let flavour = session.flavour();
    let sources = session.queries().locks_recorded;
    for source in sources {
        let rows = match session.query(source, &[]).await {
            Ok(rows) => rows,
            // The account may not look, which has been said with the GRANT.
            Err(error) if error.kind == MysqlErrorKind::Denied && flavour == Flavour::Mysql => return Ok(None),
            Err(error) if error.kind == MysqlErrorKind::Denied => Vec::new(),
            Err(error) => return Err(error),
        };
        if let Some(row) = rows.first()
            && session.lossy(row, 0)? == "YES"
        {
            return Ok(None);
        }
    }
    Ok(Some(Unseen::new(
        what,
        match flavour {
            Flavour::Mysql => {
                "start the server with performance_schema=ON and performance-schema-instrument='wait/lock/metadata/sql/mdl=ON'"
            }
            Flavour::Mariadb => "INSTALL SONAME 'metadata_lock_info'",
        },
    )))
}

/// Connections that run DDL in the schema, with the tables of the schema that they have locked.
async fn running_ddl(
    session: &mut Session,
    schema: &str,
    processes: &BTreeMap<u64, Process>,
    records: bool,
) -> Result<BTreeMap<u64, BTreeSet<TableName>>, MysqlError> {
    let runs = |process: &Process| process.statement.as_deref().is_some_and(is_ddl);
    let candidates: Vec<(u64, &Process)> =
        processes.iter().filter(|(_, process)| runs(process)).map(|(id, process)| (*id, process)).collect();
    let mut found: BTreeMap<u64, BTreeSet<TableName>> = candidates
        .iter()
        .filter(|(_, process)| process.schema == schema)
        .map(|(id, _)| (*id, BTreeSet::new()))
        .collect();
    if records && !candidates.is_empty() {
        let ids: Vec<String> = candidates.iter().map(|(id, _)| id.to_string()).collect();
        let list: Vec<&str> = ids.iter().map(String::as_str).collect();
        for row in &session.query_in(include_str!("queries/locked_tables.sql"), &[schema], &list).await? {
            if let Some(table) = session.optional(row, 3)? {
                found.entry(session.number(row, 0)?).or_default().insert(TableName::new(table));
            }
        }
    }
    Ok(found)
}

/// One entry for each session, whatever number of locks it has.
fn sessions(
    locks: &[Blocker],
    ddl: &BTreeMap<u64, BTreeSet<TableName>>,
    processes: &BTreeMap<u64, Process>,
) -> Vec<SessionActivity> {
    let mut found: BTreeMap<(Option<u64>, &str), SessionActivity> = BTreeMap::new();
    for lock in locks {
        // Replication's own threads are in nobody's way for long; what keeps them waiting is.
        if lock.user.starts_with("thread/sql/") {
            continue;
        }
        let entry = found.entry((lock.connection_id, lock.user.as_str())).or_insert_with(|| SessionActivity {
            kind: match lock.connection_id {
                Some(id) if ddl.contains_key(&id) => SessionKind::Ddl,
                Some(_) | None => SessionKind::TableLock,
            },
            connection_id: lock.connection_id,
            user: lock.user.clone(),
            host: without_port(&lock.host).to_owned(),
            seconds: 0,
            idle: lock.state.starts_with("Sleep"),
            waits: false,
            tables: Vec::new(),
        });
        entry.seconds = entry.seconds.max(lock.seconds);
        entry.waits |= !lock.granted || lock.state.contains("metadata lock");
        entry.tables.push(lock.table.clone());
    }
    for (id, tables) in ddl {
        let Some(process) = processes.get(id) else { continue };
        if !found.keys().any(|(known, _)| *known == Some(*id)) {
            found.insert(
                (Some(*id), process.user.as_str()),
                SessionActivity {
                    kind: SessionKind::Ddl,
                    connection_id: Some(*id),
                    user: process.user.clone(),
                    host: without_port(&process.host).to_owned(),
                    seconds: process.seconds,
                    idle: false,
                    waits: process.state.contains("metadata lock"),
                    tables: tables.iter().cloned().collect(),
                },
            );
        }
    }
    let mut sessions: Vec<SessionActivity> = found.into_values().collect();
    for session in &mut sessions {
        session.tables.sort();
        session.tables.dedup();
    }
    sessions
}

/// Who keeps DDL, or every write, out of the whole server.
async fn instance_locks(session: &mut Session) -> Result<Vec<SessionActivity>, MysqlError> {
    let rows = session.query(include_str!("queries/instance_locks.sql"), &[]).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        found.push(SessionActivity {
            kind: if session.lossy(row, 0)? == "GLOBAL" {
                SessionKind::GlobalReadLock
            } else {
                SessionKind::BackupLock
            },
            connection_id: session.optional_number(row, 1)?,
            user: session.lossy(row, 2)?,
            host: session.lossy(row, 3)?,
            seconds: session.lossy(row, 4)?.parse().unwrap_or_default(),
            idle: session.lossy(row, 5)? == "Sleep",
            waits: false,
            tables: Vec::new(),
        });
    }
    Ok(found)
}

/// Replication and the event scheduler are no statements that anybody waits for.
fn longest(processes: &BTreeMap<u64, Process>) -> Option<LongestStatement> {
    let statements = processes.iter().filter(|(_, process)| {
        matches!(process.command.as_str(), "Query" | "Execute") && process.user != "system user"
    });
    statements.max_by_key(|(id, process)| (process.seconds, std::cmp::Reverse(**id))).map(|(id, process)| {
        LongestStatement {
            connection_id: *id,
            user: process.user.clone(),
            host: without_port(&process.host).to_owned(),
            seconds: process.seconds,
        }
    })
}

/// The process list has `host:port`, where the port changes with each connection.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(user: &str, command: &str, seconds: u64) -> Process {
        Process {
            user: user.to_owned(),
            host: "10.0.0.7:4711".to_owned(),
            schema: "blog".to_owned(),
            command: command.to_owned(),
            seconds,
            state: String::new(),
            statement: None,
        }
    }

    fn lock(connection: u64, table: &str, granted: bool) -> Blocker {
        Blocker {
            table: TableName::new(table),
            connection_id: Some(connection),
            user: "app".to_owned(),
            host: "10.0.0.7".to_owned(),
            seconds: connection,
            state: "Sleep".to_owned(),
            lock: "SHARED_READ".to_owned(),
            granted,
        }
    }

    #[test]
    fn a_session_is_named_once_with_all_its_tables() {
        let locks = [lock(7, "users", true), lock(7, "orders", true), lock(7, "users", true), lock(8, "users", false)];
        let ddl = BTreeMap::from([(8, BTreeSet::new())]);
        let found = sessions(&locks, &ddl, &BTreeMap::new());
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].tables, [TableName::new("orders"), TableName::new("users")]);
        assert!(found[0].kind == SessionKind::TableLock && found[0].idle && !found[0].waits);
        assert!(found[1].kind == SessionKind::Ddl && found[1].waits);
    }

    #[test]
    fn the_longest_statement_is_somebodys_own() {
        let processes = BTreeMap::from([
            (1, process("system user", "Query", 90)),
            (2, process("app", "Sleep", 80)),
            (3, process("app", "Query", 7)),
            (4, process("app", "Execute", 9)),
        ]);
        let found = longest(&processes).unwrap();
        assert_eq!((found.connection_id, found.seconds, found.host.as_str()), (4, 9, "10.0.0.7"));
    }

    #[test]
    fn a_port_is_no_part_of_a_host() {
        assert_eq!(without_port("localhost"), "localhost");
        assert_eq!(without_port("::1:52100"), "::1");
        assert_eq!(without_port("db.example:1"), "db.example");
    }
}
