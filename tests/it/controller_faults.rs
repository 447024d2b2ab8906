//! The controller and its servers die at the worst moments, on a control plane and a pair of their own.

use std::time::Duration;

use serde_json::Value;

use crate::support::{
    cluster::{self, Cluster, User, condition},
    pair::{self, Pair, Role, eventually},
};

const LIMIT: Duration = Duration::from_secs(90);
const COPYING: &str = "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE 'copy to tmp table%'";

struct Scene {
    cluster: Cluster,
    pair: Pair,
    namespace: String,
    schema: String,
}

impl Scene {
    fn new(test: &str) -> Option<Self> {
        let (pair, cluster) = (pair::own(test)?, cluster::own(test)?);
        let namespace = cluster.namespace("faults");
        let schema = pair.schema("faults");
        cluster.database(
            &namespace,
            &pair,
            &schema,
            "  approval: {from: None}\n  execution: {settle: 200ms}\n  drift: {interval: 2s}\n",
        );
        Some(Self { cluster, pair, namespace, schema })
    }

    fn users(&self, email: &str, more: &str) {
        let text = format!(
            "apiVersion: tablewright.dev/v1alpha1\nkind: Table\nmetadata: {{name: users, namespace: {}}}\nspec:\n  databaseRef: {{name: blog}}\n  columns:\n    \
             - {{name: id, type: int, nullable: false, autoIncrement: true}}\n    - {{name: email, type: {email}, nullable: false}}\n{more}  primaryKey: {{columns: [{{name: id}}]}}\n",
            self.namespace
        );
        self.cluster.kubectl(User::Developer, &["apply", "-f", "-"], &text);
    }

    fn fill(&self) {
        self.pair.sql(Role::Primary, &self.schema, "INSERT INTO users (email) VALUES ('a'),('b'),('c'),('d')");
        for _ in 0..18 {
            self.pair.sql(Role::Primary, &self.schema, "INSERT INTO users (email) SELECT email FROM users");
        }
        self.pair.wait_for_replica();
    }

    fn table(&self) -> Value {
        self.cluster.get(&self.namespace, "tables.tablewright.dev", "users").unwrap_or(Value::Null)
    }

    #[track_caller]
    fn wait(&self, kind: &str, status: &str, reason: &str) {
        eventually(&format!("users: {kind}={status} ({reason})"), LIMIT, || {
            let table = self.table();
            std::thread::sleep(Duration::from_millis(100));
            table["status"]["observedGeneration"] == table["metadata"]["generation"]
                && condition(&table, kind).is_some_and(|(s, r)| s == status && (reason.is_empty() || r == reason))
        });
    }

    #[track_caller]
    fn copying(&self) {
        eventually("the ALTER copies", LIMIT, || self.pair.sql(Role::Primary, "", COPYING).trim() == "1");
    }

    fn has(&self, role: Role, text: &str) -> bool {
        self.pair.definition(role, &self.schema, "users").contains(text)
    }
}

#[test]
fn a_controller_killed_in_the_middle_of_a_copy_adopts_it() {
    let Some(scene) = Scene::new("adopt") else { return };
    let mut first = scene.cluster.controller("first", &[]);
    scene.users("varchar(50)", "");
    scene.wait("Ready", "True", "");
    scene.fill();
    scene.users("varchar(200)", "");
    scene.copying();
    first.kill();
    // The server goes on without its client; a successor finds the statement and waits for it.
    let second = scene.cluster.controller("second", &[]);
    scene.wait("Ready", "True", "");
    assert!(scene.has(Role::Replica, "varchar(200)"));
    assert_eq!(scene.pair.executed("varchar(200)"), 1, "the statement ran more than once\n{}", second.log());
}

#[test]
fn a_controller_killed_between_two_statements_goes_on() {
    let Some(scene) = Scene::new("between") else { return };
    let mut first = scene.cluster.controller("first", &[]);
    scene.users("varchar(50)", "");
    scene.wait("Ready", "True", "");
    scene.fill();
    // Two statements: each FULLTEXT index needs an ALTER of its own.
    scene.users("varchar(50)", "");
    let text = format!(
        "apiVersion: tablewright.dev/v1alpha1\nkind: Table\nmetadata: {{name: users, namespace: {}}}\nspec:\n  databaseRef: {{name: blog}}\n  columns:\n    \
         - {{name: id, type: int, nullable: false, autoIncrement: true}}\n    - {{name: email, type: varchar(50), nullable: false}}\n    - {{name: bio, type: text}}\n  primaryKey: {{columns: [{{name: id}}]}}\n  \
         indexes:\n    - {{name: ft_email, kind: Fulltext, columns: [{{name: email}}]}}\n    - {{name: ft_bio, kind: Fulltext, columns: [{{name: bio}}]}}\n",
        scene.namespace
    );
    scene.cluster.kubectl(User::Developer, &["apply", "-f", "-"], &text);
    eventually("one of the two indexes is there", LIMIT, || {
        let definition = scene.pair.definition(Role::Primary, &scene.schema, "users");
        definition.contains("ft_email") || definition.contains("ft_bio")
    });
    first.kill();
    let second = scene.cluster.controller("second", &[]);
    scene.wait("Ready", "True", "");
    assert!(scene.has(Role::Replica, "ft_email") && scene.has(Role::Replica, "ft_bio"), "{}", second.log());
    assert_eq!(scene.pair.executed("ADD FULLTEXT KEY `ft_email`"), 1);
    assert_eq!(scene.pair.executed("ADD FULLTEXT KEY `ft_bio`"), 1);
}

