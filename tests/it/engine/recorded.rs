//! What servers print that cannot be run here (tests/recorded): it comes back byte for byte, what was written plans nothing
//! against it, and the server that there is prints the same tables as our normal form says.

use std::path::{Path, PathBuf};

use tablewright::model::{Dialect, ServerFacts, Table, Version};
use tablewright::normalize;
use tablewright::sql::{self, Style};

use super::normal_form::{compare_on, facts};
use crate::support::pair::{self, Role};

/// One table.
struct Recorded {
    /// File and where the fact was read, for messages.
    from: String,
    written: String,
    printed: String,
    /// Why the newest server cannot be asked.
    not_run: bool,
}

struct Texts {
    /// Who prints them so.
    versions: Vec<Dialect>,
    /// Who prints none of them so.
    unlike: Vec<Dialect>,
    tables: Vec<Recorded>,
}

fn dialect(text: &str) -> Dialect {
    let numbers: Vec<u16> = text.split('.').map(|number| number.parse().expect("a number")).collect();
    let [major, minor, patch] = numbers[..] else { panic!("{text} is no version") };
    Dialect::mysql(Version { major, minor, patch })
}

fn dialects(head: &str, key: &str) -> Vec<Dialect> {
    let line = head.lines().find_map(|line| line.strip_prefix(&format!("-- {key}: ")));
    line.map(|list| list.split(", ").map(dialect).collect()).unwrap_or_default()
}

fn table(file: &Path, block: &str) -> Recorded {
    let (notes, statements): (Vec<&str>, Vec<&str>) = block.lines().partition(|line| line.starts_with("-- "));
    let from = format!("{}: {}", file.display(), notes[0].trim_start_matches("-- "));
    let statements = statements.join("\n");
    let (written, printed) = statements.split_once(";\nCREATE TABLE `").unwrap_or_else(|| panic!("{from}: two tables"));
    let printed = printed.strip_suffix(';').unwrap_or_else(|| panic!("{from}: a semicolon"));
    Recorded {
        from,
        written: written.to_owned(),
        printed: format!("CREATE TABLE `{printed}"),
        not_run: notes.iter().any(|line| line.starts_with("-- not run: ")),
    }
}

fn recorded() -> Vec<Texts> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recorded");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder).expect("readable").map(|entry| entry.expect("readable").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "sql"));
    files.sort();
    assert!(!files.is_empty());
    let texts = files.iter().map(|file| {
        let text = std::fs::read_to_string(file).expect("readable");
        let mut blocks = text.trim_end().split("\n\n");
        let head = blocks.next().expect("a head");
        let name = Path::new(file.file_name().expect("a name"));
        let texts = Texts {
            versions: dialects(head, "versions"),
            unlike: dialects(head, "unlike"),
            tables: blocks.map(|block| table(name, block)).collect(),
        };
        assert!(!texts.versions.is_empty() && !texts.tables.is_empty(), "{}", file.display());
        texts
    });
    texts.collect()
}

#[track_caller]
fn parsed(table: &Recorded, text: &str, dialect: Dialect) -> Table {
    sql::parse_create_table(text, dialect)
        .unwrap_or_else(|error| panic!("{}\n{dialect} does not read: {error}\n{text}", table.from))
}

/// Each text is what its servers print, to the byte.
#[test]
fn recorded_texts_come_back() {
    for texts in recorded() {
        for (table, dialect) in texts.tables.iter().flat_map(|table| texts.versions.iter().map(move |of| (table, *of)))
        {
            let shown = sql::print_create_table(&parsed(table, &table.printed, dialect), Style::ShowCreate, dialect);
            assert_eq!(shown, table.printed, "{} under {dialect}", table.from);
        }
    }
}

/// Declared as people write it, each table is up to date on the servers that print it so, and another text elsewhere.
#[test]
fn recorded_tables_are_as_they_were_written() {
    let (_, schema) = facts();
    let mut wrong = Vec::new();
    for texts in recorded() {
        for table in &texts.tables {
            for dialect in &texts.versions {
                let server = ServerFacts::mysql_defaults(dialect.version());
                let (live, written) =
                    (parsed(table, &table.printed, *dialect), parsed(table, &table.written, *dialect));
                let difference = compare_on(&server, &schema, &live, &written);
                if difference != Ok(None) {
                    wrong.push(format!("{} under {dialect}: {difference:?}", table.from));
                }
            }
            for dialect in &texts.unlike {
                let server = ServerFacts::mysql_defaults(dialect.version());
                // What such a server cannot have it does not print either.
                if let Ok(canonical) = normalize::desired(&parsed(table, &table.written, *dialect), &server, &schema)
                    && sql::print_create_table(&canonical, Style::ShowCreate, *dialect) == table.printed
                {
                    wrong.push(format!("{}: the same under {dialect}", table.from));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The same tables on the newest server: what it prints comes back, and is as it was written.
#[test]
fn recorded_tables_on_the_newest_server() {
    let Some(pair) = pair::shared("recorded_tables_on_the_newest_server") else { return };
    let (server, defaults) = facts();
    let mut wrong = Vec::new();
    for texts in recorded() {
        for table in texts.tables.iter().filter(|table| !table.not_run) {
            let schema = pair.schema("recorded");
            if let Err(message) = pair.try_sql(Role::Primary, &schema, &table.written) {
                wrong.push(format!("{}: {message}", table.from));
                continue;
            }
            let written = parsed(table, &table.written, server.dialect());
            let printed = pair.definition(Role::Primary, &schema, written.name.as_str());
            let live = parsed(table, &printed, server.dialect());
            let shown = sql::print_create_table(&live, Style::ShowCreate, server.dialect());
            let difference = compare_on(&server, &defaults, &live, &written);
            // What is recorded of this version, too, is measured here.
            let is_recorded = texts.versions.contains(&Dialect::NEWEST);
            if shown != printed || difference != Ok(None) || (is_recorded && printed != table.printed) {
                wrong.push(format!("{}: {difference:?}\n{printed}\n{shown}\n{}", table.from, table.printed));
            }
            pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
