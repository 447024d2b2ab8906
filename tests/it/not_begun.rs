//! What is sure to fail: the server does fail, with the error that docs/rules/errors.md names for the rule; and a run that
//! looks at the rows does not begin.

use serde_json::Value;

use crate::support::{
    binary::{Outcome, argument, run},
    mariadb,
    pair::{Role, shared},
};

/// One change that rows stand in the way of.
pub struct Case {
    live: &'static str,
    rows: &'static str,
    desired: &'static str,
    /// The rule that counts them.
    pub code: &'static str,
    count: u64,
    /// The error of the statement.
    pub error: u16,
}

macro_rules! case {
    ($code:literal, $error:literal, $count:literal, $live:literal, $rows:literal, $desired:literal) => {
        Case { live: $live, rows: $rows, desired: $desired, code: $code, count: $count, error: $error }
    };
}

pub const BOTH: &[Case] = &[
    case!(
        "TW004",
        1292,
        2,
        "(id int PRIMARY KEY, a date)",
        "(1, '0000-00-00'), (2, '2020-00-10'), (3, '2020-01-10')",
        "(id int PRIMARY KEY, a datetime)"
    ),
    case!("TW004", 1264, 1, "(id int PRIMARY KEY, a bigint)", "(1, 5000000000), (2, 1)", "(id int PRIMARY KEY, a int)"),
    case!(
        "TW004",
        1406,
        1,
        "(id int PRIMARY KEY, a varchar(20))",
        "(1, 'too long'), (2, 'a')",
        "(id int PRIMARY KEY, a char(3))"
    ),
    case!(
        "TW004",
        1265,
        1,
        "(id int PRIMARY KEY, a varchar(20))",
        "(1, 'too long'), (2, 'a')",
        "(id int PRIMARY KEY, a varchar(3))"
    ),
    case!(
        "TW004",
        1406,
        1,
        "(id int PRIMARY KEY, a tinytext CHARACTER SET latin1)",
        "(1, REPEAT('ü', 128)), (2, 'ü')",
        "(id int PRIMARY KEY, a tinytext CHARACTER SET utf8mb4)"
    ),
    case!(
        "TW004",
        1292,
        1,
        "(id int PRIMARY KEY, a varchar(20))",
        "(1, '2021-02-29'), (2, NULL)",
        "(id int PRIMARY KEY, a date)"
    ),
    case!(
        "TW005",
        1366,
        1,
        "(id int PRIMARY KEY, a varchar(20))",
        "(1, 'Ω'), (2, 'é')",
        "(id int PRIMARY KEY, a varchar(20) CHARACTER SET latin1)"
    ),
    case!(
        "TW006",
        1265,
        1,
        "(id int PRIMARY KEY, a int)",
        "(1, NULL), (2, 1)",
        "(id int PRIMARY KEY, a bigint NOT NULL)"
    ),
    case!(
        "TW008",
        1062,
        1,
        "(id int PRIMARY KEY, a int)",
        "(1, 1), (2, 1)",
        "(id int PRIMARY KEY, a int, UNIQUE KEY a (a))"
    ),
    case!(
        "TW008",
        1062,
        1,
        "(id int PRIMARY KEY, a int)",
        "(1, 1), (2, 1)",
        "(id int PRIMARY KEY, a bigint, UNIQUE KEY a (a))"
    ),
    case!(
        "TW008",
        1062,
        1,
        "(id int PRIMARY KEY, a int)",
        "(1, 1), (2, 1), (3, 2)",
        "(id int PRIMARY KEY, a int, b int NOT NULL, UNIQUE KEY ab (a, b))"
    ),
    case!(
        "TW014",
        1265,
        1,
        "(id int PRIMARY KEY, a enum('x','y'))",
        "(1, 'y'), (2, 'x')",
        "(id int PRIMARY KEY, a enum('x'))"
    ),
    case!(
        "TW031",
        1365,
        1,
        "(id int PRIMARY KEY, a int)",
        "(1, 0), (2, 1)",
        "(id int PRIMARY KEY, a int, g decimal(10,4) AS (1 / a) STORED)"
    ),
    case!(
        "TW031",
        1365,
        1,
        "(id int PRIMARY KEY, a int)",
        "(1, 0), (2, 1)",
        "(id int PRIMARY KEY, a int, g decimal(10,4) AS (1 / a) VIRTUAL, KEY g (g))"
    ),
    case!(
        "TW031",
        1365,
        1,
        "(id int PRIMARY KEY, a int, g decimal(10,4) AS (1 / a) VIRTUAL)",
        "(1, 0, DEFAULT), (2, 1, DEFAULT)",
        "(id int PRIMARY KEY, a int, g decimal(10,4) AS (1 / a) VIRTUAL, KEY g (g))"
    ),
    case!(
        "TW031",
        1264,
        2,
        "(id int PRIMARY KEY, a int)",
        "(1, 2147483647), (2, 1), (3, 2147483647)",
        "(id int PRIMARY KEY, a int, g int AS (a + 1) STORED)"
    ),
    case!(
        "TW031",
        1690,
        1,
        "(id int PRIMARY KEY, a bigint)",
        "(1, 9223372036854775807), (2, 1)",
        "(id int PRIMARY KEY, a bigint, g bigint AS (a * 2) STORED)"
    ),
    case!(
        "TW031",
        1292,
        1,
        "(id int PRIMARY KEY, a varchar(20))",
        "(1, 'x'), (2, '5')",
        "(id int PRIMARY KEY, a varchar(20), g int AS (a + 1) VIRTUAL, KEY g (g))"
    ),
    case!(
        "TW031",
        1406,
        1,
        "(id int PRIMARY KEY, a varchar(20))",
        "(1, 'long'), (2, 'x')",
        "(id int PRIMARY KEY, a varchar(20), g varchar(3) AS (lower(a)) STORED)"
    ),
    case!(
        "TW034",
        1062,
        1,
        "(id int PRIMARY KEY)",
        "(1), (2)",
        "(id int PRIMARY KEY, a int NOT NULL, UNIQUE KEY a (a))"
    ),
    case!(
        "TW034",
        1062,
        1,
        "(id int PRIMARY KEY)",
        "(1), (2)",
        "(id int PRIMARY KEY, a int DEFAULT 5, UNIQUE KEY a (a))"
    ),
    case!("TW034", 1062, 1, "(id int)", "(1), (2)", "(id int, a int NOT NULL, b int NOT NULL, PRIMARY KEY (a, b))"),
];

