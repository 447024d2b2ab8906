//! `apply --verify-rows` compares the tables that the plan wrote anew.

use serde_json::Value;

use super::behind;
use crate::support::{
    binary::{argument, run},
    pair::{Role, own},
};

#[test]
fn rows_of_tables_that_a_plan_wrote_anew_are_compared() {
    let Some(pair) = own("rows_of_tables_that_a_plan_wrote_anew_are_compared") else { return };
    let schema = pair.schema("anew");
    pair.sql(
        Role::Primary,
        &schema,
        "CREATE TABLE copied (id int PRIMARY KEY, v int); INSERT INTO copied VALUES (1, 1), (2, 2); \
         CREATE TABLE grown (id int PRIMARY KEY, v int); INSERT INTO grown VALUES (1, 1)",
    );
    pair.wait_for_replica();
    behind(&pair, &schema, "UPDATE copied SET v = 3 WHERE id = 2; UPDATE grown SET v = 3");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("desired.sql");
    let (url, replica) = (pair.url(Role::Primary, &schema), pair.url(Role::Replica, &schema));
    let apply = |desired: &str, code| -> Value {
        std::fs::write(&file, desired).expect("writable");
        let arguments = ["apply", "-f", argument(&file), "--url", &url, "--replica-url", &replica];
        let more = ["--auto-approve", "--verify-rows", "--format", "json"];
        serde_json::from_str(&run(&[&arguments[..], &more].concat()).expect(code).stdout).expect("JSON")
    };
    let grown = "CREATE TABLE grown (id int PRIMARY KEY, v int, w int);\n";
    let copied = "CREATE TABLE copied (id int PRIMARY KEY, v bigint);\n";

    // A column that is added INSTANT writes no row.
    let document = apply(&format!("{grown}CREATE TABLE copied (id int PRIMARY KEY, v int);\n"), 0);
    assert_eq!((&document["phase"], &document["rows"]), (&"Succeeded".into(), &serde_json::json!([])));

    let document = apply(&format!("{grown}{copied}"), 1);
    assert_eq!(document["phase"], "Verifying");
    assert_eq!(document["rows"][0]["table"], "copied");
    assert_eq!(document["rows"][0]["verdict"], "RowsDiffer");

    behind(&pair, &schema, "UPDATE copied SET v = 2 WHERE id = 2");
    let document = apply(&format!("{grown}{}", copied.replace("bigint", "decimal(20)")), 0);
    assert_eq!((&document["phase"], &document["rows"][0]["verdict"]), (&"Succeeded".into(), &"Equal".into()));
}
