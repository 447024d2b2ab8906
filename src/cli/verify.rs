//! `verify`: whether every replica is what the primary is (its definitions, and with `--rows` its rows), and the primary what
//! manifests declare. Changes nothing.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::time::Instant;

use crate::apply::{Connections, PlanOptions, RowBounds, plan, survey, verify};
use crate::model::{DesiredTable, TableName};

use super::exit::Exit;
use super::failure::Failure;
use super::options::{PrimaryArgs, ReplicaArgs, ReportFormat, duration};
use super::render::{Report, json as plan_json};
use super::reporting::{replicas_json, replicas_text};
use super::rows::{self, RowsArgs};
use super::terminal::Terminal;
use super::text::{count, one_line};
use super::{apply, connection, manifests, plan as plan_command};

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    primary: PrimaryArgs,
    #[command(flatten)]
    replicas: ReplicaArgs,
    /// Manifests that the primary must equal too; only their tables are compared then
    #[arg(short = 'f', long = "filename", value_name = "PATH", num_args = 1..)]
    paths: Vec<PathBuf>,
    /// Only this table; may be repeated
    #[arg(long = "table", value_name = "NAME", conflicts_with = "paths")]
    tables: Vec<String>,
    #[command(flatten)]
    rows: RowsArgs,
    /// How to print the result
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ReportFormat,
    /// How long the replicas are waited for
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    verify_timeout: Duration,
}

pub(super) async fn run(args: VerifyArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    if args.replicas.urls.is_empty() && args.paths.is_empty() {
        return Err(Failure::usage("there is nothing to compare the primary with")
            .hint("name a replica with --replica-url, or manifests with -f"));
    }
    if args.rows.rows && args.replicas.urls.is_empty() {
        return Err(Failure::usage("there is nothing to compare rows with").hint("name a replica with --replica-url"));
    }
    let target = connection::target(&args.primary, Some(&args.replicas))?;
    let connections = Connections::open(&target);
    let whole_schema = args.paths.is_empty();
    let (desired, survey) = match whole_schema {
        true => (Vec::new(), survey(&connections).await?),
        false => manifests::read_for(&connections, &args.paths).await?,
    };
    let (report, tables, replicas, found) = {
        let progress = terminal.progress(format!("comparing {} on {}", target.schema, target.primary.address()));
        let observed = survey.observe(&connections, &desired, whole_schema).await?;
        let report = match whole_schema {
            true => None,
            false => {
                let options =
                    PlanOptions { without_rehearsal: true, rows: RowBounds::NOTHING, ..PlanOptions::default() };
                let planned = plan(&connections, &observed, &desired, &options).await?;
                Some(plan_command::report(&target, &observed, &planned, &desired))
            }
        };
        let tables = match (whole_schema, args.tables.is_empty()) {
            (false, _) => live(&desired, observed.base_tables()),
            (true, true) => observed.base_tables().to_vec(),
            (true, false) => named(&args.tables, observed.base_tables())?,
        };
        let replicas = match target.replicas.is_empty() {
            true => Vec::new(),
            false => verify(&connections, &tables, &[], Instant::now() + args.verify_timeout).await,
        };
        drop(progress);
        let found = match args.rows.rows {
            true => {
                let limits = args.rows.limits(args.verify_timeout);
                Some(rows::compare(&connections, &tables, &replicas, &limits, terminal).await?)
            }
            false => None,
        };
        (report, tables, replicas, found)
    };
    connections.close().await;
    match args.format {
        ReportFormat::Text => {
            let first = report.as_ref().map(declared).unwrap_or_default();
            let last = found.as_deref().map(|found| rows::text(found, terminal.out)).unwrap_or_default();
            terminal.data(&format!("{first}{}{last}", replicas_text(&replicas, terminal.out)))?;
        }
        ReportFormat::Json => {
            let names: Vec<&str> = tables.iter().map(TableName::as_str).collect();
            let in_sync = replicas.iter().all(|replica| replica.verdict.arrived())
                && found.as_deref().is_none_or(rows::all_equal)
                && report.as_ref().is_none_or(|report| report.is_empty() && report.refusals.is_empty());
            let document = json!({
                "inSync": in_sync,
                "tables": names,
                "replicas": replicas_json(&replicas),
                "rows": found.as_deref().map(rows::value),
                "plan": report.as_ref().map(plan_json::value),
            });
            terminal.data(&format!("{document:#}\n"))?;
        }
    }
    let proved = apply::proved(&replicas).and_then(|_| rows::proved(found.as_deref().unwrap_or_default()));
    match report {
        Some(report) if !(report.is_empty() && report.refusals.is_empty()) => {
            Err(Failure::new("the primary is not what the manifests declare")
                .hint("`tablewright plan` shows what differs, and what would be done"))
        }
        Some(_) | None => proved,
    }
}

/// Tables that were named, all of which must exist.
fn named(names: &[String], base_tables: &[TableName]) -> Result<Vec<TableName>, Failure> {
    let mut tables: Vec<TableName> = Vec::new();
    for name in names {
        let table = TableName::new(name.as_str());
        if !base_tables.contains(&table) {
            return Err(Failure::new(format!("there is no table `{name}` on the primary")));
        }
        if !tables.contains(&table) {
            tables.push(table);
        }
    }
    Ok(tables)
}

/// Declared tables that exist: what a replica can be compared for.
fn live(desired: &[DesiredTable], base_tables: &[TableName]) -> Vec<TableName> {
    let declared = |name: &&TableName| desired.iter().any(|desired| desired.table.name == **name);
    base_tables.iter().filter(declared).cloned().collect()
}

fn declared(report: &Report) -> String {
    if report.is_empty() && report.refusals.is_empty() {
        let compared = report.declared.len();
        let verb = if compared == 1 { "is" } else { "are" };
        return format!("Primary: {} {verb} as declared.\n", count(compared, "table"));
    }
    let mut text = String::new();
    for statement in &report.proposal.statements {
        text.push_str(&format!(
            "Primary differs: {}\n",
            one_line(&format!("{}: {}", statement.table, statement.summary))
        ));
    }
    for refusal in &report.refusals {
        text.push_str(&format!(
            "Primary cannot be compared: {}\n",
            one_line(&format!("{}: {}", refusal.table, refusal.message))
        ));
    }
    text
}
