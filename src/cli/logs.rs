//! `logs`: what happened to an object, in order: its own events and those of its Plans, and the journal of each.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Event;
use kube::ResourceExt;
use kube::api::ListParams;
use serde_json::{Value, json};

use crate::api::{ApprovalHow, Plan};

use super::describe::list;
use super::exit::Exit;
use super::failure::Failure;
use super::get::Kind;
use super::kubernetes::{Cluster, ClusterArgs, refused};
use super::terminal::Terminal;
use super::text::one_line;

#[derive(Debug, Args)]
pub(super) struct LogsArgs {
    /// What it is: plan, table, database or approval
    kind: Kind,
    /// Its name
    name: String,
    /// Go on until interrupted
    #[arg(short, long)]
    follow: bool,
    /// How to print the lines
    #[arg(short, long, value_name = "FORMAT")]
    output: Option<Output>,
    #[command(flatten)]
    cluster: ClusterArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// One JSON object a line
    Json,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    at: Timestamp,
    object: String,
    reason: String,
    text: String,
}

const PAUSE: Duration = Duration::from_secs(1);

pub(super) async fn run(args: LogsArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let cluster = Cluster::connect(&args.cluster).await?;
    let mut printed = BTreeSet::new();
    loop {
        for line in lines(&cluster, args.kind, &args.name).await? {
            if printed.insert(line.clone()) {
                terminal.data(&print(&line, args.output))?;
            }
        }
        if !args.follow {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    if printed.is_empty() {
        terminal.say("Nothing is known of it any more: events are kept for an hour, Plans by number and age.");
    }
    Ok(Exit::Done)
}

/// All that is known now, oldest first.
async fn lines(cluster: &Cluster, kind: Kind, name: &str) -> Result<Vec<Line>, Failure> {
    let plans = cluster.api::<Plan>().list(&ListParams::default()).await;
    let plans = plans.map_err(|error| refused("list Plans", error))?.items;
    let plans: Vec<Plan> = plans.into_iter().filter(|plan| concerns(plan, kind, name)).collect();
    let mut objects: BTreeSet<(String, String)> =
        plans.iter().map(|plan| ("Plan".to_owned(), plan.name_any())).collect();
    objects.insert((kind.resource().kind, name.to_owned()));
    // Events may not be readable; the journal tells the most.
    let events = cluster.api::<Event>().list(&ListParams::default()).await.map(|list| list.items).unwrap_or_default();
    let mut lines: Vec<Line> = events.iter().filter_map(|event| of_event(event, &objects)).collect();
    for plan in &plans {
        lines.extend(of_journal(&plan.name_any(), &serde_json::to_value(plan)?));
    }
    // The journal counts in seconds; what happened within one stays in its order.
    lines.sort_by_key(|line| line.at);
    Ok(lines)
}

fn concerns(plan: &Plan, kind: Kind, name: &str) -> bool {
    match kind {
        Kind::Plans => plan.name_any() == name,
        Kind::Tables => plan.owner_references().iter().any(|owner| owner.kind == "Table" && owner.name == name),
        Kind::Databases => plan.spec.proposal.database_ref.name == name,
        // The Plan that it approved says so, by namespace and name.
        Kind::Approvals => {
            let noted = plan.status.as_ref().and_then(|status| status.approval.as_ref());
            noted.is_some_and(|noted| noted.how == ApprovalHow::Git && noted.by.ends_with(&format!("/{name}")))
        }
    }
}

fn of_event(event: &Event, objects: &BTreeSet<(String, String)>) -> Option<Line> {
    let about = &event.involved_object;
    let (kind, name) = (about.kind.clone()?, about.name.clone()?);
    let object = format!("{}/{name}", kind.to_lowercase());
    if !objects.contains(&(kind, name)) {
        return None;
    }
    let first = event.event_time.as_ref().map(|time| time.0);
    let at = first.or_else(|| event.first_timestamp.as_ref().map(|time| time.0))?;
    let text = |text: &Option<String>| one_line(text.as_deref().unwrap_or_default());
    Some(Line { at, object, reason: text(&event.reason), text: text(&event.message) })
}

/// When each statement began and ended, and when each replica had it.
fn of_journal(name: &str, plan: &Value) -> Vec<Line> {
    let object = format!("plan/{name}");
    let summary = |position: usize| {
        let pointer = format!("/spec/proposal/statements/{position}/summary");
        plan.pointer(&pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let mut lines = Vec::new();
    let mut add = |at: Option<&Value>, reason: &str, text: String| {
        if let Some(at) = at.and_then(Value::as_str).and_then(|at| at.parse().ok()) {
            lines.push(Line { at, object: object.clone(), reason: reason.to_owned(), text: one_line(&text) });
        }
    };
    for (position, statement) in list(plan, "/status/statements").iter().enumerate() {
        let what = format!("statement {}, {}", position + 1, summary(position));
        add(statement.get("startedAt"), "StatementStarted", what.clone());
        let end = statement.get("error").and_then(Value::as_str);
        let ended = end.map_or_else(|| what.clone(), |error| format!("{what}: {error}"));
        let state = statement.get("state").and_then(Value::as_str).unwrap_or_default();
        add(statement.get("finishedAt"), &format!("Statement{state}"), ended);
    }
    for replica in list(plan, "/status/replicas") {
        let named = replica.get("name").and_then(Value::as_str).unwrap_or_default();
        add(replica.get("reachedAt"), "ReplicaReached", format!("replica {named} has executed it"));
        add(replica.get("matchedAt"), "ReplicaMatched", format!("replica {named} shows the same definitions"));
    }
    lines
}

fn print(line: &Line, output: Option<Output>) -> String {
    let Line { at, object, reason, text } = line;
    match output {
        Some(Output::Json) => {
            format!("{}\n", json!({ "time": at.to_string(), "object": object, "reason": reason, "message": text }))
        }
        None => format!("{}  {object}  {reason}  {text}\n", at.strftime("%Y-%m-%dT%H:%M:%SZ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_is_told_in_order() {
        let plan = json!({
            "spec": { "proposal": { "statements": [{ "summary": "add column `a` int" }] } },
            "status": {
                "statements": [{ "state": "Done", "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:02Z" }],
                "replicas": [{ "name": "failover", "reachedAt": "2026-01-01T00:00:03Z", "matchedAt": "2026-01-01T00:00:04Z" }],
            },
        });
        let lines: Vec<String> = of_journal("users-1", &plan).iter().map(|line| print(line, None)).collect();
        assert_eq!(
            lines.concat(),
            "2026-01-01T00:00:00Z  plan/users-1  StatementStarted  statement 1, add column `a` int\n\
             2026-01-01T00:00:02Z  plan/users-1  StatementDone  statement 1, add column `a` int\n\
             2026-01-01T00:00:03Z  plan/users-1  ReplicaReached  replica failover has executed it\n\
             2026-01-01T00:00:04Z  plan/users-1  ReplicaMatched  replica failover shows the same definitions\n"
        );
    }
}
