//! Conditions that hold for the values which strict mode does not let into another type: one of them makes the statement
//! fail, for certain. A value that this version does not know to be refused is not among them.
//!
//! Each was tried on MySQL 9.7 and MariaDB 10.11 with values at the boundaries (tests/it/values.rs); where the two differ,
//! what both refuse counts. <https://dev.mysql.com/doc/refman/9.0/en/sql-mode.html>

use crate::model::{CharacterSpec, DataType, GeometryKind, IntegerKind};
use crate::rules::loss::bytes;
use crate::sql::quote_string;

use super::UNKNOWN;
use super::values::is_word;

/// A number as people and `CAST` write it, with white space around it.
const NUMBER: &str = "'^[[:space:]]*[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?[[:space:]]*$'";
const WHOLE_NUMBER: &str = "'^[[:space:]]*[-+]?[0-9]+[[:space:]]*$'";
/// The largest finite FLOAT, rounded up.
const MOST_OF_A_FLOAT: &str = "3.4028235e38";

/// How the values of a column are read when they become something else.
pub(super) enum Reading {
    /// A whole number: this expression.
    Whole(String),
    /// An exact number with a fraction.
    Exact(String),
    /// An approximate number.
    Approximate { value: String, double: bool },
    /// Text, or bytes that are read as text.
    Text(String),
    /// A date.
    Date(String),
    /// A time of day, or a span of time.
    Time(String),
    /// A date with a time of day.
    Moment { value: String, is_timestamp: bool },
    /// A geometry.
    Geometry(String),
    /// Anything else.
    Other,
}

/// How the column is read.
pub(super) fn reading(column: &str, live: &DataType) -> Reading {
    let value = column.to_owned();
    match live {
        DataType::Integer { .. } => Reading::Whole(value),
        DataType::Year | DataType::Bit { .. } => Reading::Whole(format!("({column} + 0)")),
        DataType::Decimal { .. } => Reading::Exact(value),
        DataType::Float { double, .. } => Reading::Approximate { value, double: *double },
        DataType::Char { .. } | DataType::VarChar { .. } | DataType::Text { .. } => Reading::Text(value),
        DataType::Binary { .. } | DataType::VarBinary { .. } | DataType::Blob { .. } => {
            Reading::Text(format!("CONVERT({column} USING latin1)"))
        }
        DataType::Date => Reading::Date(value),
        DataType::Time { .. } => Reading::Time(value),
        DataType::DateTime { .. } => Reading::Moment { value, is_timestamp: false },
        DataType::Timestamp { .. } => Reading::Moment { value, is_timestamp: true },
        DataType::Geometry { .. } => Reading::Geometry(value),
        DataType::Enum { .. }
        | DataType::Set { .. }
        | DataType::Json
        | DataType::Vector { .. }
        | DataType::Unmodelled { .. } => Reading::Other,
    }
}

/// Which values of a column (quoted) of the live type the desired one refuses; `None`: it refuses none.
pub(in super::super) fn values_refused(
    column: &str,
    live: &DataType,
    desired: &DataType,
) -> Result<Option<String>, &'static str> {
    Ok(Some(match desired {
        DataType::Integer { kind, unsigned, .. } => integer(column, live, *kind, *unsigned)?,
        DataType::Decimal { precision, scale, unsigned, .. } => decimal(column, live, *precision, *scale, *unsigned)?,
        DataType::Float { double, digits, unsigned, .. } => {
            return float(column, live, *double, *digits, *unsigned);
        }
        DataType::Bit { length } => return bits(column, live, *length),
        DataType::Year => year(column, live)?,
        DataType::Date | DataType::DateTime { .. } | DataType::Timestamp { .. } => {
            return moment(column, live, matches!(desired, DataType::Timestamp { .. }));
        }
        DataType::Time { .. } => return time(column, live),
        DataType::VarChar { length, characters } if copied(live, characters) => {
            return Ok(Some(format!("CHAR_LENGTH({column}) > {length}")));
        }
        DataType::Char { length, characters } | DataType::VarChar { length, characters } => {
            return text(column, live, Room::Characters(*length), characters);
        }
        DataType::Text { size, characters, .. } => return text(column, live, Room::Bytes(bytes(*size)), characters),
        DataType::Binary { length } | DataType::VarBinary { length } => {
            format!("LENGTH({}) > {length}", as_bytes(column, live)?)
        }
        DataType::Blob { size, .. } => format!("LENGTH({}) > {}", as_bytes(column, live)?, bytes(*size)),
        DataType::Enum { members, characters } => member(column, live, members, characters)?,
        DataType::Set { members, characters } => members_of_set(column, live, members, characters)?,
        DataType::Json => return json(column, live),
        DataType::Vector { dimensions } => vector(column, live, *dimensions)?,
        DataType::Geometry { kind, .. } => return geometry(column, live, *kind),
        DataType::Unmodelled { .. } => return Err(UNKNOWN),
    }))
}

