//! What becomes of Tables while their replica is late, blocked, stopped, astray or away.

use serde_json::json;

use crate::support::{
    cluster::User,
    pair::{Role, account, eventually},
    reader::Reader,
    scene::{LIMIT, Scene},
};

/// Servers of its own, looked at every second.
fn scene(test: &str) -> Option<Scene> {
    Scene::with_own_servers(test, "  approval: {from: None}\n  drift: {interval: 1s}\n")
}

/// `users` with its id and integers of these names.
fn users(scene: &Scene, columns: &[&str]) {
    let lines: String = columns.iter().map(|name| format!("    - {{name: {name}, type: int}}\n")).collect();
    scene.users(&lines);
}

/// Waits until the Table says this of its replica; the message names the replica, and what a person needs to know.
#[track_caller]
fn waits(scene: &Scene, reason: &str, verdict: &str, says: &str) {
    scene.wait("users", "Ready", "False", reason);
    scene.wait("users", "Replicated", "False", reason);
    let message = scene.message("users", "Replicated");
    assert!(message.contains("failover") && message.contains(says), "{message}");
    assert_eq!(scene.table("users")["status"]["replicas"][0]["verdict"], verdict);
}

const APPLIER: &str = "STOP REPLICA SQL_THREAD; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = ";

#[test]
fn a_replica_that_cannot_be_seen_is_known_before_the_first_table() {
    let Some(scene) = Scene::shared("a_replica_before_the_first_table", "  drift: {interval: 1s}\n") else { return };
    scene.wait_database("Replicated", "True", "Replicated");
    let patch = json!({ "stringData": { "replicaPassword": "not this one" } }).to_string();
    scene.cluster.kubectl(User::Admin, &["-n", &scene.namespace, "patch", "secret", "mysql", "-p", &patch], "");
    scene.wait_database("Replicated", "False", "ReplicaUnobservable");
    let conditions = scene.database()["status"]["conditions"].to_string();
    assert!(conditions.contains("failover") && conditions.contains("refuses the login"), "{conditions}");
    assert!(!conditions.contains("not this one"), "{conditions}");
    // The account of the Secret is put right.
    let (user, password) = account(Role::Primary);
    scene.cluster.secret(&scene.namespace, user, password);
    scene.wait_database("Replicated", "True", "Replicated");
}

#[test]
fn a_delayed_replica_holds_ready_back_until_it_has_come_so_far() {
    let Some(scene) = scene("a_delayed_replica") else { return };
    users(&scene, &[]);
    scene.ready("users");
    scene.pair.sql(Role::Replica, "", &format!("{APPLIER}3600; START REPLICA SQL_THREAD"));

    // Later on purpose than the Database allows: nothing starts.
    users(&scene, &["late"]);
    scene.wait("users", "Ready", "False", "ReplicaLagging");
    assert!(scene.message("users", "Ready").contains("3600"), "{}", scene.message("users", "Ready"));
    assert!(
        !scene.has(Role::Primary, "users", "`late`"),
        "a plan ran while a required replica was late beyond its limit"
    );

    // As late as the Database allows: applied, and not Ready before it is there, too.
    let mut replicas = scene.database()["spec"]["replicas"].clone();
    replicas[0]["maxLag"] = json!("2h");
    scene.change_database(&json!({ "replicas": replicas }));
    waits(&scene, "ReplicaLagging", "Lagging", "3600");
    // The primary has it: applied, not replicated.
    scene.wait("users", "Applied", "True", "");
    assert!(scene.has(Role::Primary, "users", "`late`") && !scene.has(Role::Replica, "users", "`late`"));
    let plan = scene.plan("Verifying");
    scene.pair.sql(Role::Replica, "", &format!("{APPLIER}0; START REPLICA SQL_THREAD"));
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "`late`"));
    scene.wait_plan(&plan, "Succeeded");
    // The Database says up to where the replica has been verified.
    let gtid = scene.plan_object(&plan)["status"]["statements"][0]["gtid"].clone();
    eventually("the verified GTID is told", LIMIT, || {
        scene.database()["status"]["replicas"][0]["verifiedGtid"] == gtid
    });
}

#[test]
fn a_blocked_applier_is_named_with_its_blocker() {
    let Some(scene) = scene("a_blocked_applier") else { return };
    users(&scene, &[]);
    scene.ready("users");
    let reader = Reader::open(&scene.pair, Role::Replica, &scene.schema, "users");
    users(&scene, &["held"]);
    waits(&scene, "ReplicaBlocked", "Blocked", "root@");
    reader.end();
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "`held`"));
}

/// What the runbook has somebody type on a replica that has diverged, with this ALTER.
fn runbook(alter: &str) -> String {
    let page = include_str!("../../../docs/runbooks/TablewrightReplicaDiverged.md");
    let lines: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("      ")).collect();
    let steps = lines.join("\n");
    assert!(steps.contains("ALTER TABLE ...;"), "{steps}");
    steps.replace("ALTER TABLE ...;", &format!("{alter};"))
}

