//! `describe`: one object in full, for a person who has to decide or to help.

use clap::Args;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Event;
use kube::api::{DynamicObject, ListParams};
use kube::{Api, ResourceExt};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

use crate::api::{Database, Plan};

use super::exit::Exit;
use super::failure::Failure;
use super::get::{Kind, age, aligned, bare, condition, yaml};
use super::kubernetes::{Cluster, ClusterArgs, phase, refused};
use super::look::{self, Asked};
use super::render::{Report, text};
use super::style::Style;
use super::terminal::Terminal;
use super::text::{one_line, shell_word};

#[derive(Debug, Args)]
pub(super) struct DescribeArgs {
    /// What it is: plan, table, database or approval
    kind: Kind,
    /// Its name
    name: String,
    /// The object as JSON or YAML instead
    #[arg(short, long, value_name = "FORMAT")]
    output: Option<Output>,
    #[command(flatten)]
    cluster: ClusterArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// As JSON
    Json,
    /// As YAML
    Yaml,
}

pub(super) async fn run(args: DescribeArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let cluster = Cluster::connect(&args.cluster).await?;
    let resource = args.kind.resource();
    let api: Api<DynamicObject> = Api::namespaced_with(cluster.client.clone(), &cluster.namespace, &resource);
    let reference = args.kind.reference(&args.name);
    let failed = |error| refused(&format!("read {reference}"), error);
    let object = api.get(&args.name).await.map_err(failed)?;
    let (object, asked) = match args.kind {
        Kind::Plans => {
            let _progress = terminal.progress("asking the controller what the servers do");
            look::ask(&api, object).await.map_err(failed)?
        }
        Kind::Tables | Kind::Databases | Kind::Approvals => (object, Asked::NotWaiting),
    };
    if let (Some(_), Some(remark)) = (args.output, asked.remark()) {
        terminal.say(&format!("status.activity is the last look at the servers: {remark}"));
    }
    match args.output {
        Some(Output::Json) => {
            terminal.data(&format!("{:#}\n", bare(object, &resource)?))?;
            return Ok(Exit::Done);
        }
        Some(Output::Yaml) => {
            terminal.data(&yaml(&bare(object, &resource)?)?)?;
            return Ok(Exit::Done);
        }
        None => {}
    }
    let value = serde_json::to_value(&object)?;
    let mut output = head(&reference, &object, terminal.out);
    output.push_str(&facts(args.kind, &value));
    output.push_str(&conditions(&value, terminal.out));
    let mut activity = None;
    if args.kind == Kind::Plans {
        let plan: Plan = serde_json::from_value(value.clone())?;
        let _ = write!(output, "\n{}", text::render(&report(&plan, &cluster.namespace), terminal.out));
        activity = plan.status.and_then(|status| status.activity);
    }
    output.push_str(&journal(&value));
    if args.kind == Kind::Plans {
        match (&activity, asked.remark()) {
            (Some(activity), _) => {
                output.push_str(&look::render(activity, asked, Timestamp::now(), terminal.out));
            }
            (None, Some(remark)) => {
                let _ = write!(output, "\nOn the servers\n  not looked at yet: {remark}\n");
            }
            (None, None) => {}
        }
        output.push_str(&servers(&cluster, &value).await);
    }
    output.push_str(&events(&cluster, &resource.kind, &args.name).await);
    terminal.data(&output)?;
    Ok(Exit::Done)
}

fn head(reference: &str, object: &DynamicObject, style: Style) -> String {
    let namespace = object.namespace().unwrap_or_default();
    let created = object.creation_timestamp().map(|created| created.0.to_string()).unwrap_or_default();
    let rows = [("Namespace:", namespace), ("Created:", created)];
    let rows = rows.map(|(title, value)| vec![title.to_owned(), value]);
    format!("{}\n{}", style.bold(&one_line(reference)), aligned(&rows))
}

