//! What happens to rows when partitions change, on MySQL with its replica and on MariaDB.

use serde_json::Value;

use crate::support::{
    binary::{argument, run},
    mariadb,
    pair::{Pair, Role, own, shared},
};

/// One server with an empty schema.
trait Target {
    fn url(&self) -> String;
    fn sql(&self, statements: &str) -> String;
    fn try_sql(&self, statements: &str) -> Result<String, String>;
    /// Checks that the replicas, where there are any, have the same rows.
    fn agrees(&self, query: &str);
}

struct OfMysql<'a> {
    pair: &'a Pair,
    schema: String,
}

impl Target for OfMysql<'_> {
    fn url(&self) -> String {
        self.pair.url(Role::Primary, &self.schema)
    }

    fn sql(&self, statements: &str) -> String {
        self.pair.sql(Role::Primary, &self.schema, statements)
    }

    fn try_sql(&self, statements: &str) -> Result<String, String> {
        self.pair.try_sql(Role::Primary, &self.schema, statements)
    }

    fn agrees(&self, query: &str) {
        self.pair.wait_for_replica();
        let on = |role| self.pair.sql(role, &self.schema, query);
        assert_eq!(on(Role::Primary), on(Role::Replica));
    }
}

struct OfMariadb {
    server: &'static mariadb::Mariadb,
    schema: String,
}

impl Target for OfMariadb {
    fn url(&self) -> String {
        self.server.url(&self.schema)
    }

    fn sql(&self, statements: &str) -> String {
        self.server.sql(&self.schema, statements)
    }

    fn try_sql(&self, statements: &str) -> Result<String, String> {
        self.server.try_sql(&self.schema, statements)
    }

    fn agrees(&self, _query: &str) {}
}

/// Runs a test on both servers, each time in a schema of its own.
fn on_both(test: &str, check: impl Fn(&dyn Target)) {
    if let Some(pair) = shared(test) {
        let target = OfMysql { pair, schema: pair.schema("partitions") };
        check(&target);
        pair.sql(Role::Primary, "", &format!("DROP DATABASE `{}`", target.schema));
    }
    if let Some(server) = mariadb::shared(test) {
        let target = OfMariadb { server, schema: server.schema("partitions") };
        check(&target);
        server.sql("", &format!("DROP DATABASE `{}`", target.schema));
    }
}

/// A desired state in a file of its own.
struct Desired {
    folder: tempfile::TempDir,
}

impl Desired {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("desired.sql"), text).expect("written");
        Self { folder }
    }

    fn file(&self) -> String {
        argument(&self.folder.path().join("desired.sql")).to_owned()
    }

    fn plan(&self, target: &dyn Target) -> Value {
        let plan = run(&["plan", "-f", &self.file(), "--url", &target.url(), "--format", "json"]).expect(0);
        serde_json::from_str(&plan.stdout).expect("JSON")
    }

    /// Everything is approved at once, before anybody sees the plan.
    fn apply_unseen(&self, target: &dyn Target) -> (i32, String) {
        let apply = run(&["apply", "-f", &self.file(), "--url", &target.url(), "--auto-approve"]);
        (apply.code, apply.all())
    }

    /// Exactly this plan is approved.
    fn apply_approved(&self, target: &dyn Target, plan: &Value) -> (i32, String) {
        let digest = plan["digest"].as_str().expect("a digest");
        let apply = run(&["apply", "-f", &self.file(), "--url", &target.url(), "--approve", digest]);
        (apply.code, apply.all())
    }

    fn is_live(&self, target: &dyn Target) {
        let plan = run(&["plan", "-f", &self.file(), "--url", &target.url(), "--detailed-exitcode"]);
        assert_eq!(plan.code, 0, "{}", plan.all());
    }
}

fn finding<'a>(plan: &'a Value, code: &str) -> &'a Value {
    let found = plan["findings"].as_array().and_then(|all| all.iter().find(|finding| finding["code"] == code));
    found.unwrap_or_else(|| panic!("no {code} in {plan:#}"))
}

/// Partitions that delete rows: before, the rows, after; the code, how many rows go, what names them, and the ids that stay.
struct Loss {
    live: &'static str,
    rows: &'static str,
    desired: &'static str,
    code: &'static str,
    count: u64,
    named: &'static str,
    stay: &'static str,
}

