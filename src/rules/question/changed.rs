//! Conditions that hold for the values which another type takes, and changes: strict mode says nothing about a fraction, a
//! time part, spaces at the end, digits of a floating-point number. What is refused ([`super::refused`]) is not excluded
//! here; who asks does that.

use crate::model::DataType;
use crate::rules::loss::bytes;
use crate::sql::quote_string;

use super::UNKNOWN;
use super::refused::{Reading, as_bytes, as_number, converted, copied, is_text, members_found, reading};

/// Which values of a column (quoted) of the live type the desired one takes as others; `None`: it changes none.
pub(in super::super) fn values_changed(
    column: &str,
    live: &DataType,
    desired: &DataType,
) -> Result<Option<String>, &'static str> {
    match desired {
        DataType::Integer { .. } => number(column, live, 0),
        DataType::Decimal { scale, .. } => number(column, live, *scale),
        DataType::Float { double, digits, .. } => float(column, live, *double, *digits),
        DataType::Bit { length } => bits(column, live, *length),
        DataType::Year => year(column, live),
        DataType::Date => date(column, live),
        DataType::DateTime { fractional } | DataType::Timestamp { fractional } => moment(column, live, *fractional),
        DataType::Time { fractional } => time(column, live, *fractional),
        // MySQL 9.7.4 writes the number into 64 bytes, which are 16 digits in utf32, cuts the rest, and gives no error.
        DataType::Char { characters, .. }
        | DataType::VarChar { characters, .. }
        | DataType::Text { characters, .. }
            if matches!(live, DataType::Bit { .. }) && characters.character_set.as_deref() == Some("utf32") =>
        {
            Ok(Some(format!("{column} + 0 >= 10000000000000000")))
        }
        DataType::Char { .. } => text(column, live, Room::Padded),
        DataType::VarChar { characters, .. } if copied(live, characters) => Ok(None),
        DataType::VarChar { length, .. } => text(column, live, Room::Characters(*length)),
        DataType::Text { size, characters, .. } => {
            let set = characters.character_set.as_ref();
            let same = live.characters().is_none_or(|own| own.character_set.as_ref() == set);
            let value = if same { column.to_owned() } else { converted(column, characters)? };
            text(column, live, Room::Bytes(value, bytes(*size)))
        }
        // Bytes are added at the end.
        DataType::Binary { length } => Ok((!matches!(live, DataType::Binary { length: own } if own == length))
            .then_some(format!("LENGTH({}) < {length}", as_bytes(column, live)?))),
        DataType::VarBinary { .. } | DataType::Blob { .. } => as_bytes(column, live).map(|_| None),
        DataType::Enum { members, .. } if is_text(live) => {
            let members: Vec<String> =
                members.iter().map(|member| format!("CAST({} AS BINARY)", quote_string(member))).collect();
            Ok(Some(format!("CAST(CONVERT({column} USING utf8mb4) AS BINARY) NOT IN ({})", members.join(", "))))
        }
        // A list in another order, or with a member twice, is written anew.
        DataType::Set { members, characters } if is_text(live) => Ok(Some(format!(
            "{} <> IF({column} = '', 0, 1 + CHAR_LENGTH({column}) - CHAR_LENGTH(REPLACE({column}, ',', '')))",
            members_found(column, members, characters)?
        ))),
        // A number becomes the member that has it.
        DataType::Enum { .. } | DataType::Set { .. } => is_set(column, matches!(live, DataType::Integer { .. })),
        DataType::Json => json(column, live),
        DataType::Vector { .. } => Ok(None),
        DataType::Geometry { .. } if matches!(live, DataType::Geometry { .. }) => Ok(None),
        DataType::Geometry { .. } | DataType::Unmodelled { .. } => Err(UNKNOWN),
    }
}

/// All values, where it is known that all change.
fn is_set(column: &str, known: bool) -> Result<Option<String>, &'static str> {
    if known { Ok(Some(format!("{column} IS NOT NULL"))) } else { Err(UNKNOWN) }
}

/// Exact numbers: of what comes after the last digit that is kept nothing is left.
fn number(column: &str, live: &DataType, scale: u8) -> Result<Option<String>, &'static str> {
    Ok(match (reading(column, live), live) {
        // Members become their numbers.
        (_, DataType::Enum { .. } | DataType::Set { .. }) => Some(format!("{column} IS NOT NULL")),
        (_, DataType::Json) => {
            let value = as_number(&format!("CAST({column} AS CHAR)"));
            Some(format!("{value} <> ROUND({value}, {scale})"))
        }
        (Reading::Whole(_) | Reading::Date(_), _) => None,
        (Reading::Exact(value), _) => Some(format!("{value} <> ROUND({value}, {scale})")),
        // Beyond the digits that a DOUBLE has, 9.7 and MariaDB make the nearest BIGINT that they know.
        (Reading::Approximate { value, .. }, _) => {
            Some(format!("{value} <> ROUND({value}, {scale}) OR ABS({value}) >= 9223372036854775807e0"))
        }
        (Reading::Text(value), _) => {
            let value = as_number(&value);
            Some(format!("{value} <> ROUND({value}, {scale})"))
        }
        (Reading::Time(value) | Reading::Moment { value, .. }, _) => fraction(&value, scale),
        // All are refused.
        (Reading::Geometry(_), _) => None,
        (Reading::Other, _) => return Err(UNKNOWN),
    })
}

