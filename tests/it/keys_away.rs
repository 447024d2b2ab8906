//! Foreign keys that a plan drops for the time of a change: directly before it, never before a change that cannot be made,
//! and back afterwards, at the latest with the next plan.

use serde_json::Value;

use crate::support::{
    binary::{Outcome, argument, run},
    mariadb,
    pair::{Pair, Role, shared},
};

fn apply(url: &str, desired: &str, more: &[&str]) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("desired.sql");
    std::fs::write(&file, desired).expect("written");
    run(&[&["apply", "-f", argument(&file), "--url", url, "--auto-approve"], more].concat())
}

fn plan(url: &str, desired: &str) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("desired.sql");
    std::fs::write(&file, desired).expect("written");
    let plan = run(&["plan", "-f", argument(&file), "--url", url, "--format", "json"]).expect(0);
    serde_json::from_str(&plan.stdout).expect("JSON")
}

const PARENT: &str = "CREATE TABLE p (id bigint NOT NULL PRIMARY KEY);
    CREATE TABLE c (id int NOT NULL PRIMARY KEY, p bigint, KEY p (p), CONSTRAINT c_p FOREIGN KEY (p) REFERENCES p (id));";
const NARROWER: &str = "CREATE TABLE p (id int NOT NULL PRIMARY KEY);
    CREATE TABLE c (id int NOT NULL PRIMARY KEY, p int, KEY p (p), CONSTRAINT c_p FOREIGN KEY (p) REFERENCES p (id));";

fn schema(pair: &Pair, name: &str, sql: &str) -> (String, String) {
    let schema = pair.schema(name);
    pair.sql(Role::Primary, &schema, sql);
    let url = pair.url(Role::Primary, &schema);
    (schema, url)
}

#[test]
fn a_key_stays_where_the_change_is_sure_to_fail() {
    let Some(pair) = shared("a_key_stays_where_the_change_is_sure_to_fail") else { return };
    let rows = "INSERT INTO p VALUES (1), (5000000000); INSERT INTO c VALUES (1, 1)";
    let (schema, url) = schema(pair, "key_stays", &format!("{PARENT}{rows}"));
    let refused = apply(&url, NARROWER, &[]).expect(1);
    assert!(refused.stderr.contains("sure to fail") && refused.stderr.contains("in the way in p"), "{}", refused.all());
    assert!(refused.stderr.contains("nothing was run"), "{}", refused.all());
    let definition = pair.definition(Role::Primary, &schema, "c");
    assert!(definition.contains("CONSTRAINT `c_p`") && definition.contains("`p` bigint"), "{definition}");
    // The row corrected, all of it is done.
    pair.sql(Role::Primary, &schema, "UPDATE p SET id = 2 WHERE id = 5000000000");
    apply(&url, NARROWER, &[]).expect(0);
    let definition = pair.definition(Role::Primary, &schema, "c");
    assert!(definition.contains("CONSTRAINT `c_p`") && definition.contains("`p` int"), "{definition}");
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
}

/// No row is looked at, as if it had been written after the look: the statement fails between the key's drop and its return.
#[test]
fn a_key_that_is_away_is_named_and_the_next_plan_adds_it_again() {
    let Some(pair) = shared("a_key_that_is_away_is_named") else { return };
    let rows = "INSERT INTO p VALUES (1), (5000000000); INSERT INTO c VALUES (1, 1)";
    let (schema, url) = schema(pair, "key_away", &format!("{PARENT}{rows}"));
    let failed = apply(&url, NARROWER, &["--examine-rows", "0"]).expect(1);
    let said = "a foreign key that was dropped for the change is missing, and the next plan adds it again: \
                ALTER TABLE `c` ADD CONSTRAINT `c_p` FOREIGN KEY (`p`) REFERENCES `p` (`id`)";
    assert!(failed.stderr.contains("error 1264") && failed.stderr.contains(said), "{}", failed.all());
    assert!(!pair.definition(Role::Primary, &schema, "c").contains("c_p"));
    // The next run does not begin, says why, and puts the key back with the change once the row is corrected.
    let refused = apply(&url, NARROWER, &[]).expect(1);
    assert!(refused.stderr.contains("in the way in p"), "{}", refused.all());
    // Whoever gives the change up gets the key back at once.
    apply(&url, PARENT, &[]).expect(0);
    assert!(pair.definition(Role::Primary, &schema, "c").contains("CONSTRAINT `c_p`"));
    let failed = apply(&url, NARROWER, &["--examine-rows", "0"]).expect(1);
    assert!(failed.stderr.contains(said), "{}", failed.all());
    pair.sql(Role::Primary, &schema, "DELETE FROM p WHERE id = 5000000000");
    apply(&url, NARROWER, &[]).expect(0);
    let definition = pair.definition(Role::Primary, &schema, "c");
    assert!(definition.contains("CONSTRAINT `c_p`") && definition.contains("`p` int"), "{definition}");
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
}

