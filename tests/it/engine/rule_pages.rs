//! Every rule has its page, and the page's two cases do what they say.

use std::path::PathBuf;

use tablewright::model::{ColumnName, Dependant, DependantKind, ServerZone, Table, TableName, UnseenDependants};
use tablewright::{rules, sql};

use super::normal_form::facts;
use super::offline::Pair;
use crate::support::binary::{argument, run};

fn page(code: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "docs", "rules", &format!("{code}.md")].iter().collect();
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text of the first block of this kind within a section.
fn block<'a>(page: &'a str, section: &str, kind: &str) -> &'a str {
    let from = page.split_once(&format!("## {section}\n")).unwrap_or_else(|| panic!("no section {section}")).1;
    let from = from.split_once(&format!("```sql {kind}\n")).unwrap_or_else(|| panic!("no {kind} in {section}")).1;
    from.split_once("```").unwrap().0
}

/// Tables and directives (`-- absent: t`, `-- rename t.a: b`, `-- rows: n`, `-- trigger tr BEFORE INSERT t: body`,
/// `-- unseen: routines`, `-- time zone: +02:00`).
fn read(text: &str) -> (Vec<Table>, Vec<String>) {
    let (server, _) = facts();
    let directives = text.lines().filter_map(|line| line.strip_prefix("-- ")).map(str::to_owned).collect();
    let code: String = text.lines().filter(|line| !line.starts_with("-- ")).collect::<Vec<_>>().join("\n");
    let tables = code
        .split(";\n")
        .filter(|statement| !statement.trim().is_empty())
        .map(|statement| sql::parse_create_table(statement, server.dialect()).unwrap())
        .collect();
    (tables, directives)
}

fn codes(page: &str, section: &str) -> Vec<String> {
    let mut pair = Pair::default();
    let (tables, directives) = read(block(page, section, "live"));
    pair.live = tables;
    for directive in &directives {
        if let Some((trigger, body)) = directive.strip_prefix("trigger ").and_then(|rest| rest.split_once(": ")) {
            let [name, timing, event, table] = trigger.split(' ').collect::<Vec<_>>()[..] else { panic!("{trigger}") };
            pair.dependants.seen.push(Dependant {
                kind: DependantKind::Trigger {
                    table: TableName::new(table),
                    timing: timing.to_owned(),
                    event: event.to_owned(),
                },
                schema: None,
                name: name.to_owned(),
                mentions: sql::mentions(body, facts().0.dialect()),
            });
        } else if let Some(zone) = directive.strip_prefix("time zone: ") {
            pair.time_zone =
                Some(ServerZone { session: zone.to_owned(), name: zone.to_owned(), offset: None, changes: None });
        } else if let Some(what) = directive.strip_prefix("unseen: ") {
            let unseen = UnseenDependants { what: what.to_owned(), remedy: "look for them by hand".to_owned() };
            pair.dependants.unseen.push(unseen);
        } else {
            pair.rows = directive.strip_prefix("rows: ").unwrap().parse().unwrap();
        }
    }
    let (tables, directives) = read(block(page, section, "desired"));
    pair.desired = tables;
    for directive in &directives {
        if let Some(name) = directive.strip_prefix("absent: ") {
            pair.absent.push(TableName::new(name));
        } else if let Some((from, to)) = directive.strip_prefix("rename ").and_then(|rest| rest.split_once(": ")) {
            let (_, column) = from.split_once('.').unwrap();
            pair.column_renames.push((ColumnName::new(to), ColumnName::new(column)));
        }
    }
    pair.plan().1.findings.into_iter().map(|finding| finding.code).collect()
}

#[test]
fn every_rule_has_a_page_with_a_case_that_fires_and_one_that_stays_quiet() {
    for code in rules::codes() {
        let page = page(code);
        assert!(page.starts_with(&format!("# {code}: ")), "{code}: the page's title");
        for section in ["What", "Why", "What instead"] {
            assert!(page.contains(&format!("\n## {section}\n")), "{code}: no section {section}");
        }
        let fires = codes(&page, "Fires");
        assert!(fires.iter().any(|found| found == code), "{code} does not fire: {fires:?}");
        let quiet = codes(&page, "Stays quiet");
        assert!(quiet.iter().all(|found| found != code), "{code} is not quiet: {quiet:?}");
    }
}

