//! What of ours runs on a server now: statements survive the process that sent them.
//!
//! Everything here works without a privilege: locks can be asked for by anyone, and an account always sees its own
//! sessions. Sessions of another account show as much as PROCESS allows.

use std::collections::BTreeMap;
use std::time::Duration;

use super::session::Session;
use super::slots::{HEARTBEAT, holder};
use super::{MysqlError, SLOTS, Server};

/// A session that has been silent for so long has missed two heartbeats: its process or node is gone.
const SILENT: Duration = Duration::from_secs(HEARTBEAT.as_secs() * 2 + 5);

/// A session that holds one of the schema's slots, and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningDdl {
    /// The connection; ids start again after a server's restart: adopt on (start time, id, user, GTID).
    pub connection_id: u64,
    /// The slot it holds; `None` for one that only owns a GTID of ours.
    pub slot: Option<u8>,
    /// Its user.
    pub user: String,
    /// Its host.
    pub host: String,
    /// Whether it is idle (`Sleep`) and not running a statement.
    pub idle: bool,
    /// The server's state, e.g. `copy to tmp table` or `Waiting for table metadata lock`.
    pub state: String,
    /// The statement's first 1,024 characters, where it is DDL.
    pub statement: Option<String>,
    /// Seconds in this state.
    pub seconds: u64,
    /// The GTID that it owns, `uuid:number`.
    pub gtid: Option<String>,
    /// How far it is, where performance_schema tells.
    pub stage: Option<Stage>,
}

/// How far a statement is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The stage's name, e.g. `stage/innodb/alter table (read PK and internal sort)`.
    pub name: String,
    /// Units done.
    pub completed: Option<u64>,
    /// Units estimated.
    pub estimated: Option<u64>,
}

/// Which sessions hold slots of the server's schema, or own a GTID of `gtid_source`; sorted by connection.
/// A coordinator is among them (slot 0), a session that took all slots once for each.
pub async fn running(server: &Server, gtid_source: Option<&str>) -> Result<Vec<RunningDdl>, MysqlError> {
    let mut lease = server.session().await?;
    let session = lease.get()?;
    let mut found: Vec<(u64, Option<u8>)> = Vec::new();
    for slot in 0..=SLOTS {
        let id = holder(session, server.schema(), slot).await?;
        if id != 0 {
            found.push((id, Some(slot)));
        }
    }
    let owned = owned_gtids(session).await?;
    if let Some(source) = gtid_source {
        for (id, gtid) in &owned {
            if gtid.starts_with(&source.to_lowercase()) && found.iter().all(|(known, _)| known != id) {
                found.push((*id, None));
            }
        }
    }
    if found.is_empty() {
        return Ok(Vec::new());
    }
    found.sort_unstable();
    let ids: Vec<String> = found.iter().map(|(id, _)| id.to_string()).collect();
    let stages = stages(session, &ids).await?;
    let processes = processes(session, Length::Full).await?;
    Ok(found
        .into_iter()
        .map(|(id, slot)| {
            let process = processes.get(&id).cloned().unwrap_or_default();
            RunningDdl {
                connection_id: id,
                slot,
                idle: process.command == "Sleep",
                user: process.user,
                host: process.host,
                state: process.state,
                statement: process.statement.filter(|text| is_ddl(text)),
                seconds: process.seconds,
                gtid: owned.get(&id).cloned(),
                stage: stages.get(&id).cloned(),
            }
        })
        .collect())
}

/// Kills a session of our own account that holds a slot and has been silent for longer than a living one ever is;
/// answers whether it did. A living coordinator is idle too, but says so every [`HEARTBEAT`]: two writers must not end
/// each other. It asks again first: the session may have gone on, or its id may be another's by now.
pub async fn kill_idle_predecessor(server: &Server, running: &RunningDdl) -> Result<bool, MysqlError> {
    let mut lease = server.session().await?;
    let session = lease.get()?;
    let Some(slot) = running.slot else { return Ok(false) };
    if holder(session, server.schema(), slot).await? != running.connection_id {
        return Ok(false);
    }
    let idle = processes(session, Length::Full).await?.get(&running.connection_id).is_some_and(|process| {
        process.command == "Sleep"
            && process.user == server.endpoint().user.expose()
            && process.seconds > SILENT.as_secs()
    });
    if !idle {
        return Ok(false);
    }
    match session.send(session.statement(format!("KILL CONNECTION {}", running.connection_id))?).await {
        // No such thread: it ended in between.
        Err(error) if error.code == Some(1094) => Ok(false),
        answer => answer.map(|_| true),
    }
}

/// How much of each statement the process list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// All that the server keeps.
    Full,
    /// The first 100 characters: enough to tell DDL, however large the statements are that somebody runs.
    Beginning,
}

