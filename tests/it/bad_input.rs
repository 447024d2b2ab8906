//! Bad input gets an error that says where, what and what to do; and nothing is touched.

use crate::support::{
    binary::{argument, run, run_with_input},
    cases::snapshot,
    pair::{Pair, Role, shared},
};

const HEAD: &str =
    "apiVersion: tablewright.dev/v1alpha1\nkind: Table\nmetadata:\n  name: t\nspec:\n  databaseRef: {name: blog}\n";

/// A schema with one table, a folder for manifests, and the check that nothing moved.
struct Bench<'a> {
    pair: &'a Pair,
    schema: String,
    folder: tempfile::TempDir,
    before: String,
}

impl<'a> Bench<'a> {
    fn new(pair: &'a Pair, name: &str) -> Self {
        let schema = pair.schema(name);
        pair.sql(
            Role::Primary,
            &schema,
            "CREATE TABLE keep (id int NOT NULL PRIMARY KEY, v varchar(10)); INSERT INTO keep VALUES (1,'x');",
        );
        let before = snapshot(pair, &schema);
        Self { pair, schema, folder: tempfile::tempdir().expect("a folder"), before }
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("writable");
        argument(&path).to_owned()
    }

    /// Plans and applies the manifest: both must fail with `code`, say every one of `words`, and touch nothing.
    #[track_caller]
    fn refused(&self, file: &str, text: &str, code: i32, words: &[&str]) {
        let path = self.write(file, text);
        self.refused_path(&path, code, words);
    }

    #[track_caller]
    fn refused_path(&self, path: &str, code: i32, words: &[&str]) {
        let url = self.pair.url(Role::Primary, &self.schema);
        for command in ["plan", "apply"] {
            let mut arguments = vec![command, "-f", path, "--url", &url];
            if command == "apply" {
                arguments.push("--auto-approve");
            }
            let outcome = run(&arguments).expect(code);
            let said = format!("{}{}", outcome.stdout, outcome.stderr);
            for word in words {
                assert!(said.contains(word), "{command} does not say `{word}`\n{}", outcome.all());
            }
            assert!(!said.contains("panicked"), "{}", outcome.all());
        }
        assert_eq!(snapshot(self.pair, &self.schema), self.before, "bad input touched the schema");
        assert_eq!(self.pair.sql(Role::Primary, &self.schema, "SELECT * FROM keep"), "1\tx\n");
    }
}

impl Drop for Bench<'_> {
    fn drop(&mut self) {
        self.pair.sql(Role::Primary, "", &format!("DROP DATABASE IF EXISTS `{}`", self.schema));
    }
}

