//! The proposal at top level, as `Plan.spec.proposal` has it, and `refusals` beside it; its JSON Schema is
//! docs/reference/plan.schema.json.

use serde::Serialize;
use serde_json::Value;

use crate::plan::proposal::{Proposal, Refusal};

use super::Report;

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    proposal: &'a Proposal,
    refusals: &'a [Refusal],
}

/// The report as one JSON document, ending in a newline.
pub fn render(report: &Report) -> String {
    format!("{:#}\n", value(report))
}

/// As [`render`], to be put into a larger document.
pub fn value(report: &Report) -> Value {
    // Strings, numbers and lists with string keys only: this cannot fail.
    serde_json::to_value(Document { proposal: &report.proposal, refusals: &report.refusals }).unwrap_or(Value::Null)
}

/// The JSON Schema of what [`render`] prints.
pub fn schema() -> Value {
    #[derive(schemars::JsonSchema)]
    #[allow(dead_code, reason = "only its schema is used")]
    struct Refusals {
        /// Tables that are not planned, each with a reason. While there is one, `apply` runs nothing.
        refusals: Vec<Refusal>,
    }
    let mut schema = schemars::schema_for!(Proposal).to_value();
    let refusals = schemars::schema_for!(Refusals).to_value();
    schema["$id"] = "https://tablewright.dev/schemas/plan.v1alpha1.json".into();
    schema["title"] = "Plan".into();
    schema["description"] = "What `tablewright plan --format json` prints: a Plan object's spec.proposal, and refusals.".into();
    schema["properties"]["refusals"] = refusals["properties"]["refusals"].clone();
    for (name, definition) in refusals["$defs"].as_object().into_iter().flatten() {
        schema["$defs"][name] = definition.clone();
    }
    if let Some(required) = schema["required"].as_array_mut() {
        required.push("refusals".into());
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::render::sample;

    #[test]
    fn proposal_is_at_top_level_with_refusals_beside_it() {
        let parsed: Value = serde_json::from_str(&render(&sample::report())).unwrap();
        assert_eq!(parsed["statements"][0]["algorithm"], "INPLACE");
        assert_eq!(parsed["risk"], "Destructive");
        assert_eq!(parsed["refusals"][0]["reason"], "Unsupported");
        let mut proposal = parsed.clone();
        proposal.as_object_mut().unwrap().remove("refusals");
        assert_eq!(serde_json::from_value::<Proposal>(proposal).unwrap(), sample::report().proposal);
    }

    #[test]
    fn every_property_is_in_the_schema() {
        let schema = schema();
        let document = value(&sample::report());
        for key in document.as_object().unwrap().keys() {
            assert!(schema["properties"].get(key).is_some(), "{key} is missing in the schema");
        }
        assert!(schema["$defs"]["RefusalReason"].is_object());
    }

    /// `UPDATE=1 cargo test` rewrites it.
    #[test]
    fn the_published_schema_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/plan.schema.json");
        let current = format!("{:#}\n", schema());
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
            std::fs::write(path, &current).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), current, "run UPDATE=1 cargo test");
    }
}
