//! Which of the four cases a primary is in: the only place that decides whether it may be written to.

use std::fmt;

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
}

impl Role {
    /// The case of a server.
    pub fn of(read_only: bool, source_configured: bool) -> Self {
        match (read_only, source_configured) {
            (false, false) => Self::Active,
            (true, true) => Self::Standby,
            (false, true) => Self::Fenced(Fence::SourceConfigured),
            (true, false) => Self::Fenced(Fence::ReadOnly),
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
        assert_eq!(Role::of(false, false), Role::Active);
        assert_eq!(Role::of(true, true), Role::Standby);
        assert_eq!(Role::of(false, true), Role::Fenced(Fence::SourceConfigured));
        assert_eq!(Role::of(true, false), Role::Fenced(Fence::ReadOnly));
    }
}
