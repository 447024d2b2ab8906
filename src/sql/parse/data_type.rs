//! Column types; synonyms become the types that MySQL makes of them.

use super::super::cursor::Cursor;
use super::super::lexer::Kind;
use super::super::{SqlError, literal};
use crate::model::{CharacterSpec, DataType, GeometryKind, IntegerKind, TextSize};

/// A type, and whether it was `SERIAL` (which says much more than a type).
pub(super) struct ParsedType {
    pub(super) data_type: DataType,
    pub(super) serial: bool,
}

/// Parses a type with its attributes.
pub(super) fn data_type(cursor: &mut Cursor<'_>) -> Result<ParsedType, SqlError> {
    if cursor.kind() != Some(Kind::Word) {
        return Err(cursor.expected("a column type"));
    }
    if cursor.take("SERIAL") {
        let data_type = DataType::Integer { kind: IntegerKind::BigInt, unsigned: true, zerofill: false, width: None };
        return Ok(ParsedType { data_type, serial: true });
    }
    let word = cursor.peek().to_ascii_lowercase();
    let data_type = match numeric(&word, cursor)? {
        Some(data_type) => data_type,
        None => match character(&word, cursor)? {
            Some(data_type) => data_type,
            None => other(&word, cursor)?,
        },
    };
    Ok(ParsedType { data_type, serial: false })
}

fn integer_kind(word: &str) -> Option<IntegerKind> {
    Some(match word {
        "tinyint" | "int1" | "bool" | "boolean" => IntegerKind::TinyInt,
        "smallint" | "int2" => IntegerKind::SmallInt,
        "mediumint" | "int3" | "middleint" => IntegerKind::MediumInt,
        "int" | "integer" | "int4" => IntegerKind::Int,
        "bigint" | "int8" => IntegerKind::BigInt,
        _ => return None,
    })
}

fn numeric(word: &str, cursor: &mut Cursor<'_>) -> Result<Option<DataType>, SqlError> {
    if let Some(kind) = integer_kind(word) {
        cursor.advance();
        if word.starts_with("bool") {
            return Ok(Some(DataType::Integer { kind, unsigned: false, zerofill: false, width: Some(1) }));
        }
        let width = in_parentheses(cursor, "a display width")?;
        let (unsigned, zerofill) = sign(cursor);
        return Ok(Some(DataType::Integer { kind, unsigned, zerofill, width }));
    }
    Ok(Some(match word {
        "decimal" | "dec" | "numeric" | "fixed" => {
            cursor.advance();
            let (precision, scale) = one_or_two(cursor)?.unwrap_or((10, None));
            // 0 means the default (manual: "Fixed-Point Types").
            let precision = if precision == 0 { 10 } else { precision };
            let (unsigned, zerofill) = sign(cursor);
            DataType::Decimal {
                precision: small(cursor, precision, 65, "the precision of decimal")?,
                scale: small(cursor, scale.unwrap_or(0), 30, "the scale of decimal")?,
                unsigned,
                zerofill,
            }
        }
        "float" | "float4" | "double" | "float8" | "real" => {
            cursor.advance();
            let double = matches!(word, "double" | "float8" | "real");
            if word == "double" {
                cursor.take("PRECISION");
            }
            float(double, cursor)?
        }
        "bit" => {
            cursor.advance();
            let length = in_parentheses::<u64>(cursor, "a number of bits")?.unwrap_or(1);
            DataType::Bit { length: small(cursor, length.max(1), 64, "the length of bit")? }
        }
        _ => return Ok(None),
    }))
}

fn float(mut double: bool, cursor: &mut Cursor<'_>) -> Result<DataType, SqlError> {
    let digits = match one_or_two(cursor)? {
        Some((total, Some(after))) => Some((
            small(cursor, total, 255, "the digits of a float")?,
            small(cursor, after, 30, "the scale of a float")?,
        )),
        Some((precision, None)) => {
            if precision > 53 {
                return Err(cursor.wrong("a float has at most 53 bits of precision", "write double"));
            }
            double |= precision > 24;
            None
        }
        None => None,
    };
    let (unsigned, zerofill) = sign(cursor);
    Ok(DataType::Float { double, digits, unsigned, zerofill })
}

