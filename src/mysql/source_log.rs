//! What a primary writes into its binary log, and under which names: a statement that is never logged comes to no replica.

use std::time::Duration;

use super::answer::Row;
use super::replica::field;
use super::session::Session;
use super::{MysqlError, Server};

/// A primary as its replicas and their filters know it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceLog {
    /// `@@server_uuid`; empty on MariaDB.
    pub server_uuid: String,
    /// `@@server_id`, by which `IGNORE_SERVER_IDS` leaves out.
    pub server_id: String,
    /// `@@gtid_domain_id` (MariaDB).
    pub domain: Option<String>,
    /// Whether names of schemas and tables are compared without regard to case (`lower_case_table_names`).
    pub ignores_case: bool,
    /// `binlog_do_db`: only these schemas are logged, where there are any.
    pub logged: Vec<String>,
    /// `binlog_ignore_db`: these are not logged.
    pub unlogged: Vec<String>,
}

/// Looks at a primary's log. Without the right to see the binary log's state (REPLICATION CLIENT), its filters are not
/// known, and none is assumed.
pub async fn source_log(server: &Server) -> Result<SourceLog, MysqlError> {
    let mut lease = server.session().await?;
    let session = lease.get()?;
    let row = session.query_row(session.queries().source_log, &[]).await?;
    let mut log = SourceLog {
        server_uuid: session.text(&row, 0)?.to_lowercase(),
        server_id: session.text(&row, 1)?,
        domain: session.optional(&row, 2)?,
        ignores_case: session.text(&row, 3)? != "0",
        logged: Vec::new(),
        unlogged: Vec::new(),
    };
    if let Some(row) = status(session).await? {
        log.logged = schemas(&row, "Binlog_Do_DB");
        log.unlogged = schemas(&row, "Binlog_Ignore_DB");
    }
    Ok(log)
}

/// For how long a server has been up.
pub async fn uptime(server: &Server) -> Result<Duration, MysqlError> {
    let mut lease = server.session().await?;
    let session = lease.get()?;
    let row = session.query_row("SHOW GLOBAL STATUS LIKE 'Uptime'", &[]).await?;
    session.number(&row, 1).map(Duration::from_secs)
}

async fn status(session: &mut Session) -> Result<Option<Row>, MysqlError> {
    let [query, former] = session.queries().log_status;
    let answer = match session.query(query, &[]).await {
        Err(error) if error.code == Some(1064) => session.query(former, &[]).await,
        answer => answer,
    };
    match answer {
        Ok(rows) => Ok(rows.into_iter().next()),
        Err(error) if error.session_lives() => Ok(None),
        Err(error) => Err(error),
    }
}

fn schemas(row: &Row, name: &str) -> Vec<String> {
    let list = field(row, name).unwrap_or_default();
    list.split(',').map(str::trim).filter(|schema| !schema.is_empty()).map(str::to_owned).collect()
}
