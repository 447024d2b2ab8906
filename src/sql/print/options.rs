//! Table options, in SHOW CREATE TABLE's order.

use super::super::identifier::{push_bare, push_identifier};
use super::Paper;
use crate::model::TableOptions;

/// Appends the options, each with a space before it.
pub(super) fn push_options(out: &mut String, options: &TableOptions, paper: Paper) {
    let TableOptions {
        engine,
        character_set,
        collation,
        comment,
        auto_increment,
        row_format,
        key_block_size,
        compression,
        encryption,
        tablespace,
        storage,
        autoextend_size,
        data_directory,
        index_directory,
        stats_persistent,
        stats_auto_recalc,
        stats_sample_pages,
        avg_row_length,
        min_rows,
        max_rows,
        pack_keys,
        checksum,
        delay_key_write,
        insert_method,
        union,
        connection,
        engine_attribute,
        secondary_engine_attribute,
        secondary_engine,
    } = options;
    let mut put = Put { out, paper };
    put.tablespace(tablespace.as_deref(), storage.as_deref());
    put.versioned("80023", "AUTOEXTEND_SIZE", autoextend_size.map(|size| size.to_string()));
    put.bare("ENGINE", engine.as_deref());
    put.number("AUTO_INCREMENT", *auto_increment);
    put.bare("DEFAULT CHARSET", character_set.as_deref().map(|name| paper.character_set(name)));
    let shown = paper.inherited.is_none_or(|inherited| inherited.is_shown_by_table());
    put.bare("COLLATE", collation.as_deref().filter(|_| shown).map(|name| paper.collation(name)).as_deref());
    put.number("MIN_ROWS", *min_rows);
    put.number("MAX_ROWS", *max_rows);
    put.number("AVG_ROW_LENGTH", *avg_row_length);
    put.number("PACK_KEYS", *pack_keys);
    put.number("STATS_PERSISTENT", *stats_persistent);
    put.number("STATS_AUTO_RECALC", *stats_auto_recalc);
    put.number("STATS_SAMPLE_PAGES", *stats_sample_pages);
    put.number("CHECKSUM", *checksum);
    put.number("DELAY_KEY_WRITE", *delay_key_write);
    put.bare("ROW_FORMAT", row_format.as_deref());
    put.number("KEY_BLOCK_SIZE", *key_block_size);
    put.text("COMPRESSION", compression.as_deref());
    if paper.dialect.hides_encryption() {
        put.versioned("80016", "ENCRYPTION", encryption.as_deref().map(quoted));
    } else {
        put.text("ENCRYPTION", encryption.as_deref());
    }
    put.bare("INSERT_METHOD", insert_method.as_deref());
    if !union.is_empty() {
        put.out.push_str(" UNION=(");
        for (index, table) in union.iter().enumerate() {
            if index > 0 {
                put.out.push(',');
            }
            push_identifier(put.out, table.as_str());
        }
        put.out.push(')');
    }
    put.text("COMMENT", comment.as_deref());
    put.text("CONNECTION", connection.as_deref());
    put.versioned("80021", "ENGINE_ATTRIBUTE", engine_attribute.as_deref().map(quoted));
    put.bare("SECONDARY_ENGINE", secondary_engine.as_deref());
    put.versioned("80021", "SECONDARY_ENGINE_ATTRIBUTE", secondary_engine_attribute.as_deref().map(quoted));
    put.text("DATA DIRECTORY", data_directory.as_deref());
    put.text("INDEX DIRECTORY", index_directory.as_deref());
}

fn quoted(text: &str) -> String {
    super::super::quote_string(text)
}

struct Put<'a> {
    out: &'a mut String,
    paper: Paper<'a>,
}

impl Put<'_> {
    fn pair(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push('=');
        self.out.push_str(value);
    }

    fn bare(&mut self, name: &str, value: Option<&str>) {
        let Some(value) = value else { return };
        self.pair(name, "");
        push_bare(self.out, value);
    }

    fn number<T: ToString>(&mut self, name: &str, value: Option<T>) {
        if let Some(value) = value {
            self.pair(name, &value.to_string());
        }
    }

    fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.pair(name, &quoted(value));
        }
    }

    fn versioned(&mut self, version: &str, name: &str, value: Option<String>) {
        let Some(value) = value else { return };
        super::push_versioned(self.out, self.paper, version, &format!("{name}={value}"));
    }

    fn tablespace(&mut self, tablespace: Option<&str>, storage: Option<&str>) {
        let mut text = String::new();
        if let Some(tablespace) = tablespace {
            text.push_str("TABLESPACE ");
            push_identifier(&mut text, tablespace);
        }
        if let Some(storage) = storage {
            text.push_str(if text.is_empty() { "STORAGE " } else { " STORAGE " });
            push_bare(&mut text, storage);
        }
        if !text.is_empty() {
            super::push_versioned(self.out, self.paper, "50100", &text);
        }
    }
}