#[test]
fn manifests_that_are_wrong() {
    let Some(pair) = shared("manifests_that_are_wrong") else { return };
    let bench = Bench::new(pair, "wrong");
    let column = |text: &str| format!("{HEAD}  columns:\n    - {{name: id, type: int}}\n    - {text}\n");

    bench.refused(
        "type.yaml",
        &column("{name: a, type: varchr(20)}"),
        1,
        &["type.yaml", "spec.columns[1].type", "varchr"],
    );
    bench.refused(
        "unknown.yaml",
        &column("{name: a, type: int, nulable: true}"),
        1,
        &["unknown.yaml:9", "nulable", "nullable"],
    );
    bench.refused(
        "duplicate-key.yaml",
        &column("{name: a, type: int, type: bigint}"),
        1,
        &["duplicate-key.yaml:9", "type"],
    );
    bench.refused(
        "duplicate-name.yaml",
        &column("{name: ID, type: int}"),
        1,
        &["duplicate-name.yaml", "spec.columns[1]", "ID"],
    );
    bench.refused("yes.yaml", &column("{name: y, type: int}"), 1, &["yes.yaml:9", "quote"]);
    bench.refused(
        "both.yaml",
        &format!("{HEAD}  sql: CREATE TABLE t (id int)\n  columns: [{{name: id, type: int}}]\n"),
        1,
        &["both.yaml", "sql", "columns"],
    );
    bench.refused("neither.yaml", HEAD, 1, &["neither.yaml", "columns"]);
    bench.refused(
        "statement.yaml",
        &format!("{HEAD}  sql: 'CREATE TABLE t (id int); DROP TABLE keep'\n"),
        1,
        &["statement.yaml"],
    );
    bench.refused(
        "other-name.yaml",
        &format!("{HEAD}  sql: CREATE TABLE other (id int)\n"),
        1,
        &["other-name.yaml", "other"],
    );
    bench.refused("broken.sql", "CREATE TABLE t (\n  id int,\n  a varchr(3)\n);\n", 1, &["broken.sql:3", "varchr"]);
    bench.refused("drop.sql", "DROP TABLE keep;\n", 1, &["drop.sql:1"]);
    bench.refused("garbage.yaml", "\u{0}\u{1}\u{2}: [", 1, &["garbage.yaml"]);
    bench.refused(
        "charset.yaml",
        &format!("{HEAD}  columns:\n    - {{name: a, type: varchar(10), characterSet: klingon}}\n"),
        3,
        &["klingon"],
    );
    bench.refused(
        "parent.yaml",
        &format!(
            "{}  foreignKeys:\n    - {{name: fk, columns: [id], references: {{table: nowhere, columns: [id]}}}}\n",
            column("{name: a, type: int}")
        ),
        3,
        &["nowhere", "MissingReference"],
    );
    let twice = format!("{0}---\n{0}", column("{name: a, type: int}"));
    bench.refused("twice.yaml", &twice, 3, &["twice.yaml", "Conflict"]);
}

#[test]
fn injection_stays_data() {
    let Some(pair) = shared("injection_stays_data") else { return };
    let bench = Bench::new(pair, "inject");
    let column = |text: &str| format!("{HEAD}  columns:\n    - {{name: id, type: int}}\n    - {text}\n");
    bench.refused("type.yaml", &column("{name: a, type: \"int, DROP COLUMN id\"}"), 1, &["spec.columns[1].type"]);
    bench.refused(
        "expression.yaml",
        &column("{name: a, type: int, generated: {expression: \"id) VIRTUAL, DROP TABLE keep; -- \"}}"),
        1,
        &["spec.columns[1].generated.expression"],
    );
    bench.refused(
        "comment-in-expression.yaml",
        &column("{name: a, type: int, defaultExpression: \"1 /*!80000 + 1 */\"}"),
        1,
        &["spec.columns[1].defaultExpression"],
    );
    bench.refused(
        "check.yaml",
        &format!(
            "{}  checks:\n    - {{name: c, expression: \"id > 0), DROP PRIMARY KEY, ADD CHECK (1\"}}\n",
            column("{name: a, type: int}")
        ),
        1,
        &["spec.checks[0].expression"],
    );

    // What is only text is only text: it arrives as it was written.
    let path = bench.write(
        "text.yaml",
        &column("{name: \"a`b\", type: varchar(60), comment: \"'; DROP TABLE keep; -- \\\\\", default: \"'); DROP TABLE keep; -- \\\\\"}"),
    );
    let url = pair.url(Role::Primary, &bench.schema);
    run(&["apply", "-f", &path, "--url", &url, "--auto-approve"]).expect(0);
    let comment = pair.sql(Role::Primary, &bench.schema, "SELECT column_comment, column_default FROM information_schema.columns WHERE table_schema = DATABASE() AND column_name = 'a`b'");
    assert_eq!(comment.trim_end(), "'; DROP TABLE keep; -- \\\t'); DROP TABLE keep; -- \\");
    assert_eq!(pair.sql(Role::Primary, &bench.schema, "SELECT * FROM keep"), "1\tx\n");
    run(&["plan", "-f", &path, "--url", &url, "--detailed-exitcode"]).expect(0);
    pair.sql(Role::Primary, &bench.schema, "DROP TABLE t");
}

