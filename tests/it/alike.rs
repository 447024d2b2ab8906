//! Changes that are alike share the answer about their algorithms: tables that are planned together get exactly the
//! statements, algorithms and locks that each gets by itself, where nothing is shared and the server is asked anew.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

use crate::support::{
    binary::{argument, run},
    pair::{Pair, Role, shared},
};

/// Plain tables, short and long, narrow and wide: `NAME` is replaced.
const TABLES: &[&str] = &[
    "CREATE TABLE NAME (id bigint unsigned NOT NULL AUTO_INCREMENT, a varchar(60) NOT NULL, b int DEFAULT NULL, \
     c datetime(6) DEFAULT NULL, PRIMARY KEY (id), KEY by_a (a))",
    "CREATE TABLE NAME (b int DEFAULT NULL, number int NOT NULL, a varchar(60) NOT NULL, price decimal(10,2) NOT NULL, \
     c datetime(6) DEFAULT NULL, PRIMARY KEY (number), KEY by_a (a), UNIQUE KEY twice (number, price)) COMMENT='x'",
    "CREATE TABLE NAME (code char(8) NOT NULL, a varchar(60) NOT NULL, c datetime(6) DEFAULT NULL, b int DEFAULT NULL, \
     body text, more json DEFAULT NULL, PRIMARY KEY (code), KEY by_a (a), KEY later (c) INVISIBLE) \
     CHARACTER SET latin1",
    "CREATE TABLE NAME (id int NOT NULL, a varchar(60) NOT NULL, b int DEFAULT NULL, c datetime(6) DEFAULT NULL, \
     l1 varchar(300), l2 varchar(300), l3 varchar(300), l4 varchar(300), l5 varchar(300), PRIMARY KEY (id), KEY by_a (a), \
     CONSTRAINT NAME_positive CHECK (id > 0))",
];

/// Changes of what all of them have.
const CHANGES: &[&[&str]] = &[
    &["ADD COLUMN n int DEFAULT NULL"],
    &["ADD COLUMN n int NOT NULL DEFAULT 7 AFTER a"],
    &["ADD COLUMN n varchar(20) NOT NULL DEFAULT 'x' FIRST"],
    &["ADD COLUMN n varchar(LENGTH) DEFAULT NULL"],
    &["ADD COLUMN n datetime NOT NULL"],
    &["ADD COLUMN n enum('x','y') DEFAULT 'x'"],
    &["ADD COLUMN n text"],
    &["ADD COLUMN n int DEFAULT NULL", "ADD KEY by_n (n)"],
    &["ADD KEY by_b (b)"],
    &["ADD KEY by_two (b, c DESC)"],
    &["ADD UNIQUE KEY by_b (b)"],
    &["ADD KEY part_of_a (a(5)) COMMENT 'some'"],
    &["DROP KEY by_a"],
    &["DROP KEY by_a", "ADD KEY by_a (a, b)"],
    &["DROP COLUMN b"],
    &["DROP COLUMN b", "ADD COLUMN n int DEFAULT NULL"],
    &["MODIFY COLUMN b int DEFAULT '5'"],
    &["MODIFY COLUMN b bigint DEFAULT NULL"],
    &["MODIFY COLUMN b int NOT NULL"],
    &["MODIFY COLUMN a varchar(63) NOT NULL"],
    &["MODIFY COLUMN a varchar(64) NOT NULL"],
    &["MODIFY COLUMN a varchar(250) NOT NULL"],
    &["MODIFY COLUMN a varchar(60) NOT NULL COMMENT 'some'"],
    &["MODIFY COLUMN c datetime DEFAULT NULL FIRST"],
    &["ALTER INDEX by_a INVISIBLE"],
    &["RENAME KEY by_a TO of_a"],
    &["COMMENT='some'"],
    &["COMMENT='some'", "MODIFY COLUMN b int DEFAULT NULL COMMENT 'some'"],
];

/// What is to run, and how.
type Statements = Vec<(String, Value, Value, Value)>;

