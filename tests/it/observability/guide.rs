//! The guide's table of metrics is the registry's.

use std::path::PathBuf;

use tablewright::telemetry::Metrics;

use super::alerts;

const BEGIN: &str = "<!-- metrics: written by UPDATE=1 cargo test --test it observability::guide -->\n";
const END: &str = "<!-- end of metrics -->\n";

#[test]
fn the_guide_lists_every_metric_and_every_alert() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/guides/observability.md");
    let text = std::fs::read_to_string(&path).expect("readable");
    let mut table = "| metric | kind | labels | what it says |\n|---|---|---|---|\n".to_owned();
    for family in Metrics::new("test").families() {
        let labels: Vec<String> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        table.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            family.name,
            family.kind.as_str(),
            labels.join(", "),
            family.help
        ));
    }
    let (before, rest) = text.split_once(BEGIN).expect("the beginning of the table is marked");
    let (there, after) = rest.split_once(END).expect("the end of the table is marked");
    if there != table && std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).expect("writable");
        return;
    }
    assert!(there == table, "the table of docs/guides/observability.md is not the registry's: UPDATE=1 rewrites it");
    for rule in alerts::rules() {
        let name = rule["alert"].as_str().expect("a name");
        assert!(after.contains(&format!("(../runbooks/{name}.md)")), "the guide does not link {name}");
    }
}
