//! Values that each server computes for itself end equal on primary and replica, or the plan says that they do not.

use std::{path::Path, time::Duration};

use serde_json::Value;

use crate::support::{
    binary::{argument, run},
    mariadb::{self, Mariadb},
    pair::{self, Pair, Role},
};

/// A primary and its replica, whosever they are.
trait Servers: Sync {
    fn primary(&self, schema: &str, sql: &str) -> String;
    fn replica(&self, schema: &str, sql: &str) -> String;
    fn wait(&self);
    fn url(&self, schema: &str) -> String;
}

impl Servers for Pair {
    fn primary(&self, schema: &str, sql: &str) -> String {
        self.sql(Role::Primary, schema, sql)
    }

    fn replica(&self, schema: &str, sql: &str) -> String {
        self.sql(Role::Replica, schema, sql)
    }

    fn wait(&self) {
        self.wait_for_replica();
    }

    fn url(&self, schema: &str) -> String {
        Pair::url(self, Role::Primary, schema)
    }
}

impl Servers for (Mariadb, Mariadb) {
    fn primary(&self, schema: &str, sql: &str) -> String {
        self.0.sql(schema, sql)
    }

    fn replica(&self, schema: &str, sql: &str) -> String {
        self.1.sql(schema, sql)
    }

    fn wait(&self) {
        let position = self.0.sql("", "SELECT @@gtid_binlog_pos");
        let answer = self.1.sql("", &format!("SELECT MASTER_GTID_WAIT('{}', 60)", position.trim()));
        assert_eq!(answer.trim(), "0", "the replica did not catch up within a minute");
    }

    fn url(&self, schema: &str) -> String {
        self.0.url(schema)
    }
}

