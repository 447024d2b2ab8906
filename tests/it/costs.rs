//! Cost told true: for each operation of `../shared/corpus/ddl_algorithms.json`, on tables of several kinds, the plan's
//! algorithm and lock are those with which the server runs it. The server is the judge: it takes each statement as it is
//! planned, and refuses whatever would be cheaper.

use std::{collections::BTreeMap, path::PathBuf};

use serde_json::Value;

use sqlx::{
    AssertSqlSafe, ConnectOptions, Row,
    mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode},
};

use crate::support::{
    binary::{argument, run},
    pair::{Pair, Role, shared},
};

/// One session of the root account: there are thousands of statements, and a client process each would take minutes.
struct Session {
    runtime: tokio::runtime::Runtime,
    connection: MySqlConnection,
}

impl Session {
    fn open(pair: &Pair) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let options = MySqlConnectOptions::new()
            // root needs no password there, and the driver has no TLS of its own.
            .socket(pair.get("TABLEWRIGHT_TEST_PRIMARY_SOCKET"))
            .username("root")
            .database("mysql")
            .ssl_mode(MySqlSslMode::Disabled)
            .disable_statement_logging();
        let connection = runtime.block_on(options.connect()).expect("connected");
        let mut session = Self { runtime, connection };
        session.run("SET sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'").expect("set");
        session
    }

    #[expect(clippy::disallowed_methods, reason = "the statements of a test, and none of the program's")]
    fn run(&mut self, text: &str) -> Result<(), String> {
        let sent = sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut self.connection);
        self.runtime.block_on(sent).map(|_| ()).map_err(|error| error.to_string())
    }

    /// The column of the only row.
    #[expect(clippy::disallowed_methods, reason = "the statements of a test, and none of the program's")]
    fn text(&mut self, query: &str, column: usize) -> String {
        let sent = sqlx::raw_sql(AssertSqlSafe(query)).fetch_one(&mut self.connection);
        let row = self.runtime.block_on(sent).unwrap_or_else(|error| panic!("{query}: {error}"));
        row.try_get_unchecked::<Option<Vec<u8>>, _>(column)
            .expect("a column")
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }
}

/// The table on which the operations were tried, as their names say.
const TABLE: &str = "CREATE TABLE t (\n\
    id int NOT NULL AUTO_INCREMENT PRIMARY KEY, a int DEFAULT 1, b varchar(50) DEFAULT 'x', c varchar(300), p int,\n\
    nn int NOT NULL DEFAULT 1, n decimal(8,2) NOT NULL DEFAULT 0, d datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,\n\
    e enum('p','q') NOT NULL DEFAULT 'p', s set('m','n'), tx text, uc varchar(10) CHARACTER SET latin1,\n\
    geo point NOT NULL SRID 4326, j json, v int AS (a + 1) VIRTUAL, st int AS (a + 2) STORED,\n\
    KEY ka (a), KEY kb (b), UNIQUE KEY ku (nn, id), CONSTRAINT ck CHECK (a < 100)\n)";
const PARTITIONED: &str = "CREATE TABLE t (id int NOT NULL, a int, b varchar(50), PRIMARY KEY (id))\n\
    PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (100), PARTITION p1 VALUES LESS THAN (200))";
const PARENT: &str = "CREATE TABLE par (id int NOT NULL PRIMARY KEY)";

/// What else a table may have, as statements that make it so.
const KINDS: &[(&str, &[&str])] = &[
    ("plain", &[]),
    ("fulltext", &["ALTER TABLE t ADD FULLTEXT KEY ft (c)"]),
    ("fulltext_before", &["ALTER TABLE t ADD FULLTEXT KEY ft (c)", "ALTER TABLE t DROP KEY ft"]),
    (
        "generated",
        &[
            "ALTER TABLE t ADD COLUMN gv int AS (n * 2) VIRTUAL, ADD KEY gk (gv)",
            "ALTER TABLE t ADD COLUMN gs int AS (nn * 2) STORED",
        ],
    ),
    (
        "foreign_keys",
        &[
            "ALTER TABLE t ADD COLUMN r int, ADD CONSTRAINT tr FOREIGN KEY (r) REFERENCES par (id)",
            "CREATE TABLE child (t int, CONSTRAINT ct FOREIGN KEY (t) REFERENCES t (id))",
        ],
    ),
    ("partitioned", &["ALTER TABLE t DROP COLUMN geo", "ALTER TABLE t PARTITION BY HASH (id) PARTITIONS 3"]),
];

/// Algorithm and lock, cheapest first.
const CLAUSES: [(&str, &str); 4] = [
    ("INSTANT", "ALGORITHM=INSTANT"),
    ("INPLACE NONE", "ALGORITHM=INPLACE, LOCK=NONE"),
    ("INPLACE SHARED", "ALGORITHM=INPLACE, LOCK=SHARED"),
    ("COPY SHARED", "ALGORITHM=COPY, LOCK=SHARED"),
];

