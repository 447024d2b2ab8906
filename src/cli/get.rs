//! `get`: lists objects of a cluster, in kubectl's forms.

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use kube::api::{ApiResource, DynamicObject, ListParams};
use kube::{Api, ResourceExt};
use kube_runtime::watcher;
use serde_json::{Value, json};

use crate::api::{Approval, Database, Plan, Table};

use super::exit::Exit;
use super::failure::Failure;
use super::kubernetes::{Cluster, ClusterArgs, refused};
use super::terminal::Terminal;
use super::text::one_line;
use super::watch;

#[derive(Debug, Args)]
pub(super) struct GetArgs {
    /// What to list
    kind: Kind,
    /// Only these
    names: Vec<String>,
    #[command(flatten)]
    cluster: ClusterArgs,
    /// In every namespace
    #[arg(short = 'A', long, conflicts_with_all = ["namespace", "names"])]
    all_namespaces: bool,
    /// Only objects with these labels
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    selector: Option<String>,
    /// How to print them
    #[arg(short, long, value_name = "FORMAT")]
    output: Option<Output>,
    /// Go on, with a line for each change, until interrupted
    #[arg(short, long)]
    watch: bool,
}

/// The kinds that people look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Plans
    #[value(aliases = ["plan", "tplan", "tplans"])]
    Plans,
    /// Tables
    #[value(aliases = ["table", "tbl"])]
    Tables,
    /// Databases
    #[value(aliases = ["database", "tdb", "db"])]
    Databases,
    /// Approvals: consents given through Git
    #[value(aliases = ["approval", "tapproval", "tapprovals"])]
    Approvals,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// The objects as JSON
    Json,
    /// The objects as YAML
    Yaml,
    /// More columns
    Wide,
    /// KIND.GROUP/NAME, one a line
    Name,
}

impl Kind {
    /// What the API server calls it.
    pub(super) fn resource(self) -> ApiResource {
        match self {
            Self::Plans => ApiResource::erase::<Plan>(&()),
            Self::Tables => ApiResource::erase::<Table>(&()),
            Self::Databases => ApiResource::erase::<Database>(&()),
            Self::Approvals => ApiResource::erase::<Approval>(&()),
        }
    }

    /// `plan.tablewright.dev/NAME`
    pub(super) fn reference(self, name: &str) -> String {
        format!("{}.tablewright.dev/{name}", self.resource().kind.to_lowercase())
    }

    /// Headings, and where in an object their values stand. The last ones are for `wide`.
    fn columns(self, wide: bool) -> Vec<(&'static str, Column)> {
        use Column::{Condition, Joined, Message, Pointer, Reason};
        let mut columns = match self {
            Self::Plans => vec![
                ("PHASE", Pointer("/status/phase")),
                ("RISK", Pointer("/spec/proposal/risk")),
                ("DATABASE", Pointer("/spec/proposal/databaseRef/name")),
                ("TABLES", Joined("/spec/proposal/tables")),
                ("DECISION", Pointer("/spec/decision/verdict")),
                ("BY", Pointer("/spec/decision/by")),
            ],
            Self::Tables => vec![
                ("READY", Condition("Ready")),
                ("REASON", Reason("Ready")),
                ("DATABASE", Pointer("/spec/databaseRef/name")),
                ("PLAN", Pointer("/status/plan")),
                ("REPLICATED", Condition("Replicated")),
            ],
            Self::Databases => vec![
                ("READY", Condition("Ready")),
                ("REASON", Reason("Ready")),
                ("STATE", Pointer("/status/state")),
                ("VERSION", Pointer("/status/primary/version")),
                ("REPLICATED", Condition("Replicated")),
                ("TABLES", Pointer("/status/tables/total")),
            ],
            Self::Approvals => vec![
                ("READY", Condition("Ready")),
                ("REASON", Reason("Ready")),
                ("DATABASE", Pointer("/spec/databaseRef/name")),
                ("PLAN", Pointer("/status/plan")),
            ],
        };
        columns.push(("AGE", Column::Age));
        if wide {
            match self {
                Self::Plans => columns.push(("DIGEST", Pointer("/spec/proposal/digest"))),
                Self::Approvals => columns.push(("DIGEST", Pointer("/spec/digest"))),
                Self::Tables | Self::Databases => {}
            }
            columns.push(("MESSAGE", Message(&["Ready", "Superseded"])));
        }
        columns
    }
}

