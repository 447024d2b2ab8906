//! Who uses what a plan takes away: what it says beforehand, and what happens then.

use serde_json::Value;

use crate::support::{
    binary::{argument, run},
    mariadb::{self, Mariadb},
    pair::{Pair, Role, shared},
};

/// A server of either flavour.
enum Server<'a> {
    Mysql(&'a Pair),
    Mariadb(&'a Mariadb),
}

impl Server<'_> {
    fn schema(&self) -> String {
        match self {
            Self::Mysql(pair) => pair.schema("used"),
            Self::Mariadb(server) => server.schema("used"),
        }
    }

    fn url(&self, schema: &str) -> String {
        match self {
            Self::Mysql(pair) => pair.url(Role::Primary, schema),
            Self::Mariadb(server) => server.url(schema),
        }
    }

    fn sql(&self, schema: &str, sql: &str) -> String {
        match self {
            Self::Mysql(pair) => pair.sql(Role::Primary, schema, sql),
            Self::Mariadb(server) => server.sql(schema, sql),
        }
    }

    /// The number of the error with which a statement ends.
    fn error(&self, schema: &str, sql: &str) -> String {
        let said = match self {
            Self::Mysql(pair) => pair.try_sql(Role::Primary, schema, sql),
            Self::Mariadb(server) => server.try_sql(schema, sql),
        };
        let said = said.expect_err(sql);
        let at = said.find("ERROR ").unwrap_or_else(|| panic!("{said}"));
        said[at..].split(' ').nth(1).expect("ERROR 1054 (42S22) ...").to_owned()
    }
}

