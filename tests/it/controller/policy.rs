//! When a Database lets nothing begin: it observes, is suspended, is outside its windows, or nobody decided in time.

use std::time::Duration;

use serde_json::{Value, json};

use super::faults::TWO_STATEMENTS;
use crate::support::{
    binary,
    cluster::{User, condition},
    pair::{Role, eventually},
    scene::{LIMIT, Scene},
};

const FAX: &str = "    - {name: fax, type: int}\n";

/// A window of a minute, in three hours.
fn later(scene: &Scene) -> Value {
    let hour: u32 =
        scene.pair.sql(Role::Primary, "", "SELECT (HOUR(UTC_TIMESTAMP()) + 3) % 24").trim().parse().unwrap();
    json!({ "cron": format!("30 {hour} * * *"), "duration": "1m", "timeZone": "UTC" })
}

/// What a Plan is Ready or not for.
fn reason(scene: &Scene, plan: &str) -> String {
    condition(&scene.plan_object(plan), "Ready").map(|(_, reason)| reason).unwrap_or_default()
}

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
    scene.change_database(&json!({ "execution": { "windows": [later(&scene)] } }));
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

#[test]
fn a_tightened_policy_reaches_what_waits() {
    let Some(scene) = Scene::shared("a_tightened_policy_reaches_what_waits", "  approval: {from: None}\n") else {
        return;
    };
    scene.users(FAX);
    scene.ready("users");
    scene.change_database(&json!({ "execution": { "windows": [later(&scene)] } }));
    scene.users("");
    let plan = scene.plan("Pending");
    eventually("it waits for the window", LIMIT, || reason(&scene, &plan) == "OutsideWindow");
    assert_eq!(scene.plan_object(&plan)["status"]["approval"]["how"], "Policy");

    // The policy asks for a person now: what it approved itself waits for one, and the window lets nothing through.
    scene.change_database(&json!({ "approval": { "from": "Caution" } }));
    eventually("it waits for a person", LIMIT, || reason(&scene, &plan) == "AwaitingApproval");
    assert_eq!(scene.plan_object(&plan)["status"]["approval"], Value::Null);
    scene.approve(&plan);
    eventually("it waits for the window", LIMIT, || reason(&scene, &plan) == "OutsideWindow");
    assert_eq!(scene.plan_object(&plan)["status"]["approval"]["how"], "Kubectl");

    // A person's way is taken away: what was approved in it is planned anew, and nobody can approve that so.
    scene.change_database(&json!({ "approval": { "via": ["Git"] }, "execution": { "windows": null } }));
    scene.wait_plan(&plan, "Superseded");
    let again = scene.plan("Pending");
    eventually("it waits for an Approval", LIMIT, || reason(&scene, &again) == "AwaitingApproval");
    assert_eq!(scene.plan_object(&again)["spec"]["proposal"]["approvalVia"], json!(["Git"]));
    assert_eq!(scene.digest(&again), scene.digest(&plan));
    scene.decide(User::Dba, "dba", &again, "Approved", &scene.digest(&again)).expect_err("by Git alone");
    assert!(scene.has(Role::Primary, "users", "`fax`"), "nothing ran");

    scene.change_database(&json!({ "approval": { "via": ["Kubectl"] } }));
    scene.wait_plan(&again, "Superseded");
    let last = scene.plan("Pending");
    eventually("it waits for a person", LIMIT, || reason(&scene, &last) == "AwaitingApproval");
    scene.approve(&last);
    scene.ready("users");
    assert!(!scene.has(Role::Replica, "users", "`fax`"));
}

#[test]
fn what_was_approved_for_one_schema_runs_in_no_other() {
    let Some(scene) = Scene::shared("what_was_approved_for_one_schema", "  approval: {from: None}\n") else { return };
    scene.users(FAX);
    scene.ready("users");
    // The same table, in another schema of the same server.
    let other = scene.pair.schema("controller");
    scene.pair.sql(Role::Primary, &other, &format!("CREATE TABLE users LIKE `{}`.users", scene.schema));
    let windows = json!({ "execution": { "windows": [later(&scene)] }, "approval": { "from": "Caution" } });
    scene.change_database(&windows);
    scene.users("");
    let plan = scene.plan("Pending");
    scene.approve(&plan);
    eventually("it waits for the window", LIMIT, || reason(&scene, &plan) == "OutsideWindow");

    // The Database is made again over the other schema, with no window to wait for.
    let arguments = ["-n", &scene.namespace, "delete", "databases.tablewright.dev", "blog"];
    scene.cluster.kubectl(User::Admin, &arguments, "");
    scene.cluster.database(&scene.namespace, &scene.pair, &other, "  execution: {settle: 200ms}\n");
    scene.wait_plan(&plan, "Superseded");
    let again = scene.plan("Pending");
    assert_ne!(scene.digest(&again), scene.digest(&plan));
    assert_eq!(scene.plan_object(&again)["spec"]["proposal"]["baseline"]["schema"], other.as_str());
    eventually("it waits for a person", LIMIT, || reason(&scene, &again) == "AwaitingApproval");
    for schema in [&scene.schema, &other] {
        assert!(scene.pair.definition(Role::Primary, schema, "users").contains("`fax`"), "nothing ran in {schema}");
    }
}

