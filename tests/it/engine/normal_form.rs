//! What people write becomes what the server makes of it; where it does not, it must be told apart, never taken for equal.

use std::collections::BTreeMap;

use tablewright::diff::{self, Desired, History, LiveSchema, LiveTable};
use tablewright::model::{DesiredTable, Origin, SchemaDefaults, ServerFacts, Table, TableName, Version};
use tablewright::{normalize, sql};

use super::corpus;

pub(crate) fn facts() -> (ServerFacts, SchemaDefaults) {
    let server = ServerFacts::mysql_defaults(Version { major: 9, minor: 7, patch: 4 });
    let schema = SchemaDefaults { character_set: "utf8mb4".to_owned(), collation: "utf8mb4_0900_ai_ci".to_owned() };
    (server, schema)
}

pub(crate) fn origin() -> Origin {
    Origin::File { path: "test.sql".to_owned(), line: 1, column: 1 }
}

/// Parses a table as written; `Err` says why not.
fn written(text: &str) -> Result<Table, String> {
    let (server, _) = facts();
    sql::parse_create_table(text, server.dialect()).map_err(|error| error.to_string())
}

/// Compares; `Ok(None)` means equal.
fn compare(live: &Table, written: &Table) -> Result<Option<String>, String> {
    let (server, schema) = facts();
    compare_on(&server, &schema, live, written)
}

/// The same on this server.
pub(crate) fn compare_on(
    server: &ServerFacts,
    schema: &SchemaDefaults,
    live: &Table,
    written: &Table,
) -> Result<Option<String>, String> {
    let canonical = normalize::desired(written, server, schema).map_err(|error| error.to_string())?;
    let name: TableName = live.name.clone();
    let live = LiveSchema {
        tables: BTreeMap::from([(
            name,
            LiveTable { table: normalize::live(live, server, schema), history: History::default() },
        )]),
        ..LiveSchema::default()
    };
    let desired = Desired { declared: DesiredTable::present(written.clone(), origin()), canonical };
    let changes = diff::tables(&live, &[desired], server);
    Ok((!changes.is_empty())
        .then(|| format!("{:?} {:?}", changes.changes.iter().map(short).collect::<Vec<_>>(), changes.refusals)))
}

fn short(change: &diff::Change) -> String {
    match change {
        diff::Change::AlterTable(difference) => format!("{:?}", difference.changes),
        diff::Change::CreateTable { .. } | diff::Change::DropTable { .. } | diff::Change::RenameTable { .. } => {
            format!("{change:?}")
        }
    }
}

/// (name, as written, canonical) of every single table of the corpus.
fn pairs() -> Option<Vec<(String, String, String)>> {
    let mut pairs = corpus::traps()?;
    for case in corpus::cases()? {
        if case.mode != "default" {
            continue;
        }
        for (statements, canonical) in
            [(&case.current, &case.canonical_current), (&case.desired, &case.canonical_desired)]
        {
            for statement in statements {
                let Ok(table) = written(statement) else { continue };
                // Another statement may have changed the table since.
                let only = statements.iter().filter(|other| other.contains(table.name.as_str())).count() == 1;
                if let (true, Some(canonical)) = (only, canonical.get(table.name.as_str())) {
                    pairs.push((case.id.clone(), statement.clone(), canonical.clone()));
                }
            }
        }
    }
    Some(pairs)
}

#[test]
fn normal_form_is_the_servers() {
    let Some(pairs) = pairs() else { return };
    let mut different: Vec<String> = Vec::new();
    let mut unreadable: Vec<String> = Vec::new();
    for (id, input, canonical) in &pairs {
        match (written(input), written(canonical)) {
            (Ok(input), Ok(canonical)) => match compare(&canonical, &input) {
                Ok(None) => {}
                Ok(Some(difference)) => different.push(format!("{id}: {difference}")),
                Err(problem) => different.push(format!("{id}: {problem}")),
            },
            (input, canonical) => unreadable.push(format!("{id}: {:?} {:?}", input.err(), canonical.err())),
        }
    }
    eprintln!("{} pairs, {} not normalised, {} not parsed", pairs.len(), different.len(), unreadable.len());
    for line in different.iter().chain(&unreadable) {
        eprintln!("  {}", line.chars().take(200).collect::<String>());
    }
    // Mostly expressions that the server rewrites by the types of their columns; the rest is listed above by name.
    assert!(different.len() * 12 < pairs.len(), "the fast path got slower: {} of {}", different.len(), pairs.len());
}

/// Whether MySQL is to make up a name: then a table that differs in that name only is what the manifest asks for.
fn leaves_names_open(table: &Table) -> bool {
    table.indexes.iter().any(|index| index.name.is_none())
        || table.foreign_keys.iter().any(|key| key.name.is_none())
        || table.checks.iter().any(|check| check.name.is_none())
}

/// No two tables whose canonical texts differ come out equal.
#[test]
fn different_tables_never_come_out_equal() {
    let Some(pairs) = pairs() else { return };
    let parsed: Vec<_> = pairs
        .iter()
        .filter_map(|(id, input, canonical)| Some((id, written(input).ok()?, written(canonical).ok()?, canonical)))
        .collect();
    let mut wrong = Vec::new();
    for (id, input, _, input_canonical) in &parsed {
        for (other, _, live, live_canonical) in &parsed {
            let comparable = id == other || (id.starts_with("trap/") && other.starts_with("trap/"));
            if input_canonical == live_canonical || input.name != live.name || !comparable {
                continue;
            }
            if !leaves_names_open(input) && compare(live, input) == Ok(None) {
                wrong.push(format!("{id} = {other}\n{input_canonical}\n{live_canonical}"));
            }
        }
    }
    assert!(wrong.is_empty(), "taken for equal:\n{}", wrong.join("\n\n"));
}