#[test]
fn paths_that_are_wrong() {
    let Some(pair) = shared("paths_that_are_wrong") else { return };
    let bench = Bench::new(pair, "paths");
    let empty = bench.folder.path().join("empty");
    std::fs::create_dir(&empty).expect("a folder");
    bench.refused_path(argument(&empty), 1, &["empty", "no"]);
    bench.refused_path(argument(&bench.folder.path().join("missing.yaml")), 1, &["missing.yaml"]);
    let long = format!("{HEAD}  columns:\n    - {{name: id, type: int, comment: \"{}\"}}\n", "x".repeat(5 << 20));
    bench.refused("large.yaml", &long, 1, &["large.yaml"]);
}

#[test]
fn servers_that_do_not_answer_as_they_should() {
    let Some(pair) = shared("servers_that_do_not_answer_as_they_should") else { return };
    let bench = Bench::new(pair, "servers");
    let path = bench.write("t.yaml", &format!("{HEAD}  columns:\n    - {{name: id, type: int}}\n"));
    let port = pair.port(Role::Primary);
    let schema = &bench.schema;
    let failing = |url: &str, words: &[&str]| {
        let outcome = run(&["plan", "-f", &path, "--url", url]).expect(1);
        for word in words {
            assert!(outcome.stderr.contains(word), "does not say `{word}`: {}", outcome.all());
        }
        assert!(!outcome.stderr.contains("Secr3t"), "a password was shown: {}", outcome.all());
    };
    failing(&format!("mysql://root:Secr3t@127.0.0.1:{port}/{schema}"), &["127.0.0.1", "root", "password"]);
    failing(&format!("mysql://root:Secr3t@127.0.0.1:1/{schema}"), &["127.0.0.1:1"]);
    failing(&format!("mysql://root:Secr3t@127.0.0.1:{port}/{schema}?tls=verify-identity"), &["TLS"]);
    failing(&format!("mysql://root:Secr3t@127.0.0.1:{port}/{schema}?tls=sometimes"), &["tls=", "verify-identity"]);
    failing("postgres://root:Secr3t@127.0.0.1/x", &["mysql://"]);
    let ca = pair.get("TABLEWRIGHT_TEST_MYSQL_CA");
    let url = format!("{}?tls=verify-ca&tls-ca={ca}", pair.url(Role::Primary, schema));
    run(&["plan", "-f", &path, "--url", &url]).expect(0);
}

#[test]
fn a_missing_privilege_is_named_with_its_grant() {
    let Some(pair) = shared("a_missing_privilege_is_named_with_its_grant") else { return };
    let bench = Bench::new(pair, "privilege");
    let schema = &bench.schema;
    pair.sql(
        Role::Primary,
        "",
        &format!("CREATE USER 'tw_poor'@'%' IDENTIFIED BY 'poor'; GRANT SELECT ON `{schema}`.* TO 'tw_poor'@'%';"),
    );
    let path = bench.write("t.yaml", &format!("{HEAD}  columns:\n    - {{name: id, type: int}}\n"));
    let url = pair.url_as(Role::Primary, "tw_poor", "poor", schema);
    let outcome = run(&["apply", "-f", &path, "--url", &url, "--auto-approve"]);
    pair.sql(Role::Primary, "", "DROP USER 'tw_poor'@'%'");
    assert_ne!(outcome.code, 0, "{}", outcome.all());
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(said.contains("GRANT") && said.contains("CREATE"), "{}", outcome.all());
    assert_eq!(snapshot(pair, schema), bench.before);
}

#[test]
fn four_byte_characters_where_mysql_cannot_show_them() {
    let Some(pair) = shared("four_byte_characters_where_mysql_cannot_show_them") else { return };
    let bench = Bench::new(pair, "emoji");
    for (file, column) in [
        ("comment.yaml", "{name: a, type: int, comment: \"\u{1F600}\"}"),
        ("member.yaml", "{name: a, type: \"enum('\u{1F600}')\"}"),
        ("name.yaml", "{name: \"\u{1F600}\", type: int}"),
        ("generated.yaml", "{name: a, type: varchar(9), generated: {expression: \"concat('\u{1F600}')\"}}"),
    ] {
        let path = bench.write(file, &format!("{HEAD}  columns:\n    - {{name: id, type: int}}\n    - {column}\n"));
        let url = pair.url(Role::Primary, &bench.schema);
        let outcome = run(&["apply", "-f", &path, "--url", &url, "--auto-approve"]);
        assert!(outcome.code == 1 || outcome.code == 3, "{}", outcome.all());
        assert!(outcome.all().contains(file), "{}", outcome.all());
        assert_eq!(snapshot(pair, &bench.schema), bench.before);
    }
}

