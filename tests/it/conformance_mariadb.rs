//! The cases of the conformance corpus on a real MariaDB, and a few typical tables.
//!
//! The corpus' canonical texts are MySQL's. What is expected here is what MariaDB makes of the same statements in a
//! schema of their own; a case of which MariaDB does not take both sides is not in its language, and is left out.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::conformance::{Parents, Verdict, corpus, run_all, statements};
use crate::support::{
    binary::{argument, run},
    compare,
    mariadb::{Mariadb, own_pair, shared},
};

/// Of one source: cases, exact, refused, not MariaDB's language, wrong.
type Counts = [usize; 5];

/// How a case that was not run is told from one that was refused.
const OTHER_LANGUAGE: &str = "not MariaDB's language: ";

/// Cases that are refused for a true reason; docs/limits.md explains them.
const REFUSED: [&str; 5] = [
    // A reference system that SHOW CREATE TABLE does not show.
    "skeema/spatial.sql/None.has_geo",
    // A tablespace, which MariaDB takes and forgets.
    "skeema/inno-tablespace.sql/None.explicit_tablespace_sys",
    // A parent in another schema that is not there.
    "skeema/integration.sql/testing.warranties",
    "skeema/linter/validcfg/fkparent.sql/1.fkchild",
    // Rows of the case are duplicates under the desired unique key.
    "schemahero/index-drop-add",
];

