//! One table for each kind of difference.

use super::{SECRET, all, behind, verdicts, verify};
use crate::support::pair::{Role, own};

/// Columns of a table beside its key, what is in its row 2, and what the replica has there instead.
struct Kind {
    name: &'static str,
    columns: &'static str,
    value: &'static str,
    other: &'static str,
}

const fn kind(name: &'static str, columns: &'static str, value: &'static str, other: &'static str) -> Kind {
    Kind { name, columns, value, other }
}

const SET64: &str = "c set('1','2','3','4','5','6','7','8','9','10','11','12','13','14','15','16','17','18','19','20','21',\
    '22','23','24','25','26','27','28','29','30','31','32','33','34','35','36','37','38','39','40','41','42','43','44','45',\
    '46','47','48','49','50','51','52','53','54','55','56','57','58','59','60','61','62','63','64')";

const KINDS: &[Kind] = &[
    kind("null_or_empty", "c varchar(20)", "NULL", "''"),
    kind("null_or_its_mark", "c varchar(20)", "NULL", "'N'"),
    kind("null_or_zero", "c int", "NULL", "0"),
    kind("neighbours", "c varchar(9), d varchar(9)", "'ab', 'c'", "'a', 'bc'"),
    kind("nulls_of_neighbours", "c int, d int", "NULL, 1", "1, NULL"),
    kind("separators", "c varchar(9), d varchar(9)", "'1:a,1', 'x'", "'1:a', '1,x'"),
    kind("bigint", "c bigint unsigned", "18446744073709551615", "18446744073709551614"),
    kind("zerofill", "c int(8) zerofill", "7", "8"),
    kind("decimal", "c decimal(65,30)", "0.000000000000000000000000000001", "0.000000000000000000000000000002"),
    kind("float", "c float", "0.1", "0.10000001"),
    kind("float_of_digits", "c float(7,2)", "1.25", "1.26"),
    kind("double", "c double", "0.1e0 + 0.2e0", "0.3e0"),
    kind("smallest_double", "c double", "-2.2250738585072014e-308", "-2.2250738585072019e-308"),
    kind("negative_zero", "c double", "1e-320 * 1e-10", "-1e-320 * 1e-10"),
    kind("double_of_digits", "c double(20,3)", "12345678901234.125", "12345678901234.127"),
    kind("bits", "c bit(64)", "18446744073709551615", "18446744073709551614"),
    kind("json", "c json", r#"'{"a": 1, "b": [1, 2]}'"#, r#"'{"a": 1, "b": [2, 1]}'"#),
    kind("json_number_or_text", "c json", "'1'", r#"'"1"'"#),
    kind("json_null", "c json", "NULL", "'null'"),
    kind("json_date_or_text", "c json", "CAST(CAST('2020-01-01' AS DATE) AS JSON)", r#"'"2020-01-01"'"#),
    kind("json_double", "c json", "'[0.30000000000000004]'", "'[0.3]'"),
    kind("point", "c point", "ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('POINT(2 1)')"),
    kind("srid", "c geometry", "ST_GeomFromText('POINT(1 2)', 0)", "ST_GeomFromText('POINT(1 2)', 3857)"),
    kind("case", "c varchar(9) collate utf8mb4_0900_ai_ci", "'a'", "'A'"),
    kind("accents", "c char(9) collate utf8mb4_0900_ai_ci", "'a'", "'ä'"),
    kind("trailing_space", "c varchar(9) collate utf8mb4_general_ci", "'a'", "'a '"),
    kind("latin1", "c varchar(9) character set latin1", "'ä'", "'a'"),
    kind("ucs2", "c text character set ucs2", "'ä'", "'a'"),
    kind("utf16", "c varchar(9) character set utf16", "'😀'", "'😁'"),
    kind("enum_error_or_empty", "c enum('x', '')", "''", "0"),
    kind("enum", "c enum('x', 'y')", "'x'", "'y'"),
    kind("set64", SET64, "18446744073709551615", "18446744073709551614"),
    kind("zero_date", "c date", "'0000-00-00'", "'2020-00-00'"),
    kind("datetime", "c datetime(6)", "'2020-01-01 00:00:00.000001'", "'2020-01-01 00:00:00.000002'"),
    kind("timestamp", "c timestamp(3) null", "'2020-01-01 00:00:00.001'", "'2020-01-01 00:00:00.002'"),
    kind("time", "c time(2)", "'-838:59:59.00'", "'838:59:59.00'"),
    kind("year", "c year", "2020", "2021"),
    kind("binary", "c binary(4)", "x'00ff0000'", "x'00ff0001'"),
    kind("varbinary", "c varbinary(4)", "x'00'", "x'0000'"),
    kind("blob", "c blob", "x'00'", "x'0000'"),
    kind("tinytext", "c tinytext", "'hunter2-a'", "'hunter2-b'"),
    kind("longtext", "c longtext", "REPEAT('hunter2', 200000)", "CONCAT(REPEAT('hunter2', 199999), 'hunter3')"),
    kind("vector", "c vector(2)", "STRING_TO_VECTOR('[1,2]')", "STRING_TO_VECTOR('[1,3]')"),
    kind("invisible", "c int invisible, d int as (1) invisible", "1", "2"),
    kind("stored", "c int, d int as (c + 1) stored", "1", "2"),
    kind("virtual", "c int, d varchar(20) as (concat('hunter2', c)) virtual", "1", "2"),
];

/// Tables that differ in other ways than in one column: what makes the table, and what the replica does besides.
const TABLES: &[(&str, &str, &str)] = &[
    ("no_rows", "CREATE TABLE no_rows (id int PRIMARY KEY)", "INSERT INTO no_rows VALUES (1)"),
    (
        "one_row_less",
        "CREATE TABLE one_row_less (id int PRIMARY KEY); INSERT INTO one_row_less VALUES (1)",
        "DELETE FROM one_row_less",
    ),
    (
        "duplicates",
        "CREATE TABLE duplicates (a int); INSERT INTO duplicates VALUES (1), (1), (2)",
        "UPDATE duplicates SET a = IF(a = 1, 3, a); ",
    ),
    (
        "null_in_unique",
        "CREATE TABLE null_in_unique (a int, b int, UNIQUE KEY a (a)); INSERT INTO null_in_unique VALUES (NULL, 1), (NULL, 1)",
        "UPDATE null_in_unique SET b = 2",
    ),
    (
        "partitions",
        "CREATE TABLE partitions (a int, b int, PRIMARY KEY (a)) PARTITION BY HASH (a) PARTITIONS 4; \
         INSERT INTO partitions VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5)",
        "UPDATE partitions SET b = 9 WHERE a = 4",
    ),
    (
        "composite",
        "CREATE TABLE composite (a varchar(9) COLLATE utf8mb4_0900_ai_ci, b int, c datetime(3), v int, PRIMARY KEY (a, b DESC, c)); \
         INSERT INTO composite SELECT CONCAT('hunter2'), n % 7, '2020-01-01' + INTERVAL n SECOND, n FROM numbers",
        "UPDATE composite SET v = -1 WHERE v = 4321",
    ),
    (
        "texts",
        "CREATE TABLE texts (a varchar(99) CHARACTER SET latin1 PRIMARY KEY, v int); \
         INSERT INTO texts SELECT CONCAT(IF(n % 2, 'Ä', 'o'), n), n FROM numbers",
        "DELETE FROM texts WHERE v = 4321",
    ),
    (
        "bytes",
        "CREATE TABLE bytes (a binary(8) PRIMARY KEY, v int); INSERT INTO bytes SELECT UNHEX(LEFT(SHA2(n, 256), 16)), n FROM numbers",
        "UPDATE bytes SET v = -1 WHERE v = 77",
    ),
    (
        "zero_dates",
        "CREATE TABLE zero_dates (a date, b timestamp(2), c time(1), d decimal(9,2), PRIMARY KEY (a, b, c, d)); \
         INSERT INTO zero_dates SELECT IF(n % 3, '0000-00-00', '2020-00-01'), IF(n % 2, 0, '2020-01-01'), '-12:00:00.5', n / 100 \
         FROM numbers",
        "DELETE FROM zero_dates WHERE d = 43.21",
    ),
    (
        "members",
        "CREATE TABLE members (a int, e enum('z','a','m'), v int, PRIMARY KEY (a, e)); \
         INSERT INTO members SELECT n DIV 3, 1 + n % 3, n FROM numbers",
        "UPDATE members SET v = -1 WHERE v = 4321",
    ),
    (
        "only_members",
        "CREATE TABLE only_members (e enum('z','a','m') PRIMARY KEY, v int); INSERT INTO only_members VALUES ('a', 1), ('z', 2)",
        "UPDATE only_members SET v = 3 WHERE v = 2",
    ),
    (
        "prefix",
        "CREATE TABLE prefix (a varchar(100), v int, PRIMARY KEY (a(3))); INSERT INTO prefix VALUES ('hunter2', 1), ('abc', 2)",
        "UPDATE prefix SET a = 'hunter3' WHERE v = 1",
    ),
    (
        "unique_key",
        "CREATE TABLE unique_key (a int NOT NULL, v int, UNIQUE KEY `the key` (a)); INSERT INTO unique_key SELECT n, n FROM numbers",
        "UPDATE unique_key SET v = -1 WHERE v = 4321",
    ),
    (
        "myisam",
        "CREATE TABLE myisam (id int PRIMARY KEY, v varchar(9)) ENGINE=MyISAM; INSERT INTO myisam VALUES (1, 'a')",
        "UPDATE myisam SET v = 'b'",
    ),
];

#[test]
fn a_difference_of_each_kind_is_found_and_none_where_there_is_none() {
    let name = "a_difference_of_each_kind_is_found_and_none_where_there_is_none";
    let Some(pair) = own(name) else { return };
    let schema = pair.schema("kinds");
    let mut make = String::from(
        "SET sql_mode = '', cte_max_recursion_depth = 10000; CREATE TABLE numbers (n int PRIMARY KEY); \
         INSERT INTO numbers WITH RECURSIVE c AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM c WHERE n < 5000) SELECT n FROM c;",
    );
    let mut change = String::new();
    for Kind { name, columns, value, other } in KINDS {
        let given = if columns.contains(" d ") && !columns.contains(" as ") { "c, d" } else { "c" };
        make.push_str(&format!(
            "CREATE TABLE kind_{name} (id int PRIMARY KEY, {columns}); \
             INSERT INTO kind_{name} (id, {given}) VALUES (1, {value}), (2, {value}), (3, {value});"
        ));
        change.push_str(&format!("REPLACE INTO kind_{name} (id, {given}) VALUES (2, {other});"));
    }
    for (name, table, other) in TABLES {
        make.push_str(&format!("{table}; ANALYZE TABLE {name};"));
        change.push_str(&format!("{other};"));
    }
    pair.sql(Role::Primary, &schema, &make);
    pair.wait_for_replica();
    let executed = |role| pair.sql(role, "", "SELECT @@GLOBAL.gtid_executed");
    let before = (executed(Role::Primary), executed(Role::Replica));
    let equal = verdicts(&pair, &schema, &[], 0);
    assert_eq!(equal.len(), KINDS.len() + TABLES.len() + 1);
    assert!(all(&equal, "Equal"), "{equal:?}");

    behind(&pair, &schema, &change);
    let found = verdicts(&pair, &schema, &[], 1);
    let missed: Vec<_> = found.iter().filter(|(table, found)| (found == "Equal") != (table == "numbers")).collect();
    assert!(missed.is_empty(), "{missed:?}");
    assert!(found.iter().all(|(_, found)| found == "Equal" || found == "RowsDiffer"), "{found:?}");
    assert_eq!(before, (executed(Role::Primary), executed(Role::Replica)), "nothing was written");

    let said = verify(&pair, &schema, &["--table", "composite", "--table", "no_rows"]).expect(1);
    assert!(said.stdout.contains("Rows of no_rows on"), "{}", said.all());
    assert!(said.stdout.contains("(0 rows on the primary, 1 there)"), "{}", said.all());
    assert!(said.stdout.contains("Rows of composite on"), "{}", said.all());
}

#[test]
fn the_same_document_in_another_form_is_equal() {
    let Some(pair) = own("the_same_document_in_another_form_is_equal") else { return };
    let schema = pair.schema("documents");
    pair.sql(
        Role::Primary,
        &schema,
        &format!(
            "CREATE TABLE t (id int PRIMARY KEY, c json); \
             INSERT INTO t VALUES (1, '{{\"a\": \"{SECRET} {}\", \"b\": 1}}'), (2, '{{\"b\": 1, \"a\": 2}}'); \
             UPDATE t SET c = JSON_SET(c, '$.a', 'short') WHERE id = 1",
            "x".repeat(200)
        ),
    );
    pair.wait_for_replica();
    behind(&pair, &schema, "REPLACE INTO t VALUES (1, '{\"b\": 1, \"a\": \"short\"}')");
    let size = |role| pair.sql(role, &schema, "SELECT JSON_STORAGE_SIZE(c) + JSON_STORAGE_FREE(c) FROM t WHERE id = 1");
    assert_ne!(size(Role::Primary), size(Role::Replica), "the binary forms are the same");
    assert!(all(&verdicts(&pair, &schema, &[], 0), "Equal"));
}

#[test]
fn what_was_not_compared_is_never_called_equal() {
    let Some(pair) = own("what_was_not_compared_is_never_called_equal") else { return };
    let schema = pair.schema("limits");
    pair.sql(
        Role::Primary,
        &schema,
        "SET cte_max_recursion_depth = 10000; CREATE TABLE t (id int PRIMARY KEY, v int); \
         INSERT INTO t WITH RECURSIVE c AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM c WHERE n < 5000) SELECT n, n FROM c; \
         CREATE TABLE k (v int); INSERT INTO k SELECT v FROM t; ANALYZE TABLE t, k",
    );
    pair.wait_for_replica();
    let verdict = |table: &str, more: &[&str], code| {
        verdicts(&pair, &schema, &[&["--table", table], more].concat(), code).remove(0).1
    };
    assert_eq!(verdict("t", &["--max-rows", "1000"], 1), "Incomplete");
    assert_eq!(verdict("t", &["--max-rows", "5000"], 1), "Incomplete", "there may be more rows on the replica");
    assert_eq!(verdict("t", &["--max-rows", "5001"], 0), "Equal");
    assert_eq!(verdict("t", &["--max-bytes", "1000"], 1), "Incomplete");
    assert_eq!(verdict("k", &["--max-rows", "1000"], 1), "NotCompared");
    assert_eq!(verdict("k", &[], 0), "Equal");
    let none = verify(&pair, &schema, &["--table", "nothing"]).expect(1);
    assert!(none.stderr.contains("there is no table `nothing`"), "{}", none.all());

    behind(&pair, &schema, "DELETE FROM t WHERE id = 3000");
    assert_eq!(verdict("t", &["--max-rows", "1000"], 1), "Incomplete");
    assert_eq!(verdict("t", &["--max-rows", "4000"], 1), "RowsDiffer", "a difference counts more than a limit");

    // Definitions come first.
    behind(&pair, &schema, "ALTER TABLE t ADD COLUMN w int");
    let said = verify(&pair, &schema, &["--table", "t", "--verify-timeout", "1s"]).expect(1);
    assert!(said.stdout.contains("Diverged") && said.stdout.contains("NotCompared"), "{}", said.all());

    // The account may not read one of the columns.
    pair.sql(
        Role::Primary,
        &schema,
        "CREATE TABLE private (id int PRIMARY KEY, v int); INSERT INTO private VALUES (1, 1)",
    );
    let account = format!(
        "CREATE USER few IDENTIFIED BY 'x'; GRANT REPLICATION CLIENT, PROCESS ON *.* TO few; \
         GRANT SELECT (id) ON {schema}.private TO few; GRANT INDEX ON {schema}.private TO few"
    );
    pair.sql(Role::Primary, &schema, &account);
    pair.wait_for_replica();
    let url = |role| pair.url_as(role, "few", "x", &schema);
    let (primary, replica) = (url(Role::Primary), url(Role::Replica));
    let arguments = ["verify", "--rows", "--table", "private", "--url", &primary, "--replica-url", &replica];
    let said = crate::support::binary::run(&arguments).expect(1);
    assert!(said.stdout.contains("NotCompared") && said.stdout.contains("may not SELECT"), "{}", said.all());
}
