//! What is said of a replica whose definitions are the primary's, and to which the next change would not come, or which has
//! transactions of its own.

use serde_json::Value;

use crate::support::{
    binary::{Outcome, run},
    mariadb,
    pair::{Pair, Role, eventually, own},
    scene::LIMIT,
};

/// `verify` with the documented accounts.
fn verify(primary: &str, replica: &str) -> Outcome {
    run(&["verify", "--url", primary, "--replica-url", replica, "--format", "json", "--verify-timeout", "20s"])
}

/// The verdict and its message; the exit code is 0 for Arrived alone.
#[track_caller]
fn says(outcome: Outcome, verdict: &str, words: &[&str]) {
    let outcome = outcome.expect(if verdict == "Arrived" { 0 } else { 1 });
    let json: Value =
        serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}\n{}", outcome.all()));
    let replica = &json["replicas"][0];
    assert_eq!(replica["verdict"], verdict, "{}", outcome.all());
    assert_eq!(json["inSync"], verdict == "Arrived", "{}", outcome.all());
    let message = replica["message"].as_str().unwrap_or_default();
    for word in words {
        assert!(message.contains(word), "{word}: {}", outcome.all());
    }
}

struct Scene {
    pair: Pair,
    schema: String,
}

impl Scene {
    /// A schema with rows, on both servers.
    fn new(test: &str) -> Option<Self> {
        let pair = own(test)?;
        let schema = pair.schema("verdicts");
        pair.sql(
            Role::Primary,
            &schema,
            "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE tmp_b (id int PRIMARY KEY);
             INSERT INTO a VALUES (1), (2); INSERT INTO tmp_b VALUES (1)",
        );
        pair.wait_for_replica();
        Some(Self { pair, schema })
    }

    fn verify(&self) -> Outcome {
        verify(&self.pair.url(Role::Primary, &self.schema), &self.pair.url(Role::Replica, &self.schema))
    }

    fn replica(&self, sql: &str) {
        self.pair.sql(Role::Replica, "", sql);
    }

    fn apply(&self, sql: &str) -> Outcome {
        let file = tempfile::NamedTempFile::with_suffix(".sql").unwrap();
        std::fs::write(file.path(), sql).unwrap();
        let (primary, replica) =
            (self.pair.url(Role::Primary, &self.schema), self.pair.url(Role::Replica, &self.schema));
        let path = file.path().to_str().unwrap();
        run(&["apply", "-f", path, "--url", &primary, "--replica-url", &replica, "--auto-approve"])
    }
}

#[test]
fn a_replica_that_is_stopped_has_not_arrived_though_nothing_is_pending() {
    let Some(scene) = Scene::new("verdict_stopped") else { return };
    says(scene.verify(), "Arrived", &[]);
    scene.replica("STOP REPLICA SQL_THREAD");
    says(scene.verify(), "ApplierStopped", &["applier (SQL thread) is stopped"]);
    scene.replica("START REPLICA; STOP REPLICA IO_THREAD");
    says(scene.verify(), "ApplierStopped", &["receiver (IO thread) is stopped"]);
    // Late on purpose is not stopped.
    scene.replica("STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 3600; START REPLICA");
    says(scene.verify(), "Arrived", &[]);
    scene.replica("STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 0; START REPLICA");
    // It cannot connect although its source has been up for longer than it waits between two tries.
    std::thread::sleep(std::time::Duration::from_secs(12));
    scene.replica("STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD = 'not-this-one'; START REPLICA");
    eventually("the receiver is refused", LIMIT, || {
        let sql = "SELECT LAST_ERROR_NUMBER FROM performance_schema.replication_connection_status";
        scene.pair.sql(Role::Replica, "", sql).trim() != "0"
    });
    says(scene.verify(), "ApplierStopped", &["1045"]);
    scene.replica("STOP REPLICA; RESET REPLICA ALL");
    says(scene.verify(), "ApplierStopped", &["no replication source"]);
}