fn character(word: &str, cursor: &mut Cursor<'_>) -> Result<Option<DataType>, SqlError> {
    let national = matches!(word, "nchar" | "nvarchar" | "national");
    let varying = match word {
        "char" | "character" | "nchar" => {
            cursor.advance();
            cursor.take("VARYING") || (word == "nchar" && cursor.take_any(&["VARCHAR", "VARCHARACTER"]))
        }
        "varchar" | "varcharacter" | "nvarchar" => {
            cursor.advance();
            true
        }
        "national" => {
            cursor.advance();
            if cursor.take_any(&["VARCHAR", "VARCHARACTER"]) {
                true
            } else if cursor.take_any(&["CHAR", "CHARACTER"]) {
                cursor.take("VARYING")
            } else {
                return Err(cursor.expected("CHAR or VARCHAR"));
            }
        }
        "tinytext" | "text" | "mediumtext" | "longtext" | "long" => return text(word, cursor).map(Some),
        "enum" | "set" => {
            cursor.advance();
            let members = members(cursor)?;
            let characters = attributes(cursor, &mut false)?;
            return Ok(Some(if word == "enum" {
                DataType::Enum { members, characters }
            } else {
                DataType::Set { members, characters }
            }));
        }
        _ => return Ok(None),
    };
    let length: Option<u32> = in_parentheses(cursor, "a length")?;
    let length = match (length, varying) {
        (Some(length), _) => length,
        (None, false) => 1,
        (None, true) => return Err(cursor.expected("the length of varchar in parentheses")),
    };
    let mut bytes = false;
    let characters = if national {
        let binary = cursor.take("BINARY");
        CharacterSpec { character_set: Some("utf8mb3".to_owned()), binary, ..CharacterSpec::default() }
    } else {
        attributes(cursor, &mut bytes)?
    };
    Ok(Some(match (varying, bytes) {
        (false, false) => DataType::Char { length, characters },
        (true, false) => DataType::VarChar { length, characters },
        (false, true) => DataType::Binary { length },
        (true, true) => DataType::VarBinary { length },
    }))
}

fn text(word: &str, cursor: &mut Cursor<'_>) -> Result<DataType, SqlError> {
    cursor.advance();
    let size = match word {
        "tinytext" => TextSize::Tiny,
        "text" => TextSize::Regular,
        "longtext" => TextSize::Long,
        _ => TextSize::Medium,
    };
    if word == "long" {
        if cursor.take("VARBINARY") {
            return Ok(DataType::Blob { size, length: None });
        }
        if cursor.take_any(&["CHAR", "CHARACTER"]) {
            cursor.expect("VARYING")?;
        } else {
            cursor.take_any(&["VARCHAR", "VARCHARACTER"]);
        }
    }
    let length = if word == "text" { in_parentheses(cursor, "a length")? } else { None };
    let mut bytes = false;
    let characters = attributes(cursor, &mut bytes)?;
    Ok(if bytes { DataType::Blob { size, length } } else { DataType::Text { size, length, characters } })
}

fn other(word: &str, cursor: &mut Cursor<'_>) -> Result<DataType, SqlError> {
    if let Some(kind) = geometry(word) {
        cursor.advance();
        return Ok(DataType::Geometry { kind, srid: None });
    }
    let at_type = *cursor;
    cursor.advance();
    Ok(match word {
        "date" => DataType::Date,
        "time" => DataType::Time { fractional: fractional(cursor)? },
        "datetime" => DataType::DateTime { fractional: fractional(cursor)? },
        "timestamp" => DataType::Timestamp { fractional: fractional(cursor)? },
        "year" => {
            if in_parentheses::<u32>(cursor, "4")?.is_some_and(|digits| digits != 4) {
                return Err(at_type.wrong("a year has 4 digits", "write year"));
            }
            sign(cursor);
            DataType::Year
        }
        "binary" => DataType::Binary { length: in_parentheses(cursor, "a length")?.unwrap_or(1) },
        "varbinary" => match in_parentheses(cursor, "a length")? {
            Some(length) => DataType::VarBinary { length },
            None => return Err(cursor.expected("the length of varbinary in parentheses")),
        },
        "tinyblob" => DataType::Blob { size: TextSize::Tiny, length: None },
        "blob" => DataType::Blob { size: TextSize::Regular, length: in_parentheses(cursor, "a length")? },
        "mediumblob" => DataType::Blob { size: TextSize::Medium, length: None },
        "longblob" => DataType::Blob { size: TextSize::Long, length: None },
        "json" => DataType::Json,
        "vector" => DataType::Vector { dimensions: in_parentheses(cursor, "dimensions")?.unwrap_or(2048) },
        _ if at_type.dialect.has_unmodelled_type(word) => DataType::Unmodelled { name: word.to_owned() },
        _ => {
            let product = at_type.dialect.product();
            return Err(at_type.wrong(
                format!("{} is not a type of {product}", at_type.peek()),
                &format!("see the Data Types chapter of the {product} manual for the types there are"),
            ));
        }
    })
}