/// Where a column's value stands.
#[derive(Clone, Copy, Debug)]
enum Column {
    /// At a JSON pointer.
    Pointer(&'static str),
    /// A list at a JSON pointer.
    Joined(&'static str),
    /// A condition's status.
    Condition(&'static str),
    /// A condition's reason.
    Reason(&'static str),
    /// The message of the first of these conditions that is there.
    Message(&'static [&'static str]),
    /// Since its creation.
    Age,
}

impl Column {
    fn of(self, object: &Value, now: Timestamp) -> String {
        let text = match self {
            Self::Pointer(pointer) => object.pointer(pointer).map(plain),
            Self::Joined(pointer) => {
                let items = object.pointer(pointer).and_then(Value::as_array);
                items.map(|items| items.iter().map(plain).collect::<Vec<_>>().join(","))
            }
            Self::Condition(kind) => condition(object, kind).and_then(|condition| condition.get("status")).map(plain),
            Self::Reason(kind) => condition(object, kind).and_then(|condition| condition.get("reason")).map(plain),
            Self::Message(kinds) => {
                let found = kinds.iter().find_map(|kind| condition(object, kind));
                found.and_then(|condition| condition.get("message")).map(plain)
            }
            Self::Age => {
                object.pointer("/metadata/creationTimestamp").and_then(Value::as_str).and_then(|text| age(text, now))
            }
        };
        one_line(&text.unwrap_or_default())
    }
}

pub(super) async fn run(args: GetArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let cluster = Cluster::connect(&args.cluster).await?;
    let resource = args.kind.resource();
    let api: Api<DynamicObject> = if args.all_namespaces {
        Api::all_with(cluster.client.clone(), &resource)
    } else {
        Api::namespaced_with(cluster.client.clone(), &cluster.namespace, &resource)
    };
    if args.watch {
        return watch(args, api, &resource, terminal).await;
    }
    let mut objects = Vec::new();
    if args.names.is_empty() {
        let params = ListParams { label_selector: args.selector.clone(), ..ListParams::default() };
        let list = api.list(&params).await.map_err(|error| refused(&format!("list {}", resource.plural), error))?;
        objects.extend(list.items);
    } else {
        for name in &args.names {
            objects.push(
                api.get(name).await.map_err(|error| refused(&format!("read {}", args.kind.reference(name)), error))?,
            );
        }
    }
    let single = args.names.len() == 1;
    let values = objects.into_iter().map(|object| bare(object, &resource)).collect::<Result<Vec<_>, _>>()?;
    if values.is_empty() && !matches!(args.output, Some(Output::Json | Output::Yaml)) {
        let place =
            if args.all_namespaces { "any namespace".to_owned() } else { format!("{} namespace", cluster.namespace) };
        terminal.say(&format!("No resources found in {place}."));
        return Ok(Exit::Done);
    }
    let text = match args.output {
        Some(Output::Json) => format!("{:#}\n", document(values, single)),
        Some(Output::Yaml) => yaml(&document(values, single))?,
        Some(Output::Name) => values.iter().map(|value| format!("{}\n", args.kind.reference(name(value)))).collect(),
        Some(Output::Wide) => listing(args.kind, &values, true, args.all_namespaces, Timestamp::now()),
        None => listing(args.kind, &values, false, args.all_namespaces, Timestamp::now()),
    };
    terminal.data(&text)?;
    Ok(Exit::Done)
}

/// One line for each object and change, with the headings once.
async fn watch(
    args: GetArgs,
    api: Api<DynamicObject>,
    resource: &ApiResource,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let mut config = watcher::Config::default();
    if let Some(selector) = &args.selector {
        config = config.labels(selector);
    }
    if let [name] = args.names.as_slice() {
        config = config.fields(&format!("metadata.name={name}"));
    }
    let mut headed = false;
    watch::objects(api, config, |object| {
        if !args.names.is_empty() && !args.names.contains(&object.name_any()) {
            return Ok(());
        }
        let value = bare(object, resource)?;
        let wide = args.output == Some(Output::Wide);
        let text = match args.output {
            Some(Output::Json) => format!("{value}\n"),
            Some(Output::Yaml) => format!("---\n{}", yaml(&value)?),
            Some(Output::Name) => format!("{}\n", args.kind.reference(name(&value))),
            Some(Output::Wide) | None => {
                let text = listing(args.kind, &[value], wide, args.all_namespaces, Timestamp::now());
                if headed { text.split_once('\n').map_or(text.clone(), |(_, row)| row.to_owned()) } else { text }
            }
        };
        headed = true;
        terminal.data(&text)?;
        Ok(())
    })
    .await?;
    Ok(Exit::Done)
}

/// The object as kubectl prints it: kind first, without the bookkeeping of field managers.
pub(super) fn bare(mut object: DynamicObject, resource: &ApiResource) -> Result<Value, Failure> {
    object.metadata.managed_fields = None;
    let mut value = serde_json::to_value(object)?;
    value["apiVersion"] = resource.api_version.clone().into();
    value["kind"] = resource.kind.clone().into();
    Ok(value)
}

fn document(mut values: Vec<Value>, single: bool) -> Value {
    if single && values.len() == 1 {
        return values.remove(0);
    }
    json!({ "apiVersion": "v1", "kind": "List", "items": values })
}

/// As YAML.
pub(super) fn yaml(value: &Value) -> Result<String, Failure> {
    Ok(serde_saphyr::to_string(value)?)
}

fn name(value: &Value) -> &str {
    value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}

fn plain(value: &Value) -> String {
    value.as_str().map(str::to_owned).unwrap_or_else(|| value.to_string())
}

/// One condition of an object.
pub(super) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    object
        .pointer("/status/conditions")?
        .as_array()?
        .iter()
        .find(|one| one.get("type").and_then(Value::as_str) == Some(kind))
}

/// How long ago, in kubectl's short form.
pub(super) fn age(created: &str, now: Timestamp) -> Option<String> {
    let seconds = now.duration_since(created.parse().ok()?).as_secs().max(0);
    Some(match seconds {
        0..=119 => format!("{seconds}s"),
        120..=7_199 => format!("{}m", seconds / 60),
        7_200..=172_799 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    })
}

fn listing(kind: Kind, values: &[Value], wide: bool, namespaces: bool, now: Timestamp) -> String {
    let columns = kind.columns(wide);
    let mut head: Vec<String> = if namespaces { vec!["NAMESPACE".to_owned()] } else { Vec::new() };
    head.push("NAME".to_owned());
    head.extend(columns.iter().map(|(title, _)| (*title).to_owned()));
    let mut rows = vec![head];
    for value in values {
        let mut row = Vec::new();
        if namespaces {
            row.push(Column::Pointer("/metadata/namespace").of(value, now));
        }
        row.push(one_line(name(value)));
        row.extend(columns.iter().map(|(_, column)| column.of(value, now)));
        rows.push(row);
    }
    aligned(&rows)
}

/// Columns side by side, three blanks between them.
pub(super) fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("   ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Value {
        json!({
            "metadata": { "name": "users-1", "namespace": "shop", "creationTimestamp": "2026-01-01T00:00:00Z" },
            "spec": { "proposal": { "risk": "Safe", "databaseRef": { "name": "blog" }, "tables": ["a", "b"], "digest": "v1:sha256:00" } },
            "status": { "phase": "Pending", "conditions": [{ "type": "Ready", "status": "False", "reason": "AwaitingApproval", "message": "waits" }] },
        })
    }

    #[test]
    fn lists_like_kubectl() {
        let now = "2026-01-01T00:05:00Z".parse().unwrap();
        let text = listing(Kind::Plans, &[plan()], true, true, now);
        let expected = "\
NAMESPACE   NAME      PHASE     RISK   DATABASE   TABLES   DECISION   BY   AGE   DIGEST         MESSAGE
shop        users-1   Pending   Safe   blog       a,b                      5m    v1:sha256:00   waits
";
        assert_eq!(text, expected);
    }

    #[test]
    fn one_name_is_the_object_itself_and_more_are_a_list() {
        assert_eq!(document(vec![plan()], true)["metadata"]["name"], "users-1");
        assert_eq!(document(vec![plan()], false)["kind"], "List");
    }

    #[test]
    fn kinds_are_found_by_every_usual_name() {
        for name in ["plans", "plan", "tplan"] {
            assert_eq!(Kind::from_str(name, true), Ok(Kind::Plans));
        }
        assert_eq!(Kind::from_str("tapproval", true), Ok(Kind::Approvals));
        assert_eq!(Kind::Plans.reference("x"), "plan.tablewright.dev/x");
    }
}