/// Whether a VARCHAR is copied as it is, byte by byte: then spaces at the end are not cut off, but refused as all else.
pub(super) fn copied(live: &DataType, characters: &CharacterSpec) -> bool {
    if let DataType::VarChar { characters: own, .. } = live {
        own.character_set == characters.character_set
    } else {
        false
    }
}

/// The smallest and the largest value of an integer type.
pub(super) fn range(kind: IntegerKind, unsigned: bool) -> (i128, i128) {
    let bits = bits_of(kind);
    if unsigned { (0, (1 << bits) - 1) } else { (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) }
}

fn bits_of(kind: IntegerKind) -> u32 {
    match kind {
        IntegerKind::TinyInt => 8,
        IntegerKind::SmallInt => 16,
        IntegerKind::MediumInt => 24,
        IntegerKind::Int => 32,
        IntegerKind::BigInt => 64,
    }
}

fn integer(column: &str, live: &DataType, kind: IntegerKind, unsigned: bool) -> Result<String, &'static str> {
    let (least, most) = range(kind, unsigned);
    let outside = |value: &str| format!("{value} NOT BETWEEN {least} AND {most}");
    Ok(match (reading(column, live), live) {
        // Members are read by their numbers.
        (_, DataType::Enum { .. } | DataType::Set { .. }) => outside(&format!("({column} + 0)")),
        (_, DataType::Json) => not_a_number(&format!("CAST({column} AS CHAR)"), &outside),
        (Reading::Whole(value), _) => outside(&value),
        (Reading::Exact(value), _) => outside(&format!("ROUND({value})")),
        // Halves are rounded to the even number, so that the one below the least is in.
        (Reading::Approximate { value, .. }, _) if kind != IntegerKind::BigInt => {
            let below = if unsigned { "-0.5e0".to_owned() } else { format!("{least}.5e0") };
            format!("{value} < {below} OR {value} >= {most}.5e0")
        }
        // 9.7 makes the least BIGINT of a FLOAT that is too large.
        (Reading::Approximate { value, double: false }, _) if unsigned => format!("{value} < -0.5e0"),
        (Reading::Approximate { double: false, .. }, _) => "FALSE".to_owned(),
        (Reading::Approximate { value, double: true }, _) if unsigned => {
            format!("{value} < -0.5e0 OR {value} >= 18446744073709551616e0")
        }
        (Reading::Approximate { value, double: true }, _) => {
            format!("{value} < -9223372036854775808e0 OR {value} > 9223372036854775808e0")
        }
        (Reading::Text(value), _) => not_a_number(&value, &outside),
        (Reading::Date(value) | Reading::Time(value) | Reading::Moment { value, .. }, _) => {
            outside(&format!("TRUNCATE({value} + 0, 0)"))
        }
        (Reading::Geometry(value), _) => format!("{value} IS NOT NULL"),
        (Reading::Other, _) => return Err(UNKNOWN),
    })
}

