//! When a Database lets nothing begin: it observes, is suspended, is outside its windows, or nobody decided in time.

use std::time::Duration;

use serde_json::json;

use super::faults::TWO_STATEMENTS;
use crate::support::{
    cluster::User,
    pair::{Role, eventually},
    scene::{LIMIT, Scene},
};

#[test]
fn a_database_that_observes_compares_and_writes_nothing() {
    let Some(scene) = Scene::shared("a_database_that_observes", "  mode: Observe\n  drift: {interval: 1s}\n") else {
        return;
    };
    scene.users("");
    scene.wait("users", "Ready", "False", "Differs");
    assert!(scene.plans().is_empty() && scene.pair.tables(Role::Primary, &scene.schema).is_empty());
    let table = "CREATE TABLE users (id int NOT NULL AUTO_INCREMENT PRIMARY KEY)";
    scene.pair.sql(Role::Primary, &scene.schema, table);
    scene.ready("users");
    assert!(scene.plans().is_empty());
}

#[test]
fn nothing_starts_outside_the_windows() {
    let Some(scene) = Scene::shared("nothing_starts_outside_the_windows", "") else { return };
    // A minute, in three hours.
    let hour: u32 =
        scene.pair.sql(Role::Primary, "", "SELECT (HOUR(UTC_TIMESTAMP()) + 3) % 24").trim().parse().unwrap();
    let window = json!({ "cron": format!("30 {hour} * * *"), "duration": "1m", "timeZone": "UTC" });
    scene.change_database(&json!({ "execution": { "windows": [window] } }));
    scene.users("");
    scene.wait("users", "Ready", "False", "OutsideWindow");
    let plan = scene.plan("Pending");
    assert!(scene.pair.tables(Role::Primary, &scene.schema).is_empty());
    // The window is open all day long: the same plan runs.
    let window = json!({ "cron": "* * * * *", "duration": "1h", "timeZone": "Europe/Berlin" });
    scene.change_database(&json!({ "execution": { "windows": [window] } }));
    scene.ready("users");
    assert_eq!(scene.plan_object(&plan)["status"]["phase"], "Succeeded");
}

#[test]
fn a_plan_on_which_nobody_decides_expires() {
    let Some(scene) = Scene::shared("a_plan_on_which_nobody_decides_expires", "  approval: {expiresAfter: 4s}\n")
    else {
        return;
    };
    scene.users("    - {name: fax, type: int}\n");
    scene.ready("users");
    scene.users("");
    let plan = scene.plan("Pending");
    let digest = scene.digest(&plan);
    scene.wait_plan(&plan, "Expired");
    scene.wait("users", "Ready", "False", "PlanExpired");
    let late = scene.decide(User::Dba, "dba", &plan, "Approved", &digest).expect_err("too late");
    assert!(late.contains("Pending") || late.contains("phase"), "{late}");
    assert!(scene.has(Role::Primary, "users", "`fax`"));
    // A new manifest is a new question.
    scene.users("    - {name: fax, type: int}\n    - {name: phone, type: int}\n");
    scene.ready("users");
}

#[test]
fn a_suspended_database_begins_nothing_and_stops_after_a_statement() {
    let Some(scene) = Scene::with_own_servers("a_suspended_database", "  approval: {from: None}\n  suspend: true\n")
    else {
        return;
    };
    let columns = "    - {name: email, type: varchar(50), nullable: false}\n";
    scene.users(columns);
    scene.wait("users", "Ready", "False", "Suspended");
    assert!(scene.pair.tables(Role::Primary, &scene.schema).is_empty());
    scene.change_database(&json!({ "suspend": false }));
    scene.ready("users");

    // Suspended while the first of two statements runs: it ends, and the second does not begin.
    scene.fill();
    scene.apply("users", TWO_STATEMENTS);
    let count = format!(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE db = '{}' AND info LIKE 'ALTER TABLE%FULLTEXT%'",
        scene.schema
    );
    eventually("the first index is built", LIMIT, || scene.pair.sql(Role::Primary, "", &count).trim() == "1");
    scene.change_database(&json!({ "suspend": true }));
    let plan = scene.plan("Cancelled");
    let states: Vec<_> = scene.plan_object(&plan)["status"]["statements"]
        .as_array()
        .expect("statements")
        .iter()
        .map(|statement| statement["state"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(states.last().map(String::as_str), Some("Pending"), "{states:?}");
    std::thread::sleep(Duration::from_secs(2));
    let has = |index: &str| scene.has(Role::Primary, "users", index);
    assert!(has("ft_email") != has("ft_bio"), "one of the two");
    scene.change_database(&json!({ "suspend": false }));
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "ft_email") && scene.has(Role::Replica, "users", "ft_bio"));
    for index in ["ft_email", "ft_bio"] {
        assert_eq!(scene.pair.executed(&format!("ADD FULLTEXT KEY `{index}`")), 1);
    }
}

#[test]
fn drift_is_planned_where_the_database_says_so() {
    let Some(scene) = Scene::shared("drift_is_planned", "  drift: {interval: 1s, action: Plan}\n") else { return };
    scene.users("");
    scene.ready("users");
    // The probe tells changes by the second.
    std::thread::sleep(Duration::from_millis(1100));
    scene.pair.sql(Role::Primary, &scene.schema, "ALTER TABLE users ADD COLUMN surprise int");
    scene.wait("users", "Ready", "False", "AwaitingApproval");
    scene.wait("users", "Drifted", "True", "");
    scene.approve(&scene.plan("Pending"));
    scene.ready("users");
    assert!(!scene.has(Role::Replica, "users", "`surprise`"));
}
