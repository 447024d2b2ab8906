//! A primary that was put back to an earlier state, or beside which a replica is written: nothing is done to it before a
//! person says which one is right.

use super::regions::beside;
use crate::support::{
    pair::{Role, eventually},
    scene::{LIMIT, Scene},
};

const DRIFT: &str = "  approval: {from: None}\n  drift: {interval: 1s}\n";
const LATER: &str = "    - {name: later, type: int}\n";

/// What the status says the primary has lost.
fn lost(scene: &Scene) -> String {
    scene.database()["status"]["primary"]["lostGtids"].as_str().unwrap_or_default().to_owned()
}

/// How often this server has been asked what it has executed.
fn looks(scene: &Scene, server: Role) -> u64 {
    let query = "SELECT COALESCE(SUM(count_star), 0) FROM performance_schema.events_statements_summary_by_digest \
                 WHERE digest_text LIKE 'SELECT%gtid_executed%read_only%'";
    scene.pair.sql(server, "", query).trim().parse().expect("a number")
}

/// The GTID under which the last statement of the only succeeded plan that adds the column ran.
#[track_caller]
fn gtid_of_later(scene: &Scene) -> String {
    let plans = scene.plans();
    let plan = plans.iter().find(|plan| plan["spec"].to_string().contains("`later`")).expect("a plan that adds it");
    plan["status"]["statements"][0]["gtid"].as_str().expect("a GTID").to_owned()
}

#[test]
fn a_primary_put_back_to_an_earlier_state_is_fenced_at_once() {
    let Some(scene) = Scene::with_own_servers("a_primary_put_back", DRIFT) else { return };
    scene.users("");
    scene.ready("users");
    let backup = scene.pair.back_up_primary();
    scene.users(LATER);
    scene.ready("users");
    // Written by an application, beside what is written down in Plans.
    scene.pair.sql(Role::Primary, &scene.schema, "INSERT INTO users (later) VALUES (1)");
    scene.pair.wait_for_replica();
    let server = scene.pair.sql(Role::Primary, "", "SELECT @@server_uuid").trim().to_owned();
    let before = scene.pair.sql(Role::Primary, "", "SELECT @@gtid_executed").replace('\n', "");
    let seen = looks(&scene, Role::Primary);
    eventually("the controller has looked after that", LIMIT, || looks(&scene, Role::Primary) > seen);

    scene.pair.restore_primary(&backup);
    let missing = scene.pair.sql(Role::Primary, "", &format!("SELECT GTID_SUBTRACT('{before}', @@gtid_executed)"));
    scene.wait_database("Ready", "False", "HistoryLost");
    scene.wait_database("Stalled", "True", "HistoryLost");
    assert_eq!(scene.database()["status"]["state"], "Fenced");
    assert_eq!(lost(&scene), missing.replace('\n', ""));
    let message = scene.database_message();
    assert!(message.contains(&server) && message.contains(&lost(&scene)), "{message}");

    // Nothing is planned or run, neither what was lost nor anything new.
    let plans = scene.plans().len();
    scene.users(&format!("{LATER}    - {{name: wrong, type: int}}\n"));
    scene.wait("users", "Ready", "False", "DatabaseNotReady");
    assert_eq!(scene.plans().len(), plans, "a fenced primary is planned for");
    assert!(!scene.has(Role::Primary, "users", "`wrong`") && !scene.has(Role::Primary, "users", "`later`"));
}

