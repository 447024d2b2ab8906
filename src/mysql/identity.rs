//! Who a server is, and whether it may be written.

use super::queries::GtidForm;
use super::session::Session;
use super::{GtidSet, MysqlError, MysqlErrorKind, Server};
use crate::model::{ServerFacts, ServerUuid, Version};

/// Who a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerIdentity {
    /// What normalisation and planning need.
    pub facts: ServerFacts,
    /// `@@server_uuid`; MariaDB has none: host name, port and server_id there.
    pub server_uuid: ServerUuid,
    /// `@@version` with `@@version_comment`, for people.
    pub version_text: String,
    /// `@@global.read_only`.
    pub read_only: bool,
    /// `@@global.super_read_only`.
    pub super_read_only: bool,
    /// Whether it replicates from another server.
    pub source: ReplicationSource,
    /// `@@global.gtid_mode`.
    pub gtid_mode: GtidMode,
    /// `@@global.log_bin`.
    pub log_bin: bool,
    /// When the server started, to within two seconds: tells connection ids of two runs apart.
    pub started_at: jiff::Timestamp,
    /// The account as the server knows it, `user@host`.
    pub account: String,
}

/// Whether a server replicates from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicationSource {
    /// No source is configured.
    None,
    /// A source is configured, running or stopped.
    Configured,
    /// The account lacks REPLICATION CLIENT.
    Unknown,
}

/// `@@global.gtid_mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GtidMode {
    /// Every transaction has one.
    On,
    /// Not, or only partly (OFF, OFF_PERMISSIVE, ON_PERMISSIVE).
    Off,
}

/// Asks a server who it is.
pub async fn identify(server: &Server) -> Result<ServerIdentity, MysqlError> {
    ask(server.session().await?.get()?).await
}

async fn ask(session: &mut Session) -> Result<ServerIdentity, MysqlError> {
    let (version, flavour) = (session.version().to_owned(), session.flavour());
    let row = session.query_row(session.queries().identity, &[]).await?;
    let uptime = session.query_row("SHOW GLOBAL STATUS LIKE 'Uptime'", &[]).await?;
    let started = session.number(&row, 11)?.saturating_sub(session.number(&uptime, 1)?);
    let is_on = |at: usize| session.text(&row, at).map(|value| matches!(value.as_str(), "1" | "ON"));
    let identity = ServerIdentity {
        facts: ServerFacts {
            flavour,
            version: parse_version(&version)
                .ok_or_else(|| MysqlError::unexpected(session.address(), format!("a version `{version}`")))?,
            lower_case_table_names: u8::try_from(session.number(&row, 7)?).unwrap_or(2),
            default_storage_engine: session.text(&row, 8)?,
            default_collation_for_utf8mb4: session
                .optional(&row, 9)?
                .unwrap_or_else(|| "utf8mb4_general_ci".to_owned()),
            page_size: u32::try_from(session.number(&row, 12)?).unwrap_or(u32::MAX),
        },
        server_uuid: ServerUuid(session.text(&row, 0)?.to_lowercase()),
        version_text: format!("{version} {}", session.lossy(&row, 2)?).trim_end().to_owned(),
        read_only: is_on(3)?,
        super_read_only: is_on(4)?,
        gtid_mode: if session.text(&row, 5)? == "ON" { GtidMode::On } else { GtidMode::Off },
        log_bin: is_on(6)?,
        started_at: i64::try_from(started)
            .ok()
            .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH),
        account: session.text(&row, 10)?,
        source: ReplicationSource::Unknown,
    };
    let source = match replica_status(session).await {
        Ok(rows) if rows.is_empty() => ReplicationSource::None,
        Ok(_) => ReplicationSource::Configured,
        Err(error) if error.kind == MysqlErrorKind::Denied => ReplicationSource::Unknown,
        Err(error) => return Err(error),
    };
    Ok(ServerIdentity { source, ..identity })
}

/// `SHOW REPLICA STATUS`, one row per channel; by its former name where the server knows only that.
pub(super) async fn replica_status(session: &mut Session) -> Result<Vec<mysql_async::Row>, MysqlError> {
    let [query, former] = session.queries().replica_status;
    match session.query(query, &[]).await {
        Err(error) if error.code == Some(1064) => session.query(former, &[]).await,
        answer => answer,
    }
}

/// `@@global.gtid_executed`; empty where the server has no GTIDs.
pub async fn executed_gtids(server: &Server) -> Result<GtidSet, MysqlError> {
    executed(server.session().await?.get()?).await
}

/// The same on a session.
pub(super) async fn executed(session: &mut Session) -> Result<GtidSet, MysqlError> {
    let row = session.query_row(session.queries().executed, &[]).await?;
    read_gtids(session, &session.text(&row, 0)?)
}

/// Reads executed transactions as the server writes them.
pub(super) fn read_gtids(session: &Session, text: &str) -> Result<GtidSet, MysqlError> {
    let read = match session.queries().gtids {
        GtidForm::Set => GtidSet::parse(text),
        GtidForm::Positions => GtidSet::parse_positions(text),
    };
    read.map_err(|error| MysqlError::unexpected(session.address(), error.to_string()))
}

/// `9.7.4-2`, `8.4.3`, `10.11.6-MariaDB-0+deb12u1`, `5.5.5-10.11.6-MariaDB` (what old clients are told).
fn parse_version(text: &str) -> Option<Version> {
    let text = text.strip_prefix("5.5.5-").filter(|rest| rest.contains("MariaDB")).unwrap_or(text);
    let mut parts = text.split(|character: char| !character.is_ascii_digit()).map(str::parse::<u16>);
    let mut next = || parts.next().and_then(Result::ok);
    Some(Version { major: next()?, minor: next()?, patch: next()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        for (text, version) in [
            ("9.7.4-2", (9, 7, 4)),
            ("8.0.36-0ubuntu0.22.04.1", (8, 0, 36)),
            ("8.0.mysql_aurora.3.05.2", (0, 0, 0)),
            ("10.11.6-MariaDB-0+deb12u1", (10, 11, 6)),
            ("5.5.5-10.11.6-MariaDB", (10, 11, 6)),
        ] {
            let read = parse_version(text).map_or((0, 0, 0), |found| (found.major, found.minor, found.patch));
            assert_eq!(read, version, "{text}");
        }
    }
}
