//! Flags that several commands share.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::plan::proposal::Risk;

/// Which manifests.
#[derive(Clone, Debug, Args)]
pub(super) struct ManifestArgs {
    /// File, directory (recursively) or - for standard input: YAML or JSON manifests, SQL with CREATE TABLE
    #[arg(short = 'f', long = "filename", value_name = "PATH", required = true, num_args = 1..)]
    pub(super) paths: Vec<PathBuf>,
}

/// Which primary.
#[derive(Clone, Debug, Args)]
pub(super) struct PrimaryArgs {
    /// The primary: mysql://USER:PASSWORD@HOST:PORT/SCHEMA?tls=required|verify-ca|verify-identity|disabled&tls-ca=FILE
    #[arg(long, value_name = "URL", env = "TABLEWRIGHT_URL", hide_env_values = true)]
    pub(super) url: String,
    /// File that holds the password, so that it need not stand in a URL
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
}

/// Which replicas; user and password are the primary's where the URL leaves them out.
#[derive(Clone, Debug, Args)]
pub(super) struct ReplicaArgs {
    /// A replica, as --url; may be repeated. User and password default to the primary's
    #[arg(long = "replica-url", value_name = "URL", env = "TABLEWRIGHT_REPLICA_URL", hide_env_values = true)]
    pub(super) urls: Vec<String>,
}

/// A level of risk on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
pub(super) enum RiskLevel {
    /// Metadata only
    Safe,
    /// Online, but it rebuilds, delays the replica, or may break running code
    Caution,
    /// Copies the table or blocks writes
    Blocking,
    /// Loses data or a constraint's protection
    Destructive,
}

impl From<RiskLevel> for Risk {
    fn from(level: RiskLevel) -> Self {
        match level {
            RiskLevel::Safe => Self::Safe,
            RiskLevel::Caution => Self::Caution,
            RiskLevel::Blocking => Self::Blocking,
            RiskLevel::Destructive => Self::Destructive,
        }
    }
}

/// From which risk on a plan waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
pub(super) enum ApprovalFrom {
    /// Every plan waits
    Safe,
    /// Only Safe plans run by themselves
    Caution,
    /// Safe and Caution run by themselves
    Blocking,
    /// Only destructive plans wait
    Destructive,
    /// No plan waits
    None,
}

impl ApprovalFrom {
    /// The lowest risk that waits; none: no plan does.
    pub(super) fn lowest(self) -> Option<Risk> {
        match self {
            Self::Safe => Some(Risk::Safe),
            Self::Caution => Some(Risk::Caution),
            Self::Blocking => Some(Risk::Blocking),
            Self::Destructive => Some(Risk::Destructive),
            Self::None => None,
        }
    }
}

/// Text for people or JSON for tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// For people
    Text,
    /// For tools
    Json,
}

/// In which form tables are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ManifestFormat {
    /// Table manifests
    Yaml,
    /// CREATE TABLE statements
    Sql,
}

/// Reads `90`, `90s`, `5m`, `2h`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err("a duration is a number with s, m or h, as in 90s".to_owned()),
    };
    let number: u64 = digits.parse().map_err(|_| "a duration is a number with s, m or h, as in 90s".to_owned())?;
    number.checked_mul(factor).map(Duration::from_secs).ok_or_else(|| "this duration is too long".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert!(duration("soon").is_err() && duration("5x").is_err() && duration("-1s").is_err());
    }
}
