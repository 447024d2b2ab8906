//! Columns.

use super::{NotStructured, not_empty};
use crate::api::{ColumnFormatSpec, ColumnSpec, ColumnStorageSpec, GeneratedKindSpec, GeneratedSpec, Scalar};
use crate::model::{
    CharacterSpec, Column, ColumnDefault, ColumnFormat, DataType, GeneratedKind, KeyTarget, Literal, Storage, Table,
};
use crate::sql;

pub(super) fn column(column: &Column, table: &Table) -> Result<ColumnSpec, NotStructured> {
    let Column {
        name,
        data_type,
        nullable,
        default,
        on_update,
        auto_increment,
        generated,
        visible,
        comment,
        check,
        format,
        storage,
        engine_attribute,
        secondary_engine_attribute,
        not_secondary,
    } = column;
    let characters = data_type.characters().cloned().unwrap_or_default();
    let (text, srid) = bare_type(data_type);
    let CharacterSpec { character_set, collation, binary } = said(characters);
    // Of a column's own CHECK only SQL can speak.
    if binary || check.is_some() {
        return Err(NotStructured);
    }
    let mut spec = ColumnSpec {
        name: name.to_string(),
        data_type: text,
        nullable: said_nullable(*nullable, column, table),
        auto_increment: *auto_increment,
        character_set,
        collation,
        comment: not_empty(comment),
        visible: (!visible).then_some(false),
        srid,
        not_secondary: *not_secondary,
        engine_attribute: engine_attribute.clone(),
        secondary_engine_attribute: secondary_engine_attribute.clone(),
        ..ColumnSpec::default()
    };
    match default {
        None | Some(ColumnDefault::Null) => {}
        Some(ColumnDefault::Literal(literal)) => set_literal(&mut spec, literal, data_type)?,
        Some(ColumnDefault::CurrentTimestamp(digits)) => spec.default_expression = Some(current_timestamp(*digits)),
        Some(ColumnDefault::Expression(expression)) => {
            // Parentheses keep `(now())` from being read as `now()`, and a literal from being taken for one.
            spec.default_expression = Some(format!("({})", expression.as_str()));
        }
    }
    spec.on_update = on_update.map(current_timestamp);
    spec.generated = generated.as_ref().map(|generated| GeneratedSpec {
        expression: generated.expression.as_str().to_owned(),
        kind: match generated.kind {
            GeneratedKind::Virtual => GeneratedKindSpec::Virtual,
            GeneratedKind::Stored => GeneratedKindSpec::Stored,
        },
    });
    spec.format = format.map(|format| match format {
        ColumnFormat::Fixed => ColumnFormatSpec::Fixed,
        ColumnFormat::Dynamic => ColumnFormatSpec::Dynamic,
    });
    spec.storage = storage.map(|storage| match storage {
        Storage::Disk => ColumnStorageSpec::Disk,
        Storage::Memory => ColumnStorageSpec::Memory,
    });
    Ok(spec)
}

/// The type's text without character set, collation and SRID, which have fields of their own.
fn bare_type(data_type: &DataType) -> (String, Option<u32>) {
    let mut bare = data_type.clone();
    if let Some(characters) = bare.characters_mut() {
        *characters = CharacterSpec::default();
    }
    let mut number = None;
    if let DataType::Geometry { srid, .. } = &mut bare {
        number = srid.take();
    }
    (sql::print_data_type(&bare), number)
}

/// A collation names its character set. What a column says of its characters stays, also where the table's are the same:
/// `SHOW CREATE TABLE` tells one from the other.
fn said(mut characters: CharacterSpec) -> CharacterSpec {
    if characters.collation.is_some() {
        characters.character_set = None;
    }
    characters
}

/// `nullable: false` where it is so, except in the primary key's own columns, where it goes without saying; and
/// `nullable: true` nowhere but on TIMESTAMP, whose NULL people like to see.
fn said_nullable(nullable: Option<bool>, column: &Column, table: &Table) -> Option<bool> {
    let in_primary_key = table.primary_key.as_ref().is_some_and(|key| {
        key.parts.iter().any(|part| match &part.target {
            KeyTarget::Column { name, .. } => name.same(&column.name),
            KeyTarget::Expression(_) => false,
        })
    });
    match nullable {
        Some(false) if !in_primary_key => Some(false),
        Some(true) if matches!(column.data_type, DataType::Timestamp { .. }) => Some(true),
        Some(_) | None => None,
    }
}

fn set_literal(spec: &mut ColumnSpec, literal: &Literal, data_type: &DataType) -> Result<(), NotStructured> {
    match literal {
        Literal::String(text) => {
            let integer = matches!(data_type, DataType::Integer { .. })
                .then(|| text.parse::<i64>().ok().filter(|number| number.to_string() == *text))
                .flatten();
            spec.default = Some(integer.map_or_else(|| Scalar::String(text.clone()), Scalar::Integer));
        }
        Literal::Number(text) => {
            let number = text.parse::<i64>().ok().filter(|number| number.to_string() == *text);
            spec.default = Some(Scalar::Integer(number.ok_or(NotStructured)?));
        }
        Literal::Hex(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            spec.default_expression = Some(format!("x'{digits}'"));
        }
        Literal::Bits(digits) => spec.default_expression = Some(format!("b'{digits}'")),
        Literal::Introduced { .. } | Literal::Temporal { .. } => return Err(NotStructured),
    }
    Ok(())
}

fn current_timestamp(digits: u8) -> String {
    if digits == 0 { "CURRENT_TIMESTAMP".to_owned() } else { format!("CURRENT_TIMESTAMP({digits})") }
}
