//! Who a server is, and whether it may be written.

use super::{GtidSet, MysqlError, Server};
use crate::model::{ServerFacts, ServerUuid};

/// Who a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerIdentity {
    /// What normalisation and planning need.
    pub facts: ServerFacts,
    /// `@@server_uuid`.
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
    /// `@@global.event_scheduler`-free start time, seconds since the epoch: tells connection ids of two runs apart.
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
pub async fn identify(_server: &Server) -> Result<ServerIdentity, MysqlError> {
    todo!()
}

/// `@@global.gtid_executed`.
pub async fn executed_gtids(_server: &Server) -> Result<GtidSet, MysqlError> {
    todo!()
}
