//! What goes wrong between plan and replica, with servers of the test's own that can be led astray.

use std::{
    process::{Child, Stdio},
    time::Duration,
};

use crate::support::{
    binary::{argument, command, run},
    pair::{Pair, Role, eventually, own},
};

const LIMIT: Duration = Duration::from_secs(60);

/// A pair of its own, a schema with a filled table, and a manifest that changes it.
struct Scene {
    pair: Pair,
    schema: String,
    folder: tempfile::TempDir,
}

impl Scene {
    fn new(test: &str) -> Option<Self> {
        let pair = own(test)?;
        let schema = pair.schema("faults");
        pair.sql(
            Role::Primary,
            &schema,
            "CREATE TABLE users (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, email varchar(50) NOT NULL);\
             INSERT INTO users (email) VALUES ('a'),('b'),('c'),('d');",
        );
        pair.wait_for_replica();
        Some(Self { pair, schema, folder: tempfile::tempdir().expect("a folder") })
    }

    /// Doubles the rows until an ALTER that copies them takes a while.
    fn fill(&self) {
        for _ in 0..18 {
            self.pair.sql(Role::Primary, &self.schema, "INSERT INTO users (email) SELECT email FROM users");
        }
        self.pair.wait_for_replica();
    }

    fn manifest(&self, columns: &str) -> String {
        let path = self.folder.path().join("users.sql");
        std::fs::write(&path, format!("CREATE TABLE users (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, {columns});"))
            .expect("writable");
        argument(&path).to_owned()
    }

    fn url(&self, role: Role) -> String {
        self.pair.url(role, &self.schema)
    }

    fn apply(&self, file: &str) -> Child {
        let mut command = command();
        command.args([
            "apply",
            "-f",
            file,
            "--url",
            &self.url(Role::Primary),
            "--replica-url",
            &self.url(Role::Replica),
        ]);
        command.args(["--auto-approve", "--format", "json"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")
    }
}

fn end(child: Child) -> (i32, String) {
    let output = child.wait_with_output().expect("the binary ends");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap_or(-1), text)
}

#[test]
fn a_metadata_lock_is_waited_for_and_its_holder_named() {
    let Some(scene) = Scene::new("a_metadata_lock_is_waited_for_and_its_holder_named") else { return };
    let file = scene.manifest("email varchar(50) NOT NULL, age int");
    // A transaction that merely read the table, for longer than one lock_wait_timeout.
    let mut reader = scene.pair.client(Role::Primary, &scene.schema);
    let mut reader = reader
        .args(["-e", "BEGIN; SELECT COUNT(*) FROM users; SELECT SLEEP(12); COMMIT"])
        .stdout(Stdio::null())
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
    let (code, text) = end(scene.apply(&file));
    reader.wait().expect("the reader ends");
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("root@") && text.to_lowercase().contains("lock"), "the holder is not named: {text}");
    assert!(scene.pair.definition(Role::Replica, &scene.schema, "users").contains("`age`"));
}

#[test]
fn a_primary_killed_in_the_middle_of_a_statement_runs_it_once() {
    let Some(scene) = Scene::new("a_primary_killed_in_the_middle_of_a_statement_runs_it_once") else { return };
    scene.fill();
    // Crossing 255 bytes copies the table.
    let file = scene.manifest("email varchar(200) NOT NULL");
    let apply = scene.apply(&file);
    eventually("the ALTER copies", LIMIT, || {
        scene
            .pair
            .sql(
                Role::Primary,
                "",
                "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE 'copy to tmp table%'",
            )
            .trim()
            == "1"
    });
    scene.pair.script("kill-primary");
    scene.pair.script("restart-primary");
    let (code, text) = end(apply);
    assert_eq!(code, 0, "{text}");
    for role in [Role::Primary, Role::Replica] {
        assert!(scene.pair.definition(role, &scene.schema, "users").contains("varchar(200)"), "{role:?}");
    }
    assert_eq!(scene.pair.executed("varchar(200)"), 1, "the statement ran more than once");
    run(&["plan", "-f", &file, "--url", &scene.url(Role::Primary), "--detailed-exitcode"]).expect(0);
}

#[test]
fn a_killed_connection_runs_the_statement_once() {
    let Some(scene) = Scene::new("a_killed_connection_runs_the_statement_once") else { return };
    scene.fill();
    let file = scene.manifest("email varchar(200) NOT NULL");
    let apply = scene.apply(&file);
    let find = "SELECT id FROM information_schema.processlist WHERE state LIKE 'copy to tmp table%'";
    eventually("the ALTER copies", LIMIT, || !scene.pair.sql(Role::Primary, "", find).trim().is_empty());
    let id = scene.pair.sql(Role::Primary, "", find);
    // Between the two the statement may have ended; then there is nothing to kill.
    let _ = scene.pair.try_sql(Role::Primary, "", &format!("KILL {}", id.trim()));
    let (code, text) = end(apply);
    assert_eq!(code, 0, "{text}");
    assert_eq!(scene.pair.executed("varchar(200)"), 1, "the statement ran more than once");
}

