//! What plans say of the rows: counts, within bounds, and never a value.

use std::time::Duration;

use serde_json::Value;
use tablewright::{
    model::TableName,
    mysql::{CountBounds, Counted, Endpoint, MysqlError, Server, count, time_was_over},
    rules::Ask,
};

use crate::support::{
    binary::{argument, run},
    mariadb,
    pair::{Pair, Role, shared},
};

/// One change of a table that holds rows: what stands in its way, and how many.
struct Case {
    name: &'static str,
    live: &'static str,
    rows: &'static str,
    desired: &'static str,
    code: &'static str,
    count: u64,
    looked: u64,
}

const CASES: &[Case] = &[
    Case {
        name: "unique_by_another_collation",
        live: "CREATE TABLE t (id int PRIMARY KEY, a varchar(20) COLLATE utf8mb4_bin, UNIQUE KEY a (a))",
        rows: "INSERT INTO t VALUES (1, 'a'), (2, 'A'), (3, 'b')",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a varchar(20) COLLATE utf8mb4_0900_ai_ci, UNIQUE KEY a (a))",
        code: "TW008",
        count: 1,
        looked: 3,
    },
    Case {
        name: "unique_by_another_collation_and_longer",
        live: "CREATE TABLE t (id int PRIMARY KEY, a varchar(191) CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci, UNIQUE KEY a (a))",
        rows: "INSERT INTO t VALUES (1, 'strasse'), (2, 'straße'), (3, 'b')",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a varchar(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci, UNIQUE KEY a (a))",
        code: "TW008",
        count: 1,
        looked: 3,
    },
    Case {
        name: "unique_by_another_collation_beside_an_index",
        live: "CREATE TABLE t (id int PRIMARY KEY, n int, a varchar(191) CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci, UNIQUE KEY a (a))",
        rows: "INSERT INTO t VALUES (1, 1, 'strasse'), (2, 2, 'straße'), (3, 3, 'b')",
        desired: "CREATE TABLE t (id int PRIMARY KEY, n int, a varchar(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci, UNIQUE KEY a (a), KEY n (n))",
        code: "TW008",
        count: 1,
        looked: 3,
    },
    Case {
        name: "nulls",
        live: "CREATE TABLE t (id int PRIMARY KEY, a int)",
        rows: "INSERT INTO t VALUES (1, NULL), (2, NULL), (3, 5)",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL)",
        code: "TW006",
        count: 2,
        looked: 3,
    },
    Case {
        name: "too_long",
        live: "CREATE TABLE t (id int PRIMARY KEY, a varchar(20))",
        rows: "INSERT INTO t VALUES (1, 'secret-longer'), (2, 'short'), (3, NULL)",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a varchar(5))",
        code: "TW004",
        count: 1,
        looked: 3,
    },
    Case {
        name: "too_many_bytes",
        live: "CREATE TABLE t (id int PRIMARY KEY, a text)",
        rows: "INSERT INTO t VALUES (1, REPEAT('ü', 128)), (2, REPEAT('u', 255))",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a tinytext)",
        code: "TW004",
        count: 1,
        looked: 2,
    },
    Case {
        name: "out_of_range",
        live: "CREATE TABLE t (id int PRIMARY KEY, a int)",
        rows: "INSERT INTO t VALUES (1, 127), (2, 128), (3, -129), (4, -128)",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a tinyint)",
        code: "TW004",
        count: 2,
        looked: 4,
    },
    Case {
        name: "negative",
        live: "CREATE TABLE t (id int PRIMARY KEY, a bigint)",
        rows: "INSERT INTO t VALUES (1, -1), (2, 9223372036854775807)",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a bigint unsigned)",
        code: "TW004",
        count: 1,
        looked: 2,
    },
    Case {
        name: "scale",
        live: "CREATE TABLE t (id int PRIMARY KEY, a decimal(10,3))",
        rows: "INSERT INTO t VALUES (1, 1.250), (2, 1.255), (3, 99999.990), (4, 999.999)",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a decimal(6,2))",
        code: "TW004",
        count: 1,
        looked: 4,
    },
    Case {
        name: "fractions_of_seconds",
        live: "CREATE TABLE t (id int PRIMARY KEY, a datetime(6))",
        rows: "INSERT INTO t VALUES (1, '2020-01-01 00:00:00.123'), (2, '2020-01-01 00:00:00.123456')",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a datetime(3))",
        code: "TW004",
        count: 1,
        looked: 2,
    },
    Case {
        name: "time_parts",
        live: "CREATE TABLE t (id int PRIMARY KEY, a datetime)",
        rows: "INSERT INTO t VALUES (1, '2020-01-01 00:00:00'), (2, '2020-01-01 00:00:01')",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a date)",
        code: "TW004",
        count: 1,
        looked: 2,
    },
    Case {
        name: "text_to_numbers",
        live: "CREATE TABLE t (id int PRIMARY KEY, a varchar(30))",
        rows: "INSERT INTO t VALUES (1, '12'), (2, 'twelve'), (3, '3000000000'), (4, NULL)",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a int)",
        code: "TW004",
        count: 2,
        looked: 4,
    },
    Case {
        name: "text_to_dates",
        live: "CREATE TABLE t (id int PRIMARY KEY, a varchar(30))",
        rows: "INSERT INTO t VALUES (1, '2020-02-29'), (2, '2021-02-29')",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a date)",
        code: "TW004",
        count: 1,
        looked: 2,
    },
    Case {
        name: "text_to_json",
        live: "CREATE TABLE t (id int PRIMARY KEY, a text)",
        rows: "INSERT INTO t VALUES (1, '{}'), (2, '{'), (3, '[1]')",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a json)",
        code: "TW004",
        count: 1,
        looked: 3,
    },
    Case {
        name: "enum_members",
        live: "CREATE TABLE t (id int PRIMARY KEY, a enum('a','b','c'))",
        rows: "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'b')",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a enum('a','c'))",
        code: "TW014",
        count: 2,
        looked: 4,
    },
    Case {
        name: "set_members",
        live: "CREATE TABLE t (id int PRIMARY KEY, a set('r','w','x'))",
        rows: "INSERT INTO t VALUES (1, 'r'), (2, 'r,w'), (3, 'x'), (4, '')",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a set('r','x'))",
        code: "TW014",
        count: 1,
        looked: 4,
    },
    Case {
        name: "duplicates",
        live: "CREATE TABLE t (id int PRIMARY KEY, a varchar(20), b int)",
        rows: "INSERT INTO t VALUES (1, 'x', 1), (2, 'X', 1), (3, 'x', 2), (4, NULL, 1), (5, NULL, 1), (6, 'y', 7)",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a varchar(20), b int, UNIQUE KEY ab (a, b))",
        code: "TW008",
        count: 1,
        looked: 4,
    },
    Case {
        name: "duplicate_beginnings",
        live: "CREATE TABLE t (id int PRIMARY KEY, a varchar(20))",
        rows: "INSERT INTO t VALUES (1, 'abc1'), (2, 'abc2'), (3, 'xyz')",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a varchar(20), UNIQUE KEY a3 (a(3)))",
        code: "TW008",
        count: 1,
        looked: 3,
    },
    Case {
        name: "orphans",
        live: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, p int)",
        rows: "INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1), (2, 2), (3, NULL)",
        desired: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, p int, CONSTRAINT tp FOREIGN KEY (p) REFERENCES p (id))",
        code: "TW009",
        count: 1,
        looked: 2,
    },
    Case {
        name: "orphans_of_a_parent_that_changes_elsewhere",
        live: "CREATE TABLE p (id int PRIMARY KEY, more int); CREATE TABLE t (id int PRIMARY KEY, p int)",
        rows: "INSERT INTO p VALUES (1, 1); INSERT INTO t VALUES (1, 1), (2, 2), (3, NULL)",
        desired: "CREATE TABLE p (id int PRIMARY KEY, more bigint, new int); CREATE TABLE t (id int PRIMARY KEY, p int, CONSTRAINT tp FOREIGN KEY (p) REFERENCES p (id))",
        code: "TW009",
        count: 1,
        looked: 2,
    },
    Case {
        name: "orphans_that_keep_a_key_from_coming_back",
        live: "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, p int, CONSTRAINT tp FOREIGN KEY (p) REFERENCES p (id))",
        rows: "SET foreign_key_checks = 0; INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1), (2, 2), (3, NULL)",
        desired: "CREATE TABLE p (id bigint PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, p bigint, CONSTRAINT tp FOREIGN KEY (p) REFERENCES p (id))",
        code: "TW025",
        count: 1,
        looked: 2,
    },
    Case {
        name: "broken_checks",
        live: "CREATE TABLE t (id int PRIMARY KEY, a int)",
        rows: "INSERT INTO t VALUES (1, 1), (2, -1), (3, NULL)",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a int, CONSTRAINT positive CHECK (a > 0))",
        code: "TW015",
        count: 1,
        looked: 3,
    },
    Case {
        name: "characters",
        live: "CREATE TABLE t (id int PRIMARY KEY, a varchar(20))",
        rows: "INSERT INTO t VALUES (1, 'é'), (2, 'Ω'), (3, 'plain')",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a varchar(20) CHARACTER SET latin1)",
        code: "TW005",
        count: 1,
        looked: 3,
    },
];

