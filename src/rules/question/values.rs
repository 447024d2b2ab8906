//! Conditions that hold for the values which a change of type does not leave as they are. What strict mode refuses and
//! what it changes without a word (a fraction, a time part, trailing spaces) count alike: neither survives.

use crate::model::{DataType, IntegerKind};
use crate::rules::loss::{bytes, only_members_or_characters};
use crate::sql::quote_string;

const UNKNOWN: &str = "no query tells what this change of type does to values";

/// For which values of a column (quoted) of the live type the desired one is not enough.
pub(in super::super) fn values_that_do_not_survive(
    column: &str,
    live: &DataType,
    desired: &DataType,
) -> Result<String, &'static str> {
    use DataType::{
        Binary, Blob, Char, Date, DateTime, Decimal, Float, Integer, Json, Text, Time, Timestamp, VarBinary, VarChar,
        Year,
    };
    Ok(match (live, desired) {
        (Integer { .. }, Integer { kind, unsigned, .. }) => outside(column, *kind, *unsigned),
        (Integer { .. } | Decimal { .. }, Decimal { precision, scale, unsigned, .. }) => {
            format!("{column} <> ROUND({column}, {scale}) OR {}", beyond(column, *precision, *scale, *unsigned))
        }
        (Decimal { .. }, Integer { kind, unsigned, .. }) => {
            format!("{column} <> ROUND({column}) OR {}", outside(&format!("ROUND({column})"), *kind, *unsigned))
        }
        (Float { double: true, .. }, Integer { kind, unsigned, .. }) => {
            format!("{column} <> ROUND({column}) OR {}", outside(column, *kind, *unsigned))
        }
        (Float { double: true, .. }, Decimal { precision, scale, unsigned, .. }) => {
            format!("{column} <> ROUND({column}, {scale}) OR {}", beyond(column, *precision, *scale, *unsigned))
        }
        (Integer { .. }, Float { double: true, digits: None, .. }) => {
            format!("CAST({column} AS DECIMAL(20)) <> CAST(CAST({column} AS DOUBLE) AS DECIMAL(20))")
        }
        (Integer { .. }, VarChar { length, .. } | Char { length, .. }) => format!("CHAR_LENGTH({column}) > {length}"),
        (VarChar { .. } | Text { .. }, Char { length, .. }) => {
            format!("CHAR_LENGTH({column}) > {length} OR CHAR_LENGTH({column}) <> CHAR_LENGTH(RTRIM({column}))")
        }
        (Char { .. } | VarChar { .. } | Text { .. }, VarChar { length, .. })
        | (Char { .. }, Char { length, .. })
        | (DataType::Enum { .. }, Char { length, .. } | VarChar { length, .. }) => {
            format!("CHAR_LENGTH({column}) > {length}")
        }
        (Char { .. } | VarChar { .. } | Text { .. }, Text { size, characters: set, .. }) => {
            let converted = match &set.character_set {
                Some(set) if is_word(set) => format!("CONVERT({column} USING {set})"),
                Some(_) => return Err(UNKNOWN),
                None => column.to_owned(),
            };
            format!("LENGTH({converted}) > {}", bytes(*size))
        }
        (Binary { .. } | VarBinary { .. } | Blob { .. }, VarBinary { length } | Binary { length }) => {
            format!("LENGTH({column}) > {length}")
        }
        (Binary { .. } | VarBinary { .. } | Blob { .. }, Blob { size, .. }) => {
            format!("LENGTH({column}) > {}", bytes(*size))
        }
        (Time { .. }, Time { fractional })
        | (DateTime { .. } | Timestamp { .. }, DateTime { fractional })
        | (Timestamp { .. }, Timestamp { fractional }) => {
            let step = 10_u32.pow(u32::from(6_u8.saturating_sub(*fractional)));
            format!("MICROSECOND({column}) MOD {step} <> 0")
        }
        (DateTime { .. } | Timestamp { .. }, Date) => format!("TIME({column}) <> TIME'00:00:00'"),
        (Char { .. } | VarChar { .. } | Text { .. }, Integer { kind, unsigned, .. }) => {
            let number = format!("CAST({column} AS SIGNED)");
            format!("{column} NOT REGEXP '^[ ]*[-+]?[0-9]{{1,18}}[ ]*$' OR {}", outside(&number, *kind, *unsigned))
        }
        (Char { .. } | VarChar { .. } | Text { .. }, Date) => format!("CAST({column} AS DATE) IS NULL"),
        (Char { .. } | VarChar { .. } | Text { .. }, DateTime { fractional }) => {
            format!("CAST({column} AS DATETIME({fractional})) IS NULL")
        }
        (Char { .. } | VarChar { .. } | Text { .. }, Json) => format!("NOT JSON_VALID({column})"),
        (Char { .. } | VarChar { .. } | Text { .. }, DataType::Enum { members, .. }) => {
            let members: Vec<String> = members.iter().map(|member| quote_string(member)).collect();
            format!("{column} NOT IN ({})", members.join(", "))
        }
        (Year, Integer { kind, unsigned, .. }) => outside(column, *kind, *unsigned),
        (DataType::Bit { .. }, DataType::Bit { length }) if *length < 64 => {
            format!("{column} + 0 >= {}", 1_u128 << length)
        }
        // A FLOAT has no digits of its own, and of a TIMESTAMP as text nobody would speak.
        (_, _) => return Err(UNKNOWN),
    })
}