#[test]
fn two_controllers_at_once_run_everything_once() {
    let Some(scene) = Scene::new("two") else { return };
    let mut first = scene.cluster.controller("first", &[]);
    let second = scene.cluster.controller("second", &[]);
    scene.users("varchar(50)", "");
    scene.wait("Ready", "True", "");
    scene.users("varchar(50)", "    - {name: age, type: int}\n");
    scene.wait("Ready", "True", "");
    assert_eq!(scene.pair.executed("ADD COLUMN `age`"), 1);
    assert_eq!(first.terminate(), 0, "a controller ends by itself on SIGTERM");
    scene.users("varchar(50)", "    - {name: age, type: int}\n    - {name: size, type: int}\n");
    scene.wait("Ready", "True", "");
    assert_eq!(scene.pair.executed("ADD COLUMN `size`"), 1, "{}", second.log());
}

#[test]
fn an_api_server_that_is_away_for_a_while() {
    let Some(scene) = Scene::new("away") else { return };
    let controller = scene.cluster.controller("first", &[]);
    scene.users("varchar(50)", "");
    scene.wait("Ready", "True", "");
    scene.fill();
    scene.users("varchar(200)", "");
    scene.copying();
    scene.cluster.script("kill-apiserver");
    std::thread::sleep(Duration::from_secs(5));
    scene.cluster.script("restart-apiserver");
    scene.wait("Ready", "True", "");
    assert_eq!(scene.pair.executed("varchar(200)"), 1, "{}", controller.log());
}

#[test]
fn a_primary_that_dies_in_the_middle_of_a_statement() {
    let Some(scene) = Scene::new("crash") else { return };
    let controller = scene.cluster.controller("first", &[]);
    scene.users("varchar(50)", "");
    scene.wait("Ready", "True", "");
    scene.fill();
    scene.users("varchar(200)", "");
    scene.copying();
    scene.pair.script("kill-primary");
    scene.pair.script("restart-primary");
    scene.wait("Ready", "True", "");
    assert!(scene.has(Role::Replica, "varchar(200)"));
    assert_eq!(scene.pair.executed("varchar(200)"), 1, "{}", controller.log());
}

#[test]
fn a_primary_that_is_not_the_one_it_was() {
    let Some(scene) = Scene::new("fence") else { return };
    let controller = scene.cluster.controller("first", &[]);
    scene.users("varchar(50)", "");
    scene.wait("Ready", "True", "");

    // Read only without a source: fenced.
    scene.pair.sql(Role::Primary, "", "SET GLOBAL super_read_only = 1");
    scene.users("varchar(50)", "    - {name: age, type: int}\n");
    scene.wait("Ready", "False", "");
    std::thread::sleep(Duration::from_secs(3));
    assert!(!scene.has(Role::Primary, "`age`"));
    scene.pair.sql(Role::Primary, "", "SET GLOBAL super_read_only = 0; SET GLOBAL read_only = 0");
    scene.wait("Ready", "True", "");
    assert!(scene.has(Role::Replica, "`age`"));

    // Another server behind the same name: fenced until a person names it.
    let Some(stranger) = pair::own("stranger") else { return };
    stranger.sql(Role::Primary, "", &format!("CREATE DATABASE `{}`", scene.schema));
    let patch = format!("{{\"spec\":{{\"primary\":{{\"port\":{}}}}}}}", stranger.port(Role::Primary));
    scene.cluster.kubectl(
        User::Admin,
        &["-n", &scene.namespace, "patch", "databases.tablewright.dev", "blog", "--type=merge", "-p", &patch],
        "",
    );
    eventually("the Database is fenced", LIMIT, || {
        let database = scene.cluster.get(&scene.namespace, "databases.tablewright.dev", "blog").unwrap_or(Value::Null);
        condition(&database, "Ready").is_some_and(|(status, _)| status == "False")
    });
    assert!(stranger.tables(Role::Primary, &scene.schema).is_empty(), "{}", controller.log());
}

#[test]
fn a_replica_that_does_not_follow_holds_ready_back() {
    let Some(scene) = Scene::new("replica") else { return };
    let controller = scene.cluster.controller("first", &[]);
    scene.users("varchar(50)", "");
    scene.wait("Ready", "True", "");
    scene.pair.sql(Role::Replica, "", "STOP REPLICA SQL_THREAD");
    scene.users("varchar(50)", "    - {name: age, type: int}\n");
    scene.wait("Ready", "False", "");
    std::thread::sleep(Duration::from_secs(3));
    scene.wait("Ready", "False", "");
    scene.pair.sql(Role::Replica, "", "START REPLICA SQL_THREAD");
    scene.wait("Ready", "True", "");
    assert!(scene.has(Role::Replica, "`age`"), "{}", controller.log());
}

#[test]
fn a_metadata_lock_is_named_in_the_status() {
    let Some(scene) = Scene::new("lock") else { return };
    let controller = scene.cluster.controller("first", &[]);
    scene.users("varchar(50)", "");
    scene.wait("Ready", "True", "");
    let mut reader = scene.pair.client(Role::Primary, &scene.schema);
    let mut reader = reader
        .args(["-e", "BEGIN; SELECT COUNT(*) FROM users; SELECT SLEEP(15)"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("the client starts");
    eventually("the reader reads", LIMIT, || {
        scene
            .pair
            .sql(
                Role::Primary,
                "",
                "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'",
            )
            .trim()
            == "1"
    });
    scene.users("varchar(50)", "    - {name: age, type: int}\n");
    eventually("the blocker is named", LIMIT, || {
        let plans = scene.cluster.list(&scene.namespace, "plans.tablewright.dev");
        Value::from(plans).to_string().contains("root@") || scene.table().to_string().contains("root@")
    });
    let _ = reader.wait();
    scene.wait("Ready", "True", "");
    assert!(scene.has(Role::Replica, "`age`"), "{}", controller.log());
}
