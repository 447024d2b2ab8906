//! What a structural schema must not have, and the order in which it is written.

use serde_json::{Map, Value, json};

/// Formats that the API server knows; others only cause warnings.
const FORMATS: [&str; 3] = ["int32", "int64", "date-time"];

/// Removes what the API server does not know or what would make objects differ from their manifests.
///
/// `nullable` goes because null and absent would be two ways to say one thing, and a null that is not allowed is refused
/// (or, with a default, taken for absent). Empty defaults go because they would be written into every object.
pub(super) fn tidy(schema: &mut Value) {
    let Some(node) = schema.as_object_mut() else { return };
    node.shift_remove("nullable");
    node.shift_remove("title");
    let foreign_format = node.get("format").and_then(Value::as_str).is_some_and(|format| !FORMATS.contains(&format));
    if foreign_format {
        node.shift_remove("format");
        if node.get("type").is_some_and(|kind| kind == "integer") {
            node.insert("format".to_owned(), json!("int64"));
        }
    }
    if node.get("default").is_some_and(is_empty) {
        node.shift_remove("default");
    }
    // Whole numbers only, and a minimum of 0.0 would be written as such.
    for bound in ["minimum", "maximum"] {
        let Some(number) = node.get(bound).and_then(Value::as_f64) else { continue };
        #[expect(clippy::cast_possible_truncation, reason = "bounds are small whole numbers")]
        node.insert(bound.to_owned(), json!(number as i64));
    }
    if is_conditions(node) {
        node.insert("x-kubernetes-list-type".to_owned(), json!("map"));
        node.insert("x-kubernetes-list-map-keys".to_owned(), json!(["type"]));
        bound_condition(node);
    }
    if let Some(properties) = node.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(tidy);
    }
    if let Some(items) = node.get_mut("items") {
        tidy(items);
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

fn is_conditions(node: &Map<String, Value>) -> bool {
    node.get("items")
        .and_then(|items| items.get("properties"))
        .is_some_and(|properties| properties.get("lastTransitionTime").is_some() && properties.get("reason").is_some())
}

/// The bounds of the API conventions.
fn bound_condition(node: &mut Map<String, Value>) {
    let Some(fields) = node.get_mut("items").and_then(|items| items.get_mut("properties")) else { return };
    fields["type"]["maxLength"] = json!(316);
    fields["reason"]["maxLength"] = json!(1024);
    fields["reason"]["minLength"] = json!(1);
    fields["message"]["maxLength"] = json!(32768);
    fields["status"]["enum"] = json!(["True", "False", "Unknown"]);
    fields["observedGeneration"]["minimum"] = json!(0);
    let descriptions = [
        ("type", "Ready, Reconciling, Stalled, Applied, Replicated or Drifted."),
        ("reason", "Why, as one of a closed list of words; tools decide on it."),
        ("message", "Why, for people."),
        ("status", "True, False or Unknown."),
        ("lastTransitionTime", "When the status changed last."),
        ("observedGeneration", "The generation that the condition speaks of."),
    ];
    for (field, description) in descriptions {
        fields[field]["description"] = json!(description);
    }
}

/// Writes the keys of every node in one order: description and type first, children last.
pub(super) fn order(schema: &mut Value) {
    let Some(node) = schema.as_object_mut() else { return };
    if let Some(properties) = node.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(order);
    }
    if let Some(items) = node.get_mut("items") {
        order(items);
    }
    let mut entries: Vec<(String, Value)> = std::mem::take(node).into_iter().collect();
    entries.sort_by_key(|(key, _)| (rank(key), key.clone()));
    node.extend(entries);
}

fn rank(key: &str) -> u8 {
    match key {
        "description" => 0,
        "type" => 1,
        "format" | "enum" => 2,
        "default" => 3,
        "x-kubernetes-validations" => 5,
        "required" => 6,
        "properties" => 7,
        "items" => 8,
        _ => 4,
    }
}
