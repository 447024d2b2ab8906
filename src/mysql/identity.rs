//! Who a server is, and whether it may be written.

use super::answer::Row;
use super::queries::GtidForm;
use super::session::Session;
use super::time_zone::time_zone;
use super::{GtidSet, MysqlError, MysqlErrorKind, Server};
use crate::model::{Flavour, ServerFacts, ServerUuid, Version};

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
    /// Whether other servers are written beside it.
    pub multi_writer: Option<MultiWriter>,
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

/// A cluster in which several servers are written at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MultiWriter {
    /// MariaDB with `wsrep_on=ON`.
    Galera,
    /// Group replication in multi-primary mode.
    GroupReplication,
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
    let (global, system) = (session.text(&row, 14)?, session.text(&row, 15)?);
    let time_zone = time_zone(session, &global, &system).await?;
    let uptime = session.query_row("SHOW GLOBAL STATUS LIKE 'Uptime'", &[]).await?;
    let started = session.number(&row, 11)?.saturating_sub(session.number(&uptime, 1)?);
    let is_on = |at: usize| session.text(&row, at).map(|value| matches!(value.as_str(), "1" | "ON"));
    let setting = session.optional(&row, 13)?;
    // MariaDB and servers before 8.0.30 have no such column, and no such setting.
    let generates_primary_keys = row.len() > 16 && is_on(16)?;
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
            generates_primary_keys,
            time_zone,
        },
        server_uuid: ServerUuid(session.text(&row, 0)?.to_lowercase()),
        version_text: format!("{version} {}", session.lossy(&row, 2)?).trim_end().to_owned(),
        read_only: is_on(3)?,
        super_read_only: is_on(4)?,
        gtid_mode: if session.text(&row, 5)? == "ON" { GtidMode::On } else { GtidMode::Off },
        multi_writer: None,
        log_bin: is_on(6)?,
        started_at: i64::try_from(started)
            .ok()
            .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH),
        account: session.text(&row, 10)?,
        source: ReplicationSource::Unknown,
    };
    let multi_writer = match (flavour, setting.as_deref()) {
        (Flavour::Mariadb, Some("ON")) => Some(MultiWriter::Galera),
        // The variable is there only where the plugin is loaded.
        (Flavour::Mysql, Some(single)) => {
            is_multi_primary(single != "OFF", primaries(session).await?).then_some(MultiWriter::GroupReplication)
        }
        (Flavour::Mariadb | Flavour::Mysql, _) => None,
    };
    let source = match replica_status(session).await {
        Ok(rows) if rows.is_empty() => ReplicationSource::None,
        Ok(_) => ReplicationSource::Configured,
        Err(error) if error.kind == MysqlErrorKind::Denied => ReplicationSource::Unknown,
        Err(error) => return Err(error),
    };
    Ok(ServerIdentity { source, multi_writer, ..identity })
}

/// The primaries of the server's group: none where the plugin does not run; `None` without SELECT on performance_schema.
async fn primaries(session: &mut Session) -> Result<Option<u64>, MysqlError> {
    match session.query_row(include_str!("queries/group_primaries.sql"), &[]).await {
        Ok(row) => session.number(&row, 0).map(Some),
        Err(error) if error.kind == MysqlErrorKind::Denied => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a group has several primaries, or may have: in multi-primary mode it has one while it has one member.
fn is_multi_primary(single_primary_mode: bool, primaries: Option<u64>) -> bool {
    match primaries {
        Some(0) => false,
        Some(1) | None => !single_primary_mode,
        Some(_) => true,
    }
}

/// `SHOW REPLICA STATUS`, one row per channel; by its former name where the server knows only that.
pub(super) async fn replica_status(session: &mut Session) -> Result<Vec<Row>, MysqlError> {
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
    fn a_group_has_several_primaries_by_its_mode_or_by_its_members() {
        assert!(
            is_multi_primary(false, Some(1)) && is_multi_primary(false, Some(3)) && is_multi_primary(true, Some(2))
        );
        // The mode alone, where nobody may see the members.
        assert!(is_multi_primary(false, None) && !is_multi_primary(true, None));
        // One primary; or the plugin is loaded and does not run.
        assert!(!is_multi_primary(true, Some(1)) && !is_multi_primary(false, Some(0)));
    }

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
