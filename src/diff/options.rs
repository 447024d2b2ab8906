//! Table options. Each is compared for itself; what a manifest leaves out takes MySQL's default, that is, its removing
//! value. The AUTO_INCREMENT counter is compared only where the manifest gives it, and only ever raised.

use crate::model::{Table, TableOptions};

use super::change::{OptionsChange, RefusalReason, TableChange};

/// Options that MySQL cannot change or remove.
pub(super) struct OptionRefusal {
    pub(super) reason: RefusalReason,
    pub(super) message: String,
}

/// Compares the options.
pub(super) fn changes(live: &Table, desired: &Table) -> Result<Option<TableChange>, OptionRefusal> {
    // Destructured in full, so that a new option cannot be forgotten here.
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
    } = &live.options;
    let wanted = &desired.options;
    let mut set = TableOptions::default();
    let mut reset: Vec<String> = Vec::new();

    if *engine != wanted.engine {
        set.engine.clone_from(&wanted.engine);
    }
    if *character_set != wanted.character_set || *collation != wanted.collation {
        set.character_set.clone_from(&wanted.character_set);
        set.collation.clone_from(&wanted.collation);
    }
    if let Some(counter) = wanted.auto_increment
        && counter > auto_increment.unwrap_or(1)
    {
        set.auto_increment = Some(counter);
    }
    let mut differ = Differ { set: &mut set, reset: &mut reset };
    differ.option("COMMENT", comment, &wanted.comment, |set| &mut set.comment);
    differ.option("ROW_FORMAT", row_format, &wanted.row_format, |set| &mut set.row_format);
    differ.option("KEY_BLOCK_SIZE", key_block_size, &wanted.key_block_size, |set| &mut set.key_block_size);
    differ.option("COMPRESSION", compression, &wanted.compression, |set| &mut set.compression);
    differ.option("ENCRYPTION", encryption, &wanted.encryption, |set| &mut set.encryption);
    differ.option("AUTOEXTEND_SIZE", autoextend_size, &wanted.autoextend_size, |set| &mut set.autoextend_size);
    differ.option("STATS_PERSISTENT", stats_persistent, &wanted.stats_persistent, |set| &mut set.stats_persistent);
    differ.option("STATS_AUTO_RECALC", stats_auto_recalc, &wanted.stats_auto_recalc, |set| &mut set.stats_auto_recalc);
    differ.option("STATS_SAMPLE_PAGES", stats_sample_pages, &wanted.stats_sample_pages, |set| {
        &mut set.stats_sample_pages
    });
    differ.option("AVG_ROW_LENGTH", avg_row_length, &wanted.avg_row_length, |set| &mut set.avg_row_length);
    differ.option("MIN_ROWS", min_rows, &wanted.min_rows, |set| &mut set.min_rows);
    differ.option("MAX_ROWS", max_rows, &wanted.max_rows, |set| &mut set.max_rows);
    differ.option("PACK_KEYS", pack_keys, &wanted.pack_keys, |set| &mut set.pack_keys);
    differ.option("CHECKSUM", checksum, &wanted.checksum, |set| &mut set.checksum);
    differ.option("DELAY_KEY_WRITE", delay_key_write, &wanted.delay_key_write, |set| &mut set.delay_key_write);
    differ.option("INSERT_METHOD", insert_method, &wanted.insert_method, |set| &mut set.insert_method);
    differ.option("CONNECTION", connection, &wanted.connection, |set| &mut set.connection);
    differ.option("ENGINE_ATTRIBUTE", engine_attribute, &wanted.engine_attribute, |set| &mut set.engine_attribute);
    differ.option(
        "SECONDARY_ENGINE_ATTRIBUTE",
        secondary_engine_attribute,
        &wanted.secondary_engine_attribute,
        |set| &mut set.secondary_engine_attribute,
    );
    differ.option("SECONDARY_ENGINE", secondary_engine, &wanted.secondary_engine, |set| &mut set.secondary_engine);
    if *union != wanted.union {
        if wanted.union.is_empty() {
            reset.push("UNION".to_owned());
        } else {
            set.union.clone_from(&wanted.union);
        }
    }
    if *tablespace != wanted.tablespace {
        if wanted.tablespace.is_none() {
            return Err(fixed(
                "TABLESPACE cannot be removed from a table; name `innodb_file_per_table` in the manifest",
            ));
        }
        set.tablespace.clone_from(&wanted.tablespace);
    }
    if *storage != wanted.storage {
        if wanted.storage.is_none() {
            return Err(fixed("STORAGE cannot be removed from a table; name it in the manifest"));
        }
        set.storage.clone_from(&wanted.storage);
    }
    if *data_directory != wanted.data_directory || *index_directory != wanted.index_directory {
        return Err(fixed(
            "DATA DIRECTORY and INDEX DIRECTORY of a live table cannot be changed by ALTER TABLE; \
             make the manifest say what is live",
        ));
    }
    let same = set == TableOptions::default() && reset.is_empty();
    Ok((!same).then(|| TableChange::Options(OptionsChange { set: Box::new(set), reset })))
}

fn fixed(message: &str) -> OptionRefusal {
    OptionRefusal { reason: RefusalReason::NotConvertible, message: message.to_owned() }
}

struct Differ<'a> {
    set: &'a mut TableOptions,
    reset: &'a mut Vec<String>,
}

impl Differ<'_> {
    fn option<T: Clone + PartialEq>(
        &mut self,
        name: &str,
        live: &Option<T>,
        desired: &Option<T>,
        slot: impl Fn(&mut TableOptions) -> &mut Option<T>,
    ) {
        if live == desired {
            return;
        }
        match desired {
            Some(value) => *slot(self.set) = Some(value.clone()),
            None => self.reset.push(name.to_owned()),
        }
    }
}