const MYSQL: &[Case] = &[
    case!(
        "TW004",
        1366,
        1,
        "(id int PRIMARY KEY, a varchar(20))",
        "(1, 'x'), (2, '5'), (3, NULL)",
        "(id int PRIMARY KEY, a int)"
    ),
    case!(
        "TW004",
        1416,
        1,
        "(id int PRIMARY KEY, a geometry)",
        "(1, ST_GeomFromText('LINESTRING(1 2,3 4)')), (2, ST_GeomFromText('POINT(1 2)'))",
        "(id int PRIMARY KEY, a point)"
    ),
    case!("TW007", 1292, 2, "(id int PRIMARY KEY)", "(1), (2)", "(id int PRIMARY KEY, a date NOT NULL)"),
    case!(
        "TW004",
        3140,
        1,
        "(id int PRIMARY KEY, a varchar(20))",
        "(1, '{'), (2, '{}'), (3, NULL)",
        "(id int PRIMARY KEY, a json)"
    ),
    case!(
        "TW004",
        6136,
        1,
        "(id int PRIMARY KEY, a varbinary(20))",
        "(1, 'abc'), (2, 'abcd')",
        "(id int PRIMARY KEY, a vector(2))"
    ),
    case!("TW007", 1138, 2, "(id int PRIMARY KEY)", "(1), (2)", "(id int PRIMARY KEY, a point NOT NULL)"),
    case!(
        "TW015",
        3819,
        1,
        "(id int PRIMARY KEY, a int)",
        "(1, -1), (2, 1)",
        "(id int PRIMARY KEY, a int, CONSTRAINT c CHECK (a > 0))"
    ),
    case!(
        "TW031",
        1048,
        1,
        "(id int PRIMARY KEY, a int)",
        "(1, 0), (2, 1)",
        "(id int PRIMARY KEY, a int, g int AS (nullif(a, 0)) STORED NOT NULL)"
    ),
    case!(
        "TW031",
        1365,
        1,
        "(id int PRIMARY KEY, a int)",
        "(1, 0), (2, 1)",
        "(id int PRIMARY KEY, a int, g decimal(10,4) DEFAULT (1 / a))"
    ),
    case!(
        "TW031",
        3141,
        1,
        "(id int PRIMARY KEY, a text)",
        "(1, '{'), (2, '{}')",
        "(id int PRIMARY KEY, a text, g varchar(20) AS (json_extract(a, '$.x')) VIRTUAL, KEY g (g))"
    ),
    case!(
        "TW031",
        3751,
        1,
        "(id int PRIMARY KEY, a varchar(20))",
        "(1, 'x'), (2, '5')",
        "(id int PRIMARY KEY, a varchar(20), KEY g ((cast(a as signed))))"
    ),
    case!(
        "TW031",
        1365,
        1,
        "(id int PRIMARY KEY, a int)",
        "(1, 0), (2, 1)",
        "(id int PRIMARY KEY, a int, KEY g ((1 / a)))"
    ),
    case!(
        "TW031",
        3903,
        2,
        "(id int PRIMARY KEY, a json)",
        "(1, '[\"x\"]'), (2, '[1, 2]'), (3, '[null]')",
        "(id int PRIMARY KEY, a json, KEY g ((cast(a->'$' as unsigned array))))"
    ),
    case!(
        "TW031",
        3907,
        1,
        "(id int PRIMARY KEY, a json)",
        "(1, '[\"long\"]'), (2, '[\"x\"]')",
        "(id int PRIMARY KEY, a json, KEY g ((cast(a->'$' as char(3) array))))"
    ),
    case!(
        "TW031",
        3908,
        1,
        "(id int PRIMARY KEY, a json)",
        "(1, '[[1]]'), (2, '[1]')",
        "(id int PRIMARY KEY, a json, KEY g ((cast(a->'$' as unsigned array))))"
    ),
    case!(
        "TW031",
        3752,
        1,
        "(id int PRIMARY KEY, a json)",
        "(1, '[-1]'), (2, '[1]')",
        "(id int PRIMARY KEY, a json, KEY g ((cast(a->'$' as unsigned array))))"
    ),
    case!(
        "TW035",
        3643,
        1,
        "(id int PRIMARY KEY, a point)",
        "(1, ST_GeomFromText('POINT(1 2)')), (2, ST_GeomFromText('POINT(1 2)', 4326)), (3, NULL)",
        "(id int PRIMARY KEY, a point SRID 4326)"
    ),
];