fn geometry(word: &str) -> Option<GeometryKind> {
    Some(match word {
        "geometry" => GeometryKind::Geometry,
        "point" => GeometryKind::Point,
        "linestring" => GeometryKind::LineString,
        "polygon" => GeometryKind::Polygon,
        "multipoint" => GeometryKind::MultiPoint,
        "multilinestring" => GeometryKind::MultiLineString,
        "multipolygon" => GeometryKind::MultiPolygon,
        "geomcollection" | "geometrycollection" => GeometryKind::GeomCollection,
        _ => return None,
    })
}

/// `SIGNED`, `UNSIGNED` and `ZEROFILL` in any order; zerofill implies unsigned.
fn sign(cursor: &mut Cursor<'_>) -> (bool, bool) {
    let (mut unsigned, mut zerofill) = (false, false);
    loop {
        if cursor.take("UNSIGNED") {
            unsigned = true;
        } else if cursor.take("ZEROFILL") {
            zerofill = true;
        } else if !cursor.take("SIGNED") {
            return (unsigned || zerofill, zerofill);
        }
    }
}

fn in_parentheses<T: TryFrom<u64>>(cursor: &mut Cursor<'_>, what: &str) -> Result<Option<T>, SqlError> {
    if !cursor.take_mark("(") {
        return Ok(None);
    }
    let number = cursor.integer(what)?;
    cursor.expect_mark(")")?;
    Ok(Some(number))
}

fn one_or_two(cursor: &mut Cursor<'_>) -> Result<Option<(u64, Option<u64>)>, SqlError> {
    if !cursor.take_mark("(") {
        return Ok(None);
    }
    let one = cursor.integer("a number of digits")?;
    let two = if cursor.take_mark(",") { Some(cursor.integer("a scale")?) } else { None };
    cursor.expect_mark(")")?;
    Ok(Some((one, two)))
}

fn small(cursor: &Cursor<'_>, number: u64, most: u8, what: &str) -> Result<u8, SqlError> {
    match u8::try_from(number) {
        Ok(number) if number <= most => Ok(number),
        Ok(_) | Err(_) => Err(cursor.wrong(format!("{what} is at most {most}, not {number}"), "choose a smaller one")),
    }
}

fn fractional(cursor: &mut Cursor<'_>) -> Result<u8, SqlError> {
    let digits = in_parentheses::<u64>(cursor, "a number of fractional digits")?.unwrap_or(0);
    small(cursor, digits, 6, "the number of fractional digits")
}

/// The members of ENUM and SET.
fn members(cursor: &mut Cursor<'_>) -> Result<Vec<String>, SqlError> {
    cursor.expect_mark("(")?;
    let mut members = Vec::new();
    loop {
        if cursor.kind() == Some(Kind::Hex) {
            let Ok(member) = String::from_utf8(literal::hex_bytes(cursor.peek())) else {
                return Err(cursor.wrong("this member is not UTF-8", "write it as a string"));
            };
            cursor.advance();
            members.push(member);
        } else {
            members.push(cursor.string("a member as a string")?);
        }
        if !cursor.take_mark(",") {
            cursor.expect_mark(")")?;
            return Ok(members);
        }
    }
}

/// `CHARACTER SET`, its short forms, and `BINARY`, in any order; `bytes` becomes true for `BYTE`.
fn attributes(cursor: &mut Cursor<'_>, bytes: &mut bool) -> Result<CharacterSpec, SqlError> {
    let mut characters = CharacterSpec::default();
    loop {
        if cursor.take("CHARSET") || cursor.take_all(&["CHARACTER", "SET"]) || cursor.take_all(&["CHAR", "SET"]) {
            characters.character_set = Some(cursor.word_or_string("a character set")?.to_ascii_lowercase());
        } else if cursor.take("COLLATE") {
            characters.collation = Some(cursor.word_or_string("a collation")?.to_ascii_lowercase());
        } else if cursor.take("BINARY") {
            characters.binary = true;
        } else if cursor.take("ASCII") {
            characters.character_set = Some("latin1".to_owned());
        } else if cursor.take("UNICODE") {
            characters.character_set = Some("ucs2".to_owned());
        } else if cursor.take("BYTE") {
            *bytes = true;
        } else {
            return Ok(characters);
        }
    }
}