/// For which values of an ENUM or SET the desired type has no member.
pub(in super::super) fn members_that_go(
    column: &str,
    live: &DataType,
    desired: &DataType,
) -> Result<String, &'static str> {
    match (live, desired) {
        (DataType::Enum { members, .. }, DataType::Enum { members: after, .. }) => {
            let gone: Vec<String> = members
                .iter()
                .enumerate()
                .filter(|(_, member)| !after.contains(member))
                .map(|(place, _)| (place + 1).to_string())
                .collect();
            // Nothing goes: members are but moved.
            Ok(if gone.is_empty() { "FALSE".to_owned() } else { format!("{column} + 0 IN ({})", gone.join(", ")) })
        }
        (DataType::Set { members, .. }, DataType::Set { members: after, .. }) => {
            let gone = members
                .iter()
                .enumerate()
                .filter(|(place, member)| *place < 64 && !after.contains(member))
                .fold(0_u64, |mask, (place, _)| mask | (1 << place));
            Ok(format!("({column} + 0) & {gone} <> 0"))
        }
        (_, _) => Err(UNKNOWN),
    }
}

/// For which values the desired character set lacks a character.
pub(in super::super) fn characters_that_do_not_convert(
    column: &str,
    desired: &DataType,
) -> Result<String, &'static str> {
    let set = desired.characters().and_then(|spec| spec.character_set.as_deref()).filter(|set| is_word(set));
    let set = set.ok_or(UNKNOWN)?;
    Ok(format!(
        "CAST(CONVERT(CONVERT({column} USING {set}) USING utf8mb4) AS BINARY) <> CAST(CONVERT({column} USING utf8mb4) AS BINARY)"
    ))
}

/// A column's values as they will compare, where nothing but its characters changes, or it grows.
pub(super) fn in_other_characters(column: &str, live: &DataType, desired: &DataType) -> Option<String> {
    if live == desired {
        return Some(column.to_owned());
    }
    if !only_members_or_characters(live, desired) {
        return None;
    }
    if live.characters() == desired.characters() {
        return Some(column.to_owned());
    }
    let characters = desired.characters()?;
    let word = |name: &Option<String>| name.clone().filter(|name| is_word(name));
    let (set, collation) = (word(&characters.character_set)?, word(&characters.collation)?);
    Some(format!("CONVERT({column} USING {set}) COLLATE {collation}"))
}

/// Names of character sets are words; anything else is not put into a text.
fn is_word(set: &str) -> bool {
    !set.is_empty() && set.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn outside(value: &str, kind: IntegerKind, unsigned: bool) -> String {
    let bits = match kind {
        IntegerKind::TinyInt => 8,
        IntegerKind::SmallInt => 16,
        IntegerKind::MediumInt => 24,
        IntegerKind::Int => 32,
        IntegerKind::BigInt => 64,
    };
    let (least, most) =
        if unsigned { (0, (1_i128 << bits) - 1) } else { (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1) };
    format!("{value} NOT BETWEEN {least} AND {most}")
}

fn beyond(column: &str, precision: u8, scale: u8, unsigned: bool) -> String {
    let limit = format!("1{}", "0".repeat(usize::from(precision.saturating_sub(scale))));
    let below = if unsigned { format!(" OR {column} < 0") } else { String::new() };
    format!("ABS(ROUND({column}, {scale})) >= {limit}{below}")
}