/// Texts that are no number, or one that rounded is outside.
fn not_a_number(value: &str, outside: &dyn Fn(&str) -> String) -> String {
    format!("{value} NOT REGEXP {NUMBER} OR {}", outside(&format!("ROUND({})", as_number(value))))
}

/// A text as an exact number.
pub(super) fn as_number(value: &str) -> String {
    format!("CAST({value} AS DECIMAL(65, 30))")
}

fn decimal(column: &str, live: &DataType, precision: u8, scale: u8, unsigned: bool) -> Result<String, &'static str> {
    let limit = format!("1{}", "0".repeat(usize::from(precision.saturating_sub(scale))));
    let beyond = |value: &str| {
        let below = if unsigned { format!(" OR {value} < 0") } else { String::new() };
        format!("ABS({value}) >= {limit}{below}")
    };
    Ok(match (reading(column, live), live) {
        (_, DataType::Enum { .. } | DataType::Set { .. }) => beyond(&format!("({column} + 0)")),
        // The absolute value of the least BIGINT is no BIGINT.
        (Reading::Whole(value), _) => beyond(&format!("CAST({value} AS DECIMAL(65))")),
        // The sign counts before it is rounded: what becomes zero is refused, too.
        (Reading::Exact(value), _) if unsigned => {
            format!("{value} < 0 OR {}", beyond(&format!("ROUND({value}, {scale})")))
        }
        (Reading::Exact(value), _) => beyond(&format!("ROUND({value}, {scale})")),
        (Reading::Approximate { value, .. }, _) => {
            let below = if unsigned { format!(" OR {value} < -1e-{scale}") } else { String::new() };
            format!("ABS({value}) >= {limit}e0{below}")
        }
        (Reading::Text(value), _) => {
            format!("{value} NOT REGEXP {NUMBER} OR {}", beyond(&format!("ROUND({}, {scale})", as_number(&value))))
        }
        (Reading::Date(value) | Reading::Time(value) | Reading::Moment { value, .. }, _) => {
            beyond(&format!("TRUNCATE({value} + 0, 0)"))
        }
        (Reading::Geometry(value), _) => format!("{value} IS NOT NULL"),
        (Reading::Other, _) => return Err(UNKNOWN),
    })
}

fn float(
    column: &str,
    live: &DataType,
    double: bool,
    digits: Option<(u8, u8)>,
    unsigned: bool,
) -> Result<Option<String>, &'static str> {
    let (value, text, may_be_too_large) = match reading(column, live) {
        Reading::Whole(value) => (format!("CAST({value} AS DECIMAL(65))"), None, false),
        Reading::Exact(value) => (value, None, false),
        Reading::Approximate { value, double: wide } => (value, None, wide),
        Reading::Text(value) => (format!("({value} + 0e0)"), Some(value), true),
        Reading::Date(value) | Reading::Time(value) | Reading::Moment { value, .. } => {
            (format!("({value} + 0)"), None, false)
        }
        Reading::Geometry(value) => return Ok(Some(format!("{value} IS NOT NULL"))),
        Reading::Other => return Err(UNKNOWN),
    };
    let mut parts: Vec<String> = text.map(|text| format!("{text} NOT REGEXP {NUMBER}")).into_iter().collect();
    if unsigned {
        parts.push(format!("{value} < 0"));
    }
    match digits {
        Some((all, after)) => {
            parts.push(format!("ABS({value}) >= 1{}", "0".repeat(usize::from(all.saturating_sub(after)))));
        }
        None if !double && may_be_too_large => parts.push(format!("ABS({value}) > {MOST_OF_A_FLOAT}")),
        None => {}
    }
    Ok(any(parts))
}

/// One condition or another; `None` where there is none.
fn any(parts: Vec<String>) -> Option<String> {
    (!parts.is_empty()).then(|| parts.join(" OR "))
}

