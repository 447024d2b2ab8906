//! Column types.

use super::super::identifier::{push_bare, push_string};
use super::Paper;
use crate::model::{CharacterSpec, DataType, Dialect, GeometryKind, IntegerKind, TextSize};

/// Appends a type with its numeric attributes, without character set and SRID, which stand at places of their own.
pub(super) fn push_type(out: &mut String, data_type: &DataType, paper: Paper) {
    match data_type {
        DataType::Bit { length } => push_sized(out, "bit", u64::from(*length)),
        DataType::Integer { kind, unsigned, zerofill, width } => {
            out.push_str(integer(*kind));
            if let Some(width) = width {
                push_parenthesised(out, &width.to_string());
            }
            push_sign(out, *unsigned, *zerofill);
        }
        DataType::Decimal { precision, scale, unsigned, zerofill } => {
            out.push_str("decimal");
            push_parenthesised(out, &format!("{precision},{scale}"));
            push_sign(out, *unsigned, *zerofill);
        }
        DataType::Float { double, digits, unsigned, zerofill } => {
            out.push_str(if *double { "double" } else { "float" });
            if let Some((total, after)) = digits {
                push_parenthesised(out, &format!("{total},{after}"));
            }
            push_sign(out, *unsigned, *zerofill);
        }
        DataType::Date => out.push_str("date"),
        DataType::Time { fractional } => push_fractional(out, "time", *fractional),
        DataType::DateTime { fractional } => push_fractional(out, "datetime", *fractional),
        DataType::Timestamp { fractional } => push_fractional(out, "timestamp", *fractional),
        DataType::Year => {
            out.push_str(if paper.shown() && paper.dialect.keeps_display_widths() { "year(4)" } else { "year" })
        }
        DataType::Char { length, characters: _ } => push_sized(out, "char", u64::from(*length)),
        DataType::VarChar { length, characters: _ } => push_sized(out, "varchar", u64::from(*length)),
        DataType::Text { size, length, characters: _ } => {
            out.push_str(size_class(*size));
            out.push_str("text");
            push_length(out, *length);
        }
        DataType::Binary { length } => push_sized(out, "binary", u64::from(*length)),
        DataType::VarBinary { length } => push_sized(out, "varbinary", u64::from(*length)),
        DataType::Blob { size, length } => {
            out.push_str(size_class(*size));
            out.push_str("blob");
            push_length(out, *length);
        }
        DataType::Enum { members, characters: _ } => push_members(out, "enum", members),
        DataType::Set { members, characters: _ } => push_members(out, "set", members),
        DataType::Json => out.push_str("json"),
        DataType::Vector { dimensions } => push_sized(out, "vector", u64::from(*dimensions)),
        DataType::Geometry { kind, srid: _ } => out.push_str(geometry(*kind, paper.dialect)),
        DataType::Unmodelled { name } => out.push_str(name),
    }
}

/// Appends ` CHARACTER SET … COLLATE …` of a character type, as far as they are given.
pub(super) fn push_characters(out: &mut String, data_type: &DataType, paper: Paper) {
    let Some(CharacterSpec { character_set, collation, binary }) = data_type.characters() else { return };
    let inherits = paper.inherited.filter(|inherited| {
        !binary && character_set.as_deref() == inherited.character_set && collation.as_deref() == inherited.collation
    });
    if inherits.is_some_and(|inherited| !inherited.is_shown_by_columns()) {
        return;
    }
    if let Some(character_set) = character_set
        && inherits.is_none()
    {
        out.push_str(" CHARACTER SET ");
        push_bare(out, paper.character_set(character_set));
    }
    if *binary {
        out.push_str(" BINARY");
    }
    if let Some(collation) = collation {
        out.push_str(" COLLATE ");
        push_bare(out, &paper.collation(collation));
    }
}

fn push_parenthesised(out: &mut String, text: &str) {
    out.push('(');
    out.push_str(text);
    out.push(')');
}

fn push_sized(out: &mut String, name: &str, size: u64) {
    out.push_str(name);
    push_parenthesised(out, &size.to_string());
}

fn push_length(out: &mut String, length: Option<u64>) {
    if let Some(length) = length {
        push_parenthesised(out, &length.to_string());
    }
}

fn push_fractional(out: &mut String, name: &str, fractional: u8) {
    out.push_str(name);
    if fractional > 0 {
        push_parenthesised(out, &fractional.to_string());
    }
}

fn push_sign(out: &mut String, unsigned: bool, zerofill: bool) {
    if unsigned {
        out.push_str(" unsigned");
    }
    if zerofill {
        out.push_str(" zerofill");
    }
}

fn push_members(out: &mut String, name: &str, members: &[String]) {
    out.push_str(name);
    out.push('(');
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_string(out, member);
    }
    out.push(')');
}

fn integer(kind: IntegerKind) -> &'static str {
    match kind {
        IntegerKind::TinyInt => "tinyint",
        IntegerKind::SmallInt => "smallint",
        IntegerKind::MediumInt => "mediumint",
        IntegerKind::Int => "int",
        IntegerKind::BigInt => "bigint",
    }
}

fn size_class(size: TextSize) -> &'static str {
    match size {
        TextSize::Tiny => "tiny",
        TextSize::Regular => "",
        TextSize::Medium => "medium",
        TextSize::Long => "long",
    }
}

fn geometry(kind: GeometryKind, dialect: Dialect) -> &'static str {
    match kind {
        GeometryKind::Geometry => "geometry",
        GeometryKind::Point => "point",
        GeometryKind::LineString => "linestring",
        GeometryKind::Polygon => "polygon",
        GeometryKind::MultiPoint => "multipoint",
        GeometryKind::MultiLineString => "multilinestring",
        GeometryKind::MultiPolygon => "multipolygon",
        GeometryKind::GeomCollection if dialect.shortens_geometry_collection() => "geomcollection",
        GeometryKind::GeomCollection => "geometrycollection",
    }
}