#[test]
fn a_stopped_applier_and_its_error_are_told() {
    let Some(scene) = scene("a_stopped_applier") else { return };
    users(&scene, &[]);
    scene.ready("users");
    // Somebody makes a column on the replica; when it arrives from the primary, the applier stops.
    let astray = |sql: &str| {
        let around = "SET GLOBAL super_read_only = 0; SET sql_log_bin = 0;";
        scene.pair.sql(Role::Replica, &scene.schema, &format!("{around} {sql}; SET GLOBAL super_read_only = 1"));
    };
    astray("ALTER TABLE users ADD COLUMN twice int");
    waits(&scene, "ReplicaDiverged", "Diverged", "users");

    // Nothing starts while the replica has another definition: a later change would stop it for good.
    users(&scene, &["twice"]);
    scene.wait("users", "Ready", "False", "");
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert!(!scene.has(Role::Primary, "users", "`twice`"), "a plan ran while a required replica had diverged");

    // Somebody runs it by hand all the same, and the applier stops with an error.
    scene.pair.sql(Role::Primary, &scene.schema, "ALTER TABLE users ADD COLUMN twice int");
    waits(&scene, "ReplicaStopped", "Stopped", "1060");
    let own = || scene.pair.sql(Role::Replica, "", "SELECT @@super_read_only, @@read_only, @@global.gtid_executed");
    let before = own();
    assert!(before.starts_with("1\t1\t"), "{before}");
    scene.pair.sql(Role::Replica, &scene.schema, &runbook("ALTER TABLE users DROP COLUMN twice"));
    assert_eq!(own(), before);
    scene.pair.sql(Role::Replica, "", "START REPLICA SQL_THREAD");
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "`twice`"));
}

#[test]
fn a_stopped_replica_is_told_though_nothing_is_pending() {
    let Some(scene) = scene("a_stopped_replica_with_nothing_pending") else { return };
    users(&scene, &[]);
    scene.ready("users");
    scene.wait_database("Replicated", "True", "Replicated");
    scene.pair.sql(Role::Replica, "", "STOP REPLICA");
    scene.wait_database("Replicated", "False", "ReplicaStopped");
    assert_eq!(scene.database()["status"]["replicas"][0]["applierState"], "Stopped");
    scene.pair.sql(Role::Replica, "", "CHANGE REPLICATION FILTER REPLICATE_DO_DB = (elsewhere); START REPLICA");
    scene.wait_database("Replicated", "False", "ReplicaFiltered");
    scene.pair.sql(
        Role::Replica,
        "",
        "STOP REPLICA SQL_THREAD; CHANGE REPLICATION FILTER REPLICATE_DO_DB = (); START REPLICA",
    );
    scene.wait_database("Replicated", "True", "Replicated");
    scene.ready("users");
}

#[test]
fn transactions_of_a_replica_alone_are_told_and_plans_go_on() {
    let Some(scene) = scene("an_errant_replica") else { return };
    users(&scene, &[]);
    scene.ready("users");
    let around = ("SET GLOBAL super_read_only = 0", "SET GLOBAL super_read_only = 1");
    scene.pair.sql(Role::Replica, &scene.schema, &format!("{}; ANALYZE TABLE users; {}", around.0, around.1));
    scene.wait_database("Replicated", "False", "ReplicaErrant");
    let replica = scene.database()["status"]["replicas"][0].clone();
    let uuid = scene.pair.sql(Role::Replica, "", "SELECT @@server_uuid");
    assert_eq!(replica["applierState"], "Errant");
    assert!(replica["message"].to_string().contains(uuid.trim()), "{replica}");
    // The change runs, is proved on the replica, and its Table is Ready.
    users(&scene, &["meanwhile"]);
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "`meanwhile`"));
    scene.plan("Succeeded");
    scene.wait_database("Replicated", "False", "ReplicaErrant");
}

#[test]
fn nothing_starts_while_a_required_replica_is_away() {
    let Some(scene) = scene("nothing_starts_while_a_replica_is_away") else { return };
    users(&scene, &[]);
    scene.ready("users");
    scene.pair.script("kill-replica");
    scene.wait_database("Replicated", "False", "ReplicaUnobservable");
    users(&scene, &["unseen"]);
    scene.wait("users", "Ready", "False", "");
    eventually("the plan says for what it waits", LIMIT, || {
        scene.plans().iter().any(|plan| plan["status"].to_string().contains("failover"))
    });
    assert!(!scene.has(Role::Primary, "users", "`unseen`"), "a plan ran while a required replica was away");
    scene.pair.script("restart-replica");
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "`unseen`"));
}

#[test]
fn a_replica_that_is_not_required_holds_nothing_back() {
    let Some(scene) = scene("a_replica_that_is_not_required") else { return };
    let mut replicas = scene.database()["spec"]["replicas"].clone();
    replicas[0]["required"] = json!(false);
    scene.change_database(&json!({ "replicas": replicas }));
    users(&scene, &[]);
    scene.ready("users");
    scene.pair.sql(Role::Replica, "", "STOP REPLICA SQL_THREAD");
    users(&scene, &["alone"]);
    scene.ready("users");
    assert!(scene.has(Role::Primary, "users", "`alone`") && !scene.has(Role::Replica, "users", "`alone`"));
    // It is told all the same.
    eventually("the replica's state is told", LIMIT, || {
        scene.table("users")["status"]["replicas"][0]["verdict"] == "Stopped"
    });
}