fn operations(test: &str) -> Option<Vec<Value>> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/ddl_algorithms.json");
    match std::fs::read_to_string(&file) {
        Ok(text) => Some(serde_json::from_str(&text).expect("JSON")),
        Err(_) => {
            eprintln!("SKIPPED {test}: no conformance corpus beside the project");
            None
        }
    }
}

/// One table of many: names that are the schema's or the corpus' own take its number.
fn numbered(text: &str, number: usize) -> String {
    let names = [" t ", " t (", " ck", " c2", " f1", " tr ", " ct ", " child"];
    names.iter().fold(text.to_owned(), |text, name| {
        let own = match *name {
            " t " => format!(" t{number} "),
            " t (" => format!(" t{number} ("),
            other => format!("{}_{number}{}", other.trim_end(), if other.ends_with(' ') { " " } else { "" }),
        };
        text.replace(name, &own)
    })
}

fn schema(pair: &Pair) -> String {
    let schema = pair.schema("cost");
    pair.sql(Role::Primary, &schema, PARENT);
    schema
}

fn drop(pair: &Pair, schema: &str) {
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
}

/// Makes a table of a kind.
fn make(session: &mut Session, schema: &str, number: usize, table: &str, more: &[&str]) {
    session.run(&format!("USE `{schema}`")).expect("used");
    let text = format!("{table};\n{}", more.join(";\n"));
    session.run(&numbered(&text, number)).unwrap_or_else(|error| panic!("{error}: {text}"));
}

/// The plan towards the tables of another schema: its statements, by table, and what is refused.
fn planned(pair: &Pair, session: &mut Session, live: &str, wish: &str) -> (BTreeMap<String, Vec<Value>>, Vec<String>) {
    let names = pair.tables(Role::Primary, wish);
    let text: String = names
        .iter()
        .map(|name| format!("{};\n", session.text(&format!("SHOW CREATE TABLE `{wish}`.`{name}`"), 1)))
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("desired.sql");
    std::fs::write(&file, text).expect("written");
    let plan = run(&["plan", "-f", argument(&file), "--url", &pair.url(Role::Primary, live), "--format", "json"]);
    let json: Value = serde_json::from_str(&plan.stdout).unwrap_or_else(|error| panic!("{error}: {}", plan.all()));
    let mut statements: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for statement in json["statements"].as_array().into_iter().flatten() {
        let table = statement["table"].as_str().expect("a table").to_owned();
        statements.entry(table).or_default().push(statement.clone());
    }
    let refusals = json["refusals"].as_array().into_iter().flatten().map(ToString::to_string).collect();
    (statements, refusals)
}

/// InnoDB's number of a table, another one after the rows were written anew.
fn table_id(session: &mut Session, schema: &str, table: &str) -> String {
    let query = format!(
        "SELECT GROUP_CONCAT(TABLE_ID) FROM information_schema.INNODB_TABLES WHERE NAME = '{schema}/{table}' OR NAME LIKE '{schema}/{table}#%'"
    );
    session.text(&query, 0)
}

/// Runs each statement as planned, after everything cheaper has been refused.
fn judged(
    session: &mut Session,
    schema: &str,
    statements: &[Value],
    counts: &mut BTreeMap<String, usize>,
) -> Result<(), String> {
    session.run(&format!("USE `{schema}`"))?;
    for statement in statements {
        let sql = statement["sql"].as_str().unwrap_or_default();
        let Some(algorithm) = statement["algorithm"].as_str() else {
            if sql.starts_with("ALTER TABLE") {
                return Err(format!("an ALTER without ALGORITHM: {sql}"));
            }
            session.run(sql)?;
            continue;
        };
        let lock = statement["lock"].as_str().unwrap_or_default();
        let name = if algorithm == "INSTANT" { algorithm.to_owned() } else { format!("{algorithm} {lock}") };
        let place = CLAUSES.iter().position(|(clause, _)| *clause == name).ok_or(format!("{name}: {sql}"))?;
        let clauses = CLAUSES[place].1;
        let bare = sql
            .strip_suffix(&format!(", {clauses}"))
            .or_else(|| sql.strip_suffix(&format!(" {clauses}")))
            .or_else(|| sql.contains(clauses).then_some(sql))
            .ok_or(format!("the text does not end in {clauses}: {sql}"))?;
        for (cheaper, clause) in &CLAUSES[..place] {
            let text = if bare == sql { sql.replace(clauses, clause) } else { format!("{bare}, {clause}") };
            if session.run(&text).is_ok() {
                return Err(format!("planned with {name}, and the server takes {cheaper}: {sql}"));
            }
        }
        let table = statement["table"].as_str().unwrap_or_default();
        let before = table_id(session, schema, table);
        session.run(sql).map_err(|error| format!("planned, and refused: {sql}: {error}"))?;
        let rebuilt = table_id(session, schema, table) != before;
        let partitions = bare.contains("PARTITION");
        if !partitions && rebuilt != statement["rebuilds"].as_bool().unwrap_or_default() {
            return Err(format!("rebuilds is {} and should be {rebuilt}: {sql}", statement["rebuilds"]));
        }
        *counts.entry(name).or_default() += 1;
    }
    Ok(())
}

