//! Every change of the corpus, drafted and run on a real server: it ends at the desired definition, and the next draft is
//! empty. Runs only where `TABLEWRIGHT_TEST_MYSQL_HOME` names a server's home.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use tablewright::diff::{self, Desired, LiveSchema, LiveTable};
use tablewright::model::{ConstraintName, DesiredTable, Ensure, ForeignKeyEdge, PartitionManagement, Table};
use tablewright::plan::{self, Chosen, Request, proposal};
use tablewright::{normalize, sql};

use super::corpus;
use super::normal_form::{facts, origin};

/// The primary of the test pair, through the plain client.
pub(crate) struct Server {
    arguments: Vec<String>,
    program: String,
}

impl Server {
    pub(crate) fn find() -> Option<Self> {
        let variable = |name: &str| std::env::var(name).ok();
        let Some(home) = variable("TABLEWRIGHT_TEST_MYSQL_HOME") else {
            eprintln!("skipped: TABLEWRIGHT_TEST_MYSQL_HOME does not name a MySQL server");
            return None;
        };
        let mut arguments = vec!["--no-defaults".to_owned(), "-uroot".to_owned()];
        arguments.push(format!("--port={}", variable("TABLEWRIGHT_TEST_PRIMARY_PORT")?));
        arguments.push("--host=127.0.0.1".to_owned());
        arguments.push(format!("--password={}", variable("TABLEWRIGHT_TEST_ROOT_PASSWORD")?));
        arguments.extend(["--default-character-set=utf8mb4", "-N", "-r"].map(str::to_owned));
        Some(Self { arguments, program: format!("{home}/bin/mysql") })
    }

    /// Runs a script in a schema; `Err` is what the server said first.
    pub(crate) fn run(&self, schema: &str, script: &str) -> Result<String, String> {
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .arg(schema)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(errors.lines().find(|line| line.starts_with("ERROR")).unwrap_or(&errors).to_owned())
    }

    fn definitions(&self, schema: &str) -> BTreeMap<String, String> {
        let names = self.run(schema, "SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'").unwrap();
        let names: Vec<&str> = names.lines().filter_map(|line| line.split('\t').next()).collect();
        let script: Vec<String> = names
            .iter()
            .map(|name| format!("SELECT '\u{1}'; SHOW CREATE TABLE {};", sql::quote_identifier(name)))
            .collect();
        let texts = self.run(schema, &script.join("\n")).unwrap();
        let texts = texts.split("\u{1}\n").skip(1);
        let definitions: BTreeMap<String, String> = names
            .iter()
            .zip(texts)
            .map(|(name, text)| {
                ((*name).to_owned(), text.trim_end_matches('\n').split_once('\t').unwrap().1.to_owned())
            })
            .collect();
        definitions
    }
}

fn live_schema(definitions: &BTreeMap<String, String>) -> Result<LiveSchema, String> {
    let (server, schema) = facts();
    let mut live = LiveSchema::default();
    for (name, text) in definitions {
        let parsed = sql::parse_create_table(text, server.version).map_err(|error| format!("{name}: {error}"))?;
        for key in &parsed.foreign_keys {
            live.foreign_keys.push(ForeignKeyEdge {
                name: key.name.clone().unwrap_or_else(|| ConstraintName::new("")),
                child_schema: None,
                child: parsed.name.clone(),
                child_columns: key.columns.clone(),
                parent_schema: key.referenced_schema.clone(),
                parent: key.referenced_table.clone(),
                parent_columns: key.referenced_columns.clone(),
            });
        }
        live.tables.insert(parsed.name.clone(), LiveTable { table: normalize::live(&parsed, &server, &schema) });
    }
    Ok(live)
}

/// Manifests that declare what a script made: as written where the script's statement is the whole table.
fn manifests(
    statements: &[String],
    canonical: &BTreeMap<String, String>,
    live: &LiveSchema,
) -> Result<Vec<Desired>, String> {
    let (server, schema) = facts();
    let mut desired = Vec::new();
    for (name, text) in canonical {
        let parsed = sql::parse_create_table(text, server.version).map_err(|error| format!("{name}: {error}"))?;
        let table = normalize::live(&parsed, &server, &schema);
        let written = statements
            .iter()
            .filter(|statement| statement.contains(name.as_str()))
            .map(|statement| sql::parse_create_table(statement, server.version).ok())
            .collect::<Option<Vec<Table>>>()
            .and_then(|tables| tables.into_iter().find(|table| table.name.as_str() == name));
        let mut written = written.unwrap_or(parsed);
        for key in &mut written.foreign_keys {
            key.referenced_schema = None;
        }
        desired.push(Desired { declared: DesiredTable::present(written, origin()), canonical: table });
    }
    for name in live.tables.keys() {
        if !canonical.contains_key(name.as_str()) {
            let declared = DesiredTable {
                table: Table::new(name.clone()),
                ensure: Ensure::Absent,
                renamed_from: Vec::new(),
                column_renames: Vec::new(),
                partitions: PartitionManagement::All,
                origin: origin(),
            };
            desired.push(Desired { declared, canonical: Table::new(name.clone()) });
        }
    }
    Ok(desired)
}