#[test]
#[ignore = "minutes long: `make conformance-all`"]
fn every_case_of_the_corpus_on_mariadb() {
    let test = "every_case_of_the_corpus_on_mariadb";
    let (Some(folder), Some(server)) = (corpus(test), shared(test)) else { return };
    let text = std::fs::read_to_string(folder.join("cases.jsonl")).expect("readable");
    let filter = std::env::var("CASE").unwrap_or_default();
    let cases: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .filter(|case| case["id"].as_str().is_some_and(|id| id.contains(&filter)))
        .collect();
    let verdicts = run_all(&cases, |case| check_case(server, case));

    let mut by_source: BTreeMap<String, Counts> = BTreeMap::new();
    let (mut wrong, mut refused) = (Vec::new(), Vec::new());
    for (case, verdict) in cases.iter().zip(&verdicts) {
        let counts = by_source.entry(case["source"].as_str().unwrap_or("?").to_owned()).or_default();
        counts[0] += 1;
        match verdict {
            Verdict::Exact => counts[1] += 1,
            Verdict::Refused(why) if why.starts_with(OTHER_LANGUAGE) => {
                counts[3] += 1;
                println!("{}: {}", case["id"], why.trim());
            }
            Verdict::Refused(why) => {
                counts[2] += 1;
                refused.push(format!("{}: {why}", case["id"]));
            }
            Verdict::Wrong(why) => {
                counts[4] += 1;
                wrong.push(format!("## {}\n{why}", case["id"]));
            }
        }
    }
    for (source, [cases, exact, refused, other, wrong]) in &by_source {
        println!(
            "{source}: {cases} cases, {exact} exact, {refused} refused, {other} not MariaDB's language, {wrong} wrong"
        );
    }
    println!("refused:\n{}", refused.join("\n"));
    assert!(wrong.is_empty(), "{} of {} cases are wrong\n\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
    for refusal in &refused {
        assert!(
            REFUSED.iter().any(|id| refusal.starts_with(&format!("\"{id}\""))),
            "refused, and should not be: {refusal}"
        );
    }
}

fn check_case(server: &Mariadb, case: &Value) -> Verdict {
    let text = |key: &str| -> String {
        statements(case, key).iter().map(|text| format!("{};\n", text.trim_end().trim_end_matches(';'))).collect()
    };
    let relaxed = case["mode"] == "relaxed";
    let Parents { names, create } = Parents::of(case);
    let sides = Sides {
        current: text("current"),
        desired: text("desired"),
        mode: if relaxed { "" } else { "STRICT_TRANS_TABLES" },
        noop: case["kind"] == "noop",
        exported: false,
        parents: names,
        create_parents: create,
    };
    match check(server, &sides) {
        // The tables that the runner makes up are not what this case's keys want: they are left out.
        Verdict::Refused(why) if why.starts_with(OTHER_LANGUAGE) && !sides.parents.is_empty() => {
            check(server, &Sides { parents: Vec::new(), create_parents: String::new(), ..sides })
        }
        verdict @ (Verdict::Exact | Verdict::Refused(_) | Verdict::Wrong(_)) => verdict,
    }
}

/// What a schema holds, and what it is to hold.
struct Sides {
    current: String,
    desired: String,
    mode: &'static str,
    noop: bool,
    /// Whether what is there afterwards is exported too, and the plan of that must be empty.
    exported: bool,
    /// Tables to which foreign keys refer and which neither side has.
    parents: Vec<String>,
    create_parents: String,
}

fn check(server: &Mariadb, sides: &Sides) -> Verdict {
    let schemas = ["live", "current", "desired"].map(|name| server.schema(name));
    let verdict = check_in(server, sides, &schemas);
    let drop: String = schemas.iter().map(|schema| format!("DROP DATABASE `{schema}`;\n")).collect();
    let _ = server.try_sql("", &format!("SET foreign_key_checks = 0;\n{drop}"));
    verdict.unwrap_or_else(Verdict::Wrong)
}

fn check_in(server: &Mariadb, sides: &Sides, schemas: &[String; 3]) -> Result<Verdict, String> {
    let [schema, before, after] = schemas;
    for (schema, text) in [(schema, &sides.current), (before, &sides.current), (after, &sides.desired)] {
        let parents = &sides.create_parents;
        let text = format!("SET foreign_key_checks = 0, sql_mode = '{}';\n{parents}{text}", sides.mode);
        if let Err(message) = server.try_sql(schema, &text) {
            return Ok(Verdict::Refused(format!("{OTHER_LANGUAGE}{message}")));
        }
    }
    let definitions = |schema: &str| {
        let mut found = server.definitions(schema);
        found.retain(|name, _| !sides.parents.contains(name));
        found
    };
    let (before, after) = (definitions(before), definitions(after));
    // What the runner supplied is not the case's: nothing is pruned then.
    let prune: &[&str] = if sides.parents.is_empty() { &["--prune"] } else { &[] };
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let write = |name: &str, text: &str, is: &BTreeMap<String, String>, was: &BTreeMap<String, String>| {
        // A script that declares nothing is a mistake to us: that nothing is to be there is said table by table.
        let (kind, text) = if is.is_empty() { ("yaml", absent(was)) } else { ("sql", text.to_owned()) };
        let path = folder.path().join(format!("{name}.{kind}"));
        std::fs::write(&path, text).map(|()| path).map_err(|error| error.to_string())
    };
    let current = write("current", &sides.current, &before, &after)?;
    let desired = write("desired", &sides.desired, &after, &before)?;
    let url = server.url(schema);
    if sides.noop {
        let plan = run(&["plan", "-f", argument(&desired), "--url", &url, "--detailed-exitcode"]);
        match plan.code {
            0 => {}
            3 => return Ok(Verdict::Refused(plan.stdout)),
            _ => return Err(format!("a plan that should be empty: {}", plan.all())),
        }
    }
    for (direction, manifest, expected) in [("forwards", &desired, &after), ("backwards", &current, &before)] {
        if direction == "backwards" && sides.current.is_empty() {
            continue;
        }
        let was = definitions(schema);
        let apply = run(&[&["apply", "-f", argument(manifest), "--url", &url, "--auto-approve"], prune].concat());
        if apply.code != 0 {
            let told = format!("{direction}: {}", apply.all());
            // Refused by the plan, by rows that contradict it, or already as SQL that cannot be taken.
            let unreadable = apply.stderr.starts_with(&format!("error: {}:", argument(manifest)));
            let in_the_way = apply.stderr.contains("error 1062") || apply.stderr.contains("in the way in");
            let refused = apply.code == 3 || in_the_way || unreadable;
            return if refused && definitions(schema) == was { Ok(Verdict::Refused(told)) } else { Err(told) };
        }
        let live = definitions(schema);
        if live.keys().ne(expected.keys()) {
            return Err(format!("{direction}: tables {:?} instead of {:?}", live.keys(), expected.keys()));
        }
        for (name, should) in expected {
            let is = &live[name];
            if !compare::same(is, should, server.collations()) {
                return Err(format!("{direction}: {name} is\n{is}\ninstead of\n{should}\n{}", apply.all()));
            }
        }
        let again = run(&[&["plan", "-f", argument(manifest), "--url", &url, "--detailed-exitcode"], prune].concat());
        if again.code != 0 {
            return Err(format!("{direction}: the plan after the apply is not empty: {}", again.all()));
        }
    }
    if sides.exported {
        for format in ["yaml", "sql"] {
            let exported = folder.path().join(format);
            let export = run(&["export", "--url", &url, "--format", format, "-o", argument(&exported)]);
            let plan = run(&["plan", "-f", argument(&exported), "--url", &url, "--detailed-exitcode"]);
            if export.code != 0 || plan.code != 0 {
                return Err(format!("the plan of the export as {format} is not empty: {}{}", export.all(), plan.all()));
            }
        }
    }
    Ok(Verdict::Exact)
}

/// Manifests that want these tables to be absent.
fn absent(tables: &BTreeMap<String, String>) -> String {
    tables
        .keys()
        .enumerate()
        .map(|(index, name)| {
            format!("apiVersion: tablewright.dev/v1alpha1\nkind: Table\nmetadata: {{name: t{index}}}\nspec: {{databaseRef: {{name: db}}, name: {name:?}, ensure: Absent}}\n---\n")
        })
        .collect()
}

/// Typical tables: what each is now, and what it is to be. Expected is what MariaDB makes of the texts itself.
const TYPICAL: [(&str, &str, &str); 10] = [
    (
        "numbers and times",
        "CREATE TABLE t (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, n smallint DEFAULT 1, y year,
           at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP)",
        "CREATE TABLE t (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, n smallint(3) DEFAULT -2, y year,
           price decimal(9,2) NOT NULL DEFAULT 1.5, at datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6))",
    ),
    (
        "json",
        "CREATE TABLE t (id int PRIMARY KEY, j json)",
        "CREATE TABLE t (id int PRIMARY KEY, j json NOT NULL DEFAULT '{}' COMMENT 'c', k json)",
    ),
    (
        "checks of columns and of the table",
        "CREATE TABLE t (a int CHECK (a > 0), b int, CHECK (a < b))",
        "CREATE TABLE t (a int CHECK (a > 1), b int CHECK (b <> 7), CONSTRAINT sum CHECK (a + b < 100))",
    ),
    (
        "generated columns and defaults by expression",
        "CREATE TABLE t (a int, u char(36) DEFAULT (uuid()))",
        "CREATE TABLE t (a int, u char(36) DEFAULT (concat('a', uuid())), c int AS (a + 1) STORED, d int DEFAULT (1 + 2),
           v int AS (a * 2) VIRTUAL INVISIBLE)",
    ),
    (
        "indexes",
        "CREATE TABLE t (a int, b varchar(20), c text, KEY k (a), KEY l (b))",
        "CREATE TABLE t (a int INVISIBLE DEFAULT 3, b varchar(20), c text, KEY k (a) IGNORED, UNIQUE KEY (b, a),
           FULLTEXT KEY f (c)) COMMENT 'x'",
    ),
    (
        "foreign keys",
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES p (id))",
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p int,
           CONSTRAINT cp FOREIGN KEY (p) REFERENCES p (id) ON DELETE SET NULL ON UPDATE NO ACTION)",
    ),
    (
        "partitions",
        "CREATE TABLE t (id int, y int, PRIMARY KEY (id, y)) PARTITION BY RANGE (y)
           (PARTITION p0 VALUES LESS THAN (2000), PARTITION p1 VALUES LESS THAN (2010))",
        "CREATE TABLE t (id int, y int, PRIMARY KEY (id, y)) PARTITION BY RANGE (y)
           (PARTITION p1 VALUES LESS THAN (2010), PARTITION p2 VALUES LESS THAN MAXVALUE)",
    ),
    (
        "partitioned anew",
        "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 2",
        "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY KEY (id) PARTITIONS 3",
    ),
    (
        "character sets",
        "CREATE TABLE t (a varchar(20), b varchar(20) COLLATE utf8mb4_bin) DEFAULT CHARSET latin1",
        "CREATE TABLE t (a varchar(30) COLLATE utf8mb4_unicode_520_nopad_ci, b varchar(20), e enum('x','y') DEFAULT 'y')
           DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_unicode_ci",
    ),
    (
        "words of dumps",
        "CREATE TABLE t (a int /*!80023 INVISIBLE */, b varchar(9) DEFAULT 'x')",
        "CREATE TABLE t (a int /*!100100 COMMENT 'of MariaDB' */, b varchar(9) DEFAULT 'y', c varchar(9), CHECK (c <> 'it\'\'s'))",
    ),
];