/// On each server that is there.
fn on_servers(test: &str, check: impl Fn(&Server<'_>)) {
    if let Some(pair) = shared(test) {
        check(&Server::Mysql(pair));
    }
    if let Some(server) = mariadb::shared(test) {
        check(&Server::Mariadb(server));
    }
}

fn plan(url: &str, manifest: &std::path::Path) -> Value {
    let plan = run(&["plan", "-f", argument(manifest), "--url", url, "--format", "json"]).expect(0);
    serde_json::from_str(&plan.stdout).expect("JSON")
}

/// Level and words of a plan's findings of one code, sorted.
fn said(plan: &Value, code: &str) -> Vec<String> {
    let findings = plan["findings"].as_array().expect("findings").iter().filter(|finding| finding["code"] == code);
    let text = |value: &Value| value.as_str().expect("words").to_owned();
    let mut said: Vec<String> =
        findings.map(|finding| format!("{}: {}", text(&finding["path"]), text(&finding["problem"]))).collect();
    said.sort();
    said
}

fn risk(plan: &Value) -> &str {
    plan["risk"].as_str().expect("a risk")
}

const TABLES: &str = "CREATE TABLE t (id int PRIMARY KEY, a int, b int, c int);
                      CREATE TABLE log (id int AUTO_INCREMENT PRIMARY KEY, a int);
                      INSERT INTO t VALUES (1, 2, 3, 4); INSERT INTO log VALUES (1, 1);";
const USERS: &str = "CREATE TRIGGER own BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1;
                     CREATE TRIGGER other AFTER UPDATE ON log FOR EACH ROW UPDATE t SET c = 1 WHERE id = NEW.a;
                     CREATE TRIGGER apart BEFORE DELETE ON log FOR EACH ROW SET @c = 'NEW.a';
                     CREATE VIEW v AS SELECT id, a AS x FROM t; CREATE VIEW w AS SELECT id FROM v;
                     CREATE VIEW u AS SELECT y.c FROM t AS y; CREATE VIEW l AS SELECT a FROM log;";

#[test]
fn a_trigger_that_names_a_dropped_column_is_named_with_its_error() {
    on_servers("a_trigger_that_names_a_dropped_column", |server| {
        let schema = server.schema();
        server.sql(&schema, &format!("{TABLES}{USERS}"));
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("desired.sql");
        let desired = "CREATE TABLE t (id int PRIMARY KEY, b int, c int);
                       CREATE TABLE log (id int AUTO_INCREMENT PRIMARY KEY, a int)";
        std::fs::write(&file, desired).expect("written");
        let url = server.url(&schema);
        let json = plan(&url, &file);
        assert_eq!(
            said(&json, "TW032"),
            [
                "t.a: trigger `own` (BEFORE INSERT on `t`) uses column `a`, which is dropped: every INSERT on `t` that \
                 comes to it fails then (error 1054)",
                "t.a: view `v` uses column `a`, which is dropped: no row of it can be read then (error 1356)",
                "t.a: view `w` uses view `v`, and with it column `a`, which is dropped: no row of it can be read then \
                 (error 1356)",
            ]
        );
        assert_eq!(risk(&json), "Destructive", "{json:#}");
        run(&["apply", "-f", argument(&file), "--url", &url, "--auto-approve"]).expect(0);
        assert_eq!(server.error(&schema, "INSERT INTO t VALUES (2, 3, 4)"), "1054");
        assert_eq!(server.error(&schema, "SELECT * FROM v"), "1356");
        assert_eq!(server.error(&schema, "SELECT * FROM w"), "1356");
        // What was not named works.
        server.sql(&schema, "UPDATE log SET a = 1; DELETE FROM log; SELECT * FROM u; SELECT * FROM l");
        server.sql("", &format!("DROP DATABASE `{schema}`"));
    });
}

#[test]
fn a_column_that_is_renamed_stops_a_trigger_and_a_view_and_the_plan_waits_for_a_person() {
    on_servers("a_column_that_is_renamed_stops_a_trigger", |server| {
        let schema = server.schema();
        server.sql(&schema, &format!("{TABLES}{USERS}"));
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("t.yaml");
        let manifest = |columns: &str| {
            format!(
                "apiVersion: tablewright.dev/v1alpha1\nkind: Table\nmetadata: {{name: t}}\nspec:\n  databaseRef: {{name: \
                 blog}}\n  columns:\n    - {{name: id, type: int}}\n{columns}  primaryKey: {{columns: [{{name: id}}]}}\n"
            )
        };
        let columns = "    - {name: a, type: int}\n    - {name: b, type: int}\n    - {name: cc, type: int, renamedFrom: \
                       [c]}\n";
        std::fs::write(&file, manifest(columns)).expect("written");
        let url = server.url(&schema);
        let json = plan(&url, &file);
        // The trigger names the column alone, and the table beside it.
        assert_eq!(
            said(&json, "TW032"),
            [
                "t.c: trigger `other` (AFTER UPDATE on `log`) may use column `c`, which is renamed to `cc`: every UPDATE \
                 on `log` that comes to it fails then (error 1054)",
                "t.c: view `u` uses column `c`, which is renamed to `cc`: no row of it can be read then (error 1356)",
            ]
        );
        assert_eq!(risk(&json), "Destructive", "{json:#}");
        run(&["apply", "-f", argument(&file), "--url", &url, "--auto-approve"]).expect(0);
        assert_eq!(server.error(&schema, "UPDATE log SET a = 7"), "1054");
        assert_eq!(server.error(&schema, "SELECT * FROM u"), "1356");
        // Another column takes the name: nobody fails, and each reads that one.
        server.sql(&schema, "DROP TRIGGER other; DROP VIEW u; CREATE VIEW u AS SELECT a FROM t");
        let taken = "    - {name: z, type: int, renamedFrom: [a]}\n    - {name: a, type: int, renamedFrom: [b]}\n    - \
                     {name: cc, type: int}\n";
        std::fs::write(&file, manifest(taken)).expect("written");
        let json = plan(&url, &file);
        let u = said(&json, "TW032").into_iter().find(|said| said.contains("view `u`"));
        assert_eq!(
            u.as_deref(),
            Some("t.a: view `u` uses column `a`, which is renamed to `z`: the name means another one from then on"),
            "{json:#}"
        );
        server.sql("", &format!("DROP DATABASE `{schema}`"));
    });
}

#[test]
fn a_table_that_goes_and_one_that_gets_another_name() {
    on_servers("a_table_that_goes_and_one_that_gets_another_name", |server| {
        let schema = server.schema();
        server.sql(&schema, &format!("{TABLES}{USERS}"));
        let folder = tempfile::tempdir().expect("a folder");
        let (gone, renamed) = (folder.path().join("gone.yaml"), folder.path().join("renamed.yaml"));
        let head = "apiVersion: tablewright.dev/v1alpha1\nkind: Table\nmetadata: {name: ";
        std::fs::write(&gone, format!("{head}log}}\nspec: {{databaseRef: {{name: blog}}, ensure: Absent}}\n"))
            .expect("written");
        let spec = "  columns: [{name: id, type: int}, {name: a, type: int}, {name: b, type: int}, {name: c, type: \
                    int}]\n  primaryKey: {columns: [{name: id}]}\n";
        std::fs::write(
            &renamed,
            format!("{head}tt}}\nspec:\n  databaseRef: {{name: blog}}\n  renamedFrom: [t]\n{spec}"),
        )
        .expect("written");
        let url = server.url(&schema);
        assert_eq!(
            said(&plan(&url, &gone), "TW032"),
            [
                "log: trigger `apart` (BEFORE DELETE on `log`) goes with the table",
                "log: trigger `other` (AFTER UPDATE on `log`) goes with the table",
                "log: view `l` uses the table, which is dropped: no row of it can be read then (error 1356)",
            ]
        );
        let json = plan(&url, &renamed);
        assert_eq!(
            said(&json, "TW032"),
            [
                "tt: trigger `other` (AFTER UPDATE on `log`) uses the table, which is renamed to `tt`: every UPDATE on \
                 `log` that comes to it fails then (error 1146)",
                "tt: view `u` uses the table, which is renamed to `tt`: no row of it can be read then (error 1356)",
                "tt: view `v` uses the table, which is renamed to `tt`: no row of it can be read then (error 1356)",
                "tt: view `w` uses view `v`, and with it the table, which is renamed to `tt`: no row of it can be read \
                 then (error 1356)",
            ]
        );
        assert_eq!(risk(&json), "Destructive", "{json:#}");
        run(&["apply", "-f", argument(&renamed), "--url", &url, "--auto-approve"]).expect(0);
        assert_eq!(server.error(&schema, "UPDATE log SET a = 9"), "1146");
        assert_eq!(server.error(&schema, "SELECT * FROM w"), "1356");
        // The trigger that follows its table works on.
        server.sql(&schema, "INSERT INTO tt VALUES (5, 6, 7, 8)");
        server.sql("", &format!("DROP DATABASE `{schema}`"));
    });
}

#[test]
fn routines_and_events_are_named_where_they_are_seen_and_else_that_they_are_not() {
    on_servers("routines_and_events_are_named_where_they_are_seen", |server| {
        let schema = server.schema();
        server.sql(
            &schema,
            &format!(
                "{TABLES} CREATE PROCEDURE p() SELECT t.a FROM t; CREATE PROCEDURE q() SELECT a FROM log;
                 CREATE PROCEDURE fill() INSERT INTO t VALUES (9, 9, 9, 9);
                 CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t WHERE a < 1"
            ),
        );
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("desired.sql");
        std::fs::write(&file, "CREATE TABLE t (id int PRIMARY KEY, b int, c int)").expect("written");
        // The account of the documentation sees neither, and says so.
        let json = plan(&server.url(&schema), &file);
        assert_eq!(said(&json, "TW032"), [""; 0]);
        let unseen = [format!("{schema}: events were not looked at"), format!("{schema}: routines were not looked at")];
        assert_eq!(said(&json, "TW033"), unseen);
        // Nothing is asked where nothing goes.
        let more = folder.path().join("more.sql");
        std::fs::write(&more, "CREATE TABLE t (id int PRIMARY KEY, a int, b int, c int, d int)").expect("written");
        assert_eq!(said(&plan(&server.url(&schema), &more), "TW033"), [""; 0]);
        let privileged = match server {
            Server::Mysql(pair) => pair.url_as(Role::Primary, "root", pair.root_password(), &schema),
            Server::Mariadb(server) => server.url_as(("root", server.root_password()), &schema),
        };
        let json = plan(&privileged, &file);
        assert_eq!(said(&json, "TW033"), [""; 0]);
        assert_eq!(
            said(&json, "TW032"),
            [
                "t.a: event `e` may use column `a`, which is dropped: it fails then whenever it runs (error 1054)",
                "t.a: procedure `fill` inserts rows without a list of columns and so uses column `a`, which is dropped: \
                 it fails then when it is called (error 1136)",
                "t.a: procedure `p` uses column `a`, which is dropped: it fails then when it is called (error 1054)",
            ]
        );
        run(&["apply", "-f", argument(&file), "--url", &privileged, "--auto-approve"]).expect(0);
        assert_eq!(server.error(&schema, "CALL p()"), "1054");
        assert_eq!(server.error(&schema, "CALL fill()"), "1136");
        server.sql(&schema, "CALL q()");
        server.sql("", &format!("DROP DATABASE `{schema}`"));
    });
}

#[test]
fn a_view_of_another_schema_and_a_type_that_changes() {
    let Some(pair) = shared("a_view_of_another_schema_and_a_type_that_changes") else { return };
    let (schema, other) = (pair.schema("used"), pair.schema("viewer"));
    pair.sql(Role::Primary, &schema, &format!("{TABLES}{USERS}"));
    pair.sql(Role::Primary, &other, &format!("CREATE VIEW far AS SELECT b FROM `{schema}`.t"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("desired.sql");
    let url = pair.url(Role::Primary, &schema);
    std::fs::write(&file, "CREATE TABLE t (id int PRIMARY KEY, a int, c int)").expect("written");
    let json = plan(&url, &file);
    let far = format!(
        "t.b: view `{other}`.`far` uses column `b`, which is dropped: no row of it can be read then (error 1356)"
    );
    assert_eq!(said(&json, "TW032"), [far]);
    // A type that changes breaks nobody: a note, and no higher risk than that of the change.
    std::fs::write(&file, "CREATE TABLE t (id int PRIMARY KEY, a bigint, b int, c int)").expect("written");
    let json = plan(&url, &file);
    assert_eq!(
        said(&json, "TW032"),
        [
            "t.a: trigger `own` (BEFORE INSERT on `t`) uses column `a`, whose type changes",
            "t.a: view `v` uses column `a`, whose type changes",
        ]
    );
    assert_eq!(risk(&json), "Blocking", "{json:#}");
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`; DROP DATABASE `{other}`"));
}