/// Values with more digits of a second than these.
fn fraction(value: &str, digits: u8) -> Option<String> {
    let step = 10_u32.pow(u32::from(6_u8.saturating_sub(digits)));
    (step > 1).then(|| format!("MICROSECOND({value}) MOD {step} <> 0"))
}

fn float(
    column: &str,
    live: &DataType,
    double: bool,
    digits: Option<(u8, u8)>,
) -> Result<Option<String>, &'static str> {
    if let Some((_, after)) = digits {
        return match reading(column, live) {
            Reading::Whole(_) | Reading::Date(_) | Reading::Geometry(_) => Ok(None),
            Reading::Exact(value) | Reading::Approximate { value, .. } => {
                Ok(Some(format!("{value} <> ROUND({value}, {after})")))
            }
            Reading::Text(value) => {
                let value = as_number(&value);
                Ok(Some(format!("{value} <> ROUND({value}, {after})")))
            }
            Reading::Time(value) | Reading::Moment { value, .. } => Ok(fraction(&value, after)),
            Reading::Other => Err(UNKNOWN),
        };
    }
    // Whole numbers up to these have all their digits.
    let most = if double { "9007199254740992" } else { "16777216" };
    Ok(match (reading(column, live), live) {
        (_, DataType::Integer { kind, .. }) if double && *kind < crate::model::IntegerKind::BigInt => None,
        (Reading::Whole(value), DataType::Integer { .. } | DataType::Bit { .. }) if double => Some(format!(
            "{value} NOT BETWEEN -{most} AND {most} AND CAST({value} AS DECIMAL(20)) <> CAST(CAST({value} AS DOUBLE) AS DECIMAL(20))"
        )),
        (Reading::Whole(value), _) => Some(format!("{value} NOT BETWEEN -{most} AND {most}")),
        (Reading::Approximate { .. }, _) if double => None,
        (Reading::Exact(value), DataType::Decimal { scale, .. }) if double => {
            Some(format!("{value} <> CAST(CAST({value} AS DOUBLE) AS DECIMAL(65, {scale}))"))
        }
        (Reading::Text(value), _) if double => {
            Some(format!("{} <> CAST(({value} + 0e0) AS DECIMAL(65, 30))", as_number(&value)))
        }
        (Reading::Date(_), _) if double => None,
        (Reading::Time(value) | Reading::Moment { value, .. }, _) if double => fraction(&value, 0),
        (Reading::Date(value) | Reading::Moment { value, .. }, _) => Some(format!("{value} IS NOT NULL")),
        (Reading::Time(value), _) => fraction(&value, 0),
        (Reading::Geometry(_), _) => None,
        // A FLOAT has no digits of its own: nearly every fraction changes.
        (Reading::Exact(_) | Reading::Approximate { .. } | Reading::Text(_) | Reading::Other, _) => {
            return Err(UNKNOWN);
        }
    })
}

fn bits(column: &str, live: &DataType, length: u8) -> Result<Option<String>, &'static str> {
    let negative = |value: &str| if length >= 64 { format!(" OR {value} < 0") } else { String::new() };
    Ok(match (reading(column, live), live) {
        (Reading::Whole(value), DataType::Integer { unsigned: false, .. }) if length >= 64 => {
            Some(format!("{value} < 0"))
        }
        (Reading::Whole(_), _) => None,
        (Reading::Exact(value) | Reading::Approximate { value, .. }, _) => {
            Some(format!("{value} <> ROUND({value}){}", negative(&value)))
        }
        (Reading::Text(value), _) if is_text(live) => Some(format!("CAST({value} AS DECIMAL(65)) < 0")),
        (
            Reading::Text(_)
            | Reading::Date(_)
            | Reading::Time(_)
            | Reading::Moment { .. }
            | Reading::Geometry(_)
            | Reading::Other,
            _,
        ) => return Err(UNKNOWN),
    })
}

/// Years of two digits become years of this century or the last.
fn year(column: &str, live: &DataType) -> Result<Option<String>, &'static str> {
    Ok(match reading(column, live) {
        Reading::Whole(value) => Some(format!("{value} BETWEEN 1 AND 99")),
        Reading::Exact(value) | Reading::Approximate { value, .. } => {
            Some(format!("{value} <> ROUND({value}) OR {value} BETWEEN 1 AND 99"))
        }
        Reading::Text(value) => {
            let value = as_number(&value);
            Some(format!("{value} <> ROUND({value}) OR {value} BETWEEN 0 AND 99"))
        }
        Reading::Time(value) => Some(format!("{value} IS NOT NULL")),
        Reading::Date(_) | Reading::Moment { .. } | Reading::Geometry(_) => None,
        Reading::Other => return Err(UNKNOWN),
    })
}

