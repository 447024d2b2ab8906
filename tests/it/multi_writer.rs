//! Servers beside which others are written: shown what would be done, and never changed.

use std::{net::TcpListener, path::Path};

use crate::support::{
    binary::run,
    cluster::{self, User, condition},
    mariadb::{self, Mariadb},
    pair::{Role, eventually},
    scene::{self, LIMIT, Scene},
};

const MANIFESTS: &str = "apiVersion: tablewright.dev/v1alpha1
kind: Database
metadata: {name: blog, namespace: NAMESPACE}
spec:
  schema: SCHEMA
  approval: {from: None}
  primary: {host: 127.0.0.1, port: PORT, credentials: {secretName: mysql}}
---
apiVersion: tablewright.dev/v1alpha1
kind: Table
metadata: {name: other, namespace: NAMESPACE}
spec:
  databaseRef: {name: blog}
  columns: [{name: id, type: int, nullable: false}, {name: added, type: int}]
  primaryKey: {columns: [{name: id}]}
";

const TABLE: &str = "CREATE TABLE other (id int PRIMARY KEY, added int);\n";

/// A port on which nobody listens.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

/// The first node of a Galera cluster.
fn galera(test: &str) -> Option<Mariadb> {
    let Ok(provider) = std::env::var("TABLEWRIGHT_GALERA") else {
        eprintln!("SKIPPED {test}: no Galera; `make test` brings it");
        return None;
    };
    let provider = format!("--wsrep-provider={provider}");
    let listen = free_port();
    let options = format!("--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:{listen};base_host=127.0.0.1");
    mariadb::own(
        test,
        &[
            "--wsrep-on=ON",
            "--wsrep-cluster-address=gcomm://",
            "--wsrep-node-address=127.0.0.1",
            "--binlog-format=ROW",
            &provider,
            &options,
        ],
    )
}

/// What the commands say of the server at this URL, whose table `other` has only an id: a plan, and no apply.
#[track_caller]
fn shown_and_not_applied(folder: &Path, url: &str, says: &str) {
    let file = folder.join("other.sql");
    std::fs::write(&file, TABLE).expect("a file");
    let file = file.to_str().expect("a path");
    let planned = run(&["plan", "-f", file, "--url", url]).expect(0);
    assert!(planned.stdout.contains("ADD COLUMN `added`"), "{}", planned.stdout);
    let applied = run(&["apply", "-f", file, "--url", url, "--auto-approve"]).expect(3);
    assert!(applied.stderr.contains(says) && applied.stderr.contains("nothing was run"), "{}", applied.stderr);
}

#[test]
fn a_node_of_galera_is_shown_and_never_changed() {
    let test = "a_node_of_galera";
    let (Some(cluster), Some(server)) = (cluster::shared(test), galera(test)) else { return };
    let schema = server.schema("galera");
    assert_eq!(server.sql("", "SHOW STATUS LIKE 'wsrep_cluster_status'").trim(), "wsrep_cluster_status\tPrimary");
    server.sql(&schema, "CREATE TABLE other (id int PRIMARY KEY)");
    let before = server.sql("", "SELECT @@gtid_binlog_pos");
    let folder = tempfile::tempdir().expect("a folder");
    shown_and_not_applied(folder.path(), &server.url(&schema), "Galera");
    assert_eq!(server.sql("", "SELECT @@gtid_binlog_pos"), before, "something was written");

    scene::work_on(cluster);
    let namespace = cluster.namespace("galera");
    let (user, password) = mariadb::ACCOUNT;
    cluster.secret(&namespace, user, password);
    let manifests = MANIFESTS.replace("NAMESPACE", &namespace).replace("SCHEMA", &schema);
    cluster.kubectl(User::Admin, &["apply", "-f", "-"], &manifests.replace("PORT", &server.port().to_string()));
    for (kind, name, reason) in [("databases", "blog", "UnsupportedServer"), ("tables", "other", "DatabaseNotReady")] {
        eventually(reason, LIMIT, || {
            let object = cluster.get(&namespace, &format!("{kind}.tablewright.dev"), name).expect("the object");
            condition(&object, "Ready").is_some_and(|(status, found)| status == "False" && found == reason)
        });
    }
    let plans = cluster.list(&namespace, "plans.tablewright.dev");
    assert!(plans.is_empty(), "a plan was made for a node of Galera: {plans:?}");
    assert_eq!(server.sql("", "SELECT @@gtid_binlog_pos"), before, "something was written");
}

#[test]
fn group_replication_with_several_primaries_is_shown_and_never_changed() {
    let Some(scene) =
        Scene::with_own_servers("group_replication", "  approval: {from: None}\n  drift: {interval: 1s}\n")
    else {
        return;
    };
    let sql = |text: &str| scene.pair.sql(Role::Primary, &scene.schema, text);
    // The plugin alone is no group.
    sql(
        "INSTALL PLUGIN group_replication SONAME 'group_replication.so'; SET GLOBAL group_replication_single_primary_mode = OFF",
    );
    scene.users("");
    scene.ready("users");
    sql(&format!(
        "SET GLOBAL group_replication_group_name = 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa',
           GLOBAL group_replication_local_address = '127.0.0.1:{}', GLOBAL group_replication_ip_allowlist = '127.0.0.1',
           GLOBAL group_replication_bootstrap_group = ON;
         START GROUP_REPLICATION",
        free_port()
    ));
    scene.wait_database("Ready", "False", "UnsupportedServer");
    scene.users("    - {name: added, type: int}\n");
    scene.wait("users", "Ready", "False", "DatabaseNotReady");
    sql("CREATE TABLE other (id int PRIMARY KEY)");
    let folder = tempfile::tempdir().expect("a folder");
    shown_and_not_applied(folder.path(), &scene.pair.url(Role::Primary, &scene.schema), "multi-primary");
    assert!(!scene.has(Role::Primary, "users", "`added`"));

    // As the message says.
    sql("SELECT group_replication_switch_to_single_primary_mode()");
    scene.wait_database("Ready", "True", "Active");
    scene.ready("users");
    assert!(scene.has(Role::Primary, "users", "`added`"));
}
