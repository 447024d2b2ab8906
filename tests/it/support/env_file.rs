//! Reads the `KEY=value` files in which the server scripts say where their servers are.

use std::{collections::BTreeMap, path::Path};

/// The lines of `path` as a map.
pub fn read(path: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim_start_matches("export ").to_owned(), value.trim_matches('\'').to_owned()))
        .collect()
}
