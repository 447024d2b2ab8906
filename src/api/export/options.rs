//! Table options.

use super::NotStructured;
use crate::api::{ColumnStorageSpec, OptionsSpec, RowFormatSpec};
use crate::model::TableOptions;

pub(super) fn options(options: &TableOptions) -> Result<Option<OptionsSpec>, NotStructured> {
    // Without `..`: a new option must be decided on here.
    let TableOptions {
        engine,
        character_set,
        collation,
        comment,
        // The counter is never managed unless somebody asks for it.
        auto_increment: _,
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
    if connection.is_some() {
        return Err(NotStructured);
    }
    let spec = OptionsSpec {
        engine: engine.clone(),
        character_set: character_set.clone(),
        collation: collation.clone(),
        comment: comment.clone(),
        row_format: row_format.as_deref().map(row_format_spec).transpose()?,
        auto_increment: None,
        key_block_size: *key_block_size,
        compression: compression.clone(),
        encryption: encryption.as_deref().map(encryption_spec).transpose()?,
        tablespace: tablespace.clone(),
        storage: storage.as_deref().map(storage_spec).transpose()?,
        autoextend_size: *autoextend_size,
        data_directory: data_directory.clone(),
        index_directory: index_directory.clone(),
        stats_persistent: stats_persistent.map(flag).transpose()?,
        stats_auto_recalc: stats_auto_recalc.map(flag).transpose()?,
        stats_sample_pages: *stats_sample_pages,
        avg_row_length: *avg_row_length,
        min_rows: *min_rows,
        max_rows: *max_rows,
        pack_keys: pack_keys.map(flag).transpose()?,
        checksum: checksum.map(flag).transpose()?,
        delay_key_write: delay_key_write.map(flag).transpose()?,
        insert_method: insert_method.clone(),
        union: union.iter().map(ToString::to_string).collect(),
        engine_attribute: engine_attribute.clone(),
        secondary_engine: secondary_engine.clone(),
        secondary_engine_attribute: secondary_engine_attribute.clone(),
    };
    Ok((spec != OptionsSpec::default()).then_some(spec))
}

fn flag(value: u8) -> Result<bool, NotStructured> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(NotStructured),
    }
}

fn encryption_spec(text: &str) -> Result<bool, NotStructured> {
    match text {
        "Y" | "y" => Ok(true),
        "N" | "n" => Ok(false),
        _ => Err(NotStructured),
    }
}

fn storage_spec(text: &str) -> Result<ColumnStorageSpec, NotStructured> {
    match text {
        "DISK" => Ok(ColumnStorageSpec::Disk),
        "MEMORY" => Ok(ColumnStorageSpec::Memory),
        _ => Err(NotStructured),
    }
}

fn row_format_spec(text: &str) -> Result<RowFormatSpec, NotStructured> {
    match text {
        "DYNAMIC" => Ok(RowFormatSpec::Dynamic),
        "COMPRESSED" => Ok(RowFormatSpec::Compressed),
        "REDUNDANT" => Ok(RowFormatSpec::Redundant),
        "COMPACT" => Ok(RowFormatSpec::Compact),
        "FIXED" => Ok(RowFormatSpec::Fixed),
        _ => Err(NotStructured),
    }
}