fn planned(folder: &Path, url: &str, name: &str, text: &str) -> BTreeMap<String, Statements> {
    let file = folder.join(format!("{name}.sql"));
    std::fs::write(&file, text).expect("writable");
    let plan = run(&["plan", "-f", argument(&file), "--url", url, "--format", "json"]).expect(0);
    let plan: Value = serde_json::from_str(&plan.stdout).expect("JSON");
    let mut tables: BTreeMap<String, Statements> = BTreeMap::new();
    for statement in plan["statements"].as_array().expect("statements") {
        let table = statement["table"].as_str().expect("a table").to_owned();
        let sql = statement["sql"].as_str().expect("a statement").to_owned();
        let (algorithm, lock) = (statement["algorithm"].clone(), statement["lock"].clone());
        tables.entry(table).or_default().push((sql, algorithm, lock, statement["risk"].clone()));
    }
    tables
}

/// How often scratch schemas saw a table of this test created, for good and for a moment.
fn created(pair: &Pair) -> (u64, u64) {
    let count = |what: &str| {
        let query = format!(
            "SELECT COALESCE(SUM(count_star), 0) FROM performance_schema.events_statements_summary_by_digest \
             WHERE schema_name LIKE '\\_tablewright\\_%' AND digest_text LIKE 'CREATE {what} `alike_%'"
        );
        pair.sql(Role::Primary, "", &query).trim().parse().expect("a count")
    };
    (count("TABLE"), count("TEMPORARY TABLE"))
}

#[test]
fn tables_planned_together_get_the_statements_of_each_by_itself() {
    let Some(pair) = shared("tables_planned_together_get_the_statements_of_each_by_itself") else { return };
    let (live, desired) = (pair.schema("alike"), pair.schema("alike"));
    let tables = TABLES.iter().enumerate().flat_map(|(shape, table)| {
        CHANGES.iter().enumerate().map(move |(at, changes)| {
            let name = format!("alike_{at:02}_{shape}");
            let length = [30, 40, 62, 900][shape].to_string();
            let change = changes.join(", ").replace("LENGTH", &length);
            (table.replace("NAME", &name), format!("ALTER TABLE {name} {change};\n"), name)
        })
    });
    let tables: Vec<(String, String, String)> = tables.collect();
    let creates: String = tables.iter().map(|(create, _, _)| format!("{create};\n")).collect();
    let alters: String = tables.iter().map(|(_, alter, _)| alter.as_str()).collect();
    pair.sql(Role::Primary, &live, &format!("SET sql_log_bin = 0;\n{creates}"));
    pair.sql(Role::Primary, &desired, &format!("SET sql_log_bin = 0;\n{creates}{alters}"));
    let wanted: BTreeMap<&str, String> = tables
        .iter()
        .map(|(_, _, name)| (name.as_str(), pair.definition(Role::Primary, &desired, name) + ";\n"))
        .collect();

    let folder = tempfile::tempdir().expect("a folder");
    let url = pair.url(Role::Primary, &live);
    pair.sql(Role::Primary, "", "TRUNCATE TABLE performance_schema.events_statements_summary_by_digest");
    let together = planned(folder.path(), &url, "all", &wanted.values().map(String::as_str).collect::<String>());
    let (rehearsed, followed) = created(pair);
    assert_eq!(together.len(), tables.len(), "every change is planned");
    // Each is asked for its form once, as a temporary table, and those that follow a second time.
    let count = tables.len() as u64;
    assert!(rehearsed < count * 2 / 3, "of {count} tables {rehearsed} were rehearsed");
    assert!(followed + rehearsed >= count * 2, "{followed} temporary tables, {rehearsed} others");

    let one_by_one: Vec<(&str, &String)> = wanted.iter().map(|(name, text)| (*name, text)).collect();
    let (folder, url, together) = (folder.path(), &url, &together);
    std::thread::scope(|scope| {
        for some in one_by_one.chunks(count as usize / 4) {
            scope.spawn(move || {
                for (name, text) in some {
                    let alone = planned(folder, url, name, text);
                    assert_eq!(alone.get(*name), together.get(*name), "{name}: by itself, and with the others");
                }
            });
        }
    });
    for schema in [live, desired] {
        pair.sql(Role::Primary, "", &format!("SET sql_log_bin = 0; DROP DATABASE `{schema}`"));
    }
}