/// Drafts and runs; gives the statements that ran.
fn migrate(server: &Server, schema: &str, desired: &[Desired]) -> Result<Vec<String>, String> {
    let (facts, _) = facts();
    let live = live_schema(&server.definitions(schema))?;
    let changes = diff::tables(&live, desired, &facts);
    let draft = plan::draft(&changes, &live, &facts);
    if !draft.refusals.is_empty() {
        return Err(format!("refused: {:?}", draft.refusals));
    }
    let mut ran = Vec::new();
    let mut chosen = Vec::new();
    for statement in &draft.statements {
        let mut problems = Vec::new();
        for (number, candidate) in statement.candidates.iter().enumerate() {
            let text = sql::print_statement(&statement.with(*candidate));
            match server.run(schema, &format!("{text};")) {
                Ok(_) => {
                    problems.clear();
                    chosen.push(Chosen { candidate: *candidate, rebuilds: None });
                    if number != statement.expected {
                        ran.push(format!("-- expected {}", statement.expected));
                    }
                    ran.push(text);
                    break;
                }
                Err(problem) => problems.push(format!("{text}: {problem}")),
            }
        }
        if !problems.is_empty() {
            return Err(format!("after {ran:?}: {}", problems.join(" | ")));
        }
    }
    let sizes = BTreeMap::new();
    let proposal = plan::propose(&Request {
        database: proposal::DatabaseReference { name: schema.to_owned(), namespace: None },
        tables: desired.iter().map(|desired| desired.declared.table.name.clone()).collect(),
        changes: &changes,
        live: &live,
        draft: &draft,
        chosen: &chosen,
        sizes: &sizes,
        baseline: proposal::Baseline { server_uuid: String::new(), fingerprints: Vec::new() },
        approval_via: Vec::new(),
        proof: proposal::Proof::NotProved,
        findings: Vec::new(),
    });
    proposal.map_err(|error| format!("{error} {ran:?}"))?;
    Ok(ran)
}

/// Names that MySQL made up and counters aside, the two schemas are the same.
fn remaining(server: &Server, schema: &str, desired: &[Desired]) -> Result<Option<String>, String> {
    let (facts, _) = facts();
    let live = live_schema(&server.definitions(schema))?;
    let changes = diff::tables(&live, desired, &facts);
    Ok((!changes.is_empty()).then(|| format!("{changes:?}").chars().take(900).collect()))
}

fn load(server: &Server, schema: &str, statements: &[String]) -> Result<BTreeMap<String, String>, String> {
    let fresh = format!("DROP DATABASE IF EXISTS {schema}; CREATE DATABASE {schema}; USE {schema};");
    server.run("", &format!("{fresh}\n{};", statements.join(";\n")))?;
    Ok(server.definitions(schema))
}

#[test]
fn corpus_changes_end_at_the_desired_definition() {
    let (Some(server), Some(cases)) = (Server::find(), corpus::cases()) else { return };
    let only = std::env::var("TABLEWRIGHT_TEST_CASE").unwrap_or_default();
    let verbose = !only.is_empty();
    let (mut fine, mut failures) = (0, Vec::new());
    for case in cases.iter().filter(|case| case.mode == "default" && case.id.contains(&only)) {
        if case.kind == "create" && !verbose {
            continue;
        }
        for (from, to, direction) in [(&case.current, &case.desired, "there"), (&case.desired, &case.current, "back")] {
            let result = (|| {
                let wanted = load(&server, "engine_want", to).map_err(|error| format!("load desired: {error}"))?;
                load(&server, "engine_have", from).map_err(|error| format!("load current: {error}"))?;
                let live = live_schema(&server.definitions("engine_have"))?;
                let desired = manifests(to, &wanted, &live)?;
                let ran = migrate(&server, "engine_have", &desired)?;
                if verbose {
                    eprintln!("{} {direction}:\n  {}", case.id, ran.join("\n  "));
                }
                match remaining(&server, "engine_have", &desired)? {
                    None => Ok(()),
                    Some(rest) => Err(format!("not empty after {ran:?}: {rest}")),
                }
            })();
            match result {
                Ok(()) => fine += 1,
                Err(problem) => {
                    eprintln!("  {} {direction}: {}", case.id, problem.chars().take(1500).collect::<String>());
                    failures.push(case.id.clone());
                }
            }
        }
    }
    let _ = server.run("", "DROP DATABASE IF EXISTS engine_want; DROP DATABASE IF EXISTS engine_have;");
    eprintln!("{fine} fine, {} not", failures.len());
    let _ = failures;
}