const LOSSES: &[Loss] = &[
    Loss {
        live: "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY LIST (id) (PARTITION a VALUES IN (1, 2), PARTITION b VALUES IN (3))",
        rows: "(1), (2), (3)",
        desired: "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY LIST (id) (PARTITION a VALUES IN (1), PARTITION b VALUES IN (3))",
        code: "TW028",
        count: 1,
        named: "in (2)",
        stay: "1,3",
    },
    // Two lists are merged into one that lacks values of both, NULL among them.
    Loss {
        live: "CREATE TABLE t (id int, k int) PARTITION BY LIST COLUMNS (k) (PARTITION a VALUES IN (NULL, 1), PARTITION b VALUES IN (2, 3), PARTITION c VALUES IN (9))",
        rows: "(1, NULL), (2, 1), (3, 2), (4, 3), (5, NULL), (6, 9)",
        desired: "CREATE TABLE t (id int, k int) PARTITION BY LIST COLUMNS (k) (PARTITION ab VALUES IN (1, 2), PARTITION c VALUES IN (9))",
        code: "TW028",
        count: 3,
        named: "in (NULL, 3)",
        stay: "2,3,6",
    },
    Loss {
        live: "CREATE TABLE t (id int, a varchar(9), b date) PARTITION BY LIST COLUMNS (a, b) (PARTITION x VALUES IN (('n', '2020-01-01'), ('s', '2020-01-02')), PARTITION y VALUES IN (('o', '2020-01-01')))",
        rows: "(1, 'n', '2020-01-01'), (2, 's', '2020-01-02'), (3, 'o', '2020-01-01')",
        desired: "CREATE TABLE t (id int, a varchar(9), b date) PARTITION BY LIST COLUMNS (a, b) (PARTITION x VALUES IN (('n', '2020-01-01')), PARTITION y VALUES IN (('o', '2020-01-01')))",
        code: "TW028",
        count: 1,
        named: "'2020-01-02'",
        stay: "1,3",
    },
    // The last ranges go, and no other takes their rows.
    Loss {
        live: "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN (20), PARTITION c VALUES LESS THAN MAXVALUE)",
        rows: "(1), (9), (10), (20), (99)",
        desired: "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (10))",
        code: "TW019",
        count: 3,
        named: "`b`, `c`",
        stay: "1,9",
    },
    Loss {
        live: "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY LIST (id) (PARTITION a VALUES IN (1, 2), PARTITION b VALUES IN (3))",
        rows: "(1), (2), (3)",
        desired: "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY LIST (id) (PARTITION b VALUES IN (3))",
        code: "TW019",
        count: 2,
        named: "`a`",
        stay: "3",
    },
];

const IDS: &str = "SELECT COALESCE(GROUP_CONCAT(id ORDER BY id), '') FROM t";

#[test]
fn partitions_that_delete_rows_wait_for_a_person() {
    on_both("partitions_that_delete_rows_wait_for_a_person", |target| {
        for loss in LOSSES {
            target.sql(&format!("{}; INSERT INTO t VALUES {}", loss.live, loss.rows));
            let before = target.sql(IDS);
            let desired = Desired::new(loss.desired);
            let plan = desired.plan(target);
            assert_eq!(plan["risk"], "Destructive", "{plan:#}");
            let found = finding(&plan, loss.code);
            assert!(found["problem"].as_str().is_some_and(|problem| problem.contains(loss.named)), "{found:#}");
            assert_eq!(found["evidence"]["count"], loss.count, "{found:#}");
            let (code, said) = desired.apply_unseen(target);
            assert!(code != 0 && said.contains("would be lost") && said.contains("no person"), "{said}");
            assert_eq!(target.sql(IDS), before, "{}", loss.live);
            let (code, said) = desired.apply_approved(target, &plan);
            assert_eq!(code, 0, "{said}");
            assert_eq!(target.sql(IDS).trim(), loss.stay, "{}", loss.live);
            target.agrees("SELECT * FROM t ORDER BY id");
            desired.is_live(target);
            // Without such rows nobody is waited for beyond what the risk asks.
            target.sql(&format!("DROP TABLE t; {}", loss.live));
            let (code, said) = desired.apply_unseen(target);
            assert_eq!(code, 0, "{said}");
            desired.is_live(target);
            target.sql("DROP TABLE t");
        }
    });
}

