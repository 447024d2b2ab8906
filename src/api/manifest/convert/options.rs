//! Table options. A value by which MySQL removes an option is taken for its absence.

use super::Faults;
use crate::api::{ColumnStorageSpec, OptionsSpec, RowFormatSpec};
use crate::model::{TableName, TableOptions};

pub(super) fn options(spec: &OptionsSpec, faults: &mut Faults) -> TableOptions {
    // Without `..`: a new option must be decided on here.
    let OptionsSpec {
        engine,
        character_set,
        collation,
        comment,
        row_format,
        auto_increment,
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
        engine_attribute,
        secondary_engine,
        secondary_engine_attribute,
    } = spec;
    for (index, table) in union.iter().enumerate() {
        faults.name(|| format!("spec.options.union[{index}]"), table);
    }
    TableOptions {
        engine: engine.clone(),
        character_set: character_set.as_ref().map(|name| name.to_lowercase()),
        collation: collation.as_ref().map(|name| name.to_lowercase()),
        comment: not_empty(comment.as_ref()),
        auto_increment: *auto_increment,
        row_format: row_format.and_then(row_format_name),
        key_block_size: key_block_size.filter(|size| *size != 0),
        compression: not_empty(compression.as_ref()),
        encryption: encryption.map(|on| if on { "Y" } else { "N" }.to_owned()),
        tablespace: tablespace.clone(),
        storage: storage.map(|storage| {
            match storage {
                ColumnStorageSpec::Disk => "DISK",
                ColumnStorageSpec::Memory => "MEMORY",
            }
            .to_owned()
        }),
        autoextend_size: autoextend_size.filter(|size| *size != 0),
        data_directory: data_directory.clone(),
        index_directory: index_directory.clone(),
        stats_persistent: stats_persistent.map(u8::from),
        stats_auto_recalc: stats_auto_recalc.map(u8::from),
        stats_sample_pages: stats_sample_pages.filter(|pages| *pages != 0),
        avg_row_length: avg_row_length.filter(|length| *length != 0),
        min_rows: min_rows.filter(|rows| *rows != 0),
        max_rows: max_rows.filter(|rows| *rows != 0),
        pack_keys: pack_keys.map(u8::from),
        checksum: checksum.filter(|on| *on).map(u8::from),
        delay_key_write: delay_key_write.filter(|on| *on).map(u8::from),
        insert_method: insert_method.as_ref().map(|method| method.to_uppercase()),
        union: union.iter().map(TableName::new).collect(),
        connection: None,
        engine_attribute: engine_attribute.clone(),
        secondary_engine_attribute: secondary_engine_attribute.clone(),
        secondary_engine: secondary_engine.clone(),
    }
}

fn not_empty(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.is_empty()).cloned()
}

fn row_format_name(spec: RowFormatSpec) -> Option<String> {
    let name = match spec {
        RowFormatSpec::Default => return None,
        RowFormatSpec::Dynamic => "DYNAMIC",
        RowFormatSpec::Compressed => "COMPRESSED",
        RowFormatSpec::Redundant => "REDUNDANT",
        RowFormatSpec::Compact => "COMPACT",
        RowFormatSpec::Fixed => "FIXED",
    };
    Some(name.to_owned())
}
