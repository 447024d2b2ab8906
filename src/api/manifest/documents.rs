//! Which documents of a YAML text are Tables, and what they declare.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use super::convert;
use super::reader;
use super::suggest::nearest;
use super::tree::{self, Node, Place, Value};
use super::{Manifests, Problem};
use crate::api::{API_VERSION, ApprovalSpec, GROUP, TableSpec};
use crate::model::{Dialect, Origin};

/// What a text held.
#[derive(Default)]
pub(super) struct Found {
    /// Tables and problems.
    pub(super) manifests: Manifests,
    /// How many Tables were met, wrong ones included.
    pub(super) tables: usize,
}

struct Reading<'path> {
    path: &'path str,
    dialect: Dialect,
    found: Found,
}

/// Reads YAML text with any number of documents.
pub(super) fn read(path: &str, text: &str, dialect: Dialect) -> Found {
    let mut reading = Reading { path, dialect, found: Found::default() };
    let (documents, broken) = tree::parse(text);
    for document in &documents {
        reading.document(document);
    }
    if let Some(error) = broken {
        // It may have been a Table: "no Table found" would send people the wrong way.
        reading.found.tables += 1;
        reading.problem(error.place, "", error.message, error.hint);
    }
    reading.found
}

impl Reading<'_> {
    fn problem(&mut self, place: Place, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        let origin = self.origin(place);
        self.found.manifests.problems.push(Problem {
            origin: Some(origin),
            path: path.into(),
            message: message.into(),
            hint: hint.into(),
        });
    }

    fn origin(&self, place: Place) -> Origin {
        Origin::File { path: self.path.to_owned(), line: place.line, column: place.column }
    }

    fn document(&mut self, node: &Node<'_>) {
        let entries = match &node.value {
            Value::Mapping(entries) => entries,
            // An empty document, as between two `---`.
            Value::Scalar { text, plain: true } if text.is_empty() || text == "~" || text == "null" => return,
            Value::Scalar { .. } | Value::Sequence(_) => {
                self.problem(
                    node.place,
                    "",
                    "this is no Kubernetes object",
                    "a manifest begins with apiVersion and kind",
                );
                return;
            }
        };
        let api_version = node.get("apiVersion").and_then(Node::text).unwrap_or_default();
        let kind = node.get("kind").and_then(Node::text).unwrap_or_default();
        if api_version.is_empty() || kind.is_empty() {
            let missing = if api_version.is_empty() { "apiVersion" } else { "kind" };
            let keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_ref()).take(3).collect();
            self.problem(
                node.place,
                "",
                format!("this object (with {}) has no {missing}", keys.join(", ")),
                format!("a Table has apiVersion: {API_VERSION} and kind: Table"),
            );
            return;
        }
        if api_version == "v1" && kind == "List" {
            if let Some(Node { value: Value::Sequence(items), .. }) = node.get("items") {
                for item in items {
                    self.document(item);
                }
            }
            return;
        }
        let (group, _) = api_version.split_once('/').unwrap_or(("", api_version));
        if group == super::schemahero::GROUP && kind == "Table" {
            self.found.tables += 1;
            self.schemahero(node);
        } else if group == GROUP {
            self.ours(node, api_version, kind);
        }
        // Other kinds belong to others.
    }

    fn ours(&mut self, node: &Node<'_>, api_version: &str, kind: &str) {
        let place = |field: &str| node.get(field).map_or(node.place, |node| node.place);
        if api_version != API_VERSION {
            self.found.tables += 1;
            self.problem(
                place("apiVersion"),
                "apiVersion",
                format!("`{api_version}` is not a version of this API"),
                format!("write {API_VERSION}"),
            );
            return;
        }
        match kind {
            "Table" => {
                self.found.tables += 1;
                self.table(node);
            }
            "Approval" => self.approval(node),
            "Database" | "Plan" => {}
            other => {
                let hint = match nearest(other, ["Table", "Database", "Plan", "Approval"].into_iter()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "the kinds are Table, Database, Plan and Approval".to_owned(),
                };
                self.found.tables += 1;
                self.problem(place("kind"), "kind", format!("`{other}` is not a kind of this API"), hint);
            }
        }
    }

    fn table(&mut self, node: &Node<'_>) {
        let Some((name, spec)) = self.name_and_spec::<TableSpec>(node) else { return };
        self.declare(node, &name, &spec);
    }

    /// One that could never count is a mistake; what it consents to is the cluster's business.
    fn approval(&mut self, node: &Node<'_>) {
        let Some((_, spec)) = self.name_and_spec::<ApprovalSpec>(node) else { return };
        if !spec.has_digest() {
            let path = "spec.digest";
            let hint = "copy the digest that `tablewright plan` prints: v1:sha256: and 64 hexadecimal digits";
            self.problem(node.at(path).place, path, format!("`{}` is not the digest of a plan", spec.digest), hint);
        }
    }

    /// What an object of ours begins with.
    fn name_and_spec<Spec: DeserializeOwned>(&mut self, node: &Node<'_>) -> Option<(String, Spec)> {
        if let Value::Mapping(entries) = &node.value {
            for entry in entries {
                let known = ["apiVersion", "kind", "metadata", "spec", "status"];
                if !known.contains(&entry.key.as_ref()) {
                    let hint = match nearest(&entry.key, known.into_iter()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "what belongs to the object stands below spec".to_owned(),
                    };
                    self.problem(entry.place, "", format!("unknown field `{}`", entry.key), hint);
                    return None;
                }
            }
        }
        let name = self.name(node)?;
        let Some(spec_node) = node.get("spec") else {
            self.problem(node.place, "spec", "the field `spec` is missing", "add it");
            return None;
        };
        match reader::read(spec_node) {
            Ok(spec) => Some((name, spec)),
            Err(error) => {
                let place = error.place.unwrap_or(spec_node.place);
                self.problem(place, error.path("spec"), error.message, error.hint);
                None
            }
        }
    }

    /// Takes what a spec declares, or its faults, each at its place.
    fn declare(&mut self, node: &Node<'_>, name: &str, spec: &TableSpec) {
        match convert::desired(spec, name, self.origin(node.place), self.dialect) {
            Ok(table) => self.found.manifests.tables.push(table),
            Err(faults) => {
                for fault in faults {
                    self.problem(node.at(&fault.path).place, fault.path, fault.message, fault.hint);
                }
            }
        }
    }

    /// `metadata.name`, as kubectl would read it.
    fn name(&mut self, node: &Node<'_>) -> Option<String> {
        let Some(name) = node.get("metadata").and_then(|metadata| metadata.get("name")) else {
            let place = node.get("metadata").unwrap_or(node).place;
            self.problem(place, "metadata.name", "the object has no name", "add it");
            return None;
        };
        match reader::read::<String>(name) {
            Ok(name) => Some(name),
            Err(error) => {
                self.problem(name.place, "metadata.name", error.message, error.hint);
                None
            }
        }
    }

    fn schemahero(&mut self, node: &Node<'_>) {
        let Some(name) = self.name(node) else { return };
        match super::schemahero::spec(node) {
            Ok(spec) => self.declare_schemahero(node, &name, &spec),
            Err(fault) => {
                let place = fault.place.unwrap_or(node.place);
                self.problem(place, fault.path, fault.message, fault.hint);
            }
        }
    }

    /// As [`Self::declare`], but a fault's path is one of ours and has no place in their manifest.
    fn declare_schemahero(&mut self, node: &Node<'_>, name: &str, spec: &TableSpec) {
        match convert::desired(spec, name, self.origin(node.place), self.dialect) {
            Ok(table) => self.found.manifests.tables.push(table),
            Err(faults) => {
                for fault in faults {
                    let path: Cow<'_, str> = fault.path.replacen("spec.", "spec.schema.mysql.", 1).into();
                    self.problem(node.at(&path).place, path, fault.message, fault.hint);
                }
            }
        }
    }
}
