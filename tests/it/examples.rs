//! Runs every worked example and every case, whole, on the real pair.

use crate::support::{cases, pair};

#[test]
fn every_worked_example_holds() {
    run_all("every_worked_example_holds", "migrations-examples");
}

fn run_all(test: &str, folder: &str) {
    let Some(pair) = pair::shared(test) else { return };
    let mut failures = Vec::new();
    let all = cases::all(folder);
    for case in &all {
        if let Err(message) = cases::check(pair, case) {
            failures.push(format!("## {}\n{message}", case.display()));
        }
    }
    assert!(failures.is_empty(), "{} of {} failed\n\n{}", failures.len(), all.len(), failures.join("\n\n"));
}