/// A line of the process list.
#[derive(Clone, Debug, Default)]
pub(super) struct Process {
    pub(super) user: String,
    pub(super) host: String,
    /// The schema that it has selected.
    pub(super) schema: String,
    pub(super) command: String,
    pub(super) seconds: u64,
    pub(super) state: String,
    /// The beginning of what it runs: not to be shown unless [`is_ddl`].
    pub(super) statement: Option<String>,
}

/// The process list, in the one way that every server and account has.
pub(super) async fn processes(session: &mut Session, length: Length) -> Result<BTreeMap<u64, Process>, MysqlError> {
    let text = match length {
        Length::Full => "SHOW FULL PROCESSLIST",
        Length::Beginning => "SHOW PROCESSLIST",
    };
    let rows = session.query(text, &[]).await?;
    let mut out = BTreeMap::new();
    for row in &rows {
        let statement = session.lossy(row, 7)?;
        out.insert(
            session.number(row, 0)?,
            Process {
                user: session.lossy(row, 1)?,
                host: session.lossy(row, 2)?,
                schema: session.lossy(row, 3)?,
                command: session.lossy(row, 4)?,
                seconds: session.lossy(row, 5)?.parse().unwrap_or_default(),
                state: session.lossy(row, 6)?,
                statement: Some(statement.chars().take(1024).collect()).filter(|text: &String| !text.is_empty()),
            },
        );
    }
    Ok(out)
}

async fn stages(session: &mut Session, ids: &[String]) -> Result<BTreeMap<u64, Stage>, MysqlError> {
    let list: Vec<&str> = ids.iter().map(String::as_str).collect();
    let rows = match session.query_in(include_str!("queries/stages.sql"), &[], &list).await {
        Ok(rows) => rows,
        // Without SELECT on performance_schema there is no progress to show.
        Err(error) if error.session_lives() => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let mut out = BTreeMap::new();
    for row in &rows {
        out.insert(
            session.number(row, 0)?,
            Stage {
                name: session.lossy(row, 1)?,
                completed: session.optional_number(row, 2)?,
                estimated: session.optional_number(row, 3)?,
            },
        );
    }
    Ok(out)
}

/// `@@gtid_owned`, by connection: `uuid:number#connection`.
async fn owned_gtids(session: &mut Session) -> Result<BTreeMap<u64, String>, MysqlError> {
    match session.query_row("SELECT @@GLOBAL.gtid_owned", &[]).await {
        Ok(row) => Ok(parse_owned(&session.lossy(&row, 0)?)),
        // MariaDB: unknown system variable.
        Err(error) if error.code == Some(1193) => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    }
}

/// `uuid:5#11:6#12,\nuuid:1#13`
fn parse_owned(text: &str) -> BTreeMap<u64, String> {
    let mut out = BTreeMap::new();
    for part in text.split(',').map(str::trim) {
        let mut fields = part.split(':');
        let Some(source) = fields.next() else { continue };
        for field in fields {
            if let Some((number, ids)) = field.split_once('#') {
                for id in ids.split('#').filter_map(|id| id.parse().ok()) {
                    out.insert(id, format!("{}:{number}", source.to_lowercase()));
                }
            }
        }
    }
    out
}

/// Whether a statement can be shown: DDL, which holds definitions and no rows.
pub(super) fn is_ddl(text: &str) -> bool {
    let mut text = text.trim_start();
    // Tools and drivers sign their statements.
    while let Some((_, rest)) = text.strip_prefix("/*").and_then(|comment| comment.split_once("*/")) {
        text = rest.trim_start();
    }
    let word: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
    matches!(word.to_uppercase().as_str(), "ALTER" | "CREATE" | "DROP" | "RENAME" | "TRUNCATE" | "OPTIMIZE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_owned_gtids() {
        let owned =
            parse_owned("3E11FA47-71CA-11E1-9E33-C80AA9429562:23#17:24#18,\n4e11fa47-71ca-11e1-9e33-c80aa9429562:1#19");
        assert_eq!(owned[&17], "3e11fa47-71ca-11e1-9e33-c80aa9429562:23");
        assert_eq!(owned[&18], "3e11fa47-71ca-11e1-9e33-c80aa9429562:24");
        assert_eq!(owned[&19], "4e11fa47-71ca-11e1-9e33-c80aa9429562:1");
        assert!(parse_owned("").is_empty());
    }

    #[test]
    fn shows_only_ddl() {
        assert!(is_ddl(" alter table t add column a int"));
        assert!(is_ddl("/* migration 7 */ /* by hand */ DROP TABLE t"));
        assert!(!is_ddl("INSERT INTO t VALUES ('secret')"));
        assert!(!is_ddl("/* ALTER */ SELECT 'secret'"));
        assert!(!is_ddl("/* cut off"));
    }
}