/// A column that begins to count over rows of two transactions that overlapped.
struct Numbering {
    name: &'static str,
    live: &'static str,
    /// Rows of the transaction that begins first and ends last, and of the other.
    rows: [&'static str; 2],
    desired: &'static str,
    /// The finding's level; `None`: there is none.
    level: Option<&'static str>,
    /// What it counts.
    count: Option<u64>,
}

const NUMBERINGS: &[Numbering] = &[
    Numbering {
        name: "without_a_key",
        live: "CREATE TABLE t (a int, b int)",
        rows: ["(1, 100), (4, 9), (NULL, 3)", "(2, 200), (4, 9), (NULL, 2)"],
        desired: "CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, a int, b int)",
        level: Some("Note"),
        count: None,
    },
    Numbering {
        name: "among_other_columns",
        live: "CREATE TABLE t (a int, b varbinary(20), c smallint)",
        rows: ["(1, 'x', 1), (4, 'a\\0', 2)", "(2, 'x', 3), (4, 'a', 2)"],
        desired: "CREATE TABLE t (a int, d int, b varbinary(20), e int, id bigint NOT NULL AUTO_INCREMENT, c bigint, UNIQUE KEY id (id))",
        level: Some("Note"),
        count: None,
    },
    Numbering {
        name: "unique_that_takes_null",
        live: "CREATE TABLE t (a int, b decimal(5,2), UNIQUE KEY a (a))",
        rows: ["(1, 1.5), (NULL, 3)", "(2, 2.5), (NULL, 1)"],
        desired: "CREATE TABLE t (a int, b decimal(5,2), id int NOT NULL AUTO_INCREMENT, UNIQUE KEY a (a), KEY id (id, a))",
        level: Some("Note"),
        count: None,
    },
    Numbering {
        name: "primary_key_of_its_own",
        live: "CREATE TABLE t (a varchar(20) PRIMARY KEY, b text)",
        rows: ["('x', 'x'), ('y', 'y')", "('a', 'x'), ('z', 'y')"],
        desired: "CREATE TABLE t (a varchar(20) PRIMARY KEY, b text, id int NOT NULL AUTO_INCREMENT, KEY id (id))",
        level: None,
        count: None,
    },
    Numbering {
        name: "key_of_another_engine",
        live: "CREATE TABLE t (a varchar(20) NOT NULL, b text, UNIQUE KEY a (a)) ENGINE=MyISAM",
        rows: ["('x', 'x'), ('y', 'y')", "('a', 'x'), ('z', 'y')"],
        desired: "CREATE TABLE t (a varchar(20) NOT NULL, b text, id int NOT NULL AUTO_INCREMENT PRIMARY KEY, UNIQUE KEY a (a)) ENGINE=InnoDB",
        level: Some("Note"),
        count: None,
    },
    Numbering {
        name: "partitions",
        live: "CREATE TABLE t (a int, b datetime(3)) PARTITION BY HASH (a) PARTITIONS 3",
        rows: ["(1, '2020-01-01 00:00:00.5'), (4, NULL)", "(1, '2019-01-01'), (4, '2018-01-01')"],
        desired: "CREATE TABLE t (a int, b datetime(3), id int NOT NULL AUTO_INCREMENT, KEY id (id)) PARTITION BY HASH (a) PARTITIONS 3",
        level: Some("Note"),
        count: None,
    },
    Numbering {
        name: "begins_to_count",
        live: "CREATE TABLE t (k int, b int, KEY k (k))",
        rows: ["(0, 100), (NULL, 3)", "(0, 200), (7, 1)"],
        desired: "CREATE TABLE t (k int NOT NULL AUTO_INCREMENT, b int, KEY k (k))",
        level: Some("Note"),
        count: Some(1),
    },
    Numbering {
        name: "letters_that_are_equal",
        live: "CREATE TABLE t (a varchar(20) CHARACTER SET utf8mb4, b int)",
        rows: ["('a', 1), ('b', 1)", "('A', 1), ('c', 2)"],
        desired: "CREATE TABLE t (a varchar(20) CHARACTER SET utf8mb4, b int, id int NOT NULL AUTO_INCREMENT PRIMARY KEY)",
        level: Some("Error"),
        count: Some(1),
    },
    Numbering {
        name: "long_texts",
        live: "CREATE TABLE t (a int, b text)",
        rows: ["(1, 'x'), (2, 'y')", "(1, 'y'), (3, 'z')"],
        desired: "CREATE TABLE t (a int, b text, id int NOT NULL AUTO_INCREMENT PRIMARY KEY)",
        level: Some("Error"),
        count: Some(1),
    },
];

/// Fills the table so that the replica has the rows in another order, where rows have one of their own.
fn overlap(servers: &dyn Servers, schema: &str, [first, second]: [&str; 2]) {
    let gate = format!("inserted {schema}");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let sql = format!(
                "BEGIN; INSERT INTO t VALUES {first}; DO GET_LOCK('{gate}', 10); DO SLEEP(1); COMMIT; DO RELEASE_LOCK('{gate}')"
            );
            servers.primary(schema, &sql);
        });
        pair::eventually("the first transaction has inserted", Duration::from_secs(30), || {
            servers.primary("", &format!("SELECT IS_USED_LOCK('{gate}') IS NOT NULL")).trim() == "1"
        });
        servers.primary(schema, &format!("INSERT INTO t VALUES {second}"));
    });
    servers.wait();
}

fn finding<'a>(plan: &'a Value, code: &str) -> Option<&'a Value> {
    plan["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == code)
}

fn plan(file: &Path, url: &str) -> Value {
    let outcome = run(&["plan", "-f", argument(file), "--url", url, "--format", "json"]).expect(0);
    serde_json::from_str(&outcome.stdout).unwrap()
}

fn number(servers: &dyn Servers, schema: &str, case: &Numbering) {
    let Numbering { name, live, rows, desired, level, count } = case;
    servers.primary(schema, &format!("DROP TABLE IF EXISTS t; {live}"));
    overlap(servers, schema, *rows);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.sql");
    std::fs::write(&file, desired).unwrap();
    let url = servers.url(schema);
    let plan = plan(&file, &url);
    assert_eq!(plan["refusals"].as_array().map_or(0, Vec::len), 0, "{name}: {plan:#}");
    let found = finding(&plan, "TW030");
    assert_eq!(found.map(|finding| finding["level"].as_str().unwrap()), *level, "{name}: {plan:#}");
    let counted = found.and_then(|finding| finding["evidence"]["count"].as_u64());
    assert_eq!(counted, *count, "{name}: {found:#?}");
    assert_eq!(plan["risk"] == "Destructive", *level == Some("Error"), "{name}: {}", plan["risk"]);
    run(&["apply", "-f", argument(&file), "--url", &url, "--auto-approve"]).expect(0);
    let again = run(&["plan", "-f", argument(&file), "--url", &url, "--detailed-exitcode"]).expect(0);
    assert!(again.stdout.contains("Nothing to do"), "{name}: {}", again.all());
    if *level == Some("Error") {
        return;
    }
    servers.wait();
    // Binary values as they are; sorted by all columns, so that nothing depends on how rows are read.
    let width = servers.primary(
        schema,
        "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 't'",
    );
    let order: Vec<String> = (1..=width.trim().parse::<usize>().unwrap()).map(|column| column.to_string()).collect();
    let query = format!("SELECT * FROM t ORDER BY {}", order.join(", "));
    let (primary, replica) = (servers.primary(schema, &query), servers.replica(schema, &query));
    assert!(primary.lines().count() >= 4, "{name}: {primary}");
    assert_eq!(primary, replica, "{name}");
}

