//! The same on MariaDB.

use super::{SECRET, of_tables};
use crate::support::{binary::run, mariadb::own_pair};

/// Columns, a value, and another one.
const KINDS: &[(&str, &str, &str, &str)] = &[
    ("nulls", "c varchar(9)", "NULL", "''"),
    ("floats", "c float", "0.1", "0.10000001"),
    ("doubles", "c double", "-2.2250738585072014e-308", "-2.2250738585072019e-308"),
    ("digits", "c double(20,3)", "12345678901234.125", "12345678901234.127"),
    ("bits", "c bit(64)", "18446744073709551615", "18446744073709551614"),
    ("documents", "c json", r#"'{"a": 1}'"#, r#"'{"a": 2}'"#),
    ("points", "c point", "ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('POINT(1 2)', 4326)"),
    ("ucs", "c text character set ucs2", "'ä'", "'Ä'"),
    ("dates", "c date", "'0000-00-00'", "'2020-00-00'"),
    ("texts", "c varchar(9)", "'a'", "'A'"),
    ("blobs", "c longblob", "x'00'", "x'0000'"),
    ("invisibles", "c int invisible", "1", "2"),
    ("virtuals", "c int, d int as (c + 1) virtual", "1", "2"),
];

#[test]
fn mariadb_rows_that_differ_are_found_and_none_else() {
    let Some((primary, replica)) = own_pair("mariadb_rows_that_differ_are_found_and_none_else") else { return };
    let schema = primary.schema("kinds");
    let mut make = String::from("SET sql_mode = '';");
    let mut change = String::from("SET sql_log_bin = 0; SET sql_mode = '';");
    for (name, columns, value, other) in KINDS {
        make.push_str(&format!(
            "CREATE TABLE {name} (id int PRIMARY KEY, {columns}); INSERT INTO {name} (id, c) VALUES (1, {value}), (2, {value});"
        ));
        change.push_str(&format!("REPLACE INTO {name} (id, c) VALUES (2, {other});"));
    }
    make.push_str(&format!(
        "CREATE TABLE many (a varchar(20), b datetime(3), v int, PRIMARY KEY (a, b)); \
         INSERT INTO many SELECT CONCAT('{SECRET}', seq % 9), '2020-01-01' + INTERVAL seq SECOND, seq FROM seq_1_to_9000; \
         CREATE TABLE keyless (a int); INSERT INTO keyless VALUES (1), (1), (2)"
    ));
    change.push_str("UPDATE many SET v = -1 WHERE v = 8000; UPDATE keyless SET a = 3 WHERE a = 1");
    primary.sql(&schema, &make);
    let wait = || {
        let position = primary.sql("", "SELECT @@gtid_binlog_pos");
        assert_eq!(replica.sql("", &format!("SELECT MASTER_GTID_WAIT('{}', 60)", position.trim())).trim(), "0");
    };
    wait();
    let (url, replica_url) = (primary.url(&schema), replica.replica_url(&schema));
    let verify = |code| {
        let arguments = ["verify", "--rows", "--format", "json", "--url", &url, "--replica-url", &replica_url];
        let outcome = run(&arguments).expect(code);
        assert!(!outcome.all().contains(SECRET), "{}", outcome.all());
        of_tables(&outcome)
    };
    let found = verify(0);
    assert_eq!(found.len(), KINDS.len() + 2);
    assert!(super::all(&found, "Equal"), "{found:?}");

    // Written meanwhile.
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let one =
                "UPDATE many SET v = v + 10000 WHERE v BETWEEN 1 AND 3; UPDATE keyless SET a = a + 10; DO SLEEP(0.01);";
            primary.sql(&schema, &one.repeat(200));
        });
        let found = verify(0);
        assert!(super::all(&found, "Equal"), "{found:?}");
        writing.join().expect("it ends");
    });
    wait();

    replica.sql(&schema, &change.replace("a = 3 WHERE a = 1", "a = 3 WHERE a <> 2002"));
    let found = verify(1);
    assert!(super::all(&found, "RowsDiffer"), "{found:?}");

    replica.sql("", "STOP ALL SLAVES");
    let found = verify(1);
    assert!(super::all(&found, "NotCompared"), "{found:?}");
}