fn bits(column: &str, live: &DataType, length: u8) -> Result<Option<String>, &'static str> {
    let all = length >= 64;
    let most = if all { u128::from(u64::MAX) } else { (1_u128 << length) - 1 };
    Ok(match (reading(column, live), live) {
        (Reading::Whole(_) | Reading::Exact(_), _) if all => None,
        (Reading::Whole(value), _) => Some(format!("{value} NOT BETWEEN 0 AND {most}")),
        (Reading::Exact(value), _) => Some(format!("ROUND({value}) NOT BETWEEN 0 AND {most}")),
        (Reading::Approximate { value, .. }, _) if length <= 32 => {
            Some(format!("{value} < -0.5e0 OR {value} >= {most}.5e0"))
        }
        // Of a TEXT or BLOB MySQL makes zero.
        (Reading::Text(value), DataType::Char { .. } | DataType::VarChar { .. }) => {
            let least = if all { "-9223372036854775808" } else { "0" };
            Some(format!(
                "{value} NOT REGEXP {WHOLE_NUMBER} OR CAST({value} AS DECIMAL(65)) NOT BETWEEN {least} AND {most}"
            ))
        }
        (
            Reading::Approximate { .. }
            | Reading::Text(_)
            | Reading::Date(_)
            | Reading::Time(_)
            | Reading::Moment { .. }
            | Reading::Geometry(_)
            | Reading::Other,
            _,
        ) => return Err(UNKNOWN),
    })
}

fn year(column: &str, live: &DataType) -> Result<String, &'static str> {
    let outside = |value: &str| format!("({value} NOT BETWEEN 0 AND 99 AND {value} NOT BETWEEN 1901 AND 2155)");
    Ok(match reading(column, live) {
        Reading::Whole(value) => outside(&value),
        Reading::Exact(value) => outside(&format!("ROUND({value})")),
        Reading::Approximate { value, .. } => format!("{value} < -0.5e0 OR {value} >= 2155.5e0"),
        Reading::Text(value) => {
            format!("{value} NOT REGEXP {NUMBER} OR {}", outside(&format!("ROUND({})", as_number(&value))))
        }
        Reading::Date(value) | Reading::Moment { value, .. } | Reading::Geometry(value) => {
            format!("{value} IS NOT NULL")
        }
        Reading::Time(value) => outside(&format!("TRUNCATE({value} + 0, 0)")),
        Reading::Other => return Err(UNKNOWN),
    })
}

/// Dates, with or without a time of day.
fn moment(column: &str, live: &DataType, becomes_timestamp: bool) -> Result<Option<String>, &'static str> {
    // What no TIMESTAMP holds, and hours that the session's time zone leaves out (1292).
    let outside = |value: &str| {
        format!(
            "CONVERT_TZ({value}, @@SESSION.time_zone, '+00:00') NOT BETWEEN '1970-01-01 00:00:01' AND '2038-01-19 03:14:07.999999' \
             OR CONVERT_TZ(CONVERT_TZ({value}, @@SESSION.time_zone, '+00:00'), '+00:00', @@SESSION.time_zone) <> {value}"
        )
    };
    let read = |value: &str| format!("CAST({value} AS DATETIME(6))");
    let text = |value: &str| vec![format!("({value} IS NOT NULL AND {} IS NULL)", read(value)), letters(value, "T")];
    let mut parts = match (reading(column, live), live) {
        (_, DataType::Enum { .. } | DataType::Set { .. }) => text(&format!("CONVERT({column} USING utf8mb4)")),
        (Reading::Whole(value), DataType::Integer { .. }) | (Reading::Exact(value), _) => {
            vec![format!("({value} IS NOT NULL AND {} IS NULL)", read(&value))]
        }
        (Reading::Text(value), _) => text(&value),
        // Written under another sql_mode: a date without a month or a day.
        (Reading::Date(value) | Reading::Moment { value, .. }, _) => {
            vec![format!("MONTH({value}) = 0 OR DAY({value}) = 0")]
        }
        (Reading::Geometry(value), _) => return Ok(Some(format!("{value} IS NOT NULL"))),
        (Reading::Time(_), _) => return if becomes_timestamp { Err(UNKNOWN) } else { Ok(None) },
        (Reading::Whole(_) | Reading::Approximate { .. } | Reading::Other, _) => return Err(UNKNOWN),
    };
    if becomes_timestamp {
        match reading(column, live) {
            Reading::Text(value) => parts.push(outside(&read(&value))),
            Reading::Date(value) | Reading::Moment { value, is_timestamp: false } => parts.push(outside(&value)),
            Reading::Moment { .. }
            | Reading::Whole(_)
            | Reading::Exact(_)
            | Reading::Approximate { .. }
            | Reading::Time(_)
            | Reading::Geometry(_)
            | Reading::Other => {}
        }
    }
    Ok(any(parts))
}

