//! What of ours runs on a server now: statements survive the process that sent them.

use super::{MysqlError, Server};

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

/// Which sessions hold slots of the server's schema, or own a GTID of `gtid_source`.
pub async fn running(_server: &Server, _gtid_source: Option<&str>) -> Result<Vec<RunningDdl>, MysqlError> {
    todo!()
}

/// Kills a session of our own account that holds a slot and is idle; answers whether it did.
pub async fn kill_idle_predecessor(_server: &Server, _running: &RunningDdl) -> Result<bool, MysqlError> {
    todo!()
}