fn date(column: &str, live: &DataType) -> Result<Option<String>, &'static str> {
    Ok(match reading(column, live) {
        Reading::Date(_) | Reading::Geometry(_) => None,
        // A time of day becomes one of the day on which it is changed.
        Reading::Time(value) => Some(format!("{value} IS NOT NULL")),
        Reading::Moment { value, .. } => Some(format!("TIME({value}) <> TIME'00:00:00'")),
        Reading::Text(value) => Some(format!("TIME(CAST({value} AS DATETIME(6))) <> TIME'00:00:00'")),
        Reading::Whole(_) | Reading::Exact(_) | Reading::Approximate { .. } | Reading::Other => return Err(UNKNOWN),
    })
}

fn moment(column: &str, live: &DataType, digits: u8) -> Result<Option<String>, &'static str> {
    Ok(match reading(column, live) {
        Reading::Date(_) | Reading::Geometry(_) => None,
        Reading::Time(value) => Some(format!("{value} IS NOT NULL")),
        Reading::Moment { value, .. } => fraction(&value, digits),
        Reading::Text(value) => fraction(&format!("CAST({value} AS DATETIME(6))"), digits),
        Reading::Whole(_) | Reading::Exact(_) | Reading::Approximate { .. } | Reading::Other => return Err(UNKNOWN),
    })
}

fn time(column: &str, live: &DataType, digits: u8) -> Result<Option<String>, &'static str> {
    Ok(match reading(column, live) {
        Reading::Time(value) => fraction(&value, digits),
        // The day goes.
        Reading::Date(value) | Reading::Moment { value, .. } => Some(format!("{value} IS NOT NULL")),
        Reading::Geometry(_) => None,
        Reading::Text(_) | Reading::Whole(_) | Reading::Exact(_) | Reading::Approximate { .. } | Reading::Other => {
            return Err(UNKNOWN);
        }
    })
}

/// How much a type holds.
enum Room {
    /// Characters, without spaces at the end.
    Padded,
    Characters(u32),
    /// The converted value, and bytes.
    Bytes(String, u64),
}

fn text(column: &str, live: &DataType, room: Room) -> Result<Option<String>, &'static str> {
    match live {
        DataType::Char { .. }
        | DataType::VarChar { .. }
        | DataType::Text { .. }
        | DataType::Enum { .. }
        | DataType::Set { .. } => Ok(Some(match room {
            Room::Padded => {
                format!("CHAR_LENGTH({column}) <> CHAR_LENGTH(TRIM(TRAILING ' ' FROM {column}))")
            }
            Room::Characters(length) => format!("CHAR_LENGTH({column}) > {length}"),
            Room::Bytes(value, length) => format!("LENGTH({value}) > {length}"),
        })),
        DataType::Bit { .. } => match room {
            Room::Padded | Room::Characters(_) => Ok(None),
            Room::Bytes(..) => Err(UNKNOWN),
        },
        // It is printed with six digits.
        DataType::Float { double: false, .. } => Err(UNKNOWN),
        DataType::Integer { .. }
        | DataType::Decimal { .. }
        | DataType::Float { .. }
        | DataType::Year
        | DataType::Date
        | DataType::Time { .. }
        | DataType::DateTime { .. }
        | DataType::Timestamp { .. }
        | DataType::Json => Ok(None),
        DataType::Binary { .. }
        | DataType::VarBinary { .. }
        | DataType::Blob { .. }
        | DataType::Vector { .. }
        | DataType::Geometry { .. }
        | DataType::Unmodelled { .. } => Err(UNKNOWN),
    }
}

fn json(column: &str, live: &DataType) -> Result<Option<String>, &'static str> {
    if is_text(live) {
        // White space is not kept, nor are keys that come twice, nor digits that a DOUBLE does not have; escapes are
        // written anew.
        let bare = |value: &str| format!("CHAR_LENGTH(REGEXP_REPLACE({value}, '[[:space:]]', ''))");
        return Ok(Some(format!(
            "CASE WHEN JSON_VALID({column}) THEN {} <> {} ELSE FALSE END",
            bare(column),
            bare(&format!("CAST(CAST({column} AS JSON) AS CHAR)"))
        )));
    }
    match reading(column, live) {
        Reading::Whole(_) | Reading::Exact(_) | Reading::Approximate { .. } => Ok(None),
        Reading::Date(_) | Reading::Time(_) | Reading::Moment { .. } | Reading::Geometry(_) => Ok(None),
        Reading::Text(_) | Reading::Other => Err(UNKNOWN),
    }
}
