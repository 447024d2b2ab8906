//! Reads the conformance corpus beside the project; tests skip by name where it is absent.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

/// One recorded case.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) mode: String,
    pub(crate) current: Vec<String>,
    pub(crate) desired: Vec<String>,
    pub(crate) canonical_current: BTreeMap<String, String>,
    pub(crate) canonical_desired: BTreeMap<String, String>,
}

fn lines(file: &str) -> Option<Vec<Value>> {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "shared", "corpus", file].iter().collect();
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: the conformance corpus is not at ../shared/corpus");
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn strings(value: &Value) -> Vec<String> {
    value
        .as_array()
        .map(|items| items.iter().map(|item| item.as_str().unwrap().to_owned()).collect())
        .unwrap_or_default()
}

fn tables(value: &Value) -> BTreeMap<String, String> {
    let Some(map) = value.as_object() else { return BTreeMap::new() };
    map.iter()
        .filter_map(|(name, text)| Some((name.strip_prefix("table ")?.to_owned(), text.as_str()?.to_owned())))
        .collect()
}

/// The cases.
pub(crate) fn cases() -> Option<Vec<Case>> {
    let cases = lines("cases.jsonl")?;
    Some(
        cases
            .into_iter()
            .map(|case| Case {
                id: case["id"].as_str().unwrap().to_owned(),
                mode: case["mode"].as_str().unwrap_or("default").to_owned(),
                current: strings(&case["current"]),
                desired: strings(&case["desired"]),
                canonical_current: tables(&case["canonical_current"]),
                canonical_desired: tables(&case["canonical_desired"]),
            })
            .collect(),
    )
}

/// The traps: (id, input, canonical).
pub(crate) fn traps() -> Option<Vec<(String, String, String)>> {
    let traps = lines("traps.jsonl")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Some(traps.into_iter().map(|trap| (text(&trap["id"]), text(&trap["input"]), text(&trap["canonical"]))).collect())
}
