//! Statements that fail on a real controller, and connections that are lost: what is counted, told and to be done.

use std::collections::BTreeSet;

use serde_json::Value;

use super::scrape;
use crate::support::{
    binary::{self, argument},
    cluster::{Controller, User},
    pair::{Role, eventually},
    reader::Reader,
    relay::Relay,
    scene::{LIMIT, Scene},
};

/// A value of a row, which must be seen nowhere.
const ROW: &str = "row-4711";

/// How often statements have failed for this reason.
fn failures(controller: &Controller, reason: &str) -> f64 {
    let scrape = scrape::get(&controller.address(), "text/plain");
    scrape.sum("tablewright_ddl_failures_total", &[("reason", reason)]).expect("it stands at zero from the beginning")
}

fn users(scene: &Scene, email: &str) {
    scene.users(&format!("    - {{name: email, type: {email}, nullable: false}}\n"));
}

#[test]
fn what_is_to_be_seen_of_statements_that_fail() {
    let test = "what_is_to_be_seen_of_statements_that_fail";
    let Some(scene) = Scene::own(test, "  approval: {from: None}\n  drift: {interval: 2s}\n") else { return };
    let relay = Relay::to(scene.pair.port(Role::Primary));
    scene.change_database(&serde_json::json!({ "primary": { "port": relay.port() } }));
    let controller = scene.cluster.controller("first", &["--log-format", "json"]);
    users(&scene, "varchar(50)");
    scene.ready("users");
    scene.fill();

    // The server ends the connection while it copies: rolled back, and run again.
    users(&scene, "varchar(200)");
    let connection = scene.copying();
    scene.pair.sql(Role::Primary, "", &format!("KILL {connection}"));
    scene.ready("users");
    assert_eq!(scene.pair.executed("varchar(200)"), 1, "{}", controller.log());
    assert_eq!((failures(&controller, "Ambiguous"), failures(&controller, "Failed")), (1.0, 0.0));

    refused(&scene, &controller);

    // Between the controller and the server the connections are cut, and the server knows nothing of it: found running,
    // or done, and not run again.
    users(&scene, "text");
    scene.copying();
    relay.cut();
    scene.wait("users", "Ready", "False", "PrimaryUnreachable");
    relay.mend();
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "`email` text"));
    assert_eq!(scene.pair.executed("MODIFY COLUMN `email` text"), 1, "{}", controller.log());
    assert_eq!((failures(&controller, "Ambiguous"), failures(&controller, "Failed")), (2.0, 1.0));
    // As many Plans tell of it as were counted.
    let told = told(&scene, "Plan", "PrimaryUnreachable", "the server is asked what became of the statement", 2);
    assert_eq!(told.len(), 2, "{told:?}");
}

/// Duplicates that nobody could count beforehand: their transaction was still open.
fn refused(scene: &Scene, controller: &Controller) {
    let members = |index: &str| {
        scene.apply("members", &format!("  columns:\n    - {{name: id, type: int, nullable: false, autoIncrement: true}}\n    - {{name: email, type: varchar(50), nullable: false}}\n  primaryKey: {{columns: [{{name: id}}]}}\n{index}"));
    };
    members("");
    scene.ready("members");
    let rows = format!("INSERT INTO members (email) VALUES ('{ROW}'), ('{ROW}')");
    let writer = Reader::after(&scene.pair, Role::Primary, &scene.schema, &rows);
    members("  indexes: [{name: members_email, kind: Unique, columns: [{name: email}]}]\n");
    let waiting = "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'Waiting for table metadata lock'";
    eventually("the ALTER waits", LIMIT, || scene.pair.sql(Role::Primary, "", waiting).trim() == "1");
    let before = failures(controller, "Failed");
    writer.commit();
    scene.wait("members", "Stalled", "True", "PlanFailed");
    assert_eq!(failures(controller, "Failed"), before + 1.0);

    // What the runbook says: the plan is Failed and its statement has the error; without the cause, retry is all it takes.
    let plan = scene.plan("Failed");
    let kubeconfig = scene.cluster.kubeconfig(User::Dba);
    let plugin = |arguments: &[&str]| {
        let of = ["--kubeconfig", argument(&kubeconfig), "-n", &scene.namespace];
        binary::run(&[arguments, &of].concat()).expect(0).stdout
    };
    let described = plugin(&["describe", "plan", &plan]);
    assert!(described.contains("1062") && described.contains("kubectl tablewright retry"), "{described}");
    assert_eq!(told(scene, "Plan", "PlanFailed", "1062", 1), BTreeSet::from([plan.clone()]));
    told(scene, "Table", "PlanFailed", "1062", 1);
    let seen = [
        described,
        controller.log(),
        scene.plan_object(&plan).to_string(),
        scene.table("members").to_string(),
        Value::from(scene.cluster.list(&scene.namespace, "events.events.k8s.io")).to_string(),
        scrape::get(&controller.address(), "text/plain").text,
    ];
    assert!(seen.iter().all(|text| !text.contains(ROW)), "a row's value is told: {seen:#?}");
    scene.pair.sql(Role::Primary, &scene.schema, "DELETE FROM members");
    plugin(&["retry", &plan]);
    scene.ready("members");
    assert_eq!(failures(controller, "Failed"), before + 1.0);
}

/// Somebody who asks for warnings finds this of that many objects: their names.
#[track_caller]
fn told(scene: &Scene, kind: &str, reason: &str, says: &str, of: usize) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    eventually(&format!("{of} events of a {kind}: {reason}, {says}"), LIMIT, || {
        let events = scene.cluster.list(&scene.namespace, "events.events.k8s.io");
        let wanted = events.iter().filter(|event| {
            event["regarding"]["kind"] == kind
                && event["reason"] == reason
                && event["type"] == "Warning"
                && event["note"].as_str().unwrap_or_default().contains(says)
        });
        names = wanted.filter_map(|event| event["regarding"]["name"].as_str().map(str::to_owned)).collect();
        names.len() >= of
    });
    names
}
