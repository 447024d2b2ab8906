//! What the dashboard and the alerts ask for is what the controller exports.

use std::{collections::BTreeSet, path::PathBuf};

use serde_json::Value;
use tablewright::telemetry::{FamilyKind, Metrics};

use super::alerts;

/// Every `expr` (and variable's query) within a dashboard.
fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value.as_str().filter(|_| key == "expr" || key == "query") {
                    Some(text) => found.push(text.to_owned()),
                    None => expressions(value, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| expressions(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Words of an expression that can only be metrics of ours: those with one of the registry's beginnings.
fn metrics_in(expression: &str) -> BTreeSet<String> {
    let words = expression.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let ours = ["tablewright_", "controller_runtime_", "workqueue_", "rest_client_", "leader_election_"];
    words.filter(|word| ours.iter().any(|begin| word.starts_with(begin))).map(str::to_owned).collect()
}

/// Names under which the registry's families are sampled.
fn names() -> BTreeSet<String> {
    let metrics = Metrics::new("test");
    let sampled = |name: &str, kind| match kind {
        FamilyKind::Histogram => ["_bucket", "_sum", "_count"].iter().map(|end| format!("{name}{end}")).collect(),
        FamilyKind::Counter | FamilyKind::Gauge => vec![name.to_owned()],
    };
    metrics.families().iter().flat_map(|family| sampled(family.name, family.kind)).collect()
}

#[test]
fn the_dashboard_asks_for_what_is_there_and_shows_it_all() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("charts/tablewright/files/dashboard.json");
    let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("readable")).expect("JSON");
    let mut found = Vec::new();
    expressions(&dashboard, &mut found);
    let asked: BTreeSet<String> = found.iter().flat_map(|expression| metrics_in(expression)).collect();
    let known = names();
    let unknown: Vec<&String> = asked.difference(&known).collect();
    assert!(unknown.is_empty(), "the dashboard asks for metrics that there are not: {unknown:?}");
    // Our own are all on it: one that nobody looks at need not be exported.
    let shown = |family: &str| asked.iter().any(|name| name.starts_with(family));
    let metrics = Metrics::new("test");
    let missing: Vec<&str> = metrics
        .families()
        .iter()
        .map(|family| family.name)
        .filter(|name| name.starts_with("tablewright_") && !shown(name))
        .collect();
    assert!(missing.is_empty(), "metrics that the dashboard does not show: {missing:?}");
    let panels = dashboard["panels"].as_array().expect("panels");
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert!(panel["description"].as_str().is_some_and(|text| !text.is_empty()), "{} says nothing", panel["title"]);
    }
    assert_eq!(dashboard["id"], Value::Null, "an id belongs to one Grafana");
}

#[test]
fn the_alerts_ask_for_what_is_there() {
    let known = names();
    for rule in alerts::rules() {
        let asked = metrics_in(rule["expr"].as_str().expect("an expression"));
        assert!(!asked.is_empty(), "{} asks for nothing", rule["alert"]);
        let unknown: Vec<&String> = asked.difference(&known).collect();
        assert!(unknown.is_empty(), "{} asks for metrics that there are not: {unknown:?}", rule["alert"]);
    }
}