/// Needs no server: nothing is reached but the files.
#[test]
fn files_that_have_no_end_or_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let said = |path: &std::path::Path, words: &[&str]| {
        let outcome = run(&["lint", "-f", argument(path)]).expect(1);
        for word in words {
            assert!(outcome.all().contains(word), "does not say `{word}`: {}", outcome.all());
        }
    };
    std::os::unix::fs::symlink("/dev/zero", at("zero.yaml")).unwrap();
    said(&at("zero.yaml"), &["zero.yaml", "not a regular file", "name a regular file"]);
    // Within a directory, too.
    said(folder.path(), &["zero.yaml", "not a regular file"]);
    std::fs::remove_file(at("zero.yaml")).unwrap();
    // A pipe that nobody writes to: opening it would wait for ever.
    let made = std::process::Command::new("mkfifo").arg(at("pipe.sql")).status().unwrap();
    assert!(made.success());
    said(&at("pipe.sql"), &["pipe.sql", "not a regular file"]);
    std::fs::remove_file(at("pipe.sql")).unwrap();
    std::fs::File::create(at("large.yaml")).unwrap().set_len(16 * 1024 * 1024 + 1).unwrap();
    said(&at("large.yaml"), &["large.yaml", "larger than 16 MiB", "split it"]);
    let endless = "#".repeat(16 * 1024 * 1024 + 1);
    let outcome = run_with_input(&["lint", "-f", "-"], &endless).expect(1);
    assert!(outcome.all().contains("larger than 16 MiB"), "{}", outcome.all());
    // A link to a regular file is one: mounted ConfigMaps are made of them.
    std::fs::write(at("real"), format!("{HEAD}  columns:\n    - {{name: id, type: int}}\n")).unwrap();
    std::os::unix::fs::symlink("real", at("link.yaml")).unwrap();
    run(&["lint", "-f", argument(&at("link.yaml"))]).expect(0);
}

/// Needs no server: a password in a manifest is refused before one is asked.
#[test]
fn a_connection_is_refused_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let create = "CREATE TABLE t (id int) ENGINE=FEDERATED CONNECTION='mysql://u:Secr3t@h/d/t'";
    for (file, text, place) in [
        ("f.sql", format!("{create};\n"), "f.sql:1"),
        ("f.yaml", format!("{HEAD}  sql: \"{create}\"\n"), "spec.sql"),
        // Not even where it is no SQL.
        ("open.sql", format!("{};\n", create.trim_end_matches('\'')), "open.sql:1"),
        ("bare.sql", format!("{};\n", create.replace('\'', "")), "bare.sql:1"),
    ] {
        let path = folder.path().join(file);
        std::fs::write(&path, text).unwrap();
        // Nobody listens there: whoever asked a server would say something else.
        for arguments in [
            vec!["lint", "-f", argument(&path)],
            vec!["lint", "-f", argument(&path), "--format", "json"],
            vec!["diff", "--from", argument(&path), "--to", argument(&path)],
            vec!["convert", "-f", argument(&path)],
            vec!["plan", "-f", argument(&path), "--url", "mysql://u:p@127.0.0.1:1/s?tls=disabled"],
        ] {
            let outcome = run(&arguments).expect(1);
            let said = outcome.all();
            assert!(!said.contains("Secr3t"), "{arguments:?} repeats the password: {said}");
            assert!(said.contains(place), "{arguments:?} does not say where: {said}");
            if file.starts_with('f') {
                assert!(said.contains("may hold a password") && said.contains("create it by hand"), "{said}");
            }
        }
    }
}
