//! The controller and its servers die at the worst moments, on a control plane and a pair of their own.

use std::time::Duration;

use serde_json::{Value, json};

use crate::observability::scrape;
use crate::support::{
    cluster::Controller,
    pair::{self, Role, eventually},
    reader::Reader,
    scene::{LIMIT, Scene},
};

/// A stage of its own on which nothing waits for a person.
fn faults(test: &str) -> Option<Scene> {
    Scene::own(test, "  approval: {from: None}\n  drift: {interval: 2s}\n")
}

fn users(scene: &Scene, email: &str, more: &str) {
    scene.users(&format!("    - {{name: email, type: {email}, nullable: false}}\n{more}"));
}

/// A first controller, and the table that it made.
fn working(scene: &Scene) -> Controller {
    let controller = scene.cluster.controller("first", &[]);
    users(scene, "varchar(50)", "");
    scene.ready("users");
    controller
}

/// Rows, and a change that copies them: returns while it does.
fn copy(scene: &Scene) {
    scene.fill();
    users(scene, "varchar(200)", "");
    scene.copying();
}

/// `users` with two FULLTEXT indexes, each of which needs an ALTER of its own.
pub(super) const TWO_STATEMENTS: &str = "  columns:
    - {name: id, type: int, nullable: false, autoIncrement: true}
    - {name: email, type: varchar(50), nullable: false}
    - {name: bio, type: text}
  primaryKey: {columns: [{name: id}]}
  indexes:
    - {name: ft_email, kind: Fulltext, columns: [{name: email}]}
    - {name: ft_bio, kind: Fulltext, columns: [{name: bio}]}
";

#[test]
fn a_controller_killed_in_the_middle_of_a_copy_adopts_it() {
    let Some(scene) = faults("adopt") else { return };
    let mut first = working(&scene);
    copy(&scene);
    first.kill();
    // The server goes on without its client; a successor finds the statement and waits for it.
    let second = scene.cluster.controller("second", &[]);
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "varchar(200)"));
    assert_eq!(scene.pair.executed("varchar(200)"), 1, "the statement ran more than once\n{}", second.log());
}

#[test]
fn a_controller_killed_between_two_statements_goes_on() {
    let Some(scene) = faults("between") else { return };
    let mut first = working(&scene);
    scene.fill();
    // Two statements: each FULLTEXT index needs an ALTER of its own.
    scene.apply("users", TWO_STATEMENTS);
    eventually("one of the two indexes is there", LIMIT, || {
        let definition = scene.pair.definition(Role::Primary, &scene.schema, "users");
        definition.contains("ft_email") || definition.contains("ft_bio")
    });
    first.kill();
    let second = scene.cluster.controller("second", &[]);
    scene.ready("users");
    assert!(
        scene.has(Role::Replica, "users", "ft_email") && scene.has(Role::Replica, "users", "ft_bio"),
        "{}",
        second.log()
    );
    assert_eq!(scene.pair.executed("ADD FULLTEXT KEY `ft_email`"), 1);
    assert_eq!(scene.pair.executed("ADD FULLTEXT KEY `ft_bio`"), 1);
}

#[test]
fn a_restart_takes_nothing_back() {
    let Some(scene) = faults("restart") else { return };
    let mut first = working(&scene);
    assert_eq!(first.terminate(), 0);
    let before = scene.table("users");
    let second = scene.cluster.controller("second", &[]);
    eventually("it has compared all Tables", LIMIT, || second.log().contains("every Table has been compared"));
    std::thread::sleep(Duration::from_secs(3));
    // Nobody was told anything: a wave of Argo CD that looked in between saw Ready.
    assert_eq!(scene.table("users")["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"]);
    // And it works.
    users(&scene, "varchar(50)", "    - {name: age, type: int}\n");
    scene.ready("users");
}

#[test]
fn two_controllers_at_once_run_everything_once() {
    let Some(scene) = faults("two") else { return };
    let mut first = scene.cluster.controller("first", &[]);
    let second = scene.cluster.controller("second", &[]);
    users(&scene, "varchar(50)", "");
    scene.ready("users");
    users(&scene, "varchar(50)", "    - {name: age, type: int}\n");
    scene.ready("users");
    assert_eq!(scene.pair.executed("ADD COLUMN `age`"), 1);
    assert_eq!(first.terminate(), 0, "a controller ends by itself on SIGTERM");
    users(&scene, "varchar(50)", "    - {name: age, type: int}\n    - {name: size, type: int}\n");
    scene.ready("users");
    assert_eq!(scene.pair.executed("ADD COLUMN `size`"), 1, "{}", second.log());
}

#[test]
fn an_api_server_that_is_away_for_a_while() {
    let Some(scene) = faults("away") else { return };
    let controller = working(&scene);
    copy(&scene);
    scene.cluster.script("kill-apiserver");
    std::thread::sleep(Duration::from_secs(5));
    scene.cluster.script("restart-apiserver");
    scene.ready("users");
    assert_eq!(scene.pair.executed("varchar(200)"), 1, "{}", controller.log());
}

