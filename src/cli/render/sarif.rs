//! Findings and refusals for code scanning: SARIF 2.1.0 (OASIS standard), the parts that scanners' upload pages require.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::cli::text::{name, one_line};
use crate::model::Origin;
use crate::plan::proposal::{Finding, Level};

use super::Report;
use super::words::{evidence_words, finding_table, reason_name};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The log, ending in a newline.
pub(crate) fn render(report: &Report) -> String {
    let findings = report.proposal.findings.iter().map(|finding| {
        let table = finding_table(finding, &report.proposal).unwrap_or(&finding.path);
        (finding, report.origins.get(table).or_else(|| origin_by_prefix(&finding.path, &report.origins)))
    });
    let mut results: Vec<Value> = findings.map(|(finding, origin)| result_of(finding, origin)).collect();
    let mut rules = rules(&report.proposal.findings);
    for refusal in &report.refusals {
        let id = format!("refused/{}", reason_name(refusal.reason));
        rules.entry(id.clone()).or_insert_with(|| rule(&id, "A table that is not planned."));
        let message = one_line(&refusal.message);
        results.push(result(&id, "error", &message, &refusal.table, report.origins.get(&refusal.table)));
    }
    log(rules, results)
}

/// Findings alone (`lint`), each with where it is.
pub(crate) fn render_findings(findings: &[(Finding, Option<Origin>)]) -> String {
    let all: Vec<Finding> = findings.iter().map(|(finding, _)| finding.clone()).collect();
    log(rules(&all), findings.iter().map(|(finding, origin)| result_of(finding, origin.as_ref())).collect())
}

fn origin_by_prefix<'a>(path: &str, origins: &'a BTreeMap<String, Origin>) -> Option<&'a Origin> {
    let fits = |table: &str| path == table || path.strip_prefix(table).is_some_and(|rest| rest.starts_with('.'));
    origins.iter().filter(|(table, _)| fits(table)).max_by_key(|(table, _)| table.len()).map(|(_, origin)| origin)
}

fn rules(findings: &[Finding]) -> BTreeMap<String, Value> {
    findings.iter().map(|finding| (finding.code.clone(), rule(&finding.code, &finding.why))).collect()
}

fn rule(id: &str, description: &str) -> Value {
    let description = if description.is_empty() { id.to_owned() } else { one_line(description) };
    json!({ "id": id, "shortDescription": { "text": description } })
}

fn result_of(finding: &Finding, origin: Option<&Origin>) -> Value {
    let level = match finding.level {
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let mut message = format!("{}: {}", name(&finding.path), finding.problem);
    if let Some(evidence) = &finding.evidence {
        message.push_str(&format!(" Rows: {}.", evidence_words(evidence)));
    }
    if !finding.instead.is_empty() {
        message.push_str(&format!(" Instead: {}", finding.instead));
    }
    result(&finding.code, level, &one_line(&message), &finding.path, origin)
}

fn result(rule: &str, level: &str, message: &str, path: &str, origin: Option<&Origin>) -> Value {
    let mut location = json!({ "logicalLocations": [{ "fullyQualifiedName": name(path) }] });
    if let Some(Origin::File { path, line, column }) = origin
        && path != "-"
    {
        location["physicalLocation"] = json!({
            "artifactLocation": { "uri": uri(path) },
            "region": { "startLine": (*line).max(1), "startColumn": (*column).max(1) },
        });
    }
    json!({ "ruleId": rule, "level": level, "message": { "text": message }, "locations": [location] })
}

/// A relative URI reference: percent-encoded, without a leading `./`.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let mut result = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            result.push(char::from(byte));
        } else {
            result.push_str(&format!("%{byte:02X}"));
        }
    }
    result
}

fn log(rules: BTreeMap<String, Value>, results: Vec<Value>) -> String {
    let driver = json!({
        "name": "tablewright",
        "version": env!("CARGO_PKG_VERSION"),
        "informationUri": env!("CARGO_PKG_REPOSITORY"),
        "rules": rules.into_values().collect::<Vec<_>>(),
    });
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results }],
    });
    format!("{log:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::render::sample;

    #[test]
    fn results_name_rule_level_and_place() {
        let log: Value = serde_json::from_str(&render(&sample::report())).unwrap();
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let first = &run["results"][0];
        assert_eq!(first["ruleId"], "TW101");
        assert_eq!(first["level"], "warning");
        assert_eq!(first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "schema/my%20users.yaml");
        assert_eq!(first["locations"][0]["physicalLocation"]["region"]["startLine"], 7);
        assert_eq!(run["results"].as_array().unwrap().len(), 2);
        let known: Vec<&str> =
            run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
        for result in run["results"].as_array().unwrap() {
            assert!(known.contains(&result["ruleId"].as_str().unwrap()));
        }
    }

    #[test]
    fn no_findings_are_an_empty_list() {
        let log: Value = serde_json::from_str(&render(&sample::empty())).unwrap();
        assert_eq!(log["runs"][0]["results"], json!([]));
    }
}