/// The lines that tell most about each kind: heading, and where its value stands.
fn facts(kind: Kind, value: &Value) -> String {
    let wanted: &[(&str, &str)] = match kind {
        Kind::Plans => &[
            ("Phase", "/status/phase"),
            ("Database", "/spec/proposal/databaseRef/name"),
            ("Decision", "/spec/decision/verdict"),
            ("By", "/spec/decision/by"),
            ("Comment", "/spec/decision/comment"),
            ("Approved through", "/status/approval/how"),
            ("Approved by", "/status/approval/by"),
        ],
        Kind::Tables => &[
            ("Database", "/spec/databaseRef/name"),
            ("Table", "/spec/name"),
            ("Ensure", "/spec/ensure"),
            ("Plan", "/status/plan"),
        ],
        Kind::Databases => &[
            ("Schema", "/spec/schema"),
            ("Mode", "/spec/mode"),
            ("State", "/status/state"),
            ("Primary", "/spec/primary/host"),
            ("Version", "/status/primary/version"),
            ("Server", "/status/primary/serverUuid"),
            ("Writable", "/status/primary/writable"),
            ("Approval from", "/spec/approval/from"),
            ("Tables", "/status/tables/total"),
            ("Ready", "/status/tables/ready"),
            ("Waiting", "/status/tables/waiting"),
            ("Stalled", "/status/tables/stalled"),
        ],
        Kind::Approvals => &[
            ("Database", "/spec/databaseRef/name"),
            ("Database's namespace", "/spec/databaseRef/namespace"),
            ("Digest", "/spec/digest"),
            ("Comment", "/spec/comment"),
            ("Plan", "/status/plan"),
        ],
    };
    let rows: Vec<Vec<String>> = wanted
        .iter()
        .filter_map(|(title, pointer)| Some(vec![format!("{title}:"), plain(value.pointer(pointer)?)]))
        .collect();
    let mut text = aligned(&rows);
    for missing in list(value, "/status/primary/missingPrivileges") {
        let cell = |name: &str| missing.get(name).map(plain).unwrap_or_default();
        let _ = writeln!(text, "Missing privilege {}: {}; {}", cell("privilege"), cell("costs"), cell("grant"));
    }
    text
}

fn conditions(value: &Value, style: Style) -> String {
    let mut rows = Vec::new();
    for condition in list(value, "/status/conditions") {
        let cell = |name: &str| condition.get(name).map(plain).unwrap_or_default();
        rows.push(vec![format!("  {}", cell("type")), cell("status"), cell("reason"), cell("message")]);
    }
    if rows.is_empty() { String::new() } else { format!("\n{}\n{}", style.bold("Conditions"), aligned(&rows)) }
}

/// What became of each statement, and of each replica.
fn journal(value: &Value) -> String {
    let mut text = String::new();
    let mut rows = Vec::new();
    for (position, statement) in list(value, "/status/statements").iter().enumerate() {
        let cell = |name: &str| statement.get(name).map(plain).unwrap_or_default();
        let number = format!("  {}.", position + 1);
        rows.push(vec![number, cell("state"), cell("startedAt"), cell("finishedAt"), cell("gtid"), cell("error")]);
    }
    if !rows.is_empty() {
        let _ = write!(text, "\nJournal\n{}", aligned(&rows));
    }
    let mut rows = Vec::new();
    for replica in list(value, "/status/replicas") {
        let cell = |name: &str| replica.get(name).map(plain).unwrap_or_default();
        let state = [cell("verdict"), cell("applierState")].concat();
        rows.push(vec![format!("  {}", cell("name")), state, cell("reachedAt"), cell("matchedAt"), cell("message")]);
    }
    if !rows.is_empty() {
        let _ = write!(text, "\nReplicas\n{}", aligned(&rows));
    }
    text
}

