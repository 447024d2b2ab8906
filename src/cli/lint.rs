//! `lint`: what can be said of manifests without a server: whether they can be read, whether MySQL could have such
//! tables, whether they contradict each other.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::api::manifest::{self, Problem};
use crate::diff::{EXCHANGE, rename_circles};
use crate::model::{DesiredTable, Ensure, Origin, ServerFacts};
use crate::normalize;
use crate::plan::proposal::{Finding, Level};
use crate::rules;

use super::exit::Exit;
use super::failure::Failure;
use super::manifests::NEWEST;
use super::offline::schema_defaults;
use super::options::ManifestArgs;
use super::render::sarif;
use super::terminal::Terminal;
use super::text::{count, name, visible};

#[derive(Debug, Args)]
pub(super) struct LintArgs {
    #[command(flatten)]
    manifests: ManifestArgs,
    /// How to print what was found
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: LintFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LintFormat {
    /// For people
    Text,
    /// For tools
    Json,
    /// For code scanning (SARIF 2.1.0)
    Sarif,
}

/// The code of what keeps a manifest from being read, and of what MySQL would refuse.
const UNREADABLE: &str = "TW901";
const INVALID: &str = "TW902";
const DUPLICATE: &str = "TW903";
const CIRCLE: &str = "TW904";

pub(super) fn run(args: &LintArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let read = manifest::read(&args.manifests.paths, &mut std::io::stdin().lock(), NEWEST);
    let mut findings: Vec<(Finding, Option<Origin>)> = read.problems.iter().map(unreadable).collect();
    findings.extend(read.tables.iter().filter_map(invalid));
    findings.extend(read.tables.iter().flat_map(deceptive));
    findings.extend(duplicates(&read.tables));
    findings.extend(circles(&read.tables));
    let text = match args.format {
        LintFormat::Text => text(&findings, read.tables.len()),
        LintFormat::Json => json_text(&findings, read.tables.len()),
        LintFormat::Sarif => sarif::render_findings(&findings),
    };
    terminal.data(&text)?;
    Ok(if findings.iter().any(|(finding, _)| finding.level == Level::Error) { Exit::Failed } else { Exit::Done })
}

fn unreadable(problem: &Problem) -> (Finding, Option<Origin>) {
    let finding = Finding {
        code: UNREADABLE.to_owned(),
        level: Level::Error,
        path: problem.path.clone(),
        problem: problem.message.clone(),
        why: String::new(),
        instead: problem.hint.clone(),
        evidence: None,
    };
    (finding, problem.origin.clone())
}

/// What the newest server would refuse.
fn invalid(desired: &DesiredTable) -> Option<(Finding, Option<Origin>)> {
    let server = ServerFacts::mysql_defaults(NEWEST.version());
    if desired.ensure == Ensure::Absent {
        return None;
    }
    let error = normalize::desired(&desired.table, &server, &schema_defaults()).err()?;
    let finding = Finding {
        code: INVALID.to_owned(),
        level: Level::Error,
        path: desired.table.name.to_string(),
        problem: error.to_string(),
        why: "MySQL would refuse this table".to_owned(),
        instead: String::new(),
        evidence: None,
    };
    Some((finding, Some(desired.origin.clone())))
}

/// Names that are not what they look like.
fn deceptive(desired: &DesiredTable) -> Vec<(Finding, Option<Origin>)> {
    if desired.ensure == Ensure::Absent {
        return Vec::new();
    }
    let found = rules::names(&desired.table).into_iter();
    found.map(|finding| (finding.into(), Some(desired.origin.clone()))).collect()
}

fn duplicates(tables: &[DesiredTable]) -> Vec<(Finding, Option<Origin>)> {
    let mut seen: BTreeMap<&str, &Origin> = BTreeMap::new();
    let mut findings = Vec::new();
    for desired in tables {
        let name = desired.table.name.as_str();
        match seen.get(name) {
            None => {
                seen.insert(name, &desired.origin);
            }
            Some(first) => findings.push((
                Finding {
                    code: DUPLICATE.to_owned(),
                    level: Level::Error,
                    path: name.to_owned(),
                    problem: format!("the table is declared at {first} already"),
                    why: "one table has one owner".to_owned(),
                    instead: "keep one of the two".to_owned(),
                    evidence: None,
                },
                Some(desired.origin.clone()),
            )),
        }
    }
    findings
}

/// Tables that say they were one another.
fn circles(tables: &[DesiredTable]) -> Vec<(Finding, Option<Origin>)> {
    let server = ServerFacts::mysql_defaults(NEWEST.version());
    rename_circles(tables.iter(), server.lower_case_table_names)
        .into_iter()
        .map(|circle| {
            let finding = Finding {
                code: CIRCLE.to_owned(),
                level: Level::Error,
                path: circle.table.to_string(),
                problem: circle.problem,
                why: "neither direction can be told from the other".to_owned(),
                instead: EXCHANGE.to_owned(),
                evidence: None,
            };
            (finding, Some(circle.origin))
        })
        .collect()
}

fn text(findings: &[(Finding, Option<Origin>)], tables: usize) -> String {
    let mut text = String::new();
    for (finding, origin) in findings {
        let level = match finding.level {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        let at = origin.as_ref().map(|origin| format!("{origin}: ")).unwrap_or_default();
        let path = if finding.path.is_empty() { String::new() } else { format!("{}: ", name(&finding.path)) };
        text.push_str(&visible(&format!("{at}{level}[{}] {path}{}\n", finding.code, finding.problem)));
        if !finding.instead.is_empty() {
            text.push_str(&visible(&format!("  instead: {}\n", finding.instead)));
        }
    }
    let summary = match findings.len() {
        0 => format!("{} checked, nothing to say.\n", count(tables, "table")),
        n => format!("{} checked, {}.\n", count(tables, "table"), count(n, "finding")),
    };
    text + &summary
}

fn json_text(findings: &[(Finding, Option<Origin>)], tables: usize) -> String {
    let findings: Vec<_> = findings
        .iter()
        .map(|(finding, origin)| {
            let mut value = serde_json::to_value(finding).unwrap_or_default();
            value["origin"] = origin.as_ref().map(ToString::to_string).into();
            value
        })
        .collect();
    format!("{:#}\n", json!({ "tables": tables, "findings": findings }))
}