/// Partitions that are cut otherwise: before, the rows, after. Every row stays.
const KEEPING: &[(&str, &str, &str)] = &[
    // Two ranges become one: by a merge, not by a drop.
    (
        "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN (20), PARTITION c VALUES LESS THAN (30))",
        "(5), (15), (25)",
        "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (10), PARTITION c VALUES LESS THAN (30))",
    ),
    // The first ranges, and one in the middle.
    (
        "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE COLUMNS (id) (PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN (20), PARTITION c VALUES LESS THAN (30), PARTITION d VALUES LESS THAN (40), PARTITION e VALUES LESS THAN (MAXVALUE))",
        "(5), (15), (25), (35), (45)",
        "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE COLUMNS (id) (PARTITION c VALUES LESS THAN (30), PARTITION e VALUES LESS THAN (MAXVALUE))",
    ),
    (
        "CREATE TABLE t (id int, k int) PARTITION BY LIST (k) (PARTITION a VALUES IN (NULL, 1), PARTITION b VALUES IN (2), PARTITION c VALUES IN (3))",
        "(1, NULL), (2, 1), (3, 2), (4, 3)",
        "CREATE TABLE t (id int, k int) PARTITION BY LIST (k) (PARTITION ab VALUES IN (1, 2, NULL), PARTITION c VALUES IN (3))",
    ),
    (
        "CREATE TABLE t (id int) PARTITION BY HASH (id) PARTITIONS 6",
        "(1), (2), (3), (4), (5), (6), (7)",
        "CREATE TABLE t (id int) PARTITION BY HASH (id) PARTITIONS 2",
    ),
    (
        "CREATE TABLE t (id int) PARTITION BY RANGE (id) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN (20))",
        "(1), (2), (11), (12)",
        "CREATE TABLE t (id int) PARTITION BY RANGE (id) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION b VALUES LESS THAN (20))",
    ),
    (
        "CREATE TABLE t (id int) PARTITION BY LIST (id) (PARTITION a VALUES IN (1, 2))",
        "(1), (2)",
        "CREATE TABLE t (id int)",
    ),
];

#[test]
fn partitions_are_changed_in_the_way_that_keeps_the_rows() {
    on_both("partitions_are_changed_in_the_way_that_keeps_the_rows", |target| {
        for (live, rows, after) in KEEPING {
            target.sql(&format!("{live}; INSERT INTO t VALUES {rows}"));
            let before = target.sql(IDS);
            let desired = Desired::new(after);
            let plan = desired.plan(target);
            assert_ne!(plan["risk"], "Destructive", "{plan:#}");
            let (code, said) = desired.apply_unseen(target);
            assert_eq!(code, 0, "{said}");
            assert_eq!(target.sql(IDS), before, "{live}");
            target.agrees("SELECT * FROM t ORDER BY id");
            desired.is_live(target);
            target.sql("DROP TABLE t");
        }
    });
}

/// A partitioning over rows: the columns, the rows, `PARTITION BY`, and the rows that have no place in it.
const PLACES: &[(&str, &str, &str, u64)] = &[
    ("id int", "(1), (10), (11), (NULL)", "RANGE (id) (PARTITION a VALUES LESS THAN (10))", 2),
    ("id int", "(1), (9), (NULL)", "RANGE (id) (PARTITION a VALUES LESS THAN (10))", 0),
    ("id int", "(1), (2), (3), (NULL)", "LIST (id) (PARTITION a VALUES IN (1), PARTITION b VALUES IN (2))", 2),
    ("id int", "(1), (2), (NULL)", "LIST (id) (PARTITION a VALUES IN (1, NULL), PARTITION b VALUES IN (2))", 0),
    ("id int", "(1), (2), (3)", "LIST (id % 3) (PARTITION a VALUES IN (1), PARTITION b VALUES IN (2))", 1),
    (
        "id int, d date",
        "(1, '2019-12-31'), (2, '2020-01-01'), (3, NULL)",
        "RANGE (to_days(d)) (PARTITION a VALUES LESS THAN (to_days('2020-01-01')))",
        1,
    ),
    (
        "id int, a int, b int",
        "(1, 4, 99), (2, 5, 4), (3, 5, 5), (4, 6, 0), (5, NULL, 9), (6, 5, NULL)",
        "RANGE COLUMNS (a, b) (PARTITION x VALUES LESS THAN (5, 5))",
        2,
    ),
    (
        "id int, a int, b int",
        "(1, 4, 99), (2, 5, 4), (3, 5, 5), (4, 6, 0)",
        "RANGE COLUMNS (a, b) (PARTITION x VALUES LESS THAN (5, MAXVALUE))",
        1,
    ),
    (
        "id int, a varchar(9), b int",
        "(1, 'x', 1), (2, 'X', 1), (3, 'y', 1), (4, 'x', NULL), (5, NULL, NULL)",
        "LIST COLUMNS (a, b) (PARTITION p VALUES IN (('x', 1), (NULL, NULL)))",
        2,
    ),
];

