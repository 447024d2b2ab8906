//! Table options, with or without `=`, with or without commas.

use super::super::SqlError;
use super::super::cursor::Cursor;
use super::super::lexer::Kind;
use super::column::non_empty;
use crate::model::{TableName, TableOptions};

/// Options as written, with the names of those that were set to their removing value.
#[derive(Default)]
pub(super) struct ParsedOptions {
    pub(super) set: TableOptions,
    pub(super) reset: Vec<String>,
}

impl ParsedOptions {
    /// Notes a removing value: `None` in the options, and the option's name.
    fn reset<T>(&mut self, name: &str) -> Option<T> {
        if !self.reset.iter().any(|known| known == name) {
            self.reset.push(name.to_owned());
        }
        None
    }

    fn text(&mut self, name: &str, text: String) -> Option<String> {
        if text.is_empty() { self.reset(name) } else { Some(text) }
    }
}

/// Takes one option if one is here.
pub(super) fn option(cursor: &mut Cursor<'_>, options: &mut ParsedOptions) -> Result<bool, SqlError> {
    Ok(common(cursor, options)? || numbers(cursor, options)? || rare(cursor, options)?)
}

fn value(cursor: &mut Cursor<'_>) {
    cursor.take_mark("=");
}

fn common(cursor: &mut Cursor<'_>, options: &mut ParsedOptions) -> Result<bool, SqlError> {
    if cursor.take("ENGINE") || cursor.take("TYPE") {
        value(cursor);
        options.set.engine = Some(cursor.word_or_string("the name of an engine")?);
        return Ok(true);
    }
    if cursor.take("COMMENT") {
        value(cursor);
        options.set.comment = {
            let text = cursor.string("a comment as a string")?;
            options.text("COMMENT", text)
        };
        return Ok(true);
    }
    let start = *cursor;
    cursor.take("DEFAULT");
    if cursor.take("CHARSET") || cursor.take_all(&["CHARACTER", "SET"]) || cursor.take_all(&["CHAR", "SET"]) {
        value(cursor);
        options.set.character_set = Some(cursor.word_or_string("a character set")?.to_ascii_lowercase());
    } else if cursor.take("COLLATE") {
        value(cursor);
        options.set.collation = Some(cursor.word_or_string("a collation")?.to_ascii_lowercase());
    } else {
        *cursor = start;
        return Ok(false);
    }
    Ok(true)
}

/// A number, or `DEFAULT`, which removes.
fn number_or_default<T: TryFrom<u64>>(
    cursor: &mut Cursor<'_>,
    options: &mut ParsedOptions,
    name: &str,
) -> Result<Option<T>, SqlError> {
    value(cursor);
    if cursor.take("DEFAULT") { Ok(options.reset(name)) } else { cursor.integer(name).map(Some) }
}

/// A number of which 0 removes.
fn number_not_zero(cursor: &mut Cursor<'_>, options: &mut ParsedOptions, name: &str) -> Result<Option<u64>, SqlError> {
    value(cursor);
    let number: u64 = cursor.integer(name)?;
    Ok(if number == 0 { options.reset(name) } else { Some(number) })
}

fn numbers(cursor: &mut Cursor<'_>, options: &mut ParsedOptions) -> Result<bool, SqlError> {
    if cursor.take("AUTO_INCREMENT") {
        value(cursor);
        options.set.auto_increment = Some(cursor.integer("AUTO_INCREMENT")?);
    } else if cursor.take("KEY_BLOCK_SIZE") {
        let here = *cursor;
        options.set.key_block_size = match number_not_zero(cursor, options, "KEY_BLOCK_SIZE")? {
            Some(size) => Some(u32::try_from(size).map_err(|_| here.wrong("this size is too large", "use 1 to 16"))?),
            None => None,
        };
    } else if cursor.take("AVG_ROW_LENGTH") {
        options.set.avg_row_length = number_not_zero(cursor, options, "AVG_ROW_LENGTH")?;
    } else if cursor.take("MIN_ROWS") {
        options.set.min_rows = number_not_zero(cursor, options, "MIN_ROWS")?;
    } else if cursor.take("MAX_ROWS") {
        options.set.max_rows = number_not_zero(cursor, options, "MAX_ROWS")?;
    } else if cursor.take("CHECKSUM") || cursor.take("TABLE_CHECKSUM") {
        options.set.checksum = number_not_zero(cursor, options, "CHECKSUM")?.map(|_| 1);
    } else if cursor.take("DELAY_KEY_WRITE") {
        options.set.delay_key_write = number_not_zero(cursor, options, "DELAY_KEY_WRITE")?.map(|_| 1);
    } else if cursor.take("PACK_KEYS") {
        options.set.pack_keys = number_or_default(cursor, options, "PACK_KEYS")?;
    } else if cursor.take("STATS_PERSISTENT") {
        options.set.stats_persistent = number_or_default(cursor, options, "STATS_PERSISTENT")?;
    } else if cursor.take("STATS_AUTO_RECALC") {
        options.set.stats_auto_recalc = number_or_default(cursor, options, "STATS_AUTO_RECALC")?;
    } else if cursor.take("STATS_SAMPLE_PAGES") {
        options.set.stats_sample_pages = number_or_default(cursor, options, "STATS_SAMPLE_PAGES")?;
    } else if cursor.take("AUTOEXTEND_SIZE") {
        value(cursor);
        let size = size(cursor)?;
        options.set.autoextend_size = if size == 0 { options.reset("AUTOEXTEND_SIZE") } else { Some(size) };
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// A number of bytes, perhaps with K, M or G.
fn size(cursor: &mut Cursor<'_>) -> Result<u64, SqlError> {
    if cursor.kind() != Some(Kind::Word) {
        return cursor.integer("a size in bytes");
    }
    let source = cursor.peek();
    let digits = source.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let factor: u64 = match source.get(digits.len()..).unwrap_or_default() {
        "k" | "K" => 1 << 10,
        "m" | "M" => 1 << 20,
        "g" | "G" => 1 << 30,
        _ => return Err(cursor.expected("a size in bytes")),
    };
    let Some(size) = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)) else {
        return Err(cursor.expected("a size in bytes"));
    };
    cursor.advance();
    Ok(size)
}

