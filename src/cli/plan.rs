//! `plan`: shows what would be done, and does nothing.

use std::path::PathBuf;

use clap::Args;

use crate::apply::{Connections, Observed, PlanOptions, Planned, RowBounds, Target, plan};
use crate::model::DesiredTable;
use crate::mysql::MissingPrivilege;

use super::connection;
use super::describe;
use super::exit::Exit;
use super::failure::Failure;
use super::kubernetes::{Cluster, ClusterArgs};
use super::manifests;
use super::options::{PrimaryArgs, ReplicaArgs};
use super::render::{PlanFormat, Report};
use super::terminal::Terminal;
use super::text::shell_word;

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// A Plan of the cluster, instead of manifests and a server
    name: Option<String>,
    /// File, directory (recursively) or - for standard input: YAML or JSON manifests, SQL with CREATE TABLE
    #[arg(short = 'f', long = "filename", value_name = "PATH", num_args = 1.., required_unless_present = "name", conflicts_with = "name")]
    paths: Vec<PathBuf>,
    /// The primary: mysql://USER:PASSWORD@HOST:PORT/SCHEMA?tls=required|verify-ca|verify-identity|disabled&tls-ca=FILE
    #[arg(long, value_name = "URL", env = "TABLEWRIGHT_URL", hide_env_values = true, required_unless_present = "name")]
    url: Option<String>,
    /// File that holds the password, so that it need not stand in a URL
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    replicas: ReplicaArgs,
    #[command(flatten)]
    cluster: ClusterArgs,
    /// Also drop tables that no manifest names
    #[arg(long)]
    prune: bool,
    /// How to print the plan
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: PlanFormat,
    /// Exit with 2 when changes are pending
    #[arg(long)]
    detailed_exitcode: bool,
    /// Do not rehearse the plan in a scratch schema of the server
    #[arg(long)]
    no_rehearsal: bool,
    /// How many rows of a table to look at for what would stand in the way; 0: none
    #[arg(long, value_name = "NUMBER", default_value_t = RowBounds::default().rows)]
    examine_rows: u64,
}

pub(super) async fn run(args: PlanArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    if let Some(name) = &args.name {
        let cluster = Cluster::connect(&args.cluster).await?;
        let plan = cluster.plan(Some(name), None).await?;
        let report = describe::report(&plan, &cluster.namespace);
        terminal.data(&report.render(args.format, terminal.out))?;
        return Ok(exit(&report, args.detailed_exitcode));
    }
    let primary = PrimaryArgs { url: args.url.unwrap_or_default(), password_file: args.password_file };
    let target = connection::target(&primary, Some(&args.replicas))?;
    let connections = Connections::open(&target);
    let (desired, survey) = manifests::read_for(&connections, &args.paths).await?;
    let options = PlanOptions {
        prune: args.prune,
        without_rehearsal: args.no_rehearsal,
        rows: RowBounds { rows: args.examine_rows, ..RowBounds::default() },
        ..PlanOptions::default()
    };
    let (observed, planned) = {
        let _progress = terminal.progress(format!("reading {} on {}", target.schema, target.primary.address()));
        if !args.no_rehearsal {
            connections.expect_rehearsal();
        }
        let observed = survey.observe(&connections, &desired, args.prune).await?;
        let planned = plan(&connections, &observed, &desired, &options).await?;
        (observed, planned)
    };
    let mut report = report(&target, &observed, &planned, &desired);
    if !report.is_empty() {
        report.notes = missing_privileges(&connections).await;
    }
    connections.close().await;
    let digest = &planned.proposal().digest;
    let command = apply_command(&args.paths, args.prune);
    report.next_step = Some(("To apply exactly this plan".to_owned(), format!("{command} --approve {digest}")));
    terminal.data(&report.render(args.format, terminal.out))?;
    Ok(exit(&report, args.detailed_exitcode))
}

/// A refused table is 3 whatever else is planned: the plan as a whole cannot be applied.
pub(super) fn exit(report: &Report, detailed: bool) -> Exit {
    match (report.refusals.is_empty(), report.is_empty()) {
        (false, _) => Exit::Refused,
        (true, false) if detailed => Exit::Pending,
        (true, _) => Exit::Done,
    }
}

/// All that renderers may say about what was planned.
pub(super) fn report(target: &Target, observed: &Observed, planned: &Planned, desired: &[DesiredTable]) -> Report {
    let server = observed.facts().dialect();
    Report {
        proposal: planned.proposal().clone(),
        refusals: planned.refusals().to_vec(),
        target: format!("{} on {} ({server})", target.schema, target.primary.address()),
        declared: desired.iter().map(|desired| desired.table.name.to_string()).collect(),
        origins: manifests::origins(desired),
        notes: Vec::new(),
        next_step: None,
    }
}

/// What the account cannot do, and what that costs; nothing to say when the server will not tell.
pub(super) async fn missing_privileges(connections: &Connections) -> Vec<String> {
    let Ok(capabilities) = connections.capabilities().await else { return Vec::new() };
    let note =
        |missing: &MissingPrivilege| format!("{} ({} is missing: {})", missing.cost, missing.privileges, missing.grant);
    capabilities.missing.iter().map(note).collect()
}

/// The command that applies the same manifests; the URL comes from the environment there, so that it is not printed.
fn apply_command(paths: &[PathBuf], prune: bool) -> String {
    let mut command = "tablewright apply".to_owned();
    for path in paths {
        command.push_str(&format!(" -f {}", shell_word(&path.to_string_lossy())));
    }
    if prune {
        command.push_str(" --prune");
    }
    command
}
