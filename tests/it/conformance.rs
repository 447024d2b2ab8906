//! Every case of the conformance corpus on the real server: forwards, again (empty), backwards, again (empty).
//!
//! Reads `../shared/corpus`, which is not part of the project; where it is absent the test says so by name.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::Value;

use crate::support::{
    binary::{argument, run, run_client},
    compare,
    pair::{Pair, Role, account, shared, without_counter},
};

/// How one case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Exact,
    Refused(String),
    Wrong(String),
}

pub(crate) fn corpus(test: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED {test}: no conformance corpus beside the project");
    None
}

/// Runs all cases over a few threads; the server's disk is what they wait for.
pub(crate) fn run_all<T: Sync>(items: &[T], check: impl Fn(&T) -> Verdict + Sync) -> Vec<Verdict> {
    let next = AtomicUsize::new(0);
    let verdicts = Mutex::new(vec![Verdict::Exact; items.len()]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { return };
                    let verdict = check(item);
                    verdicts.lock().expect("no panic")[index] = verdict;
                }
            });
        }
    });
    verdicts.into_inner().expect("no panic")
}

/// Cases that are refused for a true reason.
const REFUSED: [&str; 4] = [
    // Characters of four bytes in expressions, which MySQL cannot show back.
    "skeema/check.sql/None.has_checks1",
    "skeema/default-expr.sql/None.testdefaults",
    "skeema/generatedcols.sql/None.staff",
    "skeema/index-mysql8.sql/None.my8idx",
];

