//! Effective character sets and collations.
//!
//! A column that names neither takes the table's pair. One that names a character set only takes *that set's* default
//! collation, not the table's; one that names a collation only takes the collation's character set. `SHOW CREATE TABLE`
//! is no fixpoint here (a column that inherits prints `COLLATE x`, replayed it prints `CHARACTER SET c COLLATE x`), so
//! only the effective pair is compared. Character set `binary` turns CHAR, VARCHAR and TEXT into their binary types.
//! <https://dev.mysql.com/doc/refman/9.0/en/charset-column.html>

use crate::model::{CharacterSpec, DataType, Dialect, ServerFacts, Table};

use super::NormalizeError;
use super::character_sets::{CHARACTER_SETS, CharacterSet};

/// An effective pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) character_set: String,
    pub(super) collation: String,
}

/// Resolves what was named; `inherited` is what holds when nothing was.
pub(super) fn resolve(
    path: &str,
    character_set: Option<&str>,
    collation: Option<&str>,
    binary: bool,
    inherited: &Pair,
    server: &ServerFacts,
) -> Result<Pair, NormalizeError> {
    let named_set = character_set.map(|name| known_set(path, name)).transpose()?;
    if let Some(collation) = collation {
        let (collation, set) = known_collation(path, collation, server.dialect())?;
        if let Some(named) = named_set
            && named.name != set.name
        {
            return Err(NormalizeError::CollationMismatch {
                path: path.to_owned(),
                collation,
                character_set: named.name.to_owned(),
            });
        }
        return Ok(Pair { character_set: set.name.to_owned(), collation });
    }
    let set = match named_set {
        Some(set) => set,
        None if binary => known_set(path, &inherited.character_set)?,
        None => return Ok(inherited.clone()),
    };
    let collation = if binary { binary_collation(set) } else { default_collation(set, server) };
    Ok(Pair { character_set: set.name.to_owned(), collation })
}

fn default_collation(set: &CharacterSet, server: &ServerFacts) -> String {
    if set.name == "utf8mb4" { server.default_collation_for_utf8mb4.clone() } else { set.default_collation.to_owned() }
}

/// The `binary` attribute means the `_bin` collation of the character set (for `binary` itself: `binary`).
fn binary_collation(set: &CharacterSet) -> String {
    let wanted = format!("{}_bin", set.name);
    if set.collations.contains(&wanted.as_str()) { wanted } else { set.default_collation.to_owned() }
}

fn known_set(path: &str, name: &str) -> Result<&'static CharacterSet, NormalizeError> {
    let lower = name.to_ascii_lowercase();
    // `utf8` is an alias of utf8mb3.
    let wanted = if lower == "utf8" { "utf8mb3" } else { lower.as_str() };
    CHARACTER_SETS
        .iter()
        .find(|set| set.name == wanted)
        .ok_or_else(|| NormalizeError::UnknownCharacterSet { path: path.to_owned(), character_set: name.to_owned() })
}

fn known_collation(
    path: &str,
    name: &str,
    dialect: Dialect,
) -> Result<(String, &'static CharacterSet), NormalizeError> {
    let lower = name.to_ascii_lowercase();
    let wanted = match lower.strip_prefix("utf8_") {
        Some(rest) => format!("utf8mb3_{rest}"),
        None => lower,
    };
    CHARACTER_SETS
        .iter()
        .find(|set| set.collations.contains(&wanted.as_str()))
        .or_else(|| CHARACTER_SETS.iter().find(|set| !dialect.knows_all_collations() && is_of(&wanted, set.name)))
        .map(|set| (wanted, set))
        .ok_or_else(|| NormalizeError::UnknownCollation { path: path.to_owned(), collation: name.to_owned() })
}

/// Whether a collation has the name of the character set before it.
fn is_of(collation: &str, character_set: &str) -> bool {
    collation.strip_prefix(character_set).is_some_and(|rest| rest.starts_with('_'))
}

/// Whether a table's collation is the one that its character set means by itself, on servers of this kind.
pub fn has_default_collation(table: &Table) -> bool {
    let named = table.options.character_set.as_deref();
    CHARACTER_SETS
        .iter()
        .find(|set| Some(set.name) == named)
        .is_some_and(|set| Some(set.default_collation) == table.options.collation.as_deref())
}

/// Turns a table as `SHOW CREATE TABLE` prints it into what was said: a column that takes the table's pair shows a collation
/// without a character set, one that names its own shows both.
pub fn without_inherited(shown: &mut Table) {
    for spec in shown.columns.iter_mut().filter_map(|column| column.data_type.characters_mut()) {
        if spec.character_set.is_none() {
            spec.collation = None;
        }
    }
}

/// Bytes of the longest character of a set; 4 for one that this build does not know.
pub(super) fn max_bytes(character_set: &str) -> u64 {
    CHARACTER_SETS.iter().find(|set| set.name == character_set).map_or(4, |set| set.max_bytes)
}

fn table_pair(table: &Table) -> Pair {
    Pair {
        character_set: table.options.character_set.clone().unwrap_or_default(),
        collation: table.options.collation.clone().unwrap_or_default(),
    }
}

/// Fills in every character column of a table whose own pair is known already.
pub(super) fn columns(table: &mut Table, server: &ServerFacts) -> Result<(), NormalizeError> {
    let inherited = table_pair(table);
    let table_name = table.name.clone();
    for column in &mut table.columns {
        let path = format!("{table_name}.{}", column.name);
        fill(&path, &mut column.data_type, &inherited, server)?;
    }
    Ok(())
}

/// As [`columns`], leaving alone what this build does not know.
pub(super) fn live(table: &mut Table, server: &ServerFacts) {
    let inherited = table_pair(table);
    for column in &mut table.columns {
        let _ = fill("", &mut column.data_type, &inherited, server);
    }
}

fn fill(path: &str, data_type: &mut DataType, inherited: &Pair, server: &ServerFacts) -> Result<(), NormalizeError> {
    if let Some(spec) = data_type.characters_mut() {
        let pair =
            resolve(path, spec.character_set.as_deref(), spec.collation.as_deref(), spec.binary, inherited, server)?;
        let binary = pair.character_set == "binary";
        *spec =
            CharacterSpec { character_set: Some(pair.character_set), collation: Some(pair.collation), binary: false };
        if binary {
            make_binary(data_type);
        }
    }
    Ok(())
}

fn make_binary(data_type: &mut DataType) {
    let binary = match data_type {
        DataType::Char { length, .. } => DataType::Binary { length: *length },
        DataType::VarChar { length, .. } => DataType::VarBinary { length: *length },
        DataType::Text { size, length, .. } => DataType::Blob { size: *size, length: *length },
        DataType::Enum { .. }
        | DataType::Set { .. }
        | DataType::Bit { .. }
        | DataType::Integer { .. }
        | DataType::Decimal { .. }
        | DataType::Float { .. }
        | DataType::Date
        | DataType::Time { .. }
        | DataType::DateTime { .. }
        | DataType::Timestamp { .. }
        | DataType::Year
        | DataType::Binary { .. }
        | DataType::VarBinary { .. }
        | DataType::Blob { .. }
        | DataType::Json
        | DataType::Vector { .. }
        | DataType::Geometry { .. }
        | DataType::Unmodelled { .. } => return,
    };
    *data_type = binary;
}
