//! The alerts: their rules hold together, each fires and stays quiet where it should, and each has a runbook.

use std::{collections::BTreeSet, path::PathBuf};

use serde_json::Value;
use tablewright::api::reason::{Disposition, Reason};

use super::promtool::promtool;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("charts/tablewright/files")
}

fn yaml(file: &str) -> Value {
    let text = std::fs::read_to_string(folder().join(file)).expect("readable");
    serde_saphyr::from_str(&text).expect("YAML")
}

/// The rules of all groups.
pub fn rules() -> Vec<Value> {
    let groups = yaml("alerts.yaml")["groups"].as_array().cloned().expect("groups");
    groups.iter().flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default()).collect()
}

#[test]
fn each_alert_fires_and_stays_quiet_where_it_should() {
    if !promtool(
        "each_alert_fires_and_stays_quiet",
        &folder(),
        &["check", "rules", "--lint=all", "--lint-fatal", "alerts.yaml"],
        "",
    ) {
        return;
    }
    promtool("each_alert_fires_and_stays_quiet", &folder(), &["test", "rules", "alerts_test.yaml"], "");
}

#[test]
fn each_alert_has_both_tests_and_a_runbook() {
    let tests = yaml("alerts_test.yaml")["tests"].as_array().cloned().expect("tests");
    let mut fires = BTreeSet::new();
    let mut quiet = BTreeSet::new();
    for case in tests.iter().flat_map(|test| test["alert_rule_test"].as_array().cloned().unwrap_or_default()) {
        let name = case["alertname"].as_str().expect("alertname").to_owned();
        let expected = case["exp_alerts"].as_array().expect("exp_alerts");
        if expected.is_empty() {
            quiet.insert(name)
        } else {
            fires.insert(name)
        };
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut names = BTreeSet::new();
    for rule in rules() {
        let name = rule["alert"].as_str().expect("a name").to_owned();
        assert!(fires.contains(&name), "{name} has no test in which it fires");
        assert!(quiet.contains(&name), "{name} has no test in which it stays quiet");
        assert!(
            ["info", "warning", "critical"].contains(&rule["labels"]["severity"].as_str().unwrap_or_default()),
            "{name}"
        );
        for annotation in ["summary", "description"] {
            let text = rule["annotations"][annotation].as_str().unwrap_or_default();
            assert!(!text.is_empty() && !text.contains(".."), "{name}: {annotation}: {text}");
        }
        let url = rule["annotations"]["runbook_url"].as_str().unwrap_or_default();
        assert!(url.ends_with(&format!("/docs/runbooks/{name}.md")), "{name}: {url}");
        let page = std::fs::read_to_string(root.join(format!("docs/runbooks/{name}.md"))).unwrap_or_default();
        for heading in ["## What it means\n", "## How to see it\n", "## What to do\n"] {
            assert!(page.contains(heading), "docs/runbooks/{name}.md has no {heading}");
        }
        assert!(names.insert(name.clone()), "{name} is there twice");
    }
    // No page, and no test, of an alert that is no more.
    for entry in std::fs::read_dir(root.join("docs/runbooks")).expect("readable") {
        let page = entry.expect("readable").file_name().to_string_lossy().trim_end_matches(".md").to_owned();
        assert!(names.contains(&page), "docs/runbooks/{page}.md belongs to no alert");
    }
    assert!(fires.is_subset(&names) && quiet.is_subset(&names), "a test of an alert that is no more");
}

/// What an alert leads to says what to do about each reason for which it fires.
#[test]
fn each_reason_that_needs_somebody_is_in_the_runbook_of_its_alert() {
    let page = |alert: &str| {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("docs/runbooks/{alert}.md"));
        let text = std::fs::read_to_string(path).expect("readable");
        let (_, steps) = text.split_once("## What to do\n").expect("steps");
        (text.clone(), steps.to_owned())
    };
    let (_, on_the_way) = page("TablewrightTableNotReady");
    let (fenced, _) = page("TablewrightDatabaseFenced");
    let stalled: Vec<String> = ["TablewrightTableStalled", "TablewrightDatabaseNotReady", "TablewrightPlanWaits"]
        .into_iter()
        .map(|alert| page(alert).1)
        .collect();
    let rules = rules();
    let alerting = rules.iter().find(|rule| rule["alert"] == "TablewrightDatabaseFenced").expect("the alert");
    let alerting = alerting["expr"].as_str().expect("an expression");
    let (_, alerting) = alerting.split_once("reason=~\"").expect("reasons");
    let fences: Vec<&str> = alerting.split('"').next().expect("reasons").split('|').collect();
    for name in &fences {
        assert!(Reason::ALL.iter().any(|reason| reason.as_str() == *name), "{name} is no reason");
    }
    for reason in Reason::ALL {
        let named = format!("`{reason}`");
        match reason.disposition() {
            Disposition::Done | Disposition::Waiting => {}
            Disposition::Progressing => {
                assert!(on_the_way.contains(&named), "TablewrightTableNotReady.md has no step for {reason}");
            }
            Disposition::Stalled if fences.contains(&reason.as_str()) => {
                assert!(fenced.contains(&named), "TablewrightDatabaseFenced.md does not name {reason}");
            }
            Disposition::Stalled => {
                assert!(
                    stalled.iter().any(|steps| steps.contains(&named)),
                    "neither TablewrightTableStalled.md nor TablewrightDatabaseNotReady.md nor TablewrightPlanWaits.md \
                     has a step for {reason}"
                );
            }
        }
    }
}

/// Every command of the runbooks that asks kubectl.
fn commands() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/runbooks");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        let page = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("readable");
        for (start, _) in text.match_indices("kubectl ") {
            let rest = &text[start..];
            let end = rest.find(['`', '\n', '|', '#']).unwrap_or(rest.len());
            found.push((page.clone(), rest[..end].trim_end().to_owned()));
        }
    }
    assert!(found.len() > 30, "the commands were not found");
    found
}

/// Of two controllers one works, and a Deployment's name brings the log of either.
#[test]
fn runbooks_read_the_logs_of_all_controllers() {
    let mut read = 0;
    for (page, command) in commands() {
        if command.split_whitespace().any(|word| word == "logs") {
            read += 1;
            let all = ["-l app.kubernetes.io/name=tablewright", "--tail=-1", "--prefix"];
            let one = command.split_whitespace().any(|word| word == "POD");
            assert!(one || all.iter().all(|part| command.contains(part)), "{page}: {command}");
        }
    }
    assert!(read > 0, "no runbook reads a log");
}

/// Whoever is on call is in no namespace of the objects that the alert names.
#[test]
fn commands_of_the_runbooks_say_in_which_namespace() {
    for (page, command) in commands() {
        let said = command.split_whitespace().any(|word| word == "-n" || word == "-A");
        assert!(said, "{page}: {command}");
    }
}
