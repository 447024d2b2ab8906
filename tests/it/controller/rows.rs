//! A Database that asks for it: a plan ends only when the rows of the tables that it wrote anew are the same on the replica.

use serde_json::json;

use crate::support::{pair::Role, scene::Scene};

const SECRET: &str = "hunter2";

#[test]
fn a_plan_ends_only_with_the_same_rows_on_the_replica() {
    let extra = "  approval: {from: None}\n  drift: {interval: 1s}\n  verification: {rows: Changed}\n";
    let Some(scene) = Scene::with_own_servers("a_plan_ends_only_with_the_same_rows", extra) else { return };
    let users =
        |kind: &str| scene.users(&format!("    - {{name: email, type: {kind}}}\n    - {{name: number, type: int}}\n"));
    users("varchar(100)");
    scene.ready("users");
    scene.pair.sql(
        Role::Primary,
        &scene.schema,
        &format!("INSERT INTO users (email, number) VALUES ('{SECRET}-1', 1), ('{SECRET}-2', 2), ('{SECRET}-3', 3)"),
    );
    scene.pair.wait_for_replica();
    let behind = |sql: &str| {
        let around = "SET GLOBAL super_read_only = 0; SET sql_log_bin = 0;";
        scene.pair.sql(Role::Replica, &scene.schema, &format!("{around} {sql}; SET GLOBAL super_read_only = 1"));
    };

    // The same rows: the plan copies the table and ends.
    users("varchar(300)");
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "varchar(300)"));
    assert!(scene.plans().iter().all(|plan| plan["status"]["phase"] == "Succeeded"));

    // Another row: it has arrived, its definitions are equal, and it does not end.
    behind("UPDATE users SET number = 4 WHERE number = 3");
    users("varchar(200)");
    scene.wait("users", "Ready", "False", "RowsDiffer");
    let message = scene.message("users", "Ready");
    assert!(message.contains("users on replica failover: the rows differ: chunk 1 (3 rows"), "{message}");
    assert!(scene.has(Role::Replica, "users", "varchar(200)"));
    let plan = scene.plan("Verifying");
    let object = scene.plan_object(&plan).to_string();
    assert!(object.contains("RowsDiffer") && object.contains("Stalled") && !object.contains(SECRET), "{object}");

    // Repaired, it is compared again.
    behind("UPDATE users SET number = 3 WHERE number = 4");
    scene.ready("users");
    scene.wait_plan(&plan, "Succeeded");

    // A column that is added INSTANT writes no row: nothing is compared.
    behind("UPDATE users SET number = 4 WHERE number = 3");
    scene.users(
        "    - {name: email, type: varchar(200)}\n    - {name: number, type: int}\n    - {name: age, type: int}\n",
    );
    scene.ready("users");

    // Switched off, a difference keeps no plan from ending.
    scene.change_database(&json!({ "verification": { "rows": "Off" } }));
    scene.users(
        "    - {name: email, type: varchar(100)}\n    - {name: number, type: int}\n    - {name: age, type: int}\n",
    );
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "varchar(100)"));
}