const MARIADB: &[Case] = &[
    case!(
        "TW004",
        1292,
        1,
        "(id int PRIMARY KEY, a varchar(20))",
        "(1, 'x'), (2, '5'), (3, NULL)",
        "(id int PRIMARY KEY, a int)"
    ),
    case!(
        "TW004",
        1366,
        1,
        "(id int PRIMARY KEY, a geometry)",
        "(1, ST_GeomFromText('LINESTRING(1 2,3 4)')), (2, ST_GeomFromText('POINT(1 2)'))",
        "(id int PRIMARY KEY, a point)"
    ),
    case!(
        "TW015",
        4025,
        1,
        "(id int PRIMARY KEY, a int)",
        "(1, -1), (2, 1)",
        "(id int PRIMARY KEY, a int CHECK (a > 0))"
    ),
    case!(
        "TW015",
        4025,
        1,
        "(id int PRIMARY KEY, a int)",
        "(1, -1), (2, 1)",
        "(id int PRIMARY KEY, a int, CONSTRAINT c CHECK (a > 0))"
    ),
    case!(
        "TW031",
        4037,
        1,
        "(id int PRIMARY KEY, a text)",
        "(1, '{'), (2, '{}')",
        "(id int PRIMARY KEY, a text, g varchar(20) AS (json_extract(a, '$.x')) VIRTUAL, KEY g (g))"
    ),
];

