//! Whether a change of type can lose or refuse values. Strict mode refuses some losses, but not all: decimal scale,
//! fractional seconds, the date or time part, fractions of a double and precision of a bigint go silently.
//! <https://dev.mysql.com/doc/refman/9.0/en/alter-table.html>

use crate::model::{DataType, IntegerKind, TextSize};

/// Whether values of the live type may not fit the desired one.
pub(crate) fn loses_values(live: &DataType, desired: &DataType) -> bool {
    if live == desired {
        return false;
    }
    match (live, desired) {
        (DataType::Bit { length }, DataType::Bit { length: other }) => other < length,
        (
            DataType::Integer { kind, unsigned, .. },
            DataType::Integer { kind: other, unsigned: other_unsigned, .. },
        ) => match (unsigned, other_unsigned) {
            (true, true) | (false, false) => other < kind,
            (true, false) => other <= kind,
            (false, true) => true,
        },
        (
            DataType::Integer { kind, unsigned, .. },
            DataType::Decimal { precision, scale, unsigned: other_unsigned, .. },
        ) => u32::from(precision.saturating_sub(*scale)) < digits(*kind, *unsigned) || (!unsigned && *other_unsigned),
        (DataType::Integer { kind, unsigned, .. }, DataType::Float { double: true, unsigned: other, digits: None, .. }) => {
            *kind == IntegerKind::BigInt || (!unsigned && *other)
        }
        (
            DataType::Decimal { precision, scale, unsigned, .. },
            DataType::Decimal { precision: other_precision, scale: other_scale, unsigned: other_unsigned, .. },
        ) => {
            other_scale < scale
                || other_precision.saturating_sub(*other_scale) < precision.saturating_sub(*scale)
                || (!unsigned && *other_unsigned)
        }
        (
            DataType::Float { double, digits, unsigned, .. },
            DataType::Float { double: other_double, digits: other_digits, unsigned: other_unsigned, .. },
        ) => (*double && !*other_double) || (other_digits.is_some() && digits != other_digits) || (!unsigned && *other_unsigned),
        (DataType::Date, DataType::DateTime { .. }) => false,
        (DataType::Time { fractional }, DataType::Time { fractional: other })
        | (DataType::DateTime { fractional }, DataType::DateTime { fractional: other })
        | (DataType::Timestamp { fractional }, DataType::Timestamp { fractional: other })
        // Every TIMESTAMP is a DATETIME in the session's time zone; not the other way round.
        | (DataType::Timestamp { fractional }, DataType::DateTime { fractional: other }) => other < fractional,
        (DataType::Year, DataType::Integer { kind, .. }) => *kind < IntegerKind::SmallInt,
        // Bytes are added at the end of what is shorter.
        (DataType::Binary { length }, DataType::Binary { length: other }) => other != length,
        (DataType::Binary { length } | DataType::VarBinary { length }, DataType::VarBinary { length: other }) => {
            other < length
        }
        (DataType::VarBinary { length } | DataType::Binary { length }, DataType::Blob { size, .. }) => {
            u64::from(*length) > bytes(*size)
        }
        (DataType::Blob { size, .. }, DataType::Blob { size: other, .. }) => other < size,
        (DataType::Blob { size, .. }, DataType::VarBinary { length }) => u64::from(*length) < bytes(*size),
        (DataType::Enum { members, .. }, DataType::Enum { members: other, .. })
        | (DataType::Set { members, .. }, DataType::Set { members: other, .. }) => {
            members.iter().any(|member| !other.contains(member)) || narrower_characters(live, desired)
        }
        (
            DataType::Enum { members, .. },
            DataType::Char { length, .. } | DataType::VarChar { length, .. },
        ) => members.iter().any(|member| member.chars().count() > usize::try_from(*length).unwrap_or(usize::MAX))
            || narrower_characters(live, desired),
        (DataType::Integer { kind, unsigned, .. }, DataType::VarChar { length, .. }) => {
            *length < digits(*kind, *unsigned) + 1
        }
        (_, _) if live.characters().is_some() && desired.characters().is_some() => {
            shorter(live, desired) || narrower_characters(live, desired)
        }
        // A column of any SRID takes all.
        (DataType::Geometry { kind, srid }, DataType::Geometry { kind: wanted, srid: other })
            if kind == wanted || *wanted == crate::model::GeometryKind::Geometry =>
        {
            other.is_some() && srid != other
        }
        // Everything else reads the value as text or number and may refuse or change it.
        (
            DataType::Bit { .. }
            | DataType::Integer { .. }
            | DataType::Decimal { .. }
            | DataType::Float { .. }
            | DataType::Date
            | DataType::Time { .. }
            | DataType::DateTime { .. }
            | DataType::Timestamp { .. }
            | DataType::Year
            | DataType::Char { .. }
            | DataType::VarChar { .. }
            | DataType::Text { .. }
            | DataType::Binary { .. }
            | DataType::VarBinary { .. }
            | DataType::Blob { .. }
            | DataType::Enum { .. }
            | DataType::Set { .. }
            | DataType::Json
            | DataType::Vector { .. }
            | DataType::Geometry { .. }
            | DataType::Unmodelled { .. },
            _,
        ) => true,
    }
}