#[test]
fn a_key_goes_directly_before_the_change_and_comes_back_directly_after_it() {
    let Some(pair) = shared("a_key_goes_directly_before_the_change") else { return };
    let tables = |kind: &str| {
        format!(
            "CREATE TABLE a (id int NOT NULL PRIMARY KEY, n {kind});
             CREATE TABLE c (id int NOT NULL PRIMARY KEY, p int, q int, KEY p (p), KEY q (q), \
             CONSTRAINT c_p FOREIGN KEY (p) REFERENCES p (id), CONSTRAINT c_q FOREIGN KEY (q) REFERENCES q (id));
             CREATE TABLE p (id int NOT NULL PRIMARY KEY, n {kind}) COMMENT='{kind}';
             CREATE TABLE q (id int NOT NULL PRIMARY KEY, n {kind}) COMMENT='{kind}';
             CREATE TABLE z (id int NOT NULL PRIMARY KEY, n {kind});"
        )
    };
    let order = |live: &str, desired: &str| -> Vec<String> {
        let schema = pair.schema("key_order");
        pair.sql(Role::Primary, &schema, &format!("SET foreign_key_checks = 0; {live}"));
        let plan = plan(&pair.url(Role::Primary, &schema), desired);
        pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
        let statements = plan["statements"].as_array().expect("statements").iter();
        statements.map(|statement| statement["summary"].as_str().expect("a summary").to_owned()).collect()
    };
    let wider =
        tables("bigint").replace("id int NOT NULL", "id bigint NOT NULL").replace("p int, q int", "p bigint, q bigint");
    let found = order(&tables("int"), &wider);
    let at = |words: &str| {
        found.iter().position(|summary| summary.contains(words)).unwrap_or_else(|| panic!("{words}: {found:#?}"))
    };
    // Both parents, then the child with its keys: nothing else stands between a key's drop and the change that needs it away.
    assert_eq!(at("drop foreign key `c_p` for the time"), 1, "{found:#?}");
    assert_eq!(at("drop foreign key `c_q` for the time"), 3, "{found:#?}");
    assert_eq!(found.len(), 7, "{found:#?}");
    assert!(found[5].contains("add foreign key to `p`; add foreign key to `q`"), "{found:#?}");
}