#[test]
fn a_table_made_again_under_its_name_is_another_table() {
    let Some(scene) = Scene::shared("a_table_made_again_under_its_name", "") else { return };
    let table = "CREATE TABLE users (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, fax int)";
    scene.pair.sql(Role::Primary, &scene.schema, table);
    // The first generation of the first object: it adopts the live table, and waits.
    scene.users("");
    let first = scene.plan("Pending");
    assert!(scene.plan_object(&first)["spec"]["proposal"]["statements"].to_string().contains("DROP COLUMN `fax`"));
    let digest = scene.digest(&first);

    // The first generation of another object, under the same name and over the same live table.
    scene.replace_users(&format!("{FAX}    - {{name: phone, type: int}}\n"));
    let statements = |plan: &Value| plan["spec"]["proposal"]["statements"].to_string();
    let mut second = String::new();
    eventually("the new Table's plan waits", LIMIT, || {
        let plans = scene.plans();
        let shows = |plan: &&Value| statements(plan).contains("`phone`") && plan["status"]["phase"] == "Pending";
        let found = plans.iter().find(shows).and_then(|plan| plan["metadata"]["name"].as_str());
        found.unwrap_or_default().clone_into(&mut second);
        !second.is_empty()
    });
    assert!(!statements(&scene.plan_object(&second)).contains("DROP"), "what the old Table asked for");
    // The first goes with its Table, or is of no use any more; who approves it late approves nothing.
    let _ = scene.decide(User::Dba, "dba", &first, "Approved", &digest);
    eventually("the first plan is out of the way", LIMIT, || {
        scene.plans().iter().all(|plan| plan["metadata"]["name"] != *first || plan["status"]["phase"] == "Superseded")
    });
    scene.approve(&second);
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "`fax`") && scene.has(Role::Replica, "users", "`phone`"));
}

/// A policy that lets everything through approves no loss of rows with their partitions: a person does.
#[test]
fn a_policy_deletes_no_rows_with_their_partitions() {
    let Some(scene) = Scene::shared("a_policy_deletes_no_rows", "  approval: {from: None}\n  drift: {interval: 1s}\n")
    else {
        return;
    };
    let places = |lists: &str| {
        scene.apply(
            "places",
            &format!("  sql: CREATE TABLE places (id int NOT NULL PRIMARY KEY) PARTITION BY LIST (id) ({lists})\n"),
        );
    };
    places("PARTITION a VALUES IN (1,2), PARTITION b VALUES IN (3)");
    scene.ready("places");
    scene.pair.sql(Role::Primary, &scene.schema, "INSERT INTO places VALUES (1), (2), (3)");
    places("PARTITION a VALUES IN (1), PARTITION b VALUES IN (3)");
    let plan = scene.plan("Failed");
    let object = scene.plan_object(&plan).to_string();
    assert!(object.contains("approval.from") && object.contains("TW028"), "{object}");
    assert_eq!(scene.pair.sql(Role::Primary, &scene.schema, "SELECT COUNT(*) FROM places").trim(), "3");
    // Asked, a person approves exactly this.
    scene.change_database(&json!({ "approval": { "from": "Destructive" } }));
    let mut retry = binary::command();
    retry.env("KUBECONFIG", scene.cluster.kubeconfig(User::Dba)).args(["retry", &plan, "-n", &scene.namespace]);
    binary::outcome(&mut retry).expect(0);
    let plan = scene.plan("Pending");
    scene.approve(&plan);
    scene.wait_plan(&plan, "Succeeded");
    scene.ready("places");
    assert_eq!(scene.pair.sql(Role::Primary, &scene.schema, "SELECT COUNT(*) FROM places").trim(), "2");
}
