//! Types: what MySQL keeps of what people write.
//!
//! Integer display widths vanish except for signed `tinyint(1)` and with `zerofill`, which implies `unsigned` and a
//! default width. `text(n)` and `blob(n)` become the size class that holds n characters of the column's character set.
//! Trailing spaces of ENUM and SET members vanish.
//! <https://dev.mysql.com/doc/refman/9.0/en/numeric-type-attributes.html>

use crate::model::{DataType, Dialect, IntegerKind, Table, TextSize};

use super::characters::max_bytes;

/// Applies to all columns of a table; character sets must be effective already.
pub(super) fn columns(table: &mut Table, dialect: Dialect) {
    for column in &mut table.columns {
        normalize(&mut column.data_type, dialect);
    }
}

fn normalize(data_type: &mut DataType, dialect: Dialect) {
    match data_type {
        DataType::Integer { kind, unsigned, zerofill, width } => {
            if *zerofill {
                *unsigned = true;
                *width = Some(width.unwrap_or_else(|| dialect.display_width(*kind, true)));
            } else if dialect.keeps_display_widths() {
                *width = Some(width.unwrap_or_else(|| dialect.display_width(*kind, *unsigned)));
            } else if !(*kind == IntegerKind::TinyInt && !*unsigned && *width == Some(1)) {
                *width = None;
            }
        }
        DataType::Decimal { unsigned, zerofill, .. } | DataType::Float { unsigned, zerofill, .. } => {
            *unsigned |= *zerofill;
        }
        DataType::Text { size, length, characters } => {
            let bytes = max_bytes(characters.character_set.as_deref().unwrap_or_default());
            fit(size, length, bytes);
        }
        DataType::Blob { size, length } => fit(size, length, 1),
        DataType::Enum { members, .. } | DataType::Set { members, .. } => {
            for member in members {
                member.truncate(member.trim_end_matches(' ').len());
            }
        }
        DataType::Bit { .. }
        | DataType::Date
        | DataType::Time { .. }
        | DataType::DateTime { .. }
        | DataType::Timestamp { .. }
        | DataType::Year
        | DataType::Char { .. }
        | DataType::VarChar { .. }
        | DataType::Binary { .. }
        | DataType::VarBinary { .. }
        | DataType::Json
        | DataType::Vector { .. }
        | DataType::Geometry { .. }
        | DataType::Unmodelled { .. } => {}
    }
}

fn fit(size: &mut TextSize, length: &mut Option<u64>, character_bytes: u64) {
    if let Some(characters) = length.take()
        && characters > 0
    {
        let bytes = characters.saturating_mul(character_bytes);
        *size = if bytes < 1 << 8 {
            TextSize::Tiny
        } else if bytes < 1 << 16 {
            TextSize::Regular
        } else if bytes < 1 << 24 {
            TextSize::Medium
        } else {
            TextSize::Long
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_length_is_the_class_that_holds_it() {
        let mut size = TextSize::Regular;
        fit(&mut size, &mut Some(63), 4);
        assert_eq!(size, TextSize::Tiny);
        fit(&mut size, &mut Some(64), 4);
        assert_eq!(size, TextSize::Regular);
        fit(&mut size, &mut Some(16384), 4);
        assert_eq!(size, TextSize::Medium);
    }
}
