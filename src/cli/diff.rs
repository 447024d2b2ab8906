//! `diff`: two sets of manifests compared as if the first were live, without a server.

use std::path::PathBuf;

use clap::Args;

use crate::model::{Dialect, Version};

use super::exit::Exit;
use super::failure::Failure;
use super::render::{PlanFormat, Report};
use super::terminal::Terminal;
use super::{manifests, offline, plan};

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// What is taken for live: file, directory or -
    #[arg(long, value_name = "PATH", required = true, num_args = 1..)]
    from: Vec<PathBuf>,
    /// What is desired: file, directory or -
    #[arg(long, value_name = "PATH", required = true, num_args = 1..)]
    to: Vec<PathBuf>,
    /// The server that is assumed
    #[arg(long, value_name = "VERSION", default_value = "8.4", value_parser = server_version)]
    server_version: Version,
    /// Also drop tables that --to does not name
    #[arg(long)]
    prune: bool,
    /// How to print the plan
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: PlanFormat,
    /// Exit with 2 when there are differences
    #[arg(long)]
    detailed_exitcode: bool,
}

pub(super) fn run(args: &DiffArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let standard_input = |paths: &[PathBuf]| paths.iter().any(|path| path.as_os_str() == "-");
    if standard_input(&args.from) && standard_input(&args.to) {
        return Err(Failure::usage("standard input cannot be both --from and --to"));
    }
    let from = manifests::read(&args.from, Dialect::mysql(args.server_version))?;
    let to = manifests::read(&args.to, Dialect::mysql(args.server_version))?;
    let planned = offline::plan(&from, &to, args.server_version, args.prune)?;
    let report = Report {
        proposal: planned.proposal,
        refusals: planned.refusals,
        target: format!("the difference, as MySQL {} would need it", args.server_version),
        declared: to.iter().map(|desired| desired.table.name.to_string()).collect(),
        origins: manifests::origins(&to),
        notes: Vec::new(),
        next_step: None,
    };
    terminal.data(&report.render(args.format, terminal.out))?;
    Ok(plan::exit(&report, args.detailed_exitcode))
}

/// Reads `8.4`, `8.0.36`, `9.7`; MySQL 8.0 is the oldest.
fn server_version(text: &str) -> Result<Version, String> {
    let wrong = || format!("`{text}` is not a version of MySQL; write it as 8.4 or 9.7.4");
    let parts: Vec<u16> = text.split('.').map(|part| part.parse().map_err(|_| wrong())).collect::<Result<_, _>>()?;
    let version = match parts.as_slice() {
        // The last release of a series is taken where only the series is named.
        [8, 0] => Version { major: 8, minor: 0, patch: 99 },
        [major, minor] => Version { major: *major, minor: *minor, patch: 0 },
        [major, minor, patch] => Version { major: *major, minor: *minor, patch: *patch },
        _ => return Err(wrong()),
    };
    if version.major < 8 { Err(format!("MySQL {text} is not supported; 8.0 is the oldest")) } else { Ok(version) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(server_version("8.4"), Ok(Version { major: 8, minor: 4, patch: 0 }));
        assert_eq!(server_version("9.7.4"), Ok(Version { major: 9, minor: 7, patch: 4 }));
        assert!(server_version("5.7").is_err() && server_version("eight").is_err() && server_version("8").is_err());
    }
}