#[test]
fn a_replica_whose_source_was_killed_is_well_until_it_connects_again() {
    let Some(scene) = Scene::new("verdict_killed") else { return };
    scene.replica("STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_CONNECT_RETRY = 60; START REPLICA");
    eventually("it is connected", LIMIT, || {
        let sql = "SELECT SERVICE_STATE FROM performance_schema.replication_connection_status";
        scene.pair.sql(Role::Replica, "", sql).trim() == "ON"
    });
    scene.pair.script("kill-primary");
    eventually("it has lost its source", LIMIT, || {
        let sql = "SELECT LAST_ERROR_NUMBER FROM performance_schema.replication_connection_status";
        scene.pair.sql(Role::Replica, "", sql).trim() != "0"
    });
    scene.pair.script("restart-primary");
    let state = "SELECT SERVICE_STATE FROM performance_schema.replication_connection_status";
    assert_eq!(scene.pair.sql(Role::Replica, "", state).trim(), "CONNECTING");
    says(scene.verify(), "Arrived", &[]);
}

#[test]
fn a_filter_is_told_though_the_definitions_are_equal() {
    let Some(scene) = Scene::new("verdict_filtered") else { return };
    let schema = scene.schema.clone();
    let filter = |rule: &str| {
        let none =
            "REPLICATE_DO_DB = (), REPLICATE_IGNORE_DB = (), REPLICATE_DO_TABLE = (), REPLICATE_IGNORE_TABLE = (),
                    REPLICATE_WILD_DO_TABLE = (), REPLICATE_WILD_IGNORE_TABLE = (), REPLICATE_REWRITE_DB = ()";
        let set = if rule.is_empty() { String::new() } else { format!("CHANGE REPLICATION FILTER {rule};") };
        scene.replica(&format!("STOP REPLICA SQL_THREAD; CHANGE REPLICATION FILTER {none}; {set} START REPLICA"));
    };
    for (rule, words) in [
        ("REPLICATE_DO_DB = (elsewhere)".to_owned(), "the schema out: Replicate_Do_DB=elsewhere"),
        (format!("REPLICATE_IGNORE_DB = ({schema})"), "the schema out: Replicate_Ignore_DB"),
        (format!("REPLICATE_DO_TABLE = ({schema}.a)"), "tables out (tmp_b): Replicate_Do_Table"),
        (format!("REPLICATE_IGNORE_TABLE = ({schema}.a)"), "tables out (a): Replicate_Ignore_Table"),
        ("REPLICATE_WILD_DO_TABLE = ('elsewhere.%')".to_owned(), "the schema out: Replicate_Wild_Do_Table"),
        (r"REPLICATE_WILD_IGNORE_TABLE = ('%.tmp\_%')".to_owned(), "tables out (tmp_b): Replicate_Wild_Ignore_Table"),
        (format!("REPLICATE_REWRITE_DB = (({schema}, elsewhere))"), "the schema out: Replicate_Rewrite_DB"),
    ] {
        filter(&rule);
        says(scene.verify(), "Filtered", &[words]);
    }
    // Of other schemas and tables.
    for rule in [
        format!("REPLICATE_DO_DB = (elsewhere, {schema})"),
        "REPLICATE_IGNORE_DB = (elsewhere)".to_owned(),
        format!("REPLICATE_IGNORE_TABLE = ({schema}.none)"),
        format!("REPLICATE_DO_TABLE = ({schema}.a, {schema}.tmp_b), REPLICATE_WILD_IGNORE_TABLE = ('{schema}.%')"),
        "REPLICATE_REWRITE_DB = ((elsewhere, somewhere))".to_owned(),
    ] {
        filter(&rule);
        says(scene.verify(), "Arrived", &[]);
    }
    // What the server does is what is said: the table is left out, and no plan of it starts.
    filter(&format!("REPLICATE_IGNORE_TABLE = ({schema}.a)"));
    let refused = scene.apply("CREATE TABLE a (id int PRIMARY KEY, n int);");
    assert!(refused.code != 0 && refused.all().contains("Replicate_Ignore_Table"), "{}", refused.all());
    assert!(!scene.pair.definition(Role::Primary, &schema, "a").contains("`n`"));
    scene.apply("CREATE TABLE tmp_b (id int PRIMARY KEY, n int);").expect(0);
    scene.pair.sql(Role::Primary, &schema, "ALTER TABLE a ADD COLUMN n int");
    scene.pair.wait_for_replica();
    assert!(!scene.pair.definition(Role::Replica, &schema, "a").contains("`n`"), "the filter leaves nothing out");
    says(scene.verify(), "Filtered", &["tables out (a)"]);
}