#[test]
fn rows_without_a_partition_are_counted_before_a_table_is_partitioned() {
    on_both("rows_without_a_partition_are_counted", |target| {
        for (columns, rows, by, count) in PLACES {
            target.sql(&format!("CREATE TABLE t ({columns}); INSERT INTO t VALUES {rows}"));
            // What the server itself does: error 1526 exactly where a row has no place.
            target.sql("CREATE TABLE copy LIKE t; INSERT INTO copy SELECT * FROM t");
            let by_hand = target.try_sql(&format!("ALTER TABLE copy PARTITION BY {by}"));
            assert_eq!(by_hand.is_err_and(|error| error.contains("1526")), *count > 0, "{by}");
            target.sql("DROP TABLE copy");
            let desired = Desired::new(&format!("CREATE TABLE t ({columns}) PARTITION BY {by}"));
            let plan = desired.plan(target);
            let found = finding(&plan, "TW028");
            assert_eq!(found["evidence"]["count"], *count, "{by}: {found:#}");
            assert_eq!(found["evidence"]["complete"], true, "{found:#}");
            let before = target.sql(IDS);
            let (code, said) = desired.apply_approved(target, &plan);
            if *count == 0 {
                assert_eq!(code, 0, "{said}");
                desired.is_live(target);
            } else {
                assert!(code != 0 && said.contains("nothing was run"), "{said}");
            }
            assert_eq!(target.sql(IDS), before, "{by}");
            target.agrees("SELECT * FROM t ORDER BY id");
            target.sql("DROP TABLE t");
        }
    });
}

/// Ranges of ten, and what follows the first so many of them.
fn ranges(number: usize, rest: &str) -> String {
    let list: Vec<String> = (1..=number).map(|at| format!("PARTITION p{at} VALUES LESS THAN ({})", at * 10)).collect();
    format!("PARTITION BY RANGE (id) ({}{rest})", list.join(", "))
}

#[test]
fn tables_of_many_partitions_are_rehearsed_with_few_of_them() {
    const MANY: usize = 100;
    let Some(pair) = own("few_partitions") else { return };
    pair.sql(Role::Primary, "", "SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = ON");
    let plain = "id int NOT NULL, a int";
    let whole = ranges(MANY, "");
    let cut = whole.replace("PARTITION p60 ", "PARTITION half VALUES LESS THAN (595), PARTITION p60 ");
    let merged = whole.replace("PARTITION p60 VALUES LESS THAN (600), ", "");
    let grown = ranges(MANY, ", PARTITION last VALUES LESS THAN MAXVALUE");
    let cases = [
        (format!("({plain}) {whole}"), format!("({plain}, b varchar(9) NOT NULL DEFAULT 'x', KEY a (a)) {whole}")),
        (format!("({plain}) {whole}"), format!("(id int NOT NULL, a bigint, CHECK (a > -5)) {whole}")),
        (format!("({plain}) {whole}"), format!("({plain}) {cut}")),
        (format!("({plain}) {whole}"), format!("({plain}) {merged}")),
        (format!("({plain}) {whole}"), format!("({plain}, b int) {grown}")),
        (
            format!("({plain}) PARTITION BY HASH (id) PARTITIONS {MANY}"),
            format!("({plain}, KEY a (a)) PARTITION BY HASH (id) PARTITIONS {}", MANY + 2),
        ),
    ];
    for (live, desired) in cases {
        let schema = pair.schema("many");
        let target = OfMysql { pair: &pair, schema };
        target
            .sql(&format!("CREATE TABLE t {live}; INSERT INTO t (id, a) VALUES (1, 1), (595, 2), (599, 3), (999, 4)"));
        let before = target.sql(IDS);
        let desired = Desired::new(&format!("CREATE TABLE t {desired}"));
        pair.sql(
            Role::Primary,
            "",
            "SET GLOBAL general_log = OFF; TRUNCATE mysql.general_log; SET GLOBAL general_log = ON",
        );
        let plan = desired.plan(&target);
        assert_eq!(plan["proof"], "Rehearsed", "{plan:#}");
        let of_scratch = "argument LIKE 'CREATE%TABLE%' AND argument LIKE '%PARTITION BY%'";
        let counted = |condition: &str| {
            let query = format!("SELECT COUNT(*) FROM mysql.general_log WHERE {of_scratch} AND {condition}");
            pair.sql(Role::Primary, "", &query).trim().parse::<u64>().expect("a number")
        };
        assert!(counted("TRUE") > 0, "the rehearsal makes no partitioned table at all");
        let many = "(argument LIKE '%PARTITION p40 %' OR argument LIKE '%`p40`%' OR argument LIKE '%PARTITIONS 10%')";
        assert_eq!(counted(many), 0, "a rehearsal makes all partitions");
        let (code, said) = desired.apply_approved(&target, &plan);
        assert_eq!(code, 0, "{said}");
        assert_eq!(target.sql(IDS), before);
        target.agrees("SELECT * FROM t ORDER BY id");
        desired.is_live(&target);
        target.sql("DROP TABLE t");
    }
}
