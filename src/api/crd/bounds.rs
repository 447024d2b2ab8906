//! Bounds of the fields whose types belong to other layers: a proposal in a Plan is at most 128 KiB, on the command line
//! it may be larger. The API server computes the worst cost of every rule from these.

use serde_json::{Value, json};

/// Sets the bounds of a kind's schema.
pub(super) fn add(kind: &str, schema: &mut Value) {
    for (kinds, path, bounds) in table() {
        if kinds.contains(&kind) {
            set(schema, path, &bounds);
        }
    }
}

fn set(schema: &mut Value, path: &str, bounds: &Value) {
    let Some(node) = super::node(schema, path).and_then(Value::as_object_mut) else { return };
    if let Some(bounds) = bounds.as_object() {
        node.extend(bounds.clone());
    }
}

fn text(max: u32) -> Value {
    json!({"maxLength": max})
}

fn name(max: u32) -> Value {
    json!({"minLength": 1, "maxLength": max})
}

fn list(max: u32) -> Value {
    json!({"maxItems": max, "x-kubernetes-list-type": "atomic"})
}

fn duration() -> Value {
    json!({"maxLength": 32, "pattern": r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"})
}

fn table() -> Vec<(&'static [&'static str], &'static str, Value)> {
    vec![
        (&["Database"], "spec.replicas[].maxLag", duration()),
        (&["Database"], "spec.approval.expiresAfter", duration()),
        (&["Database"], "spec.execution.lockWaitTimeout", duration()),
        (&["Database"], "spec.execution.settle", duration()),
        (&["Database"], "spec.execution.windows[].duration", duration()),
        (&["Database"], "spec.drift.interval", duration()),
        (&["Table", "Approval"], "spec.databaseRef.name", name(253)),
        (&["Table", "Approval"], "spec.databaseRef.namespace", name(63)),
        (&["Table"], "spec.columns[].default", text(65536)),
        (&["Plan"], "spec.proposal.databaseRef.name", name(253)),
        (&["Plan"], "spec.proposal.databaseRef.namespace", name(63)),
        (&["Plan"], "spec.proposal.tables", list(1024)),
        (&["Plan"], "spec.proposal.tables[]", text(64)),
        (&["Plan"], "spec.proposal.statements", list(1024)),
        (&["Plan"], "spec.proposal.statements[].sql", text(131_072)),
        (&["Plan"], "spec.proposal.statements[].table", text(64)),
        (&["Plan"], "spec.proposal.statements[].summary", text(4096)),
        (&["Plan"], "spec.proposal.statements[].locks", list(1024)),
        (&["Plan"], "spec.proposal.statements[].locks[].table", text(130)),
        (&["Plan"], "spec.proposal.estimates", list(1024)),
        (&["Plan"], "spec.proposal.estimates[].table", text(64)),
        (&["Plan"], "spec.proposal.findings", list(1024)),
        (&["Plan"], "spec.proposal.findings[].code", text(16)),
        (&["Plan"], "spec.proposal.findings[].path", text(256)),
        (&["Plan"], "spec.proposal.findings[].problem", text(4096)),
        (&["Plan"], "spec.proposal.findings[].why", text(4096)),
        (&["Plan"], "spec.proposal.findings[].instead", text(4096)),
        (&["Plan"], "spec.proposal.findings[].evidence.counted", text(256)),
        (&["Plan"], "spec.proposal.findings[].evidence.at", text(64)),
        (&["Plan"], "spec.proposal.findings[].evidence.notLooked", text(4096)),
        (&["Plan"], "spec.proposal.baseline.serverUuid", text(64)),
        (&["Plan"], "spec.proposal.statements[].timeZone", text(64)),
        (&["Plan"], "spec.proposal.baseline.schema", text(64)),
        (&["Plan"], "spec.proposal.baseline.timeZone.session", text(64)),
        (&["Plan"], "spec.proposal.baseline.timeZone.changes", text(16)),
        (&["Plan"], "spec.proposal.baseline.fingerprints", list(2048)),
        (&["Plan"], "spec.proposal.baseline.fingerprints[].table", text(64)),
        (&["Plan"], "spec.proposal.baseline.fingerprints[].sha256", text(64)),
        (&["Plan"], "spec.proposal.approvalVia", list(3)),
        (&["Plan"], "spec.proposal.digest", text(128)),
    ]
}