#[test]
fn a_read_only_primary_is_not_written_to() {
    let Some(scene) = Scene::new("a_read_only_primary_is_not_written_to") else { return };
    let file = scene.manifest("email varchar(50) NOT NULL, age int");
    scene.pair.sql(Role::Primary, "", "SET GLOBAL super_read_only = 1");
    let (code, text) = end(scene.apply(&file));
    assert_ne!(code, 0, "{text}");
    assert!(text.contains("read_only"), "{text}");
    scene.pair.sql(Role::Primary, "", "SET GLOBAL super_read_only = 0; SET GLOBAL read_only = 0");
    assert!(!scene.pair.definition(Role::Primary, &scene.schema, "users").contains("age"));
}

#[test]
fn each_state_of_the_replica_is_told_apart() {
    let Some(scene) = Scene::new("each_state_of_the_replica_is_told_apart") else { return };
    let (pair, schema) = (&scene.pair, &scene.schema);
    let verify = || {
        run(&[
            "verify",
            "--url",
            &scene.url(Role::Primary),
            "--replica-url",
            &scene.url(Role::Replica),
            "--format",
            "json",
            "--verify-timeout",
            "2s",
        ])
    };
    let change = |sql: &str| pair.sql(Role::Primary, schema, sql);

    assert!(verify().expect(0).stdout.contains("Arrived"));

    // Stopped.
    pair.sql(Role::Replica, "", "STOP REPLICA SQL_THREAD");
    change("ALTER TABLE users ADD COLUMN a int");
    let outcome = verify().expect(1);
    assert!(outcome.stdout.contains("ApplierStopped"), "{}", outcome.all());
    pair.sql(Role::Replica, "", "START REPLICA SQL_THREAD");
    pair.wait_for_replica();
    verify().expect(0);

    // Delayed.
    pair.sql(
        Role::Replica,
        "",
        "STOP REPLICA SQL_THREAD; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 3600; START REPLICA SQL_THREAD",
    );
    change("ALTER TABLE users ADD COLUMN b int");
    let outcome = verify().expect(1);
    assert!(outcome.stdout.contains("Lagging") && outcome.all().contains("3600"), "{}", outcome.all());
    pair.sql(
        Role::Replica,
        "",
        "STOP REPLICA SQL_THREAD; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 0; START REPLICA SQL_THREAD",
    );
    pair.wait_for_replica();

    // The applier waits for a metadata lock that a reader on the replica holds.
    let mut reader = pair.client(Role::Replica, schema);
    let mut reader = reader
        .args(["-e", "BEGIN; SELECT COUNT(*) FROM users; SELECT SLEEP(600)"])
        .stdout(Stdio::null())
        .spawn()
        .expect("the client starts");
    eventually("the reader reads", LIMIT, || {
        pair.sql(
            Role::Replica,
            "",
            "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'",
        )
        .trim()
            == "1"
    });
    change("ALTER TABLE users ADD COLUMN c int");
    eventually("the applier waits", LIMIT, || {
        pair.sql(
            Role::Replica,
            "",
            "SELECT COUNT(*) FROM performance_schema.processlist WHERE state = 'Waiting for table metadata lock'",
        )
        .trim()
            != "0"
    });
    let outcome = verify().expect(1);
    assert!(outcome.stdout.contains("ApplierBlocked") && outcome.all().contains("root"), "{}", outcome.all());
    let id =
        pair.sql(Role::Replica, "", "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'");
    pair.sql(Role::Replica, "", &format!("KILL {}", id.trim()));
    let _ = reader.wait();
    pair.wait_for_replica();

    // Diverged: somebody changed the replica itself.
    pair.sql(Role::Replica, schema, "SET GLOBAL super_read_only = 0; SET sql_log_bin = 0; ALTER TABLE users ADD COLUMN astray int; SET GLOBAL super_read_only = 1");
    let outcome = verify().expect(1);
    assert!(outcome.stdout.contains("Diverged") && outcome.stdout.contains("users"), "{}", outcome.all());

    // The applier stopped with an error: the same column arrives from the primary.
    change("ALTER TABLE users ADD COLUMN astray int");
    eventually("the applier stops", LIMIT, || {
        pair.sql(Role::Replica, "", "SELECT COUNT(*) FROM performance_schema.replication_applier_status_by_worker WHERE last_error_number = 1060").trim() != "0"
    });
    let outcome = verify().expect(1);
    assert!(outcome.stdout.contains("ApplierStopped") && outcome.all().contains("1060"), "{}", outcome.all());

    // Unreachable.
    pair.script("kill-replica");
    let outcome = verify().expect(1);
    assert!(outcome.stdout.contains("Unobservable"), "{}", outcome.all());
}
