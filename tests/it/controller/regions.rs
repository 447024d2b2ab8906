//! Two regions: the standby compares and never writes, promotion ends that, and nobody writes to the wrong server.

use serde_json::json;

use crate::support::{
    cluster::{Cluster, User},
    pair::{Pair, Role, account},
    scene::Scene,
};

const DRIFT: &str = "  approval: {from: None}\n  drift: {interval: 1s}\n";

/// A second Database for the same schema, in a namespace of its own, whose primary is this server.
pub(super) fn beside(scene: &Scene, server: Role, name: &str) -> Scene {
    let (cluster, pair): (&Cluster, &Pair) = (&scene.cluster, &scene.pair);
    let namespace = cluster.namespace(name);
    let (user, password) = account(Role::Primary);
    cluster.secret(&namespace, user, password);
    let text = format!(
        "apiVersion: tablewright.dev/v1alpha1\nkind: Database\nmetadata: {{name: blog, namespace: {namespace}}}\nspec:\n  schema: {}\n  \
         execution: {{settle: 200ms}}\n  primary:\n    host: 127.0.0.1\n    port: {}\n    credentials: {{secretName: mysql}}\n{DRIFT}",
        scene.schema,
        pair.port(server),
    );
    cluster.kubectl(User::Admin, &["apply", "-f", "-"], &text);
    scene.in_namespace(namespace)
}

#[test]
fn the_standby_follows_and_takes_over_when_it_is_promoted() {
    let Some(active) = Scene::with_own_servers("the_standby_follows", DRIFT) else { return };
    let standby = beside(&active, Role::Replica, "standby");
    let on_replica = |sql: &str| active.pair.sql(Role::Replica, "", sql);

    // Git reaches the standby's cluster first: it waits, and writes nothing.
    standby.users("");
    standby.wait_database("Ready", "True", "Standby");
    standby.wait("users", "Ready", "False", "WaitingForReplication");
    active.users("");
    active.ready("users");
    standby.wait("users", "Ready", "True", "InSyncStandby");
    assert!(standby.plans().is_empty(), "the standby plans");

    // Stopped and writable, but with a source still: nobody knows who it is.
    on_replica("STOP REPLICA; SET GLOBAL super_read_only = 0; SET GLOBAL read_only = 0");
    standby.wait_database("Ready", "False", "SourceConfigured");
    let more = "    - {name: promoted, type: int}\n";
    standby.users(more);
    standby.wait("users", "Ready", "False", "");
    assert!(!standby.has(Role::Replica, "users", "`promoted`"));

    // Promoted: writable, no source.
    on_replica("RESET REPLICA ALL");
    standby.wait_database("Ready", "True", "Active");
    standby.ready("users");
    assert!(standby.has(Role::Replica, "users", "`promoted`"));

    // The other region's server follows nobody and is read-only: fenced, whatever its manifests say.
    active.pair.sql(Role::Primary, "", "SET GLOBAL super_read_only = 1");
    active.wait_database("Ready", "False", "ReadOnly");
    active.users(more);
    active.wait("users", "Ready", "False", "");
    assert!(!active.has(Role::Primary, "users", "`promoted`"));
}

#[test]
fn a_replica_that_was_promoted_is_accepted_behind_the_same_name() {
    let Some(scene) = Scene::with_own_servers("a_promoted_replica", DRIFT) else { return };
    scene.users("");
    scene.ready("users");
    scene.wait_database("Replicated", "True", "");
    let replica = scene.pair.sql(Role::Replica, "", "SELECT @@server_uuid").trim().to_owned();
    let demote = "STOP REPLICA; RESET REPLICA ALL; SET GLOBAL super_read_only = 0; SET GLOBAL read_only = 0";
    scene.pair.sql(Role::Replica, "", demote);
    // The name leads to the other server now, and there is no replica yet.
    scene.change_database(&json!({ "primary": { "port": scene.pair.port(Role::Replica) } }));
    crate::support::pair::eventually("the replica is the primary", crate::support::scene::LIMIT, || {
        scene.database()["status"]["primary"]["serverUuid"] == replica.as_str()
    });
    scene.change_database(&json!({ "replicas": null }));
    scene.users("    - {name: after, type: int}\n");
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "`after`") && !scene.has(Role::Primary, "users", "`after`"));

    // The old one does not get its place back by answering again.
    scene.change_database(&json!({ "primary": { "port": scene.pair.port(Role::Primary) } }));
    scene.wait_database("Ready", "False", "ServerChanged");
    scene.users("    - {name: after, type: int}\n    - {name: wrong, type: int}\n");
    scene.wait("users", "Ready", "False", "");
    assert!(!scene.has(Role::Primary, "users", "`wrong`"));

    // What the Database says to do about it, typed as it stands, ends it.
    scene.do_as_told();
    scene.wait_database("Ready", "True", "Active");
}

#[test]
fn the_first_database_keeps_a_schema() {
    let Some(first) = Scene::shared("the_first_database_keeps_a_schema", DRIFT) else { return };
    first.users("");
    first.ready("users");
    let second = beside(&first, Role::Primary, "second-database");
    second.wait_database("Ready", "False", "Conflict");
    second.users("    - {name: intruder, type: int}\n");
    second.wait("users", "Ready", "False", "");
    assert!(!first.has(Role::Primary, "users", "`intruder`") && second.plans().is_empty());
    // With the first one gone, the second has it.
    first.cluster.kubectl(User::Admin, &["-n", &first.namespace, "delete", "databases.tablewright.dev", "blog"], "");
    second.wait_database("Ready", "True", "Active");
    // It adopts a table that differs: a person looks at it first, unless nobody need approve anything.
    let plan = second.plan("Pending");
    second.approve(&plan);
    second.ready("users");
    assert!(second.has(Role::Replica, "users", "`intruder`"));
}