fn findings(pair: &Pair, schema: &str, desired: &str, more: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("desired.sql");
    std::fs::write(&file, desired).expect("written");
    let url = pair.url(Role::Primary, schema);
    let plan = run(&[&["plan", "-f", argument(&file), "--url", &url, "--format", "json"], more].concat()).expect(0);
    assert!(!plan.all().contains("secret"), "a value: {}", plan.all());
    let json: Value = serde_json::from_str(&plan.stdout).expect("JSON");
    json["findings"].as_array().cloned().unwrap_or_default()
}

#[test]
fn what_stands_in_the_way_is_counted() {
    let Some(pair) = shared("what_stands_in_the_way_is_counted") else { return };
    for case in CASES {
        let schema = pair.schema(case.name);
        pair.sql(Role::Primary, &schema, &format!("{};\n{};", case.live, case.rows));
        let found = findings(pair, &schema, case.desired, &[]);
        // Where a type refuses some values and changes others, there is a finding for each.
        let counted = |finding: &&Value| finding["code"] == case.code && finding["evidence"]["count"] == case.count;
        let finding = found.iter().find(counted);
        let finding = finding.unwrap_or_else(|| panic!("{}: no {} in {found:#?}", case.name, case.code));
        let evidence = &finding["evidence"];
        assert_eq!(evidence["count"], case.count, "{}: {finding:#}", case.name);
        assert_eq!(evidence["rows"], case.looked, "{}: {finding:#}", case.name);
        assert_eq!(evidence["complete"], true, "{}: {finding:#}", case.name);
        assert_eq!(finding["level"], "Error", "{}: {finding:#}", case.name);

        // The same over rows in whose way nothing stands.
        let clean = pair.schema(case.name);
        pair.sql(Role::Primary, &clean, case.live);
        let found = findings(pair, &clean, case.desired, &[]);
        let finding = found.iter().find(|finding| finding["code"] == case.code).expect("the finding");
        assert_eq!(finding["evidence"]["count"], 0, "{}: {finding:#}", case.name);
        pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`; DROP DATABASE `{clean}`"));
    }
}

#[test]
fn each_key_is_counted_by_itself() {
    let Some(pair) = shared("each_key_is_counted_by_itself") else { return };
    let schema = pair.schema("each_key");
    pair.sql(
        Role::Primary,
        &schema,
        "CREATE TABLE t (id int PRIMARY KEY, a varchar(20) COLLATE utf8mb4_bin, b int, c int, UNIQUE KEY a (a), UNIQUE KEY ab (a, b));
         INSERT INTO t VALUES (1, 'x', 1, 1), (2, 'X', 1, 2), (3, 'y', 1, 1), (4, 'Y', 2, 1)",
    );
    let desired = "CREATE TABLE t (id int PRIMARY KEY, a varchar(20) COLLATE utf8mb4_0900_ai_ci, b int, c int, \
                   UNIQUE KEY a (a), UNIQUE KEY ab (a, b), UNIQUE KEY c (c), UNIQUE KEY `more` (c, id))";
    let counts: Vec<(String, u64)> = findings(pair, &schema, desired, &[])
        .iter()
        .filter(|finding| finding["code"] == "TW008")
        .map(|finding| {
            let count = finding["evidence"]["count"].as_u64().expect("a count");
            (finding["problem"].as_str().expect("words").to_owned(), count)
        })
        .collect();
    // `more` holds the primary key, and so takes whatever there is.
    let wanted = [
        ("unique index `a` is compared by another collation", 2),
        ("unique index `ab` is compared by another collation", 1),
        ("unique index `c` is built over rows that exist", 1),
    ];
    assert_eq!(counts, wanted.map(|(problem, count)| (problem.to_owned(), count)));
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
}

#[test]
fn looks_are_bounded_and_say_what_they_did_not_see() {
    let Some(pair) = shared("looks_are_bounded_and_say_what_they_did_not_see") else { return };
    let schema = pair.schema("bounded");
    pair.sql(
        Role::Primary,
        &schema,
        "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, NULL), (2, 2), (3, 3), (4, NULL)",
    );
    let desired = "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int, UNIQUE KEY b (b))";
    let evidence = |more: &[&str], code: &str| {
        let found = findings(pair, &schema, desired, more);
        found.iter().find(|finding| finding["code"] == code).expect("the finding")["evidence"].clone()
    };
    let sample = evidence(&["--examine-rows", "2"], "TW006");
    assert_eq!((&sample["rows"], &sample["count"], &sample["complete"]), (&2.into(), &1.into(), &false.into()));
    let new = evidence(&[], "TW008");
    assert_eq!(new["notLooked"], "the same plan adds the column");
    let off = evidence(&["--examine-rows", "0"], "TW006");
    assert_eq!(off["notLooked"], "looking at rows is switched off");
    // An account without SELECT is told apart from a table without rows.
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
}

#[test]
fn what_would_surely_fail_is_not_begun() {
    let Some(pair) = shared("what_would_surely_fail_is_not_begun") else { return };
    let schema = pair.schema("not_begun");
    pair.sql(
        Role::Primary,
        &schema,
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, NULL)",
    );
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("desired.sql");
    let text = "CREATE TABLE a (id int PRIMARY KEY, more int); CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL)";
    std::fs::write(&file, text).expect("written");
    let url = pair.url(Role::Primary, &schema);
    let apply = run(&["apply", "-f", argument(&file), "--url", &url, "--auto-approve"]).expect(1);
    assert!(apply.stderr.contains("1 row that is NULL in the way in t"), "{}", apply.all());
    // Not even the statement in whose way nothing stood.
    assert!(!pair.definition(Role::Primary, &schema, "a").contains("more"));
    pair.sql(Role::Primary, &schema, "UPDATE t SET a = 1");
    run(&["apply", "-f", argument(&file), "--url", &url, "--auto-approve"]).expect(0);
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
}

/// Functions that quote their arguments in errors, over what rows hold: an expression, and what is made of it.
const QUOTING: &[(&str, &str)] = &[
    ("gtid_subset(concat('~', a), '') = 1", "CONSTRAINT c CHECK (?)"),
    ("gtid_subset(case when id = 2 then concat('~', a) else '' end, '') = 1", "CONSTRAINT c CHECK (?)"),
    ("gtid_subtract(concat('~', a), '') = ''", "CONSTRAINT c CHECK (?)"),
    ("st_distance(st_srid(point(0, 0), 4326), st_srid(point(0, id), 4326), a) > 0", "CONSTRAINT c CHECK (?)"),
    ("gtid_subset(concat('~', a), '')", "UNIQUE KEY c ((?))"),
    ("gtid_subtract(concat('~', a), '')", "COLUMN b varchar(100) GENERATED ALWAYS AS (?) STORED"),
];

#[test]
fn no_value_comes_back_in_an_error_of_the_server() {
    let Some(pair) = shared("no_value_comes_back_in_an_error_of_the_server") else { return };
    for (expression, place) in QUOTING {
        let schema = pair.schema("quoting");
        let live =
            "CREATE TABLE t (id int PRIMARY KEY, a varchar(20)); INSERT INTO t VALUES (1, 'secret'), (2, 'secret')";
        pair.sql(Role::Primary, &schema, live);
        // Whoever asks the server itself is told.
        let ask = |text: &str| pair.try_sql(Role::Primary, &schema, text).expect_err("the server refuses");
        let number = |said: &str| said.split(' ').nth(1).expect("ERROR 1772 (HY000) ...").to_owned();
        let asked = ask(&format!("SELECT {expression} FROM t"));
        assert!(asked.contains("secret"), "{expression}: {asked}");
        let definition = place.replace('?', expression);
        let altered = ask(&format!("ALTER TABLE t ADD {definition}"));

        // `findings` looks for the value in all that is printed.
        let desired =
            format!("CREATE TABLE t (id int PRIMARY KEY, a varchar(20), {})", definition.trim_start_matches("COLUMN "));
        let found = findings(pair, &schema, &desired, &[]);
        if !place.starts_with("COLUMN") {
            let not_looked = format!("the server refused the question (error {})", number(&asked));
            let evidence = |finding: &Value| finding["evidence"]["notLooked"] == *not_looked;
            assert!(found.iter().any(evidence), "{definition}: {found:#?}");
        }

        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("desired.sql");
        std::fs::write(&file, &desired).expect("written");
        let url = pair.url(Role::Primary, &schema);
        let apply = run(&["apply", "-f", argument(&file), "--url", &url, "--auto-approve"]).expect(1);
        let failed = format!("error {}", number(&altered));
        assert!(apply.stderr.contains(&failed), "{definition}: {altered}: {}", apply.all());
        assert!(!apply.all().contains("secret"), "{definition}: {}", apply.all());
        pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
    }
}

#[test]
fn members_that_move_keep_their_rows() {
    let Some(pair) = shared("members_that_move_keep_their_rows") else { return };
    let schema = pair.schema("moved");
    pair.sql(
        Role::Primary,
        &schema,
        "CREATE TABLE t (id int PRIMARY KEY, a enum('x','y','z'), b set('r','w'));
         INSERT INTO t VALUES (1, 'x', 'r'), (2, 'y', 'r,w'), (3, 'z', 'w')",
    );
    let desired = "CREATE TABLE t (id int PRIMARY KEY, a enum('z','x','y'), b set('w','r'))";
    let found = findings(pair, &schema, desired, &[]);
    let moved: Vec<&Value> = found.iter().filter(|finding| finding["code"] == "TW014").collect();
    assert_eq!(moved.len(), 2, "{found:#?}");
    for finding in moved {
        assert_eq!(finding["level"], "Warning", "{finding:#}");
        assert!(finding["evidence"].is_null(), "{finding:#}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("desired.sql");
    std::fs::write(&file, desired).expect("written");
    run(&["apply", "-f", argument(&file), "--url", &pair.url(Role::Primary, &schema), "--auto-approve"]).expect(0);
    let rows = pair.sql(
        Role::Primary,
        &schema,
        "SELECT CONCAT_WS(':', id, a, FIND_IN_SET('r', b) > 0, FIND_IN_SET('w', b) > 0) FROM t ORDER BY id",
    );
    assert_eq!(rows.split_whitespace().collect::<Vec<_>>(), ["1:x:1:0", "2:y:1:1", "3:z:0:1"]);
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
}

/// A question that would take minutes, on one row, with half a second for it.
fn endless(url: &str) -> Result<Option<Counted>, MysqlError> {
    let (endpoint, schema) = Endpoint::from_url(url).expect("a URL");
    let ask = Ask::Rows("BENCHMARK(2000000000, SHA2(`a`, 512)) = `a`".to_owned());
    let counted = async {
        let server = Server::new(endpoint, schema);
        let bounds = CountBounds { rows: 10, time: Duration::from_millis(500), zone: None };
        let counted = count(&server, &TableName::new("t"), &ask, bounds).await;
        server.close().await;
        counted
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(counted)
}

#[test]
fn a_look_at_rows_is_ended_by_the_server_when_its_time_is_over() {
    let table = "CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1)";
    if let Some(pair) = shared("a_look_at_rows_is_ended") {
        let schema = pair.schema("endless");
        pair.sql(Role::Primary, &schema, table);
        let error = endless(&pair.url(Role::Primary, &schema)).expect_err("it takes longer");
        assert!(time_was_over(&error) && error.code == Some(3024), "{error}");
        pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
    }
    if let Some(server) = mariadb::shared("a_look_at_rows_is_ended") {
        let schema = server.schema("endless");
        server.sql(&schema, table);
        let error = endless(&server.url(&schema)).expect_err("it takes longer");
        assert!(time_was_over(&error) && error.code == Some(1969), "{error}");
        server.sql("", &format!("DROP DATABASE `{schema}`"));
    }
}