/// Whether a text has letters, or braces, other than these.
fn letters(value: &str, but: &str) -> String {
    let class: String = ('A'..='Z')
        .filter(|letter| !but.contains(*letter))
        .flat_map(|letter| [letter, letter.to_ascii_lowercase()])
        .collect();
    format!("{value} REGEXP '[{class}{{}}]'")
}

fn time(column: &str, live: &DataType) -> Result<Option<String>, &'static str> {
    Ok(match reading(column, live) {
        // What is empty, or reads as a number of any kind, becomes 00:00:00 on MySQL.
        Reading::Text(value) => Some(format!(
            "{} OR {value} REGEXP '^[[:space:]]*-?(839|8[4-9][0-9]|9[0-9][0-9]|[0-9]{{4,}}):'",
            letters(&value, "ET")
        )),
        Reading::Date(_) | Reading::Time(_) | Reading::Moment { .. } => None,
        Reading::Geometry(value) => Some(format!("{value} IS NOT NULL")),
        Reading::Whole(_) | Reading::Exact(_) | Reading::Approximate { .. } | Reading::Other => return Err(UNKNOWN),
    })
}

/// How much a type holds.
enum Room {
    Characters(u32),
    Bytes(u64),
}

fn text(column: &str, live: &DataType, room: Room, characters: &CharacterSpec) -> Result<Option<String>, &'static str> {
    // Spaces at the end are cut off.
    let trimmed = |value: &str| format!("TRIM(TRAILING ' ' FROM {value})");
    let too_long = |value: &str, converted: &str| match room {
        Room::Characters(length) => format!("CHAR_LENGTH({}) > {length}", trimmed(value)),
        Room::Bytes(length) => format!("LENGTH({}) > {length}", trimmed(converted)),
    };
    let printed = format!("CAST({column} AS CHAR)");
    Ok(Some(match live {
        DataType::Char { .. }
        | DataType::VarChar { .. }
        | DataType::Text { .. }
        | DataType::Enum { .. }
        | DataType::Set { .. } => {
            let same = live.characters().is_some_and(|own| own.character_set == characters.character_set);
            let converted = if same { column.to_owned() } else { converted(column, characters)? };
            too_long(column, &converted)
        }
        DataType::Json => {
            let changed = converted(&printed, characters)?;
            format!(
                "CAST(CONVERT({changed} USING utf8mb4) AS BINARY) <> CAST({printed} AS BINARY) OR {}",
                too_long(&printed, &printed)
            )
        }
        DataType::Bit { .. } => match room {
            Room::Characters(_) => too_long(&format!("CAST({column} + 0 AS CHAR)"), ""),
            // A TEXT gets the bytes.
            Room::Bytes(_) => return Err(UNKNOWN),
        },
        DataType::Integer { .. }
        | DataType::Decimal { .. }
        | DataType::Float { .. }
        | DataType::Year
        | DataType::Date
        | DataType::Time { .. }
        | DataType::DateTime { .. }
        | DataType::Timestamp { .. } => too_long(&printed, &printed),
        // Bytes that are no text in the character set are refused too, which no expression tells.
        DataType::Binary { .. } | DataType::VarBinary { .. } | DataType::Blob { .. } => {
            let most = match room {
                Room::Characters(length) => u64::from(length) * 4,
                Room::Bytes(length) => length,
            };
            format!("LENGTH({}) > {most}", trimmed(column))
        }
        DataType::Vector { .. } | DataType::Geometry { .. } | DataType::Unmodelled { .. } => return Err(UNKNOWN),
    }))
}

