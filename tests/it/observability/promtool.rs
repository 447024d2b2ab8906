//! promtool, where there is one.

use std::{path::Path, process::Command};

use crate::support::binary;

/// Runs promtool with this text as its standard input; `false`, said by name, where there is none.
#[track_caller]
pub fn promtool(test: &str, directory: &Path, arguments: &[&str], input: &str) -> bool {
    let Some(program) = std::env::var_os("TABLEWRIGHT_PROMTOOL") else {
        assert!(std::env::var_os("CI").is_none(), "in CI there is a promtool");
        eprintln!("SKIPPED {test}: no promtool; `make test` brings it");
        return false;
    };
    let output = binary::run_client(Command::new(program).args(arguments).current_dir(directory), input);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "promtool {arguments:?}:\n{said}");
    true
}