#[test]
fn what_lint_says_has_a_page_with_a_case_that_fires_and_one_that_stays_quiet() {
    for code in ["TW901", "TW902", "TW903", "TW904"] {
        let page = page(code);
        let found = |section: &str| {
            let from = page.split_once(&format!("## {section}\n")).unwrap_or_else(|| panic!("no section {section}")).1;
            let (kind, from) = from.split_once("```").unwrap().1.split_once('\n').unwrap();
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join(format!("case.{kind}"));
            std::fs::write(&file, from.split_once("```").unwrap().0).unwrap();
            run(&["lint", "-f", argument(&file), "--format", "json"])
        };
        let fires = found("Fires").expect(1);
        assert!(fires.stdout.contains(code), "{code} does not fire: {}", fires.all());
        found("Stays quiet").expect(0);
    }
}

/// What lint and the readers of a plan see of a name that is not what it looks like.
#[test]
fn names_that_deceive_are_shown_by_their_codes_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        argument(&path).to_owned()
    };
    let from = write("from.sql", "create table t (id int primary key, email int);\n");
    let line = "  2. drop table x";
    let desired = format!("create table t (id int primary key, email int, `ema\u{200b}il` int, `a\n{line}` int);\n");
    let to = write("to.sql", &desired);
    let lint = run(&["lint", "-f", &to]).expect(0);
    for words in ["warning[TW026]", "t.ema\\u{200b}il", "U+200B", "reads like `email`", "t.a\\n  2. drop table x"] {
        assert!(lint.stdout.contains(words), "no {words}: {}", lint.all());
    }
    for format in ["text", "markdown", "sarif", "sql"] {
        let shown = run(&["diff", "--from", &from, "--to", &to, "--format", format]).expect(0).stdout;
        assert!(shown.contains("TW026"), "{format}: {shown}");
        assert!(shown.contains("\\u{200b}") || shown.contains("\\\\u{200b}"), "{format}: {shown}");
        if format == "sql" {
            // To be run: exact, and said so in a comment.
            assert!(
                shown.contains("`ema\u{200b}il`") && shown.contains("-- holds characters that are not seen"),
                "{shown}"
            );
        } else {
            assert!(!shown.contains('\u{200b}'), "{format}: {shown}");
            assert!(!shown.lines().any(|shown| shown.starts_with(line)), "{format}: {shown}");
        }
    }
}

#[test]
fn every_code_in_the_sources_has_a_page() {
    for code in ["TW900", "TW901", "TW902", "TW903", "TW904"].iter().chain(&rules::codes()) {
        let page = page(code);
        for section in ["What", "Why", "What instead"] {
            assert!(page.contains(&format!("\n## {section}\n")), "{code}: no section {section}");
        }
    }
}

/// The table of errors that rows give a statement names every rule that counts rows, every error that the program takes for
/// one of rows, and each pair of a rule and an error that was tried.
#[test]
fn the_table_of_errors_names_what_counts_them() {
    let page = page("errors");
    let lines: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    let numbers = |line: &str| -> Vec<u16> {
        let first = line
            .trim_start_matches("| ")
            .split([' ', '('])
            .take_while(|word| word.trim_end_matches(',').parse::<u16>().is_ok());
        first.filter_map(|word| word.trim_end_matches(',').parse().ok()).collect()
    };
    let of = |number: u16| lines.iter().filter(|line| numbers(line).contains(&number)).copied().collect::<Vec<_>>();
    for number in 1000..7000 {
        let named = of(number);
        assert!(named.len() < 2, "{number} is there twice");
        if tablewright::mysql::contradicted_by_rows(number) {
            assert_eq!(named.len(), 1, "{number} is an error of rows, and not on the page");
        }
    }
    for (code, number) in crate::not_begun::errors() {
        assert!(
            of(number).iter().any(|line| line.contains(code)),
            "{number}: {code} counts it, which the page does not say"
        );
    }
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "src", "rules"].iter().collect();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let Some(code) = text.split_once("code: \"").and_then(|(_, rest)| rest.split_once('"')) else { continue };
        if text.contains("question::") {
            assert!(page.contains(code.0), "{} counts rows, and is not on the page", code.0);
        }
    }
}