#[test]
#[ignore = "minutes long: `make conformance`"]
fn every_case_of_the_corpus() {
    let test = "every_case_of_the_corpus";
    let (Some(folder), Some(pair)) = (corpus(test), shared(test)) else { return };
    let text = std::fs::read_to_string(folder.join("cases.jsonl")).expect("readable");
    let filter = std::env::var("CASE").unwrap_or_default();
    let cases: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .filter(|case| case["id"].as_str().is_some_and(|id| id.contains(&filter)))
        .collect();
    let verdicts = run_all(&cases, |case| check_case(pair, case));

    let mut by_source: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut refused = Vec::new();
    for (case, verdict) in cases.iter().zip(&verdicts) {
        let counts = by_source.entry(case["source"].as_str().unwrap_or("?").to_owned()).or_default();
        counts[0] += 1;
        match verdict {
            Verdict::Exact => counts[1] += 1,
            Verdict::Refused(why) => {
                counts[2] += 1;
                refused.push(format!("{}: {why}", case["id"]));
            }
            Verdict::Wrong(why) => {
                counts[3] += 1;
                wrong.push(format!("## {}\n{why}", case["id"]));
            }
        }
    }
    for (source, [cases, exact, refused, wrong]) in &by_source {
        println!("{source}: {cases} cases, {exact} exact, {refused} refused, {wrong} wrong");
    }
    println!("refused:\n{}", refused.join("\n"));
    assert!(wrong.is_empty(), "{} of {} cases are wrong\n\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
    // Each of these is explained in docs/limits.md; one more is a step back.
    for refusal in &refused {
        assert!(
            REFUSED.iter().any(|id| refusal.starts_with(&format!("\"{id}\""))),
            "refused, and should not be: {refusal}"
        );
    }
}

#[test]
fn every_case_of_our_own() {
    let Some(pair) = shared("every_case_of_our_own") else { return };
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path()).collect();
    cases.retain(|case| case.is_dir());
    cases.sort();
    assert!(!cases.is_empty());
    let verdicts = run_all(&cases, |case| own_case(pair, case).map_or_else(Verdict::Wrong, |()| Verdict::Exact));
    let wrong: Vec<String> = cases
        .iter()
        .zip(&verdicts)
        .filter_map(|(case, verdict)| match verdict {
            Verdict::Exact => None,
            Verdict::Refused(why) | Verdict::Wrong(why) => Some(format!("## {}\n{why}", case.display())),
        })
        .collect();
    println!("tests/cases: {} cases, {} exact", cases.len(), cases.len() - wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What is expected comes from the server: each text, loaded as it is.
fn own_case(pair: &Pair, case: &std::path::Path) -> Result<(), String> {
    let load = |file: &std::path::Path| {
        let schema = pair.schema("case");
        let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
        let text = format!("SET foreign_key_checks = 0, sql_mode = 'STRICT_TRANS_TABLES';\n{text}");
        pair.try_sql(Role::Primary, &schema, &text).map(|_| schema)
    };
    let (current, desired) = (case.join("current.sql"), case.join("desired.sql"));
    let (schema, before, after) = (load(&current)?, load(&current)?, load(&desired)?);
    let url = pair.url(Role::Primary, &schema);
    for (direction, manifest, expected) in [("forwards", &desired, &after), ("backwards", &current, &before)] {
        let apply = run(&["apply", "-f", argument(manifest), "--url", &url, "--prune", "--auto-approve"]);
        if apply.code != 0 {
            return Err(format!("{direction}: {}", apply.all()));
        }
        let tables = pair.tables(Role::Primary, &schema);
        if tables != pair.tables(Role::Primary, expected) {
            return Err(format!("{direction}: tables {tables:?}"));
        }
        for name in &tables {
            let is = pair.definition(Role::Primary, &schema, name);
            let should = pair.definition(Role::Primary, expected, name);
            if !compare::same(&is, &should, compare::collations(pair)) {
                return Err(format!("{direction}: {name} is\n{is}\ninstead of\n{should}\n{}", apply.all()));
            }
        }
        let again = run(&["plan", "-f", argument(manifest), "--url", &url, "--prune", "--detailed-exitcode"]);
        if again.code != 0 {
            return Err(format!("{direction}: the plan after the apply is not empty: {}", again.all()));
        }
    }
    for schema in [schema, before, after] {
        pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
    }
    Ok(())
}

pub(crate) fn statements(case: &Value, key: &str) -> Vec<String> {
    case[key].as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

/// Manifests that want every table of the case to be absent.
fn absent(case: &Value) -> String {
    let tables = ["canonical_current", "canonical_desired"].map(|key| case[key].as_object()).into_iter().flatten();
    tables
        .flat_map(serde_json::Map::keys)
        .filter_map(|name| name.strip_prefix("table "))
        .enumerate()
        .map(|(index, name)| {
            format!("apiVersion: tablewright.dev/v1alpha1\nkind: Table\nmetadata: {{name: t{index}}}\nspec: {{databaseRef: {{name: db}}, name: {name:?}, ensure: Absent}}\n---\n")
        })
        .collect()
}

fn check_case(pair: &Pair, case: &Value) -> Verdict {
    let schema = pair.schema("case");
    let verdict = check_case_in(pair, case, &schema);
    let _ = pair.try_sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
    verdict.unwrap_or_else(Verdict::Wrong)
}

fn check_case_in(pair: &Pair, case: &Value, schema: &str) -> Result<Verdict, String> {
    let relaxed = case["mode"] == "relaxed";
    let mode = if relaxed { "SET SESSION sql_mode = '';\n" } else { "" };
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let text = |key: &str| -> String {
        statements(case, key).iter().map(|text| format!("{};\n", text.trim_end().trim_end_matches(';'))).collect()
    };
    let write = |name: &str, key: &str, canonical: &str| {
        // A script that declares nothing is a mistake to us: that nothing is to be there is said table by table.
        let nothing = case[canonical].as_object().is_none_or(serde_json::Map::is_empty);
        let (kind, text) = if nothing { ("yaml", absent(case)) } else { ("sql", text(key)) };
        let path = folder.path().join(format!("{name}.{kind}"));
        std::fs::write(&path, text).map(|()| path).map_err(|error| error.to_string())
    };
    let current = write("current", "current", "canonical_current")?;
    let desired = write("desired", "desired", "canonical_desired")?;
    let parents = Parents::of(case);
    let load = format!("{mode}SET foreign_key_checks = 0;\n{}{}", parents.create, text("current"));
    pair.try_sql(Role::Primary, schema, &load).map_err(|error| format!("current does not load: {error}"))?;

    if case["kind"] == "noop" {
        let plan =
            run(&["plan", "-f", argument(&desired), "--url", &pair.url(Role::Primary, schema), "--detailed-exitcode"]);
        if plan.code == 3 {
            return Ok(Verdict::Refused(plan.stdout));
        }
        if plan.code != 0 {
            return Err(format!("a plan that should be empty: {}", plan.all()));
        }
    }
    for (direction, manifest, canonical) in
        [("forwards", &desired, "canonical_desired"), ("backwards", &current, "canonical_current")]
    {
        if direction == "backwards" && statements(case, "current").is_empty() {
            continue;
        }
        if let Some(verdict) = step(pair, schema, direction, argument(manifest), &case[canonical], &parents)? {
            return Ok(verdict);
        }
    }
    Ok(Verdict::Exact)
}

fn step(
    pair: &Pair,
    schema: &str,
    direction: &str,
    manifest: &str,
    canonical: &Value,
    parents: &Parents,
) -> Result<Option<Verdict>, String> {
    let url = pair.url(Role::Primary, schema);
    let before = crate::support::cases::snapshot(pair, schema);
    let expected: BTreeMap<&str, &str> = canonical
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, text)| Some((name.strip_prefix("table ")?, text.as_str()?)))
        .collect();
    // What the runner supplied is not the case's: nothing is pruned then.
    let declared = parents.names.iter().all(|name| expected.contains_key(name.as_str()));
    let prune: &[&str] = if declared { &["--prune"] } else { &[] };
    let apply = run(&[&["apply", "-f", manifest, "--url", &url, "--auto-approve"], prune].concat());
    if apply.code == 3 {
        if crate::support::cases::snapshot(pair, schema) != before {
            return Err(format!("{direction}: refused, but touched\n{}", apply.all()));
        }
        return Ok(Some(Verdict::Refused(format!("{direction}: {}{}", apply.stdout, apply.stderr))));
    }
    // Rows of the case that the table of its other side cannot hold: that is said, nothing was touched, and the way back
    // is gone without them.
    let said = |what: &str| apply.stderr.contains(what);
    let in_the_way = apply.code == 1 && (said("in the way in") || said("error 1062"));
    if in_the_way && direction == "backwards" && crate::support::cases::snapshot(pair, schema) == before {
        let tables = pair.tables(Role::Primary, schema);
        let text: String = tables.iter().map(|name| format!("DELETE FROM `{name}`;\n")).collect();
        pair.sql(Role::Primary, schema, &format!("SET foreign_key_checks = 0;\n{text}"));
        return step(pair, schema, "backwards without rows", manifest, canonical, parents);
    }
    if apply.code != 0 {
        return Err(format!("{direction}: {}", apply.all()));
    }
    let mut live = pair.tables(Role::Primary, schema);
    live.retain(|name| !parents.names.contains(name) || expected.contains_key(name.as_str()));
    if live.iter().map(String::as_str).collect::<Vec<_>>() != expected.keys().copied().collect::<Vec<_>>() {
        return Err(format!("{direction}: tables {live:?} instead of {:?}\n{}", expected.keys(), apply.all()));
    }
    for (name, text) in expected {
        let live = pair.definition(Role::Primary, schema, name);
        if !compare::same(&live, text, compare::collations(pair)) {
            return Err(format!("{direction}: {name} is\n{live}\ninstead of\n{text}\n{}", apply.all()));
        }
    }
    let again = run(&[&["plan", "-f", manifest, "--url", &url, "--detailed-exitcode"], prune].concat());
    if again.code != 0 {
        return Err(format!("{direction}: the plan after the apply is not empty: {}", again.all()));
    }
    Ok(None)
}

/// Tables to which foreign keys of a case refer and which it leaves out: the runner makes them.
pub(crate) struct Parents {
    pub(crate) names: Vec<String>,
    pub(crate) create: String,
}

impl Parents {
    pub(crate) fn of(case: &Value) -> Self {
        let mut parents: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
        // The child's character set: columns without one of their own must agree.
        let mut sets: BTreeMap<String, String> = BTreeMap::new();
        for canonical in ["canonical_current", "canonical_desired"] {
            let tables = case[canonical].as_object().cloned().unwrap_or_default();
            for text in tables.values().filter_map(Value::as_str) {
                for line in text.lines().filter(|line| line.contains(" FOREIGN KEY (")) {
                    let Some((child, parent)) = line.split_once(" REFERENCES ") else { continue };
                    let quoted =
                        |text: &str| -> Vec<String> { text.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
                    let columns = quoted(child.split_once(" FOREIGN KEY (").map_or("", |(_, columns)| columns));
                    let parent = quoted(parent.split(" ON ").next().unwrap_or(parent));
                    let Some((name, referenced)) = parent.split_first() else { continue };
                    let (name, referenced) = match referenced.split_first() {
                        // In another schema.
                        Some((table, rest)) if rest.len() == columns.len() => (format!("{name}`.`{table}"), rest),
                        Some(_) | None => (name.clone(), referenced),
                    };
                    if tables.contains_key(&format!("table {name}")) || referenced.len() != columns.len() {
                        continue;
                    }
                    for (column, referenced) in columns.iter().zip(referenced) {
                        let start = format!("  `{column}` ");
                        let definition = text.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or("int");
                        let definition = definition.trim_end_matches(',');
                        let cut = [" NOT NULL", " DEFAULT", " AUTO_INCREMENT", " COMMENT"]
                            .iter()
                            .filter_map(|word| definition.find(word))
                            .min();
                        let kind = &definition[..cut.unwrap_or(definition.len())];
                        parents.entry(name.clone()).or_default().insert(referenced.clone(), kind.to_owned());
                    }
                    let options = text.rsplit_once("\n) ").map_or("", |(_, options)| options);
                    let set = options.split_once("DEFAULT CHARSET=").map_or("", |(_, rest)| rest);
                    let set = set.split([' ', '\n']).next().unwrap_or_default();
                    if !matches!(set, "" | "utf8mb4") {
                        sets.entry(name.clone()).or_insert_with(|| format!("DEFAULT CHARSET={set}"));
                    }
                    let list: Vec<String> = referenced.iter().map(|column| format!("`{column}`")).collect();
                    keys.entry(name.clone()).or_default().push(format!("UNIQUE KEY ({})", list.join(",")));
                }
            }
        }
        // One that the case has on one side and refers to on the other stays, and need not be made.
        let current = case["canonical_current"].as_object().cloned().unwrap_or_default();
        let create = parents
            .iter()
            .filter(|(name, _)| !current.contains_key(&format!("table {name}")))
            .map(|(name, columns)| {
                let mut parts: Vec<String> =
                    columns.iter().map(|(column, kind)| format!("`{column}` {kind}")).collect();
                parts.extend(keys.get(name).cloned().unwrap_or_default());
                // The account may see a schema beside its own only where it is told so.
                let elsewhere = name.split_once("`.`").map_or_else(String::new, |(schema, _)| {
                    let (user, _) = account(Role::Primary);
                    let grant = format!("GRANT SELECT, REFERENCES ON `{schema}`.* TO '{user}'@'%'");
                    format!("CREATE DATABASE IF NOT EXISTS `{schema}`;\n{grant};\n")
                });
                let set = sets.get(name).map(String::as_str).unwrap_or_default();
                format!("{elsewhere}CREATE TABLE IF NOT EXISTS `{name}` ({}) {set};\n", parts.join(", "))
            })
            .collect();
        Self { names: parents.into_keys().collect(), create }
    }
}

#[test]
#[ignore = "minutes long: `make conformance`"]
fn real_schemas_export_and_plan_empty() {
    let test = "real_schemas_export_and_plan_empty";
    let (Some(folder), Some(pair)) = (corpus(test), shared(test)) else { return };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join("real"))
        .expect("readable")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.push(folder.join("torture.sql"));
    files.sort();
    let others = Mutex::new(Vec::new());
    let verdicts = run_all(&files, |file| {
        let found = check_schema(pair, file);
        found.map_or_else(Verdict::Wrong, |found| {
            others.lock().expect("no panic").extend(found);
            Verdict::Exact
        })
    });
    let wrong: Vec<String> = files
        .iter()
        .zip(&verdicts)
        .filter_map(|(file, verdict)| match verdict {
            Verdict::Exact => None,
            Verdict::Refused(why) | Verdict::Wrong(why) => Some(format!("## {}\n{why}", file.display())),
        })
        .collect();
    println!("real schemas: {} of {} exact", files.len() - wrong.len(), files.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let others = others.into_inner().expect("no panic");
    println!("definitions that are shown otherwise after an import: {}\n{}", others.len(), others.join("\n"));
    assert!(others.is_empty());
}

fn remove_files_with(folder: &std::path::Path, text: &str) -> usize {
    let files = std::fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path());
    let found: Vec<PathBuf> =
        files.filter(|file| std::fs::read_to_string(file).expect("readable").contains(text)).collect();
    found.iter().for_each(|file| std::fs::remove_file(file).expect("removable"));
    found.len()
}

/// The tables whose text in an empty schema is not, byte for byte, the one that was exported.
fn check_schema(pair: &Pair, file: &std::path::Path) -> Result<Vec<String>, String> {
    let mut others = Vec::new();
    let schema = pair.schema("real");
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    // As their own installers load them: parents may come later, zero dates are defaults, and what the server of today
    // refuses (one index is too long for it, one table stands twice) is left out.
    let text = format!("SET sql_mode = '', foreign_key_checks = 0;\n{text}");
    let loaded = run_client(pair.client(Role::Primary, &schema).arg("--force"), &text);
    let tables = pair.tables(Role::Primary, &schema);
    if tables.is_empty() {
        return Err(format!("nothing loads: {}", String::from_utf8_lossy(&loaded.stderr)));
    }
    let url = pair.url(Role::Primary, &schema);
    for format in ["yaml", "sql"] {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let directory = argument(folder.path());
        let export = run(&["export", "--url", &url, "--format", format, "-o", directory]);
        // A CONNECTION may hold a password: the one table that is refused, and said so.
        let refused =
            export.code == 3 && export.stderr.contains("1 table cannot") && export.stderr.contains("CONNECTION");
        if export.code != 0 && !refused {
            return Err(format!("export {format}: {}", export.all()));
        }
        let plan = run(&["plan", "-f", directory, "--url", &url, "--detailed-exitcode"]);
        if plan.code != 0 {
            return Err(format!("the plan of the export ({format}) is not empty: {}", plan.all()));
        }
        // A MERGE table needs the right to write rows of its tables: it is refused, and the rest is imported without it.
        // So is a foreign key to a schema that is not there.
        let merged = remove_files_with(folder.path(), "MRG_MyISAM") + remove_files_with(folder.path(), "sp_torture");
        let empty = pair.schema("import");
        let to = pair.url(Role::Primary, &empty);
        let apply = run(&["apply", "-f", directory, "--url", &to, "--auto-approve"]);
        if apply.code != 0 {
            return Err(format!("import {format}: {}", apply.all()));
        }
        let imported = pair.tables(Role::Primary, &empty);
        if imported.len() + usize::from(refused) + merged != tables.len() {
            return Err(format!("import {format}: {} of {} tables", imported.len(), tables.len()));
        }
        for name in &imported {
            let (live, expected) =
                (pair.definition(Role::Primary, &empty, name), pair.definition(Role::Primary, &schema, name));
            if !compare::same(&live, &expected, compare::collations(pair)) {
                return Err(format!("import {format}: {name} is\n{live}\ninstead of\n{expected}"));
            }
            let (live, expected) = (without_counter(&live), without_counter(&expected));
            if live != expected {
                others.push(format!("{} {format} {name}: {}", file.display(), lines_apart(&live, &expected)));
            }
        }
        pair.sql(Role::Primary, "", &format!("DROP DATABASE `{empty}`"));
    }
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
    Ok(others)
}

/// What each of two texts has that the other lacks.
fn lines_apart(live: &str, expected: &str) -> String {
    let only = |one: &str, other: &str| -> Vec<String> {
        one.lines().filter(|line| !other.lines().any(|known| known == *line)).map(str::to_owned).collect()
    };
    format!("{:?} instead of {:?}", only(live, expected), only(expected, live))
}