#[test]
#[ignore = "minutes long: `make conformance-all`"]
fn algorithms_and_locks_of_the_conformance_corpus() {
    let test = "algorithms_and_locks_of_the_conformance_corpus";
    let (Some(pair), Some(operations)) = (shared(test), operations(test)) else { return };
    let mut session = Session::open(pair);
    let mut counts = BTreeMap::new();
    let (mut wrong, mut tried) = (Vec::new(), 0);
    let filter = std::env::var("CASE").unwrap_or_default();
    for (kind, more) in KINDS {
        let (live, wish) = (schema(pair), schema(pair));
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        for (number, operation) in operations.iter().enumerate() {
            let (name, clauses) = (operation["op"].as_str().expect("a name"), operation["sql"].as_str().expect("SQL"));
            let partitioned = name.starts_with("[part]");
            if (partitioned && *kind != "plain") || !format!("{kind}: {name}").contains(&filter) {
                continue;
            }
            let table = if partitioned { PARTITIONED } else { TABLE };
            make(&mut session, &wish, number, table, more);
            let done = format!("ALTER TABLE t{number} {}", numbered(&format!(" {clauses} "), number));
            let known = session.run(&done).is_ok();
            if known && !name.contains("rename table") {
                make(&mut session, &live, number, table, more);
                names.insert(format!("t{number}"), format!("{kind}: {name}"));
            } else {
                // What the server itself refuses, and what another name is for.
                let text = "SET foreign_key_checks = 0; DROP TABLE IF EXISTS";
                session
                    .run(&format!("{text} t{number}, t2, child_{number}; SET foreign_key_checks = 1"))
                    .expect("dropped");
            }
        }
        tried += names.len();
        let (statements, refusals) = planned(pair, &mut session, &live, &wish);
        wrong.extend(refusals);
        for (table, statements) in statements {
            let Some(name) = names.get(&table) else {
                wrong.push(format!("{kind}: a statement for {table}"));
                continue;
            };
            if let Err(why) = judged(&mut session, &live, &statements, &mut counts) {
                wrong.push(format!("{name}: {why}"));
            }
        }
        drop(pair, &live);
        drop(pair, &wish);
    }
    println!("costs: {tried} operations, statements {counts:?}, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{} of {tried}\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > 400 || !filter.is_empty(), "{tried}");
}

#[test]
fn a_table_with_all_its_row_versions_is_rebuilt() {
    let Some(pair) = shared("a_table_with_all_its_row_versions_is_rebuilt") else { return };
    let mut session = Session::open(pair);
    let live = schema(pair);
    make(&mut session, &live, 0, TABLE, &[]);
    let alter = |number: u32| {
        let clause = if number.is_multiple_of(2) { "ADD COLUMN w int" } else { "DROP COLUMN w" };
        format!("ALTER TABLE t0 {clause}, ALGORITHM=INSTANT;\n")
    };
    let mut plan = |more: &[&str], operation: &str| {
        let wish = schema(pair);
        make(&mut session, &wish, 0, TABLE, more);
        pair.sql(Role::Primary, &wish, &format!("ALTER TABLE t0 {operation}"));
        let (mut statements, refusals) = planned(pair, &mut session, &live, &wish);
        drop(pair, &wish);
        assert_eq!(refusals, Vec::<String>::new());
        statements.remove("t0").expect("statements")
    };
    // 254 leave the table as it was; one more row version is possible.
    pair.sql(Role::Primary, &live, &(0..254).map(alter).collect::<String>());
    assert_eq!(plan(&[], "ADD COLUMN x int")[0]["algorithm"], "INSTANT");
    pair.sql(Role::Primary, &live, &alter(254));
    let with_w: &[&str] = &["ALTER TABLE t ADD COLUMN w int"];
    for operation in ["ADD COLUMN x int", "DROP COLUMN w", "ADD COLUMN x int, DROP COLUMN w"] {
        let statements = plan(with_w, operation);
        assert_eq!((&statements[0]["algorithm"], &statements[0]["rebuilds"]), (&"INPLACE".into(), &true.into()));
    }
    // What makes no row version is as cheap as ever.
    for operation in
        ["ALTER COLUMN a SET DEFAULT 7", "MODIFY e enum('p','q','r') NOT NULL DEFAULT 'p'", "DROP CHECK ck_0"]
    {
        assert_eq!(plan(with_w, operation)[0]["algorithm"], "INSTANT", "{operation}");
    }
    let statements = plan(with_w, "ADD COLUMN x int");
    judged(&mut session, &live, &statements, &mut BTreeMap::new()).expect("as planned");
    drop(pair, &live);
}