/// A text in other characters.
pub(super) fn converted(value: &str, characters: &CharacterSpec) -> Result<String, &'static str> {
    let set = characters.character_set.as_deref().filter(|set| is_word(set)).ok_or(UNKNOWN)?;
    Ok(format!("CONVERT({value} USING {set})"))
}

/// What a binary type gets of a value.
pub(super) fn as_bytes(column: &str, live: &DataType) -> Result<String, &'static str> {
    Ok(match live {
        DataType::Integer { .. }
        | DataType::Decimal { .. }
        | DataType::Float { .. }
        | DataType::Year
        | DataType::Date
        | DataType::Time { .. }
        | DataType::DateTime { .. }
        | DataType::Timestamp { .. }
        | DataType::Json => format!("CAST({column} AS CHAR)"),
        DataType::Char { .. }
        | DataType::VarChar { .. }
        | DataType::Text { .. }
        | DataType::Enum { .. }
        | DataType::Set { .. }
        | DataType::Binary { .. }
        | DataType::VarBinary { .. }
        | DataType::Blob { .. }
        | DataType::Vector { .. }
        | DataType::Geometry { .. } => column.to_owned(),
        DataType::Bit { .. } | DataType::Unmodelled { .. } => return Err(UNKNOWN),
    })
}

/// A list of members as they compare in the desired column.
pub(super) fn listed(members: &[String]) -> String {
    members.iter().map(|member| quote_string(member)).collect::<Vec<_>>().join(", ")
}

/// A text as it will compare.
pub(super) fn compared(value: &str, characters: &CharacterSpec) -> Result<String, &'static str> {
    let collation = characters.collation.as_deref().filter(|collation| is_word(collation)).ok_or(UNKNOWN)?;
    Ok(format!("{} COLLATE {collation}", converted(value, characters)?))
}

fn member(
    column: &str,
    live: &DataType,
    members: &[String],
    characters: &CharacterSpec,
) -> Result<String, &'static str> {
    let most = members.len();
    if let DataType::Integer { .. } = live {
        Ok(format!("{column} NOT BETWEEN 0 AND {most}"))
    } else if is_text(live) {
        // A text that is no member, but a number, is read as the number of one.
        let value = compared(&format!("TRIM(TRAILING ' ' FROM {column})"), characters)?;
        Ok(format!(
            "{value} NOT IN ({}) AND ({column} NOT REGEXP {WHOLE_NUMBER} OR CAST({column} AS DECIMAL(65)) NOT BETWEEN 0 AND {most})",
            listed(members)
        ))
    } else {
        Err(UNKNOWN)
    }
}

fn members_of_set(
    column: &str,
    live: &DataType,
    members: &[String],
    characters: &CharacterSpec,
) -> Result<String, &'static str> {
    let most = if members.len() >= 64 { u64::MAX } else { (1_u64 << members.len()) - 1 };
    if let DataType::Integer { .. } = live {
        Ok(format!("{column} NOT BETWEEN 0 AND {most}"))
    } else if is_text(live) {
        Ok(format!(
            "{} = 0 AND TRIM({column}) <> '' AND {column} NOT REGEXP {WHOLE_NUMBER}",
            members_found(column, members, characters)?
        ))
    } else {
        Err(UNKNOWN)
    }
}

pub(super) fn is_text(live: &DataType) -> bool {
    matches!(live, DataType::Char { .. } | DataType::VarChar { .. } | DataType::Text { .. })
}