#[test]
fn transactions_of_its_own_are_told_and_stop_no_plan() {
    let Some(scene) = Scene::new("verdict_errant") else { return };
    scene.replica("SET GLOBAL super_read_only = 0");
    scene.pair.sql(Role::Replica, &scene.schema, "ANALYZE TABLE a");
    scene.replica("SET GLOBAL super_read_only = 1");
    let uuid = scene.pair.sql(Role::Replica, "", "SELECT @@server_uuid");
    let errant = format!("{}:1", uuid.trim());
    says(scene.verify(), "Errant", &[&errant]);
    let applied = scene.apply("CREATE TABLE a (id int PRIMARY KEY, n int);").expect(1);
    assert!(applied.all().contains("Errant") && applied.all().contains(&errant), "{}", applied.all());
    assert!(scene.pair.definition(Role::Replica, &scene.schema, "a").contains("`n`"));
    // The runbook's way.
    let empty = format!("SET gtid_next = '{errant}'; BEGIN; COMMIT; SET gtid_next = 'AUTOMATIC'");
    scene.pair.sql(Role::Primary, "", &empty);
    says(scene.verify(), "Arrived", &[]);
}

#[test]
fn mariadb_is_judged_alike() {
    let Some((primary, replica)) = mariadb::own_pair("verdict_mariadb") else { return };
    let schema = primary.schema("verdicts");
    primary.sql(&schema, "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1), (2)");
    let position = primary.sql("", "SELECT @@gtid_binlog_pos");
    replica.sql("", &format!("SELECT MASTER_GTID_WAIT('{}', 60)", position.trim()));
    let verify = || verify(&primary.url(&schema), &replica.replica_url(&schema));
    let stopped = |set: &str| replica.sql("", &format!("STOP REPLICA 'c1'; {set}; START REPLICA 'c1'"));
    says(verify(), "Arrived", &[]);
    replica.sql("", "STOP REPLICA 'c1'");
    says(verify(), "ApplierStopped", &[]);
    replica.sql("", "START REPLICA 'c1'");
    says(verify(), "Arrived", &[]);
    let id = primary.sql("", "SELECT @@server_id");
    for (set, undo, words) in [
        ("SET GLOBAL c1.replicate_do_db = 'elsewhere'".to_owned(), "SET GLOBAL c1.replicate_do_db = ''", "Do_DB"),
        (
            format!("SET GLOBAL c1.replicate_ignore_db = '{schema}'"),
            "SET GLOBAL c1.replicate_ignore_db = ''",
            "Ignore_DB",
        ),
        (
            format!("SET GLOBAL c1.replicate_ignore_table = '{schema}.a'"),
            "SET GLOBAL c1.replicate_ignore_table = ''",
            "Ignore_Table",
        ),
        (
            format!("SET GLOBAL c1.replicate_wild_ignore_table = '{schema}.%'"),
            "SET GLOBAL c1.replicate_wild_ignore_table = ''",
            "Wild_Ignore_Table",
        ),
        (
            "CHANGE MASTER 'c1' TO IGNORE_DOMAIN_IDS = (0)".to_owned(),
            "CHANGE MASTER 'c1' TO IGNORE_DOMAIN_IDS = ()",
            "Ignore_Domain_Ids",
        ),
        (
            format!("CHANGE MASTER 'c1' TO IGNORE_SERVER_IDS = ({})", id.trim()),
            "CHANGE MASTER 'c1' TO IGNORE_SERVER_IDS = ()",
            "Ignore_Server_Ids",
        ),
    ] {
        stopped(&set);
        says(verify(), "Filtered", &[words]);
        stopped(undo);
    }
    says(verify(), "Arrived", &[]);
    replica.sql(&schema, "ANALYZE TABLE a");
    says(verify(), "Errant", &["0-2:"]);
}
