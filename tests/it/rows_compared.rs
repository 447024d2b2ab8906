//! `verify --rows` finds rows that differ, whatever their type, and no difference where there is none, also while both
//! servers are written to; and it shows no value.

mod kinds;
mod moving;
mod on_mariadb;
mod written_anew;

use serde_json::Value;

use crate::support::{
    binary::{Outcome, run},
    pair::{Pair, Role},
};

/// Values that stand in tables of the tests begin so.
const SECRET: &str = "hunter2";

/// Changes the replica behind the back of replication.
fn behind(pair: &Pair, schema: &str, sql: &str) {
    let changed = format!(
        "SET GLOBAL super_read_only = 0; SET sql_log_bin = 0; SET sql_mode = ''; {sql}; SET GLOBAL super_read_only = 1"
    );
    pair.sql(Role::Replica, schema, &changed);
}

/// Compares rows, and requires that no value is in what comes out.
fn verify(pair: &Pair, schema: &str, more: &[&str]) -> Outcome {
    let (url, replica) = (pair.url(Role::Primary, schema), pair.url(Role::Replica, schema));
    let arguments = ["verify", "--rows", "--url", &url, "--replica-url", &replica];
    let outcome = run(&[&arguments, more].concat());
    assert!(!outcome.all().contains(SECRET), "{}", outcome.all());
    outcome
}

/// As [`verify`], as JSON: the verdict of each table.
fn verdicts(pair: &Pair, schema: &str, more: &[&str], code: i32) -> Vec<(String, String)> {
    let outcome = verify(pair, schema, &[&["--format", "json"], more].concat()).expect(code);
    of_tables(&outcome)
}

fn of_tables(outcome: &Outcome) -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    assert_eq!(document["inSync"], outcome.code == 0, "{}", outcome.all());
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let rows = document["rows"].as_array().expect("rows");
    rows.iter().map(|row| (text(&row["table"]), text(&row["verdict"]))).collect()
}

fn all(verdicts: &[(String, String)], verdict: &str) -> bool {
    verdicts.iter().all(|(_, found)| found == verdict)
}
