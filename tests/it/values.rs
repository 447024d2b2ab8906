//! What a change of type does to a value is known beforehand: for each pair of types the server is asked what it does with a
//! row (refuse it, take it as another, keep it), and what the plan counted is held to that.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{
    binary::{argument, run},
    mariadb,
    pair::{Role, shared},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    /// The statement fails.
    Refuse,
    /// The row has another value afterwards.
    Change,
    Keep,
}
use Does::{Change, Keep, Refuse};

/// Live type, value, desired type, what the server does.
type Case = (&'static str, &'static str, &'static str, Does);

const BOTH: &[Case] = &[
    // Whole numbers.
    ("bigint", "5000000000", "int", Refuse),
    ("bigint", "2147483647", "int", Keep),
    ("bigint", "NULL", "int", Keep),
    ("int", "-129", "tinyint", Refuse),
    ("int", "-128", "tinyint", Keep),
    ("int", "-1", "int unsigned", Refuse),
    ("int unsigned", "2147483648", "int", Refuse),
    ("bigint unsigned", "9223372036854775808", "bigint", Refuse),
    ("int", "8388608", "mediumint", Refuse),
    ("int", "32767", "smallint", Keep),
    ("bigint", "10000", "decimal(6,2)", Refuse),
    ("bigint", "9999", "decimal(6,2)", Keep),
    ("bigint", "-1", "decimal(6,2) unsigned", Refuse),
    ("bigint", "9007199254740993", "double", Change),
    ("bigint", "9007199254740992", "double", Keep),
    ("int", "-1", "double unsigned", Refuse),
    ("int", "16777217", "float", Change),
    ("int", "10000", "float(6,2)", Refuse),
    ("int", "256", "bit(8)", Refuse),
    ("int", "255", "bit(8)", Keep),
    ("bigint", "-1", "bit(64)", Change),
    ("int", "2156", "year", Refuse),
    ("int", "1900", "year", Refuse),
    ("int", "70", "year", Change),
    ("int", "1901", "year", Keep),
    ("int", "100", "char(2)", Refuse),
    ("int", "-10", "varchar(2)", Refuse),
    ("int", "10", "varchar(2)", Keep),
    ("int", "100", "varbinary(2)", Refuse),
    ("int", "10", "binary(4)", Change),
    ("int", "3", "enum('x','y')", Refuse),
    ("int", "2", "enum('x','y')", Change),
    ("int", "4", "set('x','y')", Refuse),
    ("int", "20201301", "date", Refuse),
    // Numbers with fractions.
    ("decimal(10,3)", "99999.990", "decimal(6,2)", Refuse),
    ("decimal(10,3)", "9999.994", "decimal(6,2)", Change),
    ("decimal(10,3)", "9999.995", "decimal(6,2)", Refuse),
    ("decimal(10,3)", "1.250", "decimal(6,2)", Keep),
    ("decimal(10,3)", "-0.010", "decimal(6,2) unsigned", Refuse),
    ("decimal(10,3)", "127.500", "tinyint", Refuse),
    ("decimal(10,3)", "127.499", "tinyint", Change),
    ("decimal(10,3)", "127", "tinyint", Keep),
    ("decimal(10,3)", "2155.500", "year", Refuse),
    ("decimal(10,3)", "1.500", "varchar(4)", Refuse),
    ("decimal(10,3)", "1.500", "varchar(5)", Keep),
    ("decimal(10,3)", "255.500", "bit(8)", Refuse),
    ("decimal(10,3)", "255.400", "bit(8)", Change),
    ("decimal(20,3)", "12.500", "double", Keep),
    ("decimal(20,3)", "90071992547409.931", "double", Change),
    ("decimal(30,3)", "900719925474099312345.931", "double", Change),
    ("double", "2147483647.5", "int", Refuse),
    ("double", "127.4", "tinyint", Change),
    ("double", "-128.5", "tinyint", Change),
    ("double", "-128.6", "tinyint", Refuse),
    ("double", "-0.6", "int unsigned", Refuse),
    ("double", "1e20", "bigint", Refuse),
    ("double", "3", "bigint", Keep),
    ("double", "10000", "decimal(6,2)", Refuse),
    ("double", "1.255", "decimal(6,2)", Change),
    ("double", "1.25", "decimal(6,2)", Keep),
    ("double", "1e39", "float", Refuse),
    ("double", "-1", "double unsigned", Refuse),
    ("double", "123.25", "varchar(5)", Refuse),
    ("double", "123.25", "varchar(6)", Keep),
    ("float", "300", "tinyint unsigned", Refuse),
    ("float", "1.5", "int", Change),
    // Bits and years.
    ("bit(16)", "b'100000000'", "bit(8)", Refuse),
    ("bit(16)", "b'11111111'", "bit(8)", Keep),
    ("bit(16)", "b'10000000'", "tinyint", Refuse),
    ("bit(16)", "b'1111111'", "tinyint", Keep),
    ("bit(64)", "18446744073709551615", "decimal(6,2)", Refuse),
    ("bit(16)", "b'1111111111'", "varchar(3)", Refuse),
    ("year", "1999", "tinyint", Refuse),
    ("year", "1999", "smallint", Keep),
    ("year", "1999", "varbinary(3)", Refuse),
    // Text.
    ("varchar(20)", "'secret-longer'", "varchar(5)", Refuse),
    ("varchar(20)", "'short'", "varchar(5)", Keep),
    ("varchar(20)", "'short  '", "varchar(5)", Refuse),
    ("char(20)", "'short'", "varchar(4)", Refuse),
    ("text", "'short  '", "varchar(5)", Change),
    ("varchar(20) character set latin1", "'short  '", "varchar(5) character set utf8mb4", Change),
    ("varchar(20)", "'x '", "char(5)", Change),
    ("varchar(20)", "'x'", "char(5)", Keep),
    ("text", "REPEAT('ü', 128)", "tinytext", Refuse),
    ("text", "REPEAT('u', 255)", "tinytext", Keep),
    ("text", "REPEAT('u', 256)", "varchar(255)", Refuse),
    ("varchar(300)", "REPEAT('ü', 128)", "tinytext", Refuse),
    ("tinytext character set latin1", "REPEAT('ü', 128)", "tinytext character set utf8mb4", Refuse),
    ("tinytext character set latin1", "REPEAT('ü', 127)", "tinytext character set utf8mb4", Keep),
    ("text character set latin1", "REPEAT('ü', 32768)", "text character set utf8mb4", Refuse),
    ("varchar(20)", "'Ω'", "varchar(20) character set latin1", Refuse),
    ("varchar(20)", "'é'", "varchar(20) character set latin1", Keep),
    ("varchar(20)", "'😀'", "varchar(20) character set utf8mb3", Refuse),
    ("varchar(20)", "'twelve'", "int", Refuse),
    ("varchar(20)", "''", "int", Refuse),
    ("varchar(20)", "'12x'", "int", Refuse),
    ("varchar(20)", "'3000000000'", "int", Refuse),
    ("varchar(20)", "'12'", "int", Keep),
    ("varchar(20)", "' 12'", "int", Keep),
    ("varchar(20)", "'-1'", "int unsigned", Refuse),
    ("varchar(20)", "NULL", "int", Keep),
    ("varchar(20)", "'twelve'", "decimal(6,2)", Refuse),
    ("varchar(20)", "'10000'", "decimal(6,2)", Refuse),
    ("varchar(20)", "'1.255'", "decimal(6,2)", Change),
    ("varchar(20)", "'1.25'", "decimal(6,2)", Keep),
    ("varchar(20)", "'abc'", "double", Refuse),
    ("varchar(20)", "'1.5'", "double", Keep),
    ("varchar(30)", "'99999999999999999999999'", "double", Change),
    ("varchar(20)", "'abc'", "float", Refuse),
    ("varchar(20)", "'256'", "bit(8)", Refuse),
    ("varchar(20)", "'x'", "bit(8)", Refuse),
    ("varchar(20)", "'255'", "bit(8)", Keep),
    ("varchar(20)", "'2156'", "year", Refuse),
    ("varchar(20)", "'2155'", "year", Keep),
    ("varchar(20)", "'99'", "year", Change),
    ("varchar(30)", "'2021-02-29'", "date", Refuse),
    ("varchar(30)", "'2020-02-29'", "date", Keep),
    ("varchar(30)", "'2020-02-29 10:11:12'", "date", Change),
    ("varchar(30)", "'0000-00-00'", "date", Refuse),
    ("varchar(30)", "''", "date", Refuse),
    ("varchar(30)", "NULL", "date", Keep),
    ("varchar(30)", "'2020-02-29abc'", "date", Refuse),
    ("varchar(30)", "'2020-02-29 25:00:00'", "datetime", Refuse),
    ("varchar(30)", "'2020-02-29 10:11:12.25'", "datetime", Change),
    ("varchar(30)", "'2020-02-29 10:11:12.25'", "datetime(3)", Keep),
    ("varchar(30)", "'2038-01-19 03:14:08'", "timestamp", Refuse),
    ("varchar(30)", "'2038-01-19 03:14:07'", "timestamp", Keep),
    ("varchar(30)", "'abc'", "time", Refuse),
    ("varchar(30)", "'900:00:00'", "time", Refuse),
    ("varchar(20)", "'z'", "enum('x','y')", Refuse),
    ("varchar(20)", "''", "enum('x','y')", Refuse),
    ("varchar(20)", "'x'", "enum('x','y')", Keep),
    ("varchar(20)", "'X'", "enum('x','y')", Change),
    ("varchar(20)", "'z'", "set('x','y')", Refuse),
    ("varchar(20)", "'x,y'", "set('x','y')", Keep),
    ("varchar(20)", "'abcde'", "varbinary(4)", Refuse),
    ("varchar(20)", "'ééé'", "varbinary(5)", Refuse),
    ("varchar(20)", "'abc'", "binary(4)", Change),
    ("varchar(20)", "'abcd'", "binary(4)", Keep),
    // Members.
    ("enum('a','b')", "'b'", "enum('a')", Refuse),
    ("enum('a','b')", "'a'", "enum('a')", Keep),
    ("set('r','w')", "'r,w'", "set('r')", Refuse),
    ("set('r','w')", "'r'", "set('r')", Keep),
    ("enum('long','s')", "'long'", "varchar(3)", Refuse),
    ("enum('long','s')", "'s'", "varchar(3)", Keep),
    ("enum('long','s')", "'s'", "int", Change),
    // Dates and times.
    ("datetime", "'2020-01-01 00:00:01'", "date", Change),
    ("datetime", "'2020-01-01 00:00:00'", "date", Keep),
    ("datetime(6)", "'2020-01-01 00:00:00.123456'", "datetime(3)", Change),
    ("datetime(6)", "'2020-01-01 00:00:00.123'", "datetime(3)", Keep),
    ("datetime", "'2038-01-19 03:14:08'", "timestamp", Refuse),
    ("datetime", "'1970-01-01 00:00:00'", "timestamp", Refuse),
    ("datetime", "'1970-01-01 00:00:01'", "timestamp", Keep),
    ("date", "'2040-01-01'", "timestamp", Refuse),
    ("date", "'2020-01-01'", "timestamp", Keep),
    ("date", "'2020-01-01'", "year", Refuse),
    ("date", "'2020-01-01'", "smallint", Refuse),
    ("date", "'2020-01-01'", "varchar(9)", Refuse),
    ("datetime", "'2020-01-01 00:00:00'", "int", Refuse),
    ("datetime", "'2020-01-01 10:11:12'", "time", Change),
    ("time", "'838:59:59'", "mediumint", Keep),
    ("time", "'10:11:12'", "tinyint", Refuse),
    ("time(6)", "'10:11:12.5'", "time", Change),
    ("time", "'10:11:12'", "datetime", Change),
    ("timestamp(6)", "'2020-01-01 00:00:00.5'", "timestamp", Change),
    // Bytes.
    ("varbinary(20)", "'abcdef'", "varbinary(5)", Refuse),
    ("varbinary(20)", "'abc'", "binary(5)", Change),
    ("binary(4)", "'abcd'", "binary(8)", Change),
    ("blob", "REPEAT('x', 256)", "tinyblob", Refuse),
    ("varbinary(20)", "'abc'", "int", Refuse),
    ("varbinary(20)", "'12'", "int", Keep),
    // Geometries.
    ("geometry", "ST_GeomFromText('LINESTRING(1 2,3 4)')", "point", Refuse),
    ("geometry", "ST_GeomFromText('POINT(1 2)')", "point", Keep),
];

const MYSQL: &[Case] = &[
    // Found by random rows. Of a number in bits, 64 bytes are kept, which are 16 digits in utf32.
    ("bit(64)", "18446744073709551615", "varchar(64) CHARACTER SET utf32", Change),
    // A member of one character is read as a number, and is 0.
    ("enum('a','d') CHARACTER SET utf32", "'d'", "enum('a') CHARACTER SET utf32", Change),
    ("enum('a','member') CHARACTER SET utf32", "'member'", "enum('a') CHARACTER SET utf32", Refuse),
    ("enum('a','d') CHARACTER SET ucs2", "'d'", "enum('a') CHARACTER SET ucs2", Change),
    ("enum('a','dd') CHARACTER SET ucs2", "'dd'", "enum('a') CHARACTER SET ucs2", Refuse),
    ("enum('a','d')", "'d'", "enum('a') CHARACTER SET utf16", Refuse),
    ("enum('a','d') CHARACTER SET utf16", "'d'", "enum('a')", Refuse),
    ("decimal(10,3)", "-0.001", "decimal(6,2) unsigned", Refuse),
    ("bigint", "5", "point", Refuse),
    ("varchar(30)", "'{'", "json", Refuse),
    ("varchar(30)", "'{\"a\":1}'", "json", Keep),
    ("varchar(30)", "'{\"a\":1,\"a\":2}'", "json", Change),
    ("varchar(30)", "''", "json", Refuse),
    ("date", "'2020-01-01'", "json", Refuse),
    ("int", "5", "json", Keep),
    ("json", "'\"x\"'", "int", Refuse),
    ("json", "'1'", "int", Keep),
    ("json", "'[1,2,3]'", "varchar(5)", Refuse),
    ("vector(3)", "STRING_TO_VECTOR('[1,2,3]')", "vector(2)", Refuse),
    ("vector(3)", "STRING_TO_VECTOR('[1,2]')", "vector(2)", Keep),
    ("varbinary(20)", "'abc'", "vector(2)", Refuse),
    ("int", "5", "vector(2)", Refuse),
    ("varchar(20)", "'1.5'", "int", Change),
    ("varchar(20)", "'1e3'", "int", Keep),
    ("point", "ST_GeomFromText('POINT(1 2)')", "point srid 4326", Refuse),
    ("point", "ST_GeomFromText('POINT(1 2)', 4326)", "point srid 4326", Keep),
];

/// What is compared: the value as the kind of thing that both types can say.
fn shown(live: &str, desired: &str) -> &'static str {
    let word = |text: &str| text.split(['(', ' ']).next().unwrap_or_default().to_owned();
    let (live, desired) = (word(live), word(desired));
    let temporal = ["date", "time", "datetime", "timestamp"];
    let number = ["tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "double", "float", "bit", "year"];
    let is = |list: &[&str], name: &str| list.contains(&name);
    if live == "time" && desired == "datetime" {
        "CONCAT(a)"
    } else if live == "time" && desired == "time" {
        "CAST(a AS TIME(6))"
    } else if is(&temporal, &desired) {
        "CAST(a AS DATETIME(6))"
    } else if live == "enum" && is(&number, &desired) {
        "CONCAT(a)"
    } else if is(&number, &desired) && (live == "bit" || desired == "bit") {
        "CAST(a + 0 AS DECIMAL(65, 20))"
    } else if is(&number, &desired) {
        "CAST(a AS DECIMAL(65, 20))"
    } else if live == "geometry" || live == "point" || live == "vector" {
        "HEX(a)"
    } else if live == "bit" {
        "CONCAT(a + 0)"
    } else if is(&number, &live) && ["binary", "varbinary"].contains(&desired.as_str()) {
        "HEX(CAST(a AS CHAR))"
    } else if is(&number, &live) {
        "CONCAT(a)"
    } else if desired == "json" || live == "json" {
        "REPLACE(CONCAT(a), ' ', '')"
    } else {
        "HEX(CONVERT(a USING utf8mb4))"
    }
}

struct Schema<'a> {
    name: String,
    url: String,
    sql: &'a dyn Fn(&str, &str) -> Result<String, String>,
}

