//! A column's value as bytes that two servers with the same definition give alike, and that differ where the values do.
//!
//! A row is the bytes of its columns with commas between them. NULL is `N`; texts of variable length begin with their
//! length in bytes, or are a checksum of their own, so that no value can be taken for NULL or reach into its neighbour.

use crate::model::{Column, DataType, Flavour, TextSize};
use crate::sql::quote_identifier;

/// The expression of one column.
pub(super) fn bytes_of(column: &Column, flavour: Flavour) -> String {
    let name = quote_identifier(column.name.as_str());
    match &column.data_type {
        // Their text is exact, and has no comma. TIMESTAMP is read in UTC on both servers.
        DataType::Integer { .. }
        | DataType::Decimal { .. }
        | DataType::Date
        | DataType::Time { .. }
        | DataType::DateTime { .. }
        | DataType::Timestamp { .. }
        | DataType::Year
        // uuid, inet4 and inet6 of MariaDB.
        | DataType::Unmodelled { .. } => or_null(&name, &name),
        DataType::Float { double, digits, .. } => match (double, digits, flavour) {
            // A double's own text has as many digits as it takes (17); an expression over it is cut to the width of the
            // type.
            (true, None, Flavour::Mysql | Flavour::Mariadb) => or_null(&name, &name),
            // Its own text is rounded to the digits of the type.
            (true, Some(_), Flavour::Mysql) => or_null(&name, &format!("JSON_ARRAY({name})")),
            // A float's own text has six digits; as a double it has all that a float can hold.
            (true, Some(_), Flavour::Mariadb) | (false, _, Flavour::Mysql | Flavour::Mariadb) => {
                or_null(&name, &format!("{name} * 1e0"))
            }
        },
        // As numbers: the definitions are the same, the members' texts may be long, and the number tells the error value
        // from a member that is the empty text.
        DataType::Bit { .. } | DataType::Enum { .. } | DataType::Set { .. } => or_null(&name, &format!("{name} + 0")),
        // The bytes in the column's own character set: no collation takes part.
        DataType::Char { .. } | DataType::VarChar { .. } | DataType::Text { size: TextSize::Tiny, .. } => {
            or_null(&name, &format!("CONCAT(LENGTH({name}), ':', CAST({name} AS BINARY))"))
        }
        DataType::Binary { .. } | DataType::VarBinary { .. } | DataType::Blob { size: TextSize::Tiny, .. } => {
            or_null(&name, &format!("CONCAT(LENGTH({name}), ':', {name})"))
        }
        // Long values are not joined, since the whole row would have to fit into max_allowed_packet. A geometry's bytes begin
        // with its SRID.
        DataType::Text { .. } | DataType::Blob { .. } | DataType::Vector { .. } | DataType::Geometry { .. } => {
            or_null(&name, &format!("SHA2({name}, 256)"))
        }
        // A document is compared by its text, which the server prints from either of its binary forms alike, and by its
        // own type, which the text does not tell (a date and a string).
        DataType::Json => match flavour {
            Flavour::Mysql => or_null(&name, &format!("CONCAT(JSON_TYPE({name}), ':', SHA2({name}, 256))")),
            Flavour::Mariadb => or_null(&name, &format!("SHA2({name}, 256)")),
        },
    }
}

/// NULL by the column itself: an expression that fails gives NULL too, and must not be taken for it.
fn or_null(column: &str, expression: &str) -> String {
    format!("IF({column} IS NULL, 'N', {expression})")
}
