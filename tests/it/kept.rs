//! What a plan keeps as it is meant: keys that the server makes, texts that say no more than was said, tables that are new.

use serde_json::Value;

use crate::support::{
    binary::{argument, run},
    mariadb,
    pair::{Pair, Role, own, shared},
};

/// The desired state in a file of its own, and the folder that holds it.
fn file(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("desired.sql");
    std::fs::write(&file, text).expect("written");
    (folder, file)
}

fn plan(url: &str, desired: &str) -> Value {
    let (_folder, file) = file(desired);
    let plan = run(&["plan", "-f", argument(&file), "--url", url, "--format", "json"]).expect(0);
    serde_json::from_str(&plan.stdout).expect("JSON")
}

fn apply(url: &str, desired: &str) {
    let (_folder, file) = file(desired);
    run(&["apply", "-f", argument(&file), "--url", url, "--auto-approve"]).expect(0);
}

#[track_caller]
fn plans_empty(url: &str, desired: &str) {
    let (_folder, file) = file(desired);
    let plan = run(&["plan", "-f", argument(&file), "--url", url, "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}", plan.all());
}

/// Tables whose character set changes: live, desired, rows.
const CHARACTER_SETS: &[(&str, &str, &str)] = &[
    ("CREATE TABLE t (a char(1)) CHARSET hebrew", "CREATE TABLE t (a char(1)) CHARSET utf8mb3", "('a'), (NULL)"),
    (
        "CREATE TABLE t (a varchar(9) NOT NULL, b enum('x','y'), c set('x','y'), d text, KEY a (a)) CHARSET latin1",
        "CREATE TABLE t (a varchar(9) NOT NULL, b enum('x','y'), c set('x','y'), d text, KEY a (a)) CHARSET utf8mb4",
        "('a', 'x', 'x,y', 'ö'), ('b', NULL, NULL, NULL)",
    ),
    // Only the collation.
    (
        "CREATE TABLE t (a varchar(9), b varchar(9)) COLLATE utf8mb4_0900_ai_ci",
        "CREATE TABLE t (a varchar(9), b varchar(9)) COLLATE utf8mb4_unicode_ci",
        "('a', 'b')",
    ),
    // A column that named its own, and no longer does: the table's is the same by now.
    (
        "CREATE TABLE t (a char(1) CHARACTER SET utf8mb4, b int) CHARSET latin1",
        "CREATE TABLE t (a char(1), b int) CHARSET utf8mb4",
        "('a', 1)",
    ),
    // One that inherited, and names what it had.
    (
        "CREATE TABLE t (a char(1), b int, UNIQUE KEY a (a)) CHARSET latin1",
        "CREATE TABLE t (a char(1) CHARACTER SET latin1, b int, UNIQUE KEY a (a)) CHARSET utf8mb4",
        "('a', 1)",
    ),
    // Beside a column that is added by metadata alone, one that goes, and a default that changes.
    (
        "CREATE TABLE t (a varchar(9), b int) CHARSET latin1",
        "CREATE TABLE t (a varchar(9) CHARACTER SET latin1, b int, c varchar(9), d text) CHARSET utf8mb4",
        "('a', 1)",
    ),
    (
        "CREATE TABLE t (id int, a varchar(9) DEFAULT 'x', b int) CHARSET latin1",
        "CREATE TABLE t (id int, a varchar(9) CHARACTER SET latin1 DEFAULT 'y') CHARSET utf8mb4",
        "(1, 'a', 1)",
    ),
];

/// A table that is changed ends with the text of a table that is new, on both servers.
fn ends_as_a_new_table(test: &str, live: &str, rows: &str, desired: &str) {
    if let Some(pair) = shared(test) {
        let (schema, other) = (pair.schema("kept"), pair.schema("kept"));
        pair.sql(Role::Primary, &schema, &format!("{live}; INSERT INTO t VALUES {rows}"));
        pair.sql(Role::Primary, &other, desired);
        let url = pair.url(Role::Primary, &schema);
        apply(&url, desired);
        let text = |schema: &str| pair.definition(Role::Primary, schema, "t");
        assert_eq!(text(&schema), text(&other), "{live}");
        plans_empty(&url, desired);
        pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`; DROP DATABASE `{other}`"));
    }
    if let Some(server) = mariadb::shared(test) {
        // This one collation is MySQL's.
        let here = |text: &str| text.replace("utf8mb4_0900_ai_ci", "utf8mb4_general_ci");
        let (schema, other) = (server.schema("kept"), server.schema("kept"));
        server.sql(&schema, &format!("{}; INSERT INTO t VALUES {rows}", here(live)));
        server.sql(&other, &here(desired));
        let url = server.url(&schema);
        apply(&url, &here(desired));
        assert_eq!(server.definitions(&schema), server.definitions(&other), "{live}");
        plans_empty(&url, &here(desired));
        server.sql("", &format!("DROP DATABASE `{schema}`; DROP DATABASE `{other}`"));
    }
}

#[test]
fn a_table_whose_character_set_changes_says_no_more_than_was_said() {
    for (live, desired, rows) in CHARACTER_SETS {
        ends_as_a_new_table("a_table_whose_character_set_changes", live, rows, desired);
    }
}

#[test]
fn a_key_between_two_new_tables_copies_nothing() {
    let Some(pair) = shared("a_key_between_two_new_tables_copies_nothing") else { return };
    let schema = pair.schema("circle");
    let url = pair.url(Role::Primary, &schema);
    let desired = "CREATE TABLE a (id int PRIMARY KEY, b int, CONSTRAINT ab FOREIGN KEY (b) REFERENCES b (id));
                   CREATE TABLE b (id int PRIMARY KEY, a int, CONSTRAINT ba FOREIGN KEY (a) REFERENCES a (id))";
    let json = plan(&url, desired);
    assert_eq!(json["risk"], "Safe", "{json:#}");
    assert_eq!(json["findings"].as_array().map(Vec::len), Some(0), "{json:#}");
    apply(&url, desired);
    plans_empty(&url, desired);
    // A table that has been there is read and locked: that is said as before.
    let also = "CREATE TABLE a (id int PRIMARY KEY, b int, CONSTRAINT ab FOREIGN KEY (b) REFERENCES b (id));
                CREATE TABLE b (id int PRIMARY KEY, a int, CONSTRAINT ba FOREIGN KEY (a) REFERENCES a (id),
                                c int, CONSTRAINT bc FOREIGN KEY (c) REFERENCES c (id));
                CREATE TABLE c (id int PRIMARY KEY, b int, CONSTRAINT cb FOREIGN KEY (b) REFERENCES b (id))";
    let json = plan(&url, also);
    assert_eq!(json["risk"], "Blocking", "{json:#}");
    let copied = |table: &str| {
        let findings = json["findings"].as_array().cloned().unwrap_or_default();
        findings.iter().any(|finding| finding["code"] == "TW010" && finding["path"] == table)
    };
    assert!(copied("b") && !copied("c"), "{json:#}");
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
}

/// Tables of which several indexes are built: live, desired. In the end they stand as in a table that is new.
const INDEXES: &[(&str, &str)] = &[
    (
        "CREATE TABLE t (a int, b int, c int, KEY y (a), KEY z (c))",
        "CREATE TABLE t (a int, b int, c int, KEY x (b), KEY y (a, b), KEY z (c, a))",
    ),
    (
        "CREATE TABLE t (a int, b int, c int, UNIQUE KEY y (a), KEY z (c))",
        "CREATE TABLE t (a int, b int, c int, UNIQUE KEY x (b), UNIQUE KEY y (a, b), KEY (b), KEY z (c, a))",
    ),
];

#[test]
fn indexes_that_one_statement_builds_stand_in_the_order_of_the_manifest() {
    for (live, desired) in INDEXES {
        ends_as_a_new_table("indexes_that_one_statement_builds", live, "(1, 2, 3), (4, 5, 6)", desired);
    }
}

fn columns(pair: &Pair, role: Role, schema: &str, table: &str) -> String {
    pair.sql(
        role,
        "",
        &format!(
            "SELECT GROUP_CONCAT(column_name ORDER BY ordinal_position) FROM information_schema.columns
             WHERE table_schema = '{schema}' AND table_name = '{table}'"
        ),
    )
    .trim()
    .to_owned()
}

#[test]
fn a_key_that_the_server_made_is_kept() {
    let Some(pair) = own("generated_keys") else { return };
    pair.sql(Role::Primary, "", "SET GLOBAL sql_generate_invisible_primary_key = ON");
    let schema = pair.schema("keys");
    let url = pair.url(Role::Primary, &schema);
    pair.sql(
        Role::Primary,
        &schema,
        "CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 2), (3, 4);
         SET SESSION sql_generate_invisible_primary_key = OFF; CREATE TABLE old (a int)",
    );
    let live = "CREATE TABLE t (a int, b int); CREATE TABLE old (a int)";
    plans_empty(&url, live);
    // What is exported plans empty, too, in both forms.
    for format in ["yaml", "sql"] {
        let folder = tempfile::tempdir().expect("a folder");
        run(&["export", "--url", &url, "--format", format, "-o", argument(folder.path())]).expect(0);
        let plan = run(&["plan", "-f", argument(folder.path()), "--url", &url, "--detailed-exitcode"]);
        assert_eq!(plan.code, 0, "{format}: {}", plan.all());
    }
    // A change of the table leaves it alone; a new table gets one, as the server would give it; an old one does not.
    let changed = "CREATE TABLE t (b int, a int, c int, KEY a (a)); CREATE TABLE old (a int, b int);
                   CREATE TABLE n (a int, UNIQUE KEY a (a)); CREATE TABLE parts (a int) PARTITION BY HASH (a);
                   CREATE TABLE count (a int AUTO_INCREMENT, KEY a (a)); CREATE TABLE m (a int) ENGINE=MyISAM";
    apply(&url, changed);
    plans_empty(&url, changed);
    let on = |table: &str| columns(&pair, Role::Primary, &schema, table);
    assert_eq!([on("t"), on("old"), on("n")], ["my_row_id,b,a,c", "a,b", "my_row_id,a"]);
    assert_eq!([on("parts"), on("count"), on("m")], ["a", "a", "a"]);
    let made = pair.sql(Role::Primary, &schema, "CREATE TABLE made (a int, UNIQUE KEY a (a)); SHOW CREATE TABLE made");
    let made = made.split_once('\t').expect("a text").1.trim_end().replace("`made`", "`n`");
    assert_eq!(pair.definition(Role::Primary, &schema, "n"), made);
    pair.sql(Role::Primary, &schema, "DROP TABLE made");
    assert_eq!(pair.sql(Role::Primary, &schema, "SELECT my_row_id, a, b FROM t ORDER BY a"), "1\t1\t2\n2\t3\t4\n");
    // Also where the setting is off by now.
    pair.sql(Role::Primary, "", "SET GLOBAL sql_generate_invisible_primary_key = OFF");
    plans_empty(&url, changed);
    // A key of the manifest's own takes its place, and the plan says that the column goes.
    let keyed = changed.replace("CREATE TABLE t (b int, a int,", "CREATE TABLE t (b int, a int PRIMARY KEY,");
    let json = plan(&url, &keyed);
    let dropped = |finding: &Value| finding["code"] == "TW002" && finding["path"] == "t.my_row_id";
    assert!(json["findings"].as_array().is_some_and(|all| all.iter().any(dropped)), "{json:#}");
    assert_eq!(json["risk"], "Destructive", "{json:#}");
    apply(&url, &keyed);
    plans_empty(&url, &keyed);
    assert_eq!(on("t"), "b,a,c");
}

#[test]
fn a_key_that_the_replica_makes_is_no_difference() {
    let Some(pair) = own("replica_keys") else { return };
    pair.sql(
        Role::Replica,
        "",
        "STOP REPLICA; CHANGE REPLICATION SOURCE TO REQUIRE_TABLE_PRIMARY_KEY_CHECK = GENERATE; START REPLICA",
    );
    let schema = pair.schema("replica");
    let url = pair.url(Role::Primary, &schema);
    let replica = pair.url(Role::Replica, &schema);
    let (_folder, file) = file("CREATE TABLE t (a int, KEY a (a)); CREATE TABLE u (a int)");
    run(&["apply", "-f", argument(&file), "--url", &url, "--replica-url", &replica, "--auto-approve"]).expect(0);
    assert_eq!(columns(&pair, Role::Replica, &schema, "t"), "my_row_id,a");
    run(&["verify", "--url", &url, "--replica-url", &replica]).expect(0);
    // Another difference is still one.
    pair.sql(Role::Replica, &schema, "SET GLOBAL super_read_only = 0; SET sql_log_bin = 0; ALTER TABLE u ADD b int");
    let verify = run(&["verify", "--url", &url, "--replica-url", &replica, "--verify-timeout", "2s"]);
    assert_ne!(verify.code, 0, "{}", verify.all());
}

#[test]
fn what_mariadb_alone_has_refuses_its_own_table() {
    let Some(server) = mariadb::shared("what_mariadb_alone_has_refuses_its_own_table") else { return };
    let schema = server.schema("own_types");
    let url = server.url(&schema);
    let tables = "CREATE TABLE u (id uuid PRIMARY KEY, a inet6); CREATE TABLE v (id int PRIMARY KEY, b varbinary(4) DEFAULT \
                  0x00FF);";
    let refused = |desired: &str, reasons: [&str; 2], words: [&str; 2]| {
        let (_folder, file) = file(desired);
        let plan = run(&["plan", "-f", argument(&file), "--url", &url, "--format", "json"]).expect(3);
        let json: Value = serde_json::from_str(&plan.stdout).expect("JSON");
        let refusals = json["refusals"].as_array().cloned().unwrap_or_default();
        assert_eq!(refusals.len(), 2, "{json:#}");
        for (at, table) in ["u", "v"].iter().enumerate() {
            assert_eq!([&refusals[at]["table"], &refusals[at]["reason"]], [*table, reasons[at]], "{json:#}");
            let message = refusals[at]["message"].as_str().expect("a message");
            assert!(message.contains(words[at]) && !message.contains("MySQL"), "{message}");
        }
        // The table beside them is planned.
        assert_eq!(json["tables"], serde_json::json!(["w"]), "{json:#}");
    };
    let desired = format!("{tables} CREATE TABLE w (id int PRIMARY KEY)");
    let uuid = "column `id` has MariaDB's type uuid";
    refused(&desired, ["Unsupported", "NotRepresentable"], [uuid, "which MariaDB stores but cannot show back"]);
    // The same of tables that are there.
    server.sql(&schema, tables);
    refused(&desired, ["Unsupported", "Unsupported"], [uuid, "a default holds bytes that are no text"]);
    let export = run(&["export", "--url", &url]).expect(3);
    assert!(export.stderr.contains("its column `id` has the type uuid"), "{}", export.all());
    // What is said instead is shown.
    apply(&url, "CREATE TABLE x (id int PRIMARY KEY, b varbinary(4) DEFAULT (unhex('00FF')))");
    plans_empty(&url, "CREATE TABLE x (id int PRIMARY KEY, b varbinary(4) DEFAULT (unhex('00FF')))");
    server.sql("", &format!("DROP DATABASE `{schema}`"));
}