#[test]
fn rows_are_numbered_alike_on_the_replica_or_the_plan_is_destructive() {
    if let Some(pair) = pair::shared("rows_are_numbered_alike") {
        let schema = pair.schema("numbers");
        for case in NUMBERINGS {
            number(pair, &schema, case);
        }
    }
    if let Some(servers) = mariadb::own_pair("rows_are_numbered_alike") {
        let schema = servers.0.schema("numbers");
        for case in NUMBERINGS {
            number(&servers, &schema, case);
        }
    }
}

/// The overlap does what these tests are about: without the order, the replica numbers other rows.
#[test]
fn without_an_order_the_replica_numbers_other_rows() {
    let control = |servers: &dyn Servers, schema: &str| {
        for _ in 0..10 {
            servers.primary(schema, "DROP TABLE IF EXISTS t; CREATE TABLE t (a int, b int)");
            overlap(servers, schema, ["(1, 100)", "(2, 200)"]);
            servers.primary(schema, "ALTER TABLE t ADD id int NOT NULL AUTO_INCREMENT PRIMARY KEY");
            servers.wait();
            let query = "SELECT id, a FROM t ORDER BY id";
            if servers.primary(schema, query) != servers.replica(schema, query) {
                return;
            }
        }
        panic!("ten times the replica had the rows in the primary's order");
    };
    if let Some(pair) = pair::shared("without_an_order") {
        control(pair, &pair.schema("control"));
    }
    if let Some(servers) = mariadb::own_pair("without_an_order") {
        let schema = servers.0.schema("control");
        control(&servers, &schema);
    }
}

/// Rows that exist get no value that their server would make up.
#[test]
fn defaults_that_servers_compute_do_not_reach_rows_that_exist() {
    let check = |servers: &dyn Servers, schema: &str, functions: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.sql");
        let url = servers.url(schema);
        for function in functions {
            servers.primary(
                schema,
                "DROP TABLE IF EXISTS t; CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1), (2)",
            );
            std::fs::write(
                &file,
                format!("CREATE TABLE t (a int PRIMARY KEY, b varchar(60) NOT NULL DEFAULT ({function}))"),
            )
            .unwrap();
            let refused = run(&["apply", "-f", argument(&file), "--url", &url, "--auto-approve"]).expect(3);
            assert!(refused.all().contains("each server computes anew"), "{function}: {}", refused.all());
            std::fs::write(&file, format!("CREATE TABLE t (a int PRIMARY KEY, b varchar(60) DEFAULT ({function}))"))
                .unwrap();
            let plan = plan(&file, &url);
            let found = finding(&plan, "TW030").unwrap_or_else(|| panic!("{function}: {plan:#}"));
            assert_eq!((&found["level"], &plan["risk"]), (&"Note".into(), &"Safe".into()), "{function}");
            run(&["apply", "-f", argument(&file), "--url", &url, "--auto-approve"]).expect(0);
            servers.wait();
            let query = "SELECT a, b IS NULL FROM t ORDER BY a";
            let (primary, replica) = (servers.primary(schema, query), servers.replica(schema, query));
            assert_eq!((primary.as_str(), replica.as_str()), ("1\t1\n2\t1\n", "1\t1\n2\t1\n"), "{function}");
        }
    };
    if let Some(pair) = pair::shared("defaults_that_servers_compute") {
        let functions =
            ["uuid()", "rand()", "uuid_short()", "sysdate()", "user()", "current_role()", "ps_current_thread_id()"];
        check(pair, &pair.schema("defaults"), &functions);
    }
    if let Some(servers) = mariadb::own_pair("defaults_that_servers_compute") {
        let schema = servers.0.schema("defaults");
        check(&servers, &schema, &["uuid()", "rand()", "uuid_short()", "sys_guid()", "user()", "current_user()"]);
    }
}