/// How the servers that the plan concerns are now, as the controller sees them; nothing where the Database may not be
/// read.
async fn servers(cluster: &Cluster, plan: &Value) -> String {
    let text = |pointer: &str| plan.pointer(pointer).and_then(Value::as_str);
    let Some(name) = text("/spec/proposal/databaseRef/name") else { return String::new() };
    let namespace = text("/spec/proposal/databaseRef/namespace").unwrap_or(&cluster.namespace);
    let api: Api<Database> = Api::namespaced(cluster.client.clone(), namespace);
    let Ok(database) = api.get(name).await else { return String::new() };
    let Ok(database) = serde_json::to_value(database) else { return String::new() };
    let mut rows = Vec::new();
    let cell = |pointer: &str| database.pointer(pointer).map(plain).unwrap_or_default();
    let ready = condition(&database, "Ready");
    let said = |name: &str| ready.and_then(|ready| ready.get(name)).map(plain).unwrap_or_default();
    rows.push(vec!["  primary".to_owned(), cell("/status/state"), said("reason"), said("message")]);
    for replica in list(&database, "/status/replicas") {
        let cell = |name: &str| replica.get(name).map(plain).unwrap_or_default();
        let in_sync = match replica.get("inSync").and_then(Value::as_bool) {
            Some(true) => "in sync",
            Some(false) => "not in sync",
            None => "",
        };
        let name = format!("  replica {}", cell("name"));
        rows.push(vec![name, cell("applierState"), in_sync.to_owned(), cell("message")]);
    }
    format!("\nServers of Database {}\n{}", one_line(name), aligned(&rows))
}

/// A Plan of the cluster, to be rendered as one that was just computed.
pub(super) fn report(plan: &Plan, namespace: &str) -> Report {
    let proposal = plan.spec.proposal.clone();
    let name = plan.metadata.name.clone().unwrap_or_default();
    let undecided =
        plan.spec.decision.is_none() && phase(plan).is_some_and(|phase| phase == crate::api::Phase::Pending);
    let command = format!(
        "kubectl tablewright approve {} -n {} --digest {}",
        shell_word(&name),
        shell_word(namespace),
        proposal.digest
    );
    Report {
        target: format!("Database {}", proposal.database_ref.name),
        declared: proposal.tables.iter().cloned().collect(),
        proposal,
        refusals: Vec::new(),
        origins: BTreeMap::new(),
        notes: Vec::new(),
        next_step: undecided.then(|| ("To approve exactly this plan".to_owned(), command)),
    }
}

/// What happened to it lately. Events may not be readable; the description is complete without them.
async fn events(cluster: &Cluster, kind: &str, name: &str) -> String {
    let fields = format!("involvedObject.kind={kind},involvedObject.name={name}");
    let Ok(list) = cluster.api::<Event>().list(&ListParams::default().fields(&fields)).await else {
        return String::new();
    };
    let now = Timestamp::now();
    let mut rows: Vec<(Option<Timestamp>, Vec<String>)> = list
        .items
        .into_iter()
        .map(|event| {
            let series = event.series.and_then(|series| series.last_observed_time).map(|time| time.0);
            let at = series.or(event.event_time.map(|time| time.0)).or(event.last_timestamp.map(|time| time.0));
            let ago = at.and_then(|at| age(&at.to_string(), now)).unwrap_or_default();
            let text = |text: Option<String>| one_line(&text.unwrap_or_default());
            (at, vec![format!("  {}", text(event.type_)), text(event.reason), ago, text(event.message)])
        })
        .collect();
    rows.sort_by_key(|(at, _)| *at);
    let rows: Vec<Vec<String>> = rows.into_iter().map(|(_, row)| row).collect();
    if rows.is_empty() { String::new() } else { format!("\nEvents\n{}", aligned(&rows)) }
}

/// The items of a list within an object; none where it is missing.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn plain(value: &Value) -> String {
    one_line(&value.as_str().map(str::to_owned).unwrap_or_else(|| value.to_string()))
}
