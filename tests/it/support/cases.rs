//! A case is a folder whose file names carry the meaning:
//!
//! | file | meaning |
//! |---|---|
//! | `live.sql` | what the schema holds before (may be absent: nothing) |
//! | `desired.yaml`, `desired.sql` | the manifests |
//! | `plan.sql` | the statements of the plan, one per line (CREATE TABLE over several), each with its semicolon |
//! | `after.sql` | `SHOW CREATE TABLE` of every table afterwards, as the server prints it |
//! | `refused.txt` | instead of the two: lines that the refusal must contain |
//! | `risk.txt` | the plan's risk |
//!
//! Run: plan, compare; apply and verify on the replica; compare; plan again: nothing.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{
    binary::{argument, run},
    pair::{Pair, Role},
};

/// The cases of a folder, sorted.
pub fn all(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut cases: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "{} holds no case", folder.display());
    cases
}

/// Runs one case whole and says what is wrong with it.
pub fn check(pair: &Pair, case: &Path) -> Result<(), String> {
    let name = case.file_name().and_then(|name| name.to_str()).unwrap_or("case").replace('-', "_");
    let schema = pair.schema(&name);
    let result = check_in(pair, case, &schema);
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
    result
}

fn check_in(pair: &Pair, case: &Path, schema: &str) -> Result<(), String> {
    let read = |name: &str| std::fs::read_to_string(case.join(name)).ok();
    if let Some(live) = read("live.sql") {
        pair.try_sql(Role::Primary, schema, &live).map_err(|message| format!("live.sql: {message}"))?;
    }
    let desired = ["desired.yaml", "desired.sql"].map(|name| case.join(name)).into_iter().find(|path| path.exists());
    let desired = desired.ok_or("no desired.yaml and no desired.sql")?;
    let desired = argument(&desired);
    let url = pair.url(Role::Primary, schema);
    let replica_url = pair.url(Role::Replica, schema);
    let before = snapshot(pair, schema);

    let plan = run(&["plan", "-f", desired, "--url", &url, "--format", "json"]);
    let json: Value =
        serde_json::from_str(&plan.stdout).map_err(|error| format!("plan is not JSON: {error}\n{}", plan.all()))?;

    if let Some(expected) = read("refused.txt") {
        if plan.code != 3 {
            return Err(format!("a refused plan exits with 3\n{}", plan.all()));
        }
        let refusals = json["refusals"].to_string();
        for line in expected.lines().filter(|line| !line.trim().is_empty()) {
            if !refusals.contains(line.trim()) {
                return Err(format!("the refusal does not say `{}`: {refusals}", line.trim()));
            }
        }
        let apply = run(&["apply", "-f", desired, "--url", &url, "--auto-approve"]);
        if apply.code != 3 {
            return Err(format!("apply of a refused plan exits with 3\n{}", apply.all()));
        }
        return if snapshot(pair, schema) == before { Ok(()) } else { Err("a refusal touched the schema".to_owned()) };
    }

    if plan.code != 0 {
        return Err(plan.all());
    }
    let statements: Vec<&str> =
        json["statements"].as_array().into_iter().flatten().filter_map(|statement| statement["sql"].as_str()).collect();
    let planned: String = statements.iter().map(|statement| format!("{statement};\n")).collect();
    compare_or_update(case, "plan.sql", &planned)?;
    if read("risk.txt").is_some() {
        compare_or_update(case, "risk.txt", &format!("{}\n", json["risk"].as_str().unwrap_or_default()))?;
    }
    if snapshot(pair, schema) != before {
        return Err("planning touched the schema".to_owned());
    }

    let apply = run(&["apply", "-f", desired, "--url", &url, "--replica-url", &replica_url, "--auto-approve"]);
    if apply.code != 0 {
        return Err(format!("apply: {}", apply.all()));
    }
    let after = snapshot(pair, schema);
    compare_or_update(case, "after.sql", &after)?;
    let on_replica = snapshot_of(pair, Role::Replica, schema);
    if on_replica != after {
        return Err(format!("the replica has\n{on_replica}\nand the primary\n{after}"));
    }
    let again = run(&["plan", "-f", desired, "--url", &url, "--detailed-exitcode"]);
    if again.code != 0 {
        return Err(format!("the plan after the apply is not empty: {}", again.all()));
    }
    Ok(())
}

/// Every table's definition, sorted by name.
pub fn snapshot(pair: &Pair, schema: &str) -> String {
    snapshot_of(pair, Role::Primary, schema)
}

fn snapshot_of(pair: &Pair, role: Role, schema: &str) -> String {
    pair.tables(role, schema).iter().map(|table| format!("{};\n", pair.definition(role, schema, table))).collect()
}

/// Compares with a golden file; `UPDATE=1` rewrites it (then read the difference).
fn compare_or_update(case: &Path, file: &str, actual: &str) -> Result<(), String> {
    let path = case.join(file);
    if std::env::var_os("UPDATE").is_some() {
        return std::fs::write(&path, actual).map_err(|error| error.to_string());
    }
    let expected = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    if expected.trim() == actual.trim() {
        Ok(())
    } else {
        Err(format!("{file} says\n{}\nbut it is\n{}", expected.trim(), actual.trim()))
    }
}
