//! Which of the four cases a primary is in, or that it is of no supported kind: the only place that decides whether it may be written to.

use std::fmt;

use crate::mysql::{MultiWriter, ReplicationSource};

/// What a server is, by `read_only` and by whether it has a replication source configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Writable and without a source: the primary.
    Active,
    /// Read-only with a source: a replica that waits to be promoted; compared, never written.
    Standby,
    /// Neither: nobody may write until it is understood.
    Fenced(Fence),
}

/// Why a server is fenced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fence {
    /// Writable, but a replication source is configured (running or not).
    SourceConfigured,
    /// Read-only without a source.
    ReadOnly,
    /// Other servers are written beside it: not supported.
    MultiWriter(MultiWriter),
}

/// What a Database says of its primary, for servers whose replication source cannot be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RoleSetting {
    /// Look at `read_only` and the replication source.
    #[default]
    Auto,
    /// It is the primary: written to whenever it is writable.
    Primary,
    /// It is a standby: never written to.
    Standby,
}

impl Role {
    /// The case of a server. Where the source cannot be seen (no REPLICATION CLIENT, group replication, Aurora),
    /// `read_only` alone decides: nothing is written to a read-only server either way.
    pub fn of(read_only: bool, source: ReplicationSource, setting: RoleSetting) -> Self {
        match (setting, read_only, source) {
            (RoleSetting::Standby, _, _)
            | (RoleSetting::Auto, true, ReplicationSource::Configured | ReplicationSource::Unknown) => Self::Standby,
            (RoleSetting::Auto, false, ReplicationSource::Configured) => Self::Fenced(Fence::SourceConfigured),
            (RoleSetting::Auto, true, ReplicationSource::None) | (RoleSetting::Primary, true, _) => {
                Self::Fenced(Fence::ReadOnly)
            }
            (RoleSetting::Auto, false, ReplicationSource::None | ReplicationSource::Unknown)
            | (RoleSetting::Primary, false, _) => Self::Active,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Active => "writable and without a replication source",
            Self::Standby => "a read-only replica (standby)",
            Self::Fenced(Fence::SourceConfigured) => {
                "writable although a replication source is configured; run RESET REPLICA ALL after a promotion, or set read_only=1"
            }
            Self::Fenced(Fence::MultiWriter(MultiWriter::Galera)) => {
                "a node of a Galera cluster (wsrep_on=ON), which is not supported: no lock reaches from one node to another, and each change blocks all of them; name a server that alone is written"
            }
            Self::Fenced(Fence::MultiWriter(MultiWriter::GroupReplication)) => {
                "a member of group replication in multi-primary mode, which is not supported: no lock reaches from one member to another; switch to single-primary mode (SELECT group_replication_switch_to_single_primary_mode()), or name a server that alone is written"
            }
            Self::Fenced(Fence::ReadOnly) => {
                "read_only without a replication source; set read_only=0 if it is the primary"
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_cases_of_two_regions() {
        let auto = |read_only, source| Role::of(read_only, source, RoleSetting::Auto);
        assert_eq!(auto(false, ReplicationSource::None), Role::Active);
        assert_eq!(auto(true, ReplicationSource::Configured), Role::Standby);
        assert_eq!(auto(false, ReplicationSource::Configured), Role::Fenced(Fence::SourceConfigured));
        assert_eq!(auto(true, ReplicationSource::None), Role::Fenced(Fence::ReadOnly));
    }

    #[test]
    fn a_setting_speaks_where_the_source_cannot_be_seen_but_never_lets_a_read_only_server_be_written() {
        assert_eq!(Role::of(true, ReplicationSource::Unknown, RoleSetting::Auto), Role::Standby);
        assert_eq!(Role::of(false, ReplicationSource::None, RoleSetting::Standby), Role::Standby);
        assert_eq!(Role::of(false, ReplicationSource::Configured, RoleSetting::Primary), Role::Active);
        assert_eq!(Role::of(true, ReplicationSource::None, RoleSetting::Primary), Role::Fenced(Fence::ReadOnly));
    }
}