fn rare(cursor: &mut Cursor<'_>, options: &mut ParsedOptions) -> Result<bool, SqlError> {
    if cursor.take("ROW_FORMAT") {
        value(cursor);
        let format = cursor.identifier("a row format")?.to_ascii_uppercase();
        options.set.row_format = if format == "DEFAULT" { options.reset("ROW_FORMAT") } else { Some(format) };
    } else if cursor.take("COMPRESSION") {
        value(cursor);
        let text = cursor.word_or_string("a compression as a string")?;
        options.set.compression = options.text("COMPRESSION", text);
    } else if cursor.take("ENCRYPTION") {
        value(cursor);
        let text = cursor.string("'Y' or 'N'")?.to_ascii_uppercase();
        options.set.encryption = options.text("ENCRYPTION", text);
    } else if cursor.take("TABLESPACE") {
        value(cursor);
        options.set.tablespace = Some(cursor.identifier("the name of a tablespace")?);
    } else if cursor.take("STORAGE") {
        options.set.storage = Some(if cursor.take("DISK") {
            "DISK".to_owned()
        } else {
            cursor.expect("MEMORY")?;
            "MEMORY".to_owned()
        });
    } else if cursor.take_all(&["DATA", "DIRECTORY"]) {
        value(cursor);
        options.set.data_directory = non_empty(cursor.string("a directory as a string")?);
    } else if cursor.take_all(&["INDEX", "DIRECTORY"]) {
        value(cursor);
        options.set.index_directory = non_empty(cursor.string("a directory as a string")?);
    } else {
        return rarest(cursor, options);
    }
    Ok(true)
}

fn rarest(cursor: &mut Cursor<'_>, options: &mut ParsedOptions) -> Result<bool, SqlError> {
    if cursor.take("CONNECTION") {
        value(cursor);
        let text = cursor.string("a connection as a string")?;
        options.set.connection = options.text("CONNECTION", text);
    } else if cursor.take("PASSWORD") {
        // Taken and ignored by the server.
        value(cursor);
        cursor.string("a string")?;
    } else if cursor.take("INSERT_METHOD") {
        value(cursor);
        let method = cursor.identifier("NO, FIRST or LAST")?.to_ascii_uppercase();
        options.set.insert_method = if method == "NO" { options.reset("INSERT_METHOD") } else { Some(method) };
    } else if cursor.take("UNION") {
        value(cursor);
        cursor.expect_mark("(")?;
        options.set.union = Vec::new();
        while !cursor.take_mark(")") {
            let here = *cursor;
            let (schema, table) = super::constraint::table_name(cursor)?;
            if schema.is_some() {
                return Err(
                    here.wrong("a table of another schema cannot be modelled here", "name tables of this schema only")
                );
            }
            options.set.union.push(TableName::new(table.as_str()));
            if !cursor.take_mark(",") && !cursor.is_mark(")") {
                return Err(cursor.expected("`)`"));
            }
        }
    } else if cursor.take("ENGINE_ATTRIBUTE") {
        value(cursor);
        let text = cursor.string("a JSON string")?;
        options.set.engine_attribute = options.text("ENGINE_ATTRIBUTE", text);
    } else if cursor.take("SECONDARY_ENGINE_ATTRIBUTE") {
        value(cursor);
        let text = cursor.string("a JSON string")?;
        options.set.secondary_engine_attribute = options.text("SECONDARY_ENGINE_ATTRIBUTE", text);
    } else if cursor.take("SECONDARY_ENGINE") {
        value(cursor);
        options.set.secondary_engine = if cursor.take("NULL") {
            options.reset("SECONDARY_ENGINE")
        } else {
            Some(cursor.word_or_string("the name of an engine")?)
        };
    } else {
        return Ok(false);
    }
    Ok(true)
}