#[test]
fn what_was_lost_while_no_controller_ran_is_known_from_its_plans_and_given_up_by_a_person() {
    let Some(scene) = Scene::own("lost_unseen", DRIFT) else { return };
    scene.change_database(&serde_json::json!({ "replicas": null }));
    let mut first = scene.cluster.controller("first", &[]);
    scene.users("");
    scene.ready("users");
    let backup = scene.pair.back_up_primary();
    scene.users(LATER);
    scene.ready("users");
    assert_eq!(first.terminate(), 0);
    scene.pair.restore_primary(&backup);

    let mut second = scene.cluster.controller("second", &[]);
    scene.wait_database("Ready", "False", "HistoryLost");
    assert_eq!(lost(&scene), gtid_of_later(&scene));
    second.kill();

    // Another transaction takes the number: the set is complete again, and the history is another one.
    let again = format!("SET gtid_next = '{}'; BEGIN; COMMIT; SET gtid_next = 'AUTOMATIC'", lost(&scene));
    scene.pair.sql(Role::Primary, "", &again);
    let third = scene.cluster.controller("third", &[]);
    eventually("it has looked", LIMIT, || third.log().contains("every Table has been compared"));
    scene.users(&format!("{LATER}    - {{name: more, type: int}}\n"));
    scene.wait("users", "Ready", "False", "DatabaseNotReady");
    scene.wait_database("Ready", "False", "HistoryLost");
    assert!(!scene.has(Role::Primary, "users", "`later`"), "{}", third.log());

    // What the Database says to do, typed as it stands, ends it: the lost change is planned anew.
    scene.do_as_told();
    scene.wait_database("Ready", "True", "Active");
    assert_eq!(lost(&scene), "");
    scene.ready("users");
    assert!(scene.has(Role::Primary, "users", "`later`") && scene.has(Role::Primary, "users", "`more`"));
}

#[test]
fn a_standby_that_was_built_anew_has_lost_nothing() {
    let Some(active) = Scene::with_own_servers("a_standby_built_anew", DRIFT) else { return };
    active.users("");
    active.ready("users");
    let standby = beside(&active, Role::Replica, "built-anew");
    standby.wait_database("Ready", "True", "Standby");
    let on_replica = |sql: &str| active.pair.sql(Role::Replica, "", sql);
    let before = on_replica("SELECT @@gtid_executed").replace('\n', "");
    let seen = looks(&active, Role::Replica);
    eventually("the controller knows what it has", LIMIT, || looks(&active, Role::Replica) > seen);
    // For a while it has nothing; then all but what a backup had left out comes from its source again.
    on_replica("STOP REPLICA; RESET BINARY LOGS AND GTIDS");
    let seen = looks(&active, Role::Replica);
    eventually("the controller has looked at it", LIMIT, || looks(&active, Role::Replica) > seen + 5);
    assert_eq!(standby.database()["status"]["state"], "Standby");
    on_replica(&format!("SET GLOBAL gtid_purged = '{before}'; START REPLICA"));
    // Promoted, it is the primary.
    on_replica("STOP REPLICA; RESET REPLICA ALL; SET GLOBAL super_read_only = 0; SET GLOBAL read_only = 0");
    standby.wait_database("Ready", "True", "Active");
    standby.users(LATER);
    // It adopts a table that differs: a person looks at it first.
    let plan = standby.plan("Pending");
    standby.approve(&plan);
    standby.ready("users");
    assert!(standby.has(Role::Replica, "users", "`later`"));
}

#[test]
fn a_replica_that_is_written_beside_the_primary_is_a_split_brain() {
    let Some(scene) = Scene::with_own_servers("split_brain", DRIFT) else { return };
    scene.users("");
    scene.ready("users");
    let on_replica = |sql: &str| scene.pair.sql(Role::Replica, &scene.schema, sql);
    let uuid = |role| scene.pair.sql(role, "", "SELECT @@server_uuid").trim().to_owned();

    // Writable, with a transaction of its own, and following still: wrong, and no second primary.
    on_replica("SET GLOBAL super_read_only = 0; SET GLOBAL read_only = 0; CREATE TABLE astray (id int PRIMARY KEY)");
    scene.users(LATER);
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "`later`"));

    on_replica("STOP REPLICA; RESET REPLICA ALL");
    scene.wait_database("Ready", "False", "SplitBrain");
    scene.wait_database("Stalled", "True", "SplitBrain");
    assert_eq!(scene.database()["status"]["state"], "Fenced");
    let message = scene.database_message();
    for server in [uuid(Role::Primary), uuid(Role::Replica), "failover".to_owned()] {
        assert!(message.contains(&server), "{server}: {message}");
    }
    let plans = scene.plans().len();
    scene.users(&format!("{LATER}    - {{name: wrong, type: int}}\n"));
    scene.wait("users", "Ready", "False", "DatabaseNotReady");
    assert_eq!(scene.plans().len(), plans, "a primary is planned for beside which another one is written");

    // Somebody says which one is right: the other may not be written any more.
    on_replica("SET GLOBAL super_read_only = 1");
    scene.wait_database("Ready", "True", "Active");
}