/// Every pair of a rule and an error that the cases have.
pub fn errors() -> Vec<(&'static str, u16)> {
    BOTH.iter().chain(MYSQL).chain(MARIADB).map(|case| (case.code, case.error)).collect()
}

fn with_file(command: &str, url: &str, table: &str, more: &[&str]) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("desired.sql");
    std::fs::write(&file, format!("CREATE TABLE t {table}")).expect("written");
    run(&[&[command, "-f", argument(&file), "--url", url], more].concat())
}

fn held(url: &str, schema: &str, sql: &dyn Fn(&str, &str) -> Result<String, String>, cases: &[Case]) {
    let mut wrong = Vec::new();
    for case in cases {
        let Case { live, rows, desired, code, count, error } = case;
        let fresh =
            format!("DROP TABLE IF EXISTS t; CREATE TABLE t {live}; SET sql_mode = ''; INSERT INTO t VALUES {rows};");
        sql(schema, &fresh).expect("the live table");
        let plan = with_file("plan", url, desired, &["--format", "json"]).expect(0);
        let plan: Value = serde_json::from_str(&plan.stdout).expect("JSON");
        let findings = plan["findings"].as_array().expect("findings");
        let counted = findings
            .iter()
            .find(|found| found["code"] == *code && found["evidence"]["count"] == *count && found["level"] == "Error");
        if counted.is_none() {
            wrong.push(format!("{code} {error}: {live} to {desired}: not counted: {findings:#?}"));
        }
        let stopped = with_file("apply", url, desired, &["--auto-approve"]);
        if !(stopped.stderr.contains("in the way in t") && stopped.stderr.contains("nothing was run")) {
            wrong.push(format!("{code} {error}: {live} to {desired}: begun: {}", stopped.all()));
        }
        // As if the rows had been written after the look: the server says that they were in the way.
        let failed = with_file("apply", url, desired, &["--auto-approve", "--examine-rows", "0"]);
        if !failed.stderr.contains(&format!("error {error}")) {
            wrong.push(format!("{code} {error}: {live} to {desired}: the server: {}", failed.all()));
        }
        assert!(!failed.stderr.contains("is not shown"), "{error}: a message without words: {}", failed.all());
        // Without rows nothing is in the way.
        sql(schema, &format!("DROP TABLE IF EXISTS t; CREATE TABLE t {live};")).expect("the live table");
        let clean = with_file("apply", url, desired, &["--auto-approve"]);
        if clean.code != 0 {
            wrong.push(format!("{code} {error}: {live} to {desired}: without rows: {}", clean.all()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_sure_to_fail_fails_and_is_not_begun() {
    let Some(pair) = shared("what_is_sure_to_fail") else { return };
    let schema = pair.schema("sure_to_fail");
    let sql = |schema: &str, text: &str| pair.try_sql(Role::Primary, schema, text);
    for cases in [BOTH, MYSQL] {
        held(&pair.url(Role::Primary, &schema), &schema, &sql, cases);
    }
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
}

#[test]
fn what_is_sure_to_fail_fails_and_is_not_begun_on_mariadb() {
    let Some(server) = mariadb::shared("what_is_sure_to_fail") else { return };
    let schema = server.schema("sure_to_fail");
    let sql = |schema: &str, text: &str| server.try_sql(schema, text);
    for cases in [BOTH, MARIADB] {
        held(&server.url(&schema), &schema, &sql, cases);
    }
    server.sql("", &format!("DROP DATABASE `{schema}`"));
}