/// Decimal digits of the largest value.
fn digits(kind: IntegerKind, unsigned: bool) -> u32 {
    match (kind, unsigned) {
        (IntegerKind::TinyInt, _) => 3,
        (IntegerKind::SmallInt, _) => 5,
        (IntegerKind::MediumInt, false) => 7,
        (IntegerKind::MediumInt, true) => 8,
        (IntegerKind::Int, _) => 10,
        (IntegerKind::BigInt, false) => 19,
        (IntegerKind::BigInt, true) => 20,
    }
}

/// Bytes that a TEXT or BLOB of this size holds.
pub(super) fn bytes(size: TextSize) -> u64 {
    match size {
        TextSize::Tiny => 255,
        TextSize::Regular => 65_535,
        TextSize::Medium => 16_777_215,
        TextSize::Long => 4_294_967_295,
    }
}

/// Characters that a type surely holds, and at most holds.
fn capacity(data_type: &DataType) -> Option<(u64, u64)> {
    match data_type {
        DataType::Char { length, .. } | DataType::VarChar { length, .. } => {
            Some((u64::from(*length), u64::from(*length)))
        }
        // A text's limit is in bytes: at worst four per character, at best one.
        DataType::Text { size, .. } => Some((bytes(*size) / 4, bytes(*size))),
        DataType::Bit { .. }
        | DataType::Integer { .. }
        | DataType::Decimal { .. }
        | DataType::Float { .. }
        | DataType::Date
        | DataType::Time { .. }
        | DataType::DateTime { .. }
        | DataType::Timestamp { .. }
        | DataType::Year
        | DataType::Binary { .. }
        | DataType::VarBinary { .. }
        | DataType::Blob { .. }
        | DataType::Enum { .. }
        | DataType::Set { .. }
        | DataType::Json
        | DataType::Vector { .. }
        | DataType::Geometry { .. }
        | DataType::Unmodelled { .. } => None,
    }
}

fn shorter(live: &DataType, desired: &DataType) -> bool {
    // CHAR cuts trailing spaces off.
    if let (DataType::VarChar { .. } | DataType::Text { .. }, DataType::Char { .. }) = (live, desired) {
        return true;
    }
    match (live, desired) {
        (DataType::Text { size, .. }, DataType::Text { size: other, .. }) => other < size || bytes_grow(live, desired),
        (_, _) => match (capacity(live), capacity(desired)) {
            (Some((_, most)), Some((least, _))) => least < most,
            (Some(_) | None, _) => true,
        },
    }
}

/// Whether a text of the same size class may need more bytes than it has, because its characters get longer.
pub(crate) fn bytes_grow(live: &DataType, desired: &DataType) -> bool {
    match (live, desired) {
        (DataType::Text { size, characters, .. }, DataType::Text { size: other, characters: wanted, .. }) => {
            let (Some(set), Some(wanted)) = (&characters.character_set, &wanted.character_set) else { return false };
            let unchanged = set == wanted
                || (set == "utf8mb3" && wanted == "utf8mb4")
                || (set == "ascii" && !["ucs2", "utf16", "utf16le", "utf32"].contains(&wanted.as_str()));
            other <= size && !unchanged && !ONE_BYTE.contains(&wanted.as_str())
        }
        (_, _) => false,
    }
}

/// Character sets all of whose characters have one byte.
const ONE_BYTE: &[&str] = &[
    "armscii8", "ascii", "binary", "cp1250", "cp1251", "cp1256", "cp1257", "cp850", "cp852", "cp866", "dec8",
    "geostd8", "greek", "hebrew", "hp8", "keybcs2", "koi8r", "koi8u", "latin1", "latin2", "latin5", "latin7", "macce",
    "macroman", "swe7", "tis620",
];

/// Whether the desired character set lacks characters of the live one.
pub(crate) fn narrower_characters(live: &DataType, desired: &DataType) -> bool {
    let set = |data_type: &DataType| data_type.characters().and_then(|spec| spec.character_set.clone());
    match (set(live), set(desired)) {
        (Some(live), Some(desired)) => {
            let unicode = ["utf8mb4", "utf16", "utf16le", "utf32", "gb18030"];
            live != desired
                && !unicode.contains(&desired.as_str())
                && live != "ascii"
                && !(live == "latin1" && desired == "utf8mb3")
                && !(live == "ucs2" && desired == "utf8mb3")
                && !(live == "utf8mb3" && desired == "ucs2")
        }
        (Some(_) | None, _) => false,
    }
}

/// Whether a loss is about members of an ENUM or SET, or about the character set alone, which have rules of their own.
pub(crate) fn only_members_or_characters(live: &DataType, desired: &DataType) -> bool {
    match (live, desired) {
        (DataType::Enum { .. }, DataType::Enum { .. }) | (DataType::Set { .. }, DataType::Set { .. }) => true,
        (_, _) => {
            let mut converted = live.clone();
            match (converted.characters_mut(), desired.characters()) {
                (Some(own), Some(wanted)) => {
                    *own = wanted.clone();
                    !loses_values(&converted, desired)
                }
                (Some(_) | None, _) => false,
            }
        }
    }
}
