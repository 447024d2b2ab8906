//! Table options: engine's spelling, character set and collation; values that mean "not set".
//! <https://dev.mysql.com/doc/refman/9.0/en/create-table.html>

use crate::model::{Dialect, SchemaDefaults, ServerFacts, Table};

use super::NormalizeError;
use super::characters::{self, Pair};

/// Fills in what the server would.
pub(super) fn desired(table: &mut Table, server: &ServerFacts, schema: &SchemaDefaults) -> Result<(), NormalizeError> {
    let engine = table.options.engine.as_deref().unwrap_or(&server.default_storage_engine);
    table.options.engine = Some(engine_spelling(engine, server.dialect()));
    // The counter starts at 1, or is not printed when there is nothing to count.
    if table.options.auto_increment.is_some_and(|counter| counter <= 1) {
        table.options.auto_increment = None;
    }
    if table.options.checksum == Some(0) {
        table.options.checksum = None;
    }
    if table.options.delay_key_write == Some(0) {
        table.options.delay_key_write = None;
    }
    for zero in [&mut table.options.avg_row_length, &mut table.options.min_rows, &mut table.options.max_rows] {
        if *zero == Some(0) {
            *zero = None;
        }
    }
    if table.options.comment.as_deref() == Some("") {
        table.options.comment = None;
    }
    if let Some(format) = &mut table.options.row_format {
        *format = format.to_ascii_uppercase();
        if format == "DEFAULT" {
            table.options.row_format = None;
        }
    }
    let inherited = Pair { character_set: schema.character_set.clone(), collation: schema.collation.clone() };
    let pair = characters::resolve(
        table.name.as_str(),
        table.options.character_set.as_deref(),
        table.options.collation.as_deref(),
        false,
        &inherited,
        server,
    )?;
    table.options.character_set = Some(pair.character_set);
    table.options.collation = Some(pair.collation);
    Ok(())
}

/// As SHOW CREATE TABLE spells the engine, which people write in any case and by synonyms.
fn engine_spelling(engine: &str, dialect: Dialect) -> String {
    let known = match engine.to_ascii_lowercase().as_str() {
        "innodb" | "innobase" => "InnoDB",
        "myisam" => "MyISAM",
        "memory" | "heap" => "MEMORY",
        "csv" => "CSV",
        "archive" => "ARCHIVE",
        "blackhole" => "BLACKHOLE",
        "mrg_myisam" | "merge" => dialect.merge_engine(),
        "aria" => "Aria",
        "federated" => "FEDERATED",
        "ndb" | "ndbcluster" => "ndbcluster",
        "example" => "EXAMPLE",
        _ => engine,
    };
    known.to_owned()
}