/// A key to its own table, over rows: live, rows, desired.
const SELF: &[(&str, &str, &str, &str)] = &[
    (
        "narrower",
        "CREATE TABLE part (id bigint NOT NULL PRIMARY KEY, parent_id bigint, KEY parent (parent_id), CONSTRAINT up FOREIGN KEY (parent_id) REFERENCES part (id))",
        "INSERT INTO part VALUES (1, NULL), (2, 1), (3, 2), (4, 4)",
        "CREATE TABLE part (id int NOT NULL PRIMARY KEY, parent_id int, KEY parent (parent_id), CONSTRAINT up FOREIGN KEY (parent_id) REFERENCES part (id))",
    ),
    (
        "other_characters",
        "CREATE TABLE part (id varchar(20) CHARACTER SET latin1 NOT NULL PRIMARY KEY, parent_id varchar(20) CHARACTER SET latin1, KEY parent (parent_id), CONSTRAINT up FOREIGN KEY (parent_id) REFERENCES part (id))",
        "INSERT INTO part VALUES ('é', NULL), ('b', 'é'), ('c', 'c')",
        "CREATE TABLE part (id varchar(20) CHARACTER SET utf8mb4 NOT NULL PRIMARY KEY, parent_id varchar(20) CHARACTER SET utf8mb4, KEY parent (parent_id), CONSTRAINT up FOREIGN KEY (parent_id) REFERENCES part (id))",
    ),
    (
        "new_beside_the_type",
        "CREATE TABLE part (id bigint NOT NULL PRIMARY KEY, parent_id int, KEY parent (parent_id))",
        "INSERT INTO part VALUES (1, NULL), (2, 1)",
        "CREATE TABLE part (id int NOT NULL PRIMARY KEY, parent_id int, KEY parent (parent_id), CONSTRAINT up FOREIGN KEY (parent_id) REFERENCES part (id))",
    ),
    // One statement for these ends MySQL 9.7.4.
    (
        "new_beside_the_primary_key",
        "CREATE TABLE part (id int NOT NULL, parent_id int, KEY parent (parent_id))",
        "INSERT INTO part VALUES (1, NULL), (2, 1)",
        "CREATE TABLE part (id int NOT NULL PRIMARY KEY, parent_id int, KEY parent (parent_id), CONSTRAINT up FOREIGN KEY (parent_id) REFERENCES part (id))",
    ),
    (
        "new_beside_a_unique_key",
        "CREATE TABLE part (n int NOT NULL PRIMARY KEY, id int NOT NULL, parent_id int, KEY parent (parent_id))",
        "INSERT INTO part VALUES (1, 1, NULL), (2, 2, 1)",
        "CREATE TABLE part (n int NOT NULL PRIMARY KEY, id int NOT NULL, parent_id int, UNIQUE KEY id (id), KEY parent (parent_id), CONSTRAINT up FOREIGN KEY (parent_id) REFERENCES part (id))",
    ),
];

#[test]
fn a_key_to_its_own_table_comes_back_over_rows() {
    if let Some(pair) = shared("a_key_to_its_own_table") {
        for (name, live, rows, desired) in SELF {
            let (schema, url) = schema(pair, name, &format!("{live};{rows};"));
            let count = || pair.sql(Role::Primary, &schema, "SELECT COUNT(*), COUNT(parent_id) FROM part");
            let before = count();
            apply(&url, desired, &[]).expect(0);
            assert!(pair.definition(Role::Primary, &schema, "part").contains("CONSTRAINT `up`"), "{name}");
            assert_eq!(count(), before, "{name}");
            pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
        }
    }
    if let Some(server) = mariadb::shared("a_key_to_its_own_table") {
        for (name, live, rows, desired) in SELF {
            let schema = server.schema(name);
            server.sql(&schema, &format!("{live};{rows};"));
            apply(&server.url(&schema), desired, &[]).expect(0);
            assert!(server.sql(&schema, "SHOW CREATE TABLE part").contains("CONSTRAINT `up`"), "{name}");
            assert_eq!(plan(&server.url(&schema), desired)["statements"].as_array().map(Vec::len), Some(0), "{name}");
            server.sql("", &format!("DROP DATABASE `{schema}`"));
        }
    }
}

/// Parent, child and a circle of tables: every key is there again, and every row.
#[test]
fn keys_between_tables_that_change_together_come_back_over_rows() {
    let Some(pair) = shared("keys_between_tables_that_change_together") else { return };
    let tables = |kind: &str| {
        format!(
            "CREATE TABLE x (id {kind} NOT NULL PRIMARY KEY, y {kind}, KEY y (y), CONSTRAINT x_y FOREIGN KEY (y) REFERENCES y (id));
             CREATE TABLE y (id {kind} NOT NULL PRIMARY KEY, x {kind}, KEY x (x), CONSTRAINT y_x FOREIGN KEY (x) REFERENCES x (id));"
        )
    };
    let rows = "INSERT INTO x VALUES (1, 1); INSERT INTO y VALUES (1, 1);";
    let (schema, url) = schema(pair, "key_circle", &format!("SET foreign_key_checks = 0; {}{rows}", tables("bigint")));
    apply(&url, &tables("int"), &[]).expect(0);
    for (table, key) in [("x", "x_y"), ("y", "y_x")] {
        let definition = pair.definition(Role::Primary, &schema, table);
        assert!(definition.contains(key) && definition.contains("`id` int"), "{definition}");
    }
    assert_eq!(
        pair.sql(Role::Primary, &schema, "SELECT COUNT(*) FROM x JOIN y ON x.y = y.id AND y.x = x.id").trim(),
        "1"
    );
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
}