/// How many of the members a list in a text names.
pub(super) fn members_found(
    column: &str,
    members: &[String],
    characters: &CharacterSpec,
) -> Result<String, &'static str> {
    let value = compared(&format!("TRIM(TRAILING ' ' FROM {column})"), characters)?;
    let found: Vec<String> =
        members.iter().map(|member| format!("(FIND_IN_SET({}, {value}) > 0)", quote_string(member))).collect();
    Ok(format!("({})", found.join(" + ")))
}

fn json(column: &str, live: &DataType) -> Result<Option<String>, &'static str> {
    match (reading(column, live), live) {
        (Reading::Text(value), DataType::Char { .. } | DataType::VarChar { .. } | DataType::Text { .. }) => {
            Ok(Some(format!("NOT JSON_VALID({value})")))
        }
        (Reading::Whole(_), DataType::Integer { .. }) | (Reading::Exact(_) | Reading::Approximate { .. }, _) => {
            Ok(None)
        }
        (Reading::Date(value) | Reading::Time(value) | Reading::Moment { value, .. } | Reading::Geometry(value), _) => {
            Ok(Some(format!("{value} IS NOT NULL")))
        }
        (Reading::Whole(_) | Reading::Text(_) | Reading::Other, _) => Err(UNKNOWN),
    }
}

fn vector(column: &str, live: &DataType, dimensions: u32) -> Result<String, &'static str> {
    let most = u64::from(dimensions) * 4;
    Ok(match (reading(column, live), live) {
        (_, DataType::Vector { .. }) => format!("LENGTH({column}) > {most}"),
        (_, DataType::Binary { .. } | DataType::VarBinary { .. } | DataType::Blob { .. }) => {
            format!("LENGTH({column}) > {most} OR LENGTH({column}) MOD 4 <> 0")
        }
        (Reading::Geometry(_), _) | (_, DataType::Bit { .. }) => return Err(UNKNOWN),
        (
            Reading::Whole(_)
            | Reading::Exact(_)
            | Reading::Approximate { .. }
            | Reading::Text(_)
            | Reading::Date(_)
            | Reading::Time(_)
            | Reading::Moment { .. }
            | Reading::Other,
            _,
        ) => format!("{column} IS NOT NULL"),
    })
}

/// What is no geometry, or one of another kind. Where it lies (SRID) is a question of its own.
fn geometry(column: &str, live: &DataType, kind: GeometryKind) -> Result<Option<String>, &'static str> {
    match live {
        DataType::Geometry { .. } => {
            let names = match kind {
                GeometryKind::Geometry => return Ok(None),
                GeometryKind::Point => "'POINT'",
                GeometryKind::LineString => "'LINESTRING'",
                GeometryKind::Polygon => "'POLYGON'",
                GeometryKind::MultiPoint => "'MULTIPOINT'",
                GeometryKind::MultiLineString => "'MULTILINESTRING'",
                GeometryKind::MultiPolygon => "'MULTIPOLYGON'",
                GeometryKind::GeomCollection => "'GEOMCOLLECTION', 'GEOMETRYCOLLECTION'",
            };
            Ok(Some(format!("ST_GeometryType({column}) NOT IN ({names})")))
        }
        // Of bytes, and of text that has the bytes of one, a geometry may be read.
        DataType::Char { .. }
        | DataType::VarChar { .. }
        | DataType::Text { .. }
        | DataType::Binary { .. }
        | DataType::VarBinary { .. }
        | DataType::Blob { .. }
        | DataType::Vector { .. }
        | DataType::Unmodelled { .. } => Err(UNKNOWN),
        DataType::Bit { .. }
        | DataType::Integer { .. }
        | DataType::Decimal { .. }
        | DataType::Float { .. }
        | DataType::Date
        | DataType::Time { .. }
        | DataType::DateTime { .. }
        | DataType::Timestamp { .. }
        | DataType::Year
        | DataType::Enum { .. }
        | DataType::Set { .. }
        | DataType::Json => Ok(Some(format!("{column} IS NOT NULL"))),
    }
}
