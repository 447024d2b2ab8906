//! Whether two `SHOW CREATE TABLE` texts are the same table up to what a manifest leaves open: the counter, the order of
//! indexes, names that MySQL would make up, and a column's character set that is its table's.

use std::{collections::BTreeMap, sync::OnceLock};

use super::pair::{Pair, Role, without_counter};

/// Whether `live` is what `expected` says.
pub fn same(live: &str, expected: &str, collations: &BTreeMap<String, String>) -> bool {
    let (live, expected) = (parts(live, collations), parts(expected, collations));
    if live.columns != expected.columns {
        return false;
    }
    let mut left = live.keys;
    let mut open = Vec::new();
    for key in expected.keys {
        match left.iter().position(|other| *other == key) {
            Some(at) => drop(left.remove(at)),
            None => open.push(key),
        }
    }
    // What is left may differ in a name, where the expected one is one that MySQL makes up.
    open.iter().all(|key| {
        let at =
            left.iter().position(|other| is_made_up(key, &expected.foreign_keys) && nameless(other) == nameless(key));
        at.map(|at| left.remove(at)).is_some()
    }) && left.is_empty()
}

/// The default collation of each character set, as the server says.
pub fn collations(pair: &Pair) -> &'static BTreeMap<String, String> {
    static COLLATIONS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    let query = "SELECT character_set_name, default_collate_name FROM information_schema.character_sets";
    let ask = || {
        let rows = pair.sql(Role::Primary, "", query);
        rows.lines()
            .filter_map(|line| line.split_once('\t'))
            .map(|(one, two)| (one.to_owned(), two.to_owned()))
            .collect()
    };
    COLLATIONS.get_or_init(ask)
}

struct Parts {
    /// Columns, primary key and options, in order.
    columns: Vec<String>,
    keys: Vec<String>,
    /// Names of foreign keys.
    foreign_keys: Vec<String>,
}

const KEYS: [&str; 5] = ["  KEY ", "  UNIQUE KEY ", "  FULLTEXT KEY ", "  SPATIAL KEY ", "  CONSTRAINT "];

fn parts(text: &str, collations: &BTreeMap<String, String>) -> Parts {
    let text = without_counter(text);
    let options = text.rfind("\n) ").map_or("", |at| &text[at..]);
    let word = |start: &str| {
        let rest = options.split_once(start)?.1;
        Some(rest.split(|character: char| !(character.is_alphanumeric() || character == '_')).next()?.to_owned())
    };
    let character_set = word("DEFAULT CHARSET=").unwrap_or_default();
    let default = collations.get(&character_set).cloned().unwrap_or_default();
    let collation = word("COLLATE=").unwrap_or_else(|| default.clone());
    let mut parts = Parts { columns: Vec::new(), keys: Vec::new(), foreign_keys: Vec::new() };
    for line in text.lines() {
        let line = line.trim_end_matches(',');
        if KEYS.iter().any(|start| line.starts_with(start)) {
            if line.contains(" FOREIGN KEY (") {
                parts.foreign_keys.extend(line.split('`').nth(1).map(str::to_owned));
            }
            parts.keys.push(line.to_owned());
            continue;
        }
        let mut line = line.replace(&format!(" CHARACTER SET {character_set} COLLATE {collation}"), "");
        if line.starts_with("  `") {
            line = line.replace(&format!(" COLLATE {collation}"), "");
            if collation == default {
                line = line.replace(&format!(" CHARACTER SET {character_set}"), "");
            }
        }
        parts.columns.push(line);
    }
    parts
}

/// A key or constraint without its name.
fn nameless(line: &str) -> String {
    let line = &unescaped(line);
    let mut quoted = line.splitn(3, '`');
    match (quoted.next(), quoted.next(), quoted.next()) {
        (Some(before), Some(_), Some(after)) => format!("{before}{after}"),
        _ => line.to_owned(),
    }
}

/// With something else for a backquote within a name.
fn unescaped(line: &str) -> String {
    line.replace("``", "\u{1}")
}

/// Whether a key's name is one that MySQL makes up: by a count, after the first column, or after a foreign key.
fn is_made_up(line: &str, foreign_keys: &[String]) -> bool {
    let line = &unescaped(line);
    let mut quoted = line.split('`').skip(1).step_by(2);
    let (name, first) = (quoted.next().unwrap_or_default(), quoted.next().unwrap_or_default());
    let counted = |name: &str, start: &str| {
        let numbered = |(before, number): (&str, &str)| {
            // MySQL leaves a number three characters and an end: `make_unique_key_name` in sql_table.cc.
            let cut: String = start.chars().take(61).collect();
            number.parse::<u32>().is_ok() && (before == start || before == cut)
        };
        name == start || name.rsplit_once('_').is_some_and(numbered)
    };
    if line.starts_with("  CONSTRAINT ") {
        // The last is MariaDB's for checks.
        return ["_chk_", "_ibfk_", "CONSTRAINT_"]
            .iter()
            .any(|kind| name.rsplit_once(kind).is_some_and(|(_, number)| number.parse::<u32>().is_ok()));
    }
    counted(name, first) || counted(name, "functional_index") || foreign_keys.iter().any(|key| key == name)
}

#[test]
fn what_a_manifest_leaves_open_is_no_difference() {
    let collations = BTreeMap::from([("utf8mb4".to_owned(), "utf8mb4_0900_ai_ci".to_owned())]);
    let text = |column: &str, key: &str| {
        format!(
            "CREATE TABLE `t` (\n  `a` {column},\n  {key}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci"
        )
    };
    let same = |live: &str, expected: &str| same(live, expected, &collations);
    let plain = text("varchar(9)", "KEY `a` (`a`)");
    assert!(same(&text("varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci", "KEY `x` (`a`)"), &plain));
    assert!(!same(&plain, &text("varchar(9)", "KEY `x` (`a`)")), "a name that somebody gave counts");
    assert!(same(&text("int", "KEY `b``c_2` (`b``c`)"), &text("int", "KEY `b``c` (`b``c`)")));
    let long = "l".repeat(64);
    let numbered = format!("KEY `{}_2` (`{long}`)", &long[..61]);
    assert!(same(&text("int", &numbered), &text("int", &format!("KEY `{long}` (`{long}`)"))));
    assert!(!same(&text("varchar(9) COLLATE utf8mb4_bin", "KEY `a` (`a`)"), &plain));
    assert!(!same(&text("varchar(9)", "UNIQUE KEY `a` (`a`)"), &plain));
    let check = |name: &str| text("int", &format!("CONSTRAINT `{name}` CHECK ((`a` > 0))"));
    assert!(same(&check("positive"), &check("t_chk_1")) && !same(&check("t_chk_1"), &check("positive")));
}