#[test]
fn a_primary_that_dies_in_the_middle_of_a_statement() {
    let Some(scene) = faults("crash") else { return };
    let controller = working(&scene);
    copy(&scene);
    scene.pair.script("kill-primary");
    scene.pair.script("restart-primary");
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "varchar(200)"));
    assert_eq!(scene.pair.executed("varchar(200)"), 1, "{}", controller.log());
    // The server had to be asked once what became of the statement.
    let scrape = scrape::get(&controller.address(), "text/plain");
    let failed = |reason| scrape.sum("tablewright_ddl_failures_total", &[("reason", reason)]);
    assert_eq!((failed("Ambiguous"), failed("Failed")), (Some(1.0), Some(0.0)));
}

#[test]
fn a_primary_that_is_not_the_one_it_was() {
    let Some(scene) = faults("fence") else { return };
    let controller = working(&scene);

    // Read only without a source: fenced.
    scene.pair.sql(Role::Primary, "", "SET GLOBAL super_read_only = 1");
    users(&scene, "varchar(50)", "    - {name: age, type: int}\n");
    scene.wait("users", "Ready", "False", "");
    std::thread::sleep(Duration::from_secs(3));
    assert!(!scene.has(Role::Primary, "users", "`age`"));
    scene.pair.sql(Role::Primary, "", "SET GLOBAL super_read_only = 0; SET GLOBAL read_only = 0");
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "`age`"));

    // Another server behind the same name: fenced until a person names it.
    let Some(stranger) = pair::own("stranger") else { return };
    stranger.sql(Role::Primary, "", &format!("CREATE DATABASE `{}`", scene.schema));
    scene.change_database(&json!({ "primary": { "port": stranger.port(Role::Primary) } }));
    scene.wait_database("Ready", "False", "ServerChanged");
    assert!(stranger.tables(Role::Primary, &scene.schema).is_empty(), "{}", controller.log());
}

#[test]
fn a_replica_that_does_not_follow_holds_ready_back() {
    let Some(scene) = faults("replica") else { return };
    let controller = working(&scene);
    scene.pair.sql(Role::Replica, "", "STOP REPLICA SQL_THREAD");
    users(&scene, "varchar(50)", "    - {name: age, type: int}\n");
    scene.wait("users", "Ready", "False", "");
    std::thread::sleep(Duration::from_secs(3));
    scene.wait("users", "Ready", "False", "");
    scene.pair.sql(Role::Replica, "", "START REPLICA SQL_THREAD");
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "`age`"), "{}", controller.log());
}

#[test]
fn a_metadata_lock_is_named_in_the_status() {
    let Some(scene) = faults("lock") else { return };
    let controller = working(&scene);
    let reader = Reader::open(&scene.pair, Role::Primary, &scene.schema, "users");
    users(&scene, "varchar(50)", "    - {name: age, type: int}\n");
    eventually("the blocker is named", LIMIT, || {
        let plans = scene.cluster.list(&scene.namespace, "plans.tablewright.dev");
        Value::from(plans).to_string().contains("root@") || scene.table("users").to_string().contains("root@")
    });
    reader.end();
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "`age`"), "{}", controller.log());
}

#[test]
fn without_chosen_gtids_a_statement_runs_once_all_the_same() {
    let Some(scene) = faults("automatic") else { return };
    // The account that works, without SESSION_VARIABLES_ADMIN: no chosen GTIDs, no scratch schema.
    let user = "automatic";
    scene.pair.sql(
        Role::Primary,
        "",
        &format!(
            "CREATE USER '{user}'@'%' IDENTIFIED BY 'a-Secr3t';
             GRANT SELECT, CREATE, ALTER, DROP, INDEX, REFERENCES, INSERT, SHOW VIEW, TRIGGER, CREATE TEMPORARY TABLES ON `t%`.* TO '{user}'@'%';
             GRANT PROCESS, REPLICATION CLIENT ON *.* TO '{user}'@'%';
             GRANT SELECT ON performance_schema.* TO '{user}'@'%'"
        ),
    );
    scene.pair.wait_for_replica();
    scene.cluster.secret(&scene.namespace, user, "a-Secr3t");
    let mut first = working(&scene);
    assert!(scene.has(Role::Replica, "users", "varchar(50)"));
    // What is missing, and what it costs, is said.
    let missing = scene.database()["status"]["primary"]["missingPrivileges"].to_string();
    assert!(missing.contains("SESSION_VARIABLES_ADMIN") && missing.contains("GRANT"), "{missing}");

    // Killed in the middle of a copy: found by its connection and its text, and not started again.
    copy(&scene);
    first.kill();
    let second = scene.cluster.controller("second", &[]);
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "varchar(200)"));
    assert_eq!(scene.pair.executed("varchar(200)"), 1, "the statement ran more than once\n{}", second.log());
}
