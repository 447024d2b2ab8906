//! The JSON Schema of `plan --format json`. `schemas/plan.schema.json` holds it, and a test says that it is current.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::plan::proposal::{Proposal, Refusal};

/// JSON Schema of the plan's output: the proposal's fields, and `refusals`.
pub fn plan_schema() -> String {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let refusals = generator.subschema_for::<Vec<Refusal>>();
    let mut schema: Value = generator.into_root_schema_for::<Proposal>().into();
    schema["$id"] = json!("https://tablewright.dev/schemas/plan.schema.json");
    schema["title"] = json!("Plan");
    schema["description"] =
        json!("What `tablewright plan --format json` prints: one proposal, and the tables that were refused.");
    schema["properties"]["refusals"] = refusals.to_value();
    schema["properties"]["refusals"]["description"] =
        json!("Tables that are not planned, each with its reason. If there is one, `apply` runs nothing.");
    if let Some(required) = schema["required"].as_array_mut() {
        required.push(json!("refusals"));
    }
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_schema_is_current() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/plan.schema.json");
        let schema = plan_schema();
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &schema).unwrap();
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(published == schema, "run `UPDATE=1 cargo test --lib api::schema`");
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let schema: Value = serde_json::from_str(&plan_schema()).unwrap();
        let mut stack = vec![&schema];
        let mut references = 0;
        while let Some(value) = stack.pop() {
            if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                references += 1;
                assert!(schema.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
            }
            match value {
                Value::Array(items) => stack.extend(items),
                Value::Object(fields) => stack.extend(fields.values()),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
        assert!(references > 5);
        assert!(schema["required"].as_array().unwrap().contains(&json!("digest")));
    }
}
