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
    binary::{argument, run},
    pair::{Pair, Role, shared},
};

/// How one case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Exact,
    Refused(String),
    Wrong(String),
}

fn corpus(test: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED {test}: no conformance corpus beside the project");
    None
}

/// Runs all cases over a few threads; the server's disk is what they wait for.
fn run_all<T: Sync>(items: &[T], check: impl Fn(&T) -> Verdict + Sync) -> Vec<Verdict> {
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

#[test]
#[ignore = "minutes long, and not yet without a wrong case: `make conformance`"]
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
    // At most one in a hundred may be refused, each explained in docs/limits.md.
    assert!(filter.len() > 1 || refused.len() * 100 <= cases.len(), "too many refusals");
}

fn statements(case: &Value, key: &str) -> Vec<String> {
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
    let write = |name: &str, key: &str, canonical: &str| {
        let path = folder.path().join(name);
        let text: String =
            statements(case, key).iter().map(|text| format!("{};\n", text.trim_end().trim_end_matches(';'))).collect();
        std::fs::write(&path, format!("{text}-- the whole\n")).map_err(|error| error.to_string())?;
        // A script that declares nothing is a mistake to us: that nothing is to be there is said table by table.
        if case[canonical].as_object().is_some_and(serde_json::Map::is_empty) && !text.is_empty() {
            let path = path.with_extension("yaml");
            return std::fs::write(&path, absent(case)).map(|()| path).map_err(|error| error.to_string());
        }
        Ok(path)
    };
    let current = write("current.sql", "current", "canonical_current")?;
    let desired = write("desired.sql", "desired", "canonical_desired")?;
    let load = std::fs::read_to_string(&current).map_err(|error| error.to_string())?;
    pair.try_sql(Role::Primary, schema, &format!("{mode}SET foreign_key_checks = 0;\n{load}"))
        .map_err(|error| format!("current does not load: {error}"))?;

    if case["kind"] == "noop" {
        let plan = run(&[
            "plan",
            "-f",
            argument(&desired),
            "--url",
            &pair.url(Role::Primary, schema),
            "--prune",
            "--detailed-exitcode",
        ]);
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
        if let Some(verdict) = step(pair, schema, direction, argument(manifest), &case[canonical])? {
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
) -> Result<Option<Verdict>, String> {
    let url = pair.url(Role::Primary, schema);
    let before = crate::support::cases::snapshot(pair, schema);
    let apply = run(&["apply", "-f", manifest, "--url", &url, "--prune", "--auto-approve"]);
    if apply.code == 3 {
        if crate::support::cases::snapshot(pair, schema) != before {
            return Err(format!("{direction}: refused, but touched\n{}", apply.all()));
        }
        return Ok(Some(Verdict::Refused(format!("{direction}: {}{}", apply.stdout, apply.stderr))));
    }
    if apply.code != 0 {
        return Err(format!("{direction}: {}", apply.all()));
    }
    let expected: BTreeMap<&str, &str> = canonical
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, text)| Some((name.strip_prefix("table ")?, text.as_str()?)))
        .collect();
    let live = pair.tables(Role::Primary, schema);
    if live.iter().map(String::as_str).collect::<Vec<_>>() != expected.keys().copied().collect::<Vec<_>>() {
        return Err(format!("{direction}: tables {live:?} instead of {:?}\n{}", expected.keys(), apply.all()));
    }
    for (name, text) in expected {
        let live = pair.definition(Role::Primary, schema, name);
        if comparable(&live) != comparable(text) {
            return Err(format!("{direction}: {name} is\n{live}\ninstead of\n{text}\n{}", apply.all()));
        }
    }
    let again = run(&["plan", "-f", manifest, "--url", &url, "--prune", "--detailed-exitcode"]);
    if again.code != 0 {
        return Err(format!("{direction}: the plan after the apply is not empty: {}", again.all()));
    }
    Ok(None)
}

/// A definition up to what a manifest leaves open: the counter, the order of indexes, the names that MySQL made up.
fn comparable(text: &str) -> Vec<String> {
    let text = crate::support::pair::without_counter(text);
    let mut columns = Vec::new();
    let mut keys = Vec::new();
    for line in text.lines() {
        let line = without_made_up_names(line.trim_end_matches(','));
        if ["  KEY", "  UNIQUE", "  FULLTEXT", "  SPATIAL", "  CONSTRAINT"].iter().any(|start| line.starts_with(start))
        {
            keys.push(line);
        } else {
            columns.push(line);
        }
    }
    keys.sort();
    columns.extend(keys);
    columns
}

/// `t_chk_2` and `t_ibfk_3` are names that MySQL made up, by a count that depends on the table's history.
fn without_made_up_names(line: &str) -> String {
    for kind in ["_chk_", "_ibfk_"] {
        if let Some((before, after)) = line.split_once(kind)
            && (before.starts_with("  CONSTRAINT `") || before.starts_with("  KEY `"))
        {
            return format!("{before}{kind}{}", after.trim_start_matches(|character: char| character.is_ascii_digit()));
        }
    }
    line.to_owned()
}

#[test]
#[ignore = "minutes long, and not yet without a wrong case: `make conformance`"]
fn real_schemas_export_and_plan_empty() {
    let test = "real_schemas_export_and_plan_empty";
    let (Some(folder), Some(pair)) = (corpus(test), shared(test)) else { return };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join("real"))
        .expect("readable")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.push(folder.join("torture.sql"));
    files.sort();
    let verdicts = run_all(&files, |file| check_schema(pair, file).map_or_else(Verdict::Wrong, |()| Verdict::Exact));
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
}

fn check_schema(pair: &Pair, file: &std::path::Path) -> Result<(), String> {
    let schema = pair.schema("real");
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    pair.try_sql(Role::Primary, &schema, &text)?;
    let url = pair.url(Role::Primary, &schema);
    for format in ["yaml", "sql"] {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let directory = argument(folder.path());
        let export = run(&["export", "--url", &url, "--format", format, "-o", directory]);
        if export.code != 0 {
            return Err(format!("export {format}: {}", export.all()));
        }
        let plan = run(&["plan", "-f", directory, "--url", &url, "--detailed-exitcode"]);
        if plan.code != 0 {
            return Err(format!("the plan of the export ({format}) is not empty: {}", plan.all()));
        }
        let empty = pair.schema("import");
        let to = pair.url(Role::Primary, &empty);
        let apply = run(&["apply", "-f", directory, "--url", &to, "--auto-approve"]);
        let result = if apply.code == 0 { Ok(()) } else { Err(format!("import {format}: {}", apply.all())) };
        let same = crate::support::cases::snapshot(pair, &schema) == crate::support::cases::snapshot(pair, &empty);
        pair.sql(Role::Primary, "", &format!("DROP DATABASE `{empty}`"));
        result?;
        if !same {
            return Err(format!("the import ({format}) has other definitions"));
        }
    }
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
    Ok(())
}
