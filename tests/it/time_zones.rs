//! What a plan says where values depend on a time zone that is not UTC.

use serde_json::Value;

use crate::support::{
    binary::{argument, run},
    mariadb,
    pair::{Role, own},
};

/// Changes that move values: live, a row, desired, how the value reads afterwards in the server's zone.
const MOVES: &[(&str, &str, &str, &str)] = &[
    (
        "CREATE TABLE t (id int PRIMARY KEY, a timestamp NULL)",
        "(1, '2024-01-15 12:00:00'), (2, NULL)",
        "CREATE TABLE t (id int PRIMARY KEY, a datetime)",
        "2024-01-15 10:00:00",
    ),
    (
        "CREATE TABLE t (id int PRIMARY KEY, a datetime)",
        "(1, '2024-01-15 12:00:00'), (2, NULL)",
        "CREATE TABLE t (id int PRIMARY KEY, a timestamp NULL)",
        "2024-01-15 14:00:00",
    ),
];

fn plan(url: &str, desired: &str) -> (tempfile::TempDir, Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("desired.sql");
    std::fs::write(&file, desired).expect("written");
    let plan = run(&["plan", "-f", argument(&file), "--url", url, "--format", "json"]).expect(0);
    (folder, serde_json::from_str(&plan.stdout).expect("JSON"))
}

fn finding(plan: &Value) -> Option<&Value> {
    plan["findings"].as_array().and_then(|all| all.iter().find(|finding| finding["code"] == "TW029"))
}

/// The plan says by how much and how many; what it says is what happens.
fn said_and_done(url: &str, sql: &dyn Fn(&str) -> String) {
    for (live, rows, desired, after) in MOVES {
        sql(&format!("{live}; INSERT INTO t VALUES {rows}"));
        let (folder, plan) = plan(url, desired);
        assert_eq!(plan["risk"], "Destructive", "{plan:#}");
        let found = finding(&plan).unwrap_or_else(|| panic!("no TW029 in {plan:#}"));
        let problem = found["problem"].as_str().expect("a text");
        assert!(problem.contains("02:00 hours") && problem.contains("+02:00"), "{problem}");
        assert_eq!(found["evidence"]["count"], 1, "{found:#}");
        let file = folder.path().join("desired.sql");
        run(&["apply", "-f", argument(&file), "--url", url, "--auto-approve"]).expect(0);
        assert_eq!(sql("SELECT a FROM t WHERE id = 1").trim(), *after);
        sql("DROP TABLE t");
    }
    let (_folder, plan) =
        plan(url, "CREATE TABLE d (id int PRIMARY KEY, a timestamp NULL DEFAULT '2024-01-15 12:00:00')");
    assert_eq!(finding(&plan).map(|found| &found["path"]), Some(&Value::from("d.a")), "{plan:#}");
}

#[test]
fn values_that_move_with_the_time_zone_are_said() {
    if let Some(pair) = own("time_zones") {
        let schema = pair.schema("zones");
        for role in [Role::Primary, Role::Replica] {
            pair.sql(role, "", "SET GLOBAL time_zone = '+02:00'");
        }
        said_and_done(&pair.url(Role::Primary, &schema), &|text| pair.sql(Role::Primary, &schema, text));
        // In UTC there is nothing to say.
        pair.sql(Role::Primary, "", "SET GLOBAL time_zone = '+00:00'");
        let (live, rows, desired, _) = MOVES[0];
        pair.sql(Role::Primary, &schema, &format!("{live}; INSERT INTO t VALUES {rows}"));
        let (_folder, plan) = plan(&pair.url(Role::Primary, &schema), desired);
        assert_eq!(finding(&plan), None, "{plan:#}");
    }
    if let Some(server) = mariadb::own("time_zones_mariadb", &["--default-time-zone=+02:00"]) {
        let schema = server.schema("zones");
        said_and_done(&server.url(&schema), &|text| server.sql(&schema, text));
    }
}