fn held(schema: &Schema<'_>, cases: &[Case]) {
    let ask = |text: &str| (schema.sql)(&schema.name, text);
    let table = |kind: &str, at: usize| format!("CREATE TABLE t{at} (id int NOT NULL PRIMARY KEY, a {kind});\n");
    let strict = "SET sql_mode = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00';";
    let live: String = cases
        .iter()
        .enumerate()
        .map(|(at, (kind, value, ..))| format!("{}INSERT INTO t{at} VALUES (1, {value});\n", table(kind, at)))
        .collect();
    ask(&format!("{strict}{live}")).expect("the live tables");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("desired.sql");
    let desired: String = cases.iter().enumerate().map(|(at, (_, _, kind, _))| table(kind, at)).collect();
    std::fs::write(&file, desired).expect("written");
    let plan = run(&["plan", "-f", argument(&file), "--url", &schema.url, "--format", "json"]).expect(0);
    assert!(!plan.all().contains("secret"), "a value: {}", plan.all());
    let plan: Value = serde_json::from_str(&plan.stdout).expect("JSON");
    let mut counts: BTreeMap<String, (Option<u64>, Option<u64>)> = BTreeMap::new();
    for finding in plan["findings"].as_array().expect("findings") {
        let is_value = ["TW004", "TW005", "TW014", "TW035"].iter().any(|code| finding["code"] == **code);
        if !is_value {
            continue;
        }
        let of = counts.entry(finding["path"].as_str().expect("a path").to_owned()).or_default();
        let count = finding["evidence"]["count"].as_u64();
        let words = finding["evidence"]["counted"].as_str().unwrap_or_default();
        if words.contains("whose value changes") || words.contains("whose values change") {
            of.1 = Some(of.1.unwrap_or_default() + count.unwrap_or_default());
        } else if finding["evidence"]["notLooked"].is_null() {
            of.0 = Some(of.0.unwrap_or_default() + count.unwrap_or_default());
        }
    }
    let mut wrong = Vec::new();
    for (at, (live, value, desired, does)) in cases.iter().enumerate() {
        let shown = format!("SELECT {} FROM t{at}", shown(live, desired));
        let before = ask(&shown).expect("the value");
        let altered = ask(&format!("{strict}ALTER TABLE t{at} MODIFY a {desired}"));
        let server = match altered {
            Err(_) => Refuse,
            Ok(_) if ask(&shown).expect("the value") == before => Keep,
            Ok(_) => Change,
        };
        let (refused, changed) = counts.get(&format!("t{at}.a")).copied().unwrap_or_default();
        let said = match (refused.unwrap_or_default(), changed.unwrap_or_default()) {
            (1, 0) => Refuse,
            (0, 1) => Change,
            (0, 0) => Keep,
            other => panic!("one row is one thing: {other:?}: {live} {value} {desired}"),
        };
        if server != *does || said != *does {
            wrong.push(format!(
                "{value} as {live} to {desired}: expected {does:?}, the server: {server:?}, the plan: {said:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_type_does_to_a_value_is_known_beforehand() {
    let Some(pair) = shared("what_a_type_does_to_a_value") else { return };
    let name = pair.schema("values");
    let url = pair.url(Role::Primary, &name);
    let sql = |schema: &str, text: &str| pair.try_sql(Role::Primary, schema, text);
    held(&Schema { name: name.clone(), url, sql: &sql }, &[BOTH, MYSQL].concat());
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{name}`"));
}

#[test]
fn what_a_type_does_to_a_value_is_known_beforehand_on_mariadb() {
    let Some(server) = mariadb::shared("what_a_type_does_to_a_value") else { return };
    let name = server.schema("values");
    let url = server.url(&name);
    let sql = |schema: &str, text: &str| server.try_sql(schema, text);
    held(&Schema { name: name.clone(), url, sql: &sql }, BOTH);
    server.sql("", &format!("DROP DATABASE `{name}`"));
}