#[test]
fn mariadb_creates_and_changes_tables() {
    let Some(server) = shared("mariadb_creates_and_changes_tables") else { return };
    let verdicts = run_all(&TYPICAL, |(_, current, desired)| {
        let sides = Sides {
            current: format!("{current};\n"),
            desired: format!("{desired};\n"),
            mode: "STRICT_TRANS_TABLES",
            noop: false,
            exported: true,
            parents: Vec::new(),
            create_parents: String::new(),
        };
        check(server, &sides)
    });
    let wrong: Vec<String> = TYPICAL
        .iter()
        .zip(&verdicts)
        .filter_map(|((name, _, _), verdict)| match verdict {
            Verdict::Exact => None,
            Verdict::Refused(why) | Verdict::Wrong(why) => Some(format!("## {name}\n{why}")),
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What MariaDB takes as metadata without a look at the rows, and what it copies although INSTANT was asked for.
#[test]
fn mariadb_takes_the_algorithm_that_guards() {
    let Some(server) = shared("mariadb_takes_the_algorithm_that_guards") else { return };
    let schema = server.schema("algorithm");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.sql");
    let planned = |live: &str, desired: &str| {
        server.sql(&schema, &format!("DROP TABLE IF EXISTS t; {live}"));
        std::fs::write(&file, desired).expect("writable");
        let url = server.url(&schema);
        let plan = run(&["plan", "-f", argument(&file), "--url", &url, "--format", "json"]).expect(0);
        let json: Value = serde_json::from_str(&plan.stdout).expect("JSON");
        let sql = |statement: &Value| statement["sql"].as_str().unwrap_or_default().to_owned();
        json["statements"].as_array().into_iter().flatten().map(sql).collect::<Vec<_>>()
    };
    let two = "CREATE TABLE t (a int, b int);";
    let added = planned(two, "CREATE TABLE t (c int, a int, b int)");
    assert!(added[0].ends_with("FIRST, ALGORITHM=INSTANT, LOCK=NONE"), "{added:?}");
    let engine = planned(two, "CREATE TABLE t (a int, b int) ENGINE=MyISAM");
    assert!(engine[0].ends_with("ALGORITHM=COPY, LOCK=SHARED"), "{engine:?}");
    let checked = planned(two, "CREATE TABLE t (a int CHECK (a > 5), b int)");
    assert!(checked[0].ends_with("ALGORITHM=COPY, LOCK=SHARED"), "{checked:?}");
    planned("CREATE TABLE t (a int CHECK (a > 5));", "CREATE TABLE t (a int)");
    let lost = run(&["plan", "-f", argument(&file), "--url", &server.url(&schema)]).expect(0);
    assert!(lost.stdout.contains("TW018") && lost.stdout.contains("Destructive"), "{}", lost.all());
    let hashed = "CREATE TABLE t (a int) PARTITION BY HASH (a) PARTITIONS";
    let fewer = planned(&format!("{hashed} 3;"), &format!("{hashed} 2"));
    assert_eq!(fewer, ["ALTER TABLE `t` COALESCE PARTITION 1"]);
    server.sql("", &format!("DROP DATABASE `{schema}`"));
}

/// A replica has arrived when it has executed what the primary had, and not before.
#[test]
fn mariadb_replica_is_waited_for() {
    let Some((primary, replica)) = own_pair("mariadb_replica_is_waited_for") else { return };
    let schema = primary.schema("replica");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.sql");
    let (url, replica_url) = (primary.url(&schema), replica.replica_url(&schema));
    let with = |command: &str, text: &str, more: &[&str]| {
        std::fs::write(&file, text).expect("writable");
        run(&[&[command, "-f", argument(&file), "--url", &url, "--replica-url", &replica_url], more].concat())
    };
    let apply = with("apply", "CREATE TABLE t (a int);", &["--auto-approve"]).expect(0);
    assert!(apply.all().contains("MariaDB 10.11"), "{}", apply.all());
    assert_eq!(replica.definitions(&schema), primary.definitions(&schema));
    let position = primary.sql("", "SELECT @@gtid_binlog_pos");
    assert_eq!(replica.sql("", "SELECT @@gtid_slave_pos"), position);

    // A connection with a name that stands still: nothing starts, and nothing has arrived.
    replica.sql("", "STOP REPLICA 'c1' SQL_THREAD");
    let refused = with("apply", "CREATE TABLE t (a int, b int);", &["--auto-approve"]);
    assert!(refused.code != 0 && refused.all().contains("applier"), "{}", refused.all());
    assert!(!primary.definitions(&schema)["t"].contains("`b`"));
    primary.sql(&schema, "CREATE TABLE late (a int)");
    let verified = run(&["verify", "--url", &url, "--replica-url", &replica_url, "--verify-timeout", "1s"]);
    assert!(verified.code != 0 && verified.all().contains("applier"), "{}", verified.all());
    replica.sql("", "START REPLICA 'c1' SQL_THREAD");
    with("apply", "CREATE TABLE t (a int, b int);", &["--auto-approve"]).expect(0);
    assert!(replica.definitions(&schema)["t"].contains("`b`"));
}
