//! The conformance corpus, where it is present: what people write parses, and what the server prints is printed back.

use std::path::PathBuf;

use super::{
    Style, fold_script, parse_create_table, parse_script, parse_statement, print_create_table, print_statement,
};
use crate::model::{Dialect, Statement, Table};

const VERSION: Dialect = Dialect::mysql(crate::model::Version { major: 9, minor: 7, patch: 4 });

fn corpus() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: the conformance corpus is not here");
    None
}

fn lines(name: &str) -> Vec<serde_json::Value> {
    let Some(folder) = corpus() else { return Vec::new() };
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What servers print: the corpus, and what a running server printed where `TABLEWRIGHT_SHOW_CREATE_TABLES` names a file of
/// lines `{"id": …, "text": …}`.
fn canonical_texts() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for case in lines("cases.jsonl") {
        for side in ["canonical_current", "canonical_desired"] {
            for (name, text) in case[side].as_object().into_iter().flatten() {
                if name.starts_with("table ") {
                    texts.push((format!("{} {side} {name}", case["id"]), text.as_str().unwrap().to_owned()));
                }
            }
        }
    }
    for trap in lines("traps.jsonl") {
        if let Some(text) = trap["canonical"].as_str().filter(|text| text.starts_with("CREATE TABLE")) {
            texts.push((trap["id"].to_string(), text.to_owned()));
        }
    }
    if let Ok(path) = std::env::var("TABLEWRIGHT_SHOW_CREATE_TABLES") {
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            texts.push((row["id"].to_string(), row["text"].as_str().unwrap().to_owned()));
        }
    }
    texts
}

fn report(what: &str, failures: &[String], of: usize) {
    assert!(failures.is_empty(), "{} of {of} {what}:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn what_the_server_prints_is_printed_back() {
    let texts = canonical_texts();
    let mut failures = Vec::new();
    for (id, text) in &texts {
        match parse_create_table(text, VERSION) {
            Ok(table) => {
                let printed = print_create_table(&table, Style::ShowCreate, VERSION);
                if printed != *text {
                    let differing = printed.lines().zip(text.lines()).find(|(one, other)| one != other);
                    failures.push(format!("{id}: {differing:?}"));
                }
            }
            Err(error) => failures.push(format!("{id}: {error}")),
        }
    }
    report("canonical texts are not printed back", &failures, texts.len());
}

#[test]
fn plain_statements_are_parsed_back() {
    let texts = canonical_texts();
    let mut failures = Vec::new();
    for (id, text) in &texts {
        let Ok(table) = parse_create_table(text, VERSION) else { continue };
        let statement = Statement::CreateTable(Box::new(table));
        let printed = print_statement(&statement, VERSION);
        match parse_statement(&printed, VERSION) {
            Ok(parsed) if parsed == statement => {}
            Ok(_) => failures.push(format!("{id}: differs after\n{printed}")),
            Err(error) => failures.push(format!("{id}: {error}\n{printed}")),
        }
    }
    report("tables are not parsed back", &failures, texts.len());
}

/// What cannot be declared, or is not DDL: named so that nothing else hides behind it.
const REFUSED: [&str; 5] = [
    "CREATE TABLE … LIKE copies another table",
    "CREATE TABLE … SELECT takes its columns and rows from a query",
    "a TEMPORARY table belongs to one session and cannot be declared",
    "changes columns that were declared otherwise",
    "is declared twice",
];

fn tables(text: &str) -> Result<Vec<Table>, String> {
    let statements = match parse_script(text, VERSION) {
        Ok(statements) => statements,
        Err(errors) => return Err(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ")),
    };
    match fold_script(statements) {
        Ok(tables) => Ok(tables.into_iter().map(|table| table.value.table).collect()),
        Err(errors) => Err(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ")),
    }
}

fn check_written(id: &str, text: &str, failures: &mut Vec<String>) {
    match tables(text) {
        Ok(tables) => {
            for table in tables {
                let statement = Statement::CreateTable(Box::new(table));
                let printed = print_statement(&statement, VERSION);
                match parse_statement(&printed, VERSION) {
                    Ok(parsed) if parsed == statement => {}
                    Ok(_) => failures.push(format!("{id}: differs after\n{printed}")),
                    Err(error) => failures.push(format!("{id}: {error}\n{printed}")),
                }
            }
        }
        Err(error) if error.lines().all(|line| REFUSED.iter().any(|refused| line.contains(refused))) => {}
        Err(error) => failures.push(format!("{id}: {error}")),
    }
}

#[test]
fn what_people_write_parses() {
    let mut failures = Vec::new();
    let mut count = 0;
    for case in lines("cases.jsonl") {
        for side in ["current", "desired"] {
            let statements: Vec<_> = case[side].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
            count += 1;
            check_written(&format!("{} {side}", case["id"]), &statements.join(";\n"), &mut failures);
        }
    }
    for trap in lines("traps.jsonl") {
        count += 1;
        if trap["canonical"].as_str().is_some_and(|text| text.starts_with("CREATE")) {
            check_written(&trap["id"].to_string(), trap["input"].as_str().unwrap(), &mut failures);
        }
    }
    if let Some(folder) = corpus() {
        let mut files: Vec<_> =
            std::fs::read_dir(folder.join("real")).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.push(folder.join("torture.sql"));
        files.sort();
        for file in files {
            count += 1;
            check_written(&file.display().to_string(), &std::fs::read_to_string(&file).unwrap(), &mut failures);
        }
    }
    report("inputs do not parse", &failures, count);
}
