//! Literal defaults, in the form in which SHOW CREATE TABLE prints them.
//!
//! MySQL stores the value, not the text: numbers are rescaled and rounded, dates get their zeros, CHAR and ENUM values
//! lose trailing spaces, SET values come in the order of the members, BIT values are printed in binary. Whatever is not
//! understood here for sure stays as written, and the server is asked.
//! <https://dev.mysql.com/doc/refman/9.0/en/data-type-defaults.html>

use crate::model::{Column, ColumnDefault, DataType, Dialect, Literal, Table};

use super::NormalizeError;
use super::decimal::Decimal;
use super::temporal;

/// Applies to all columns.
pub(super) fn columns(table: &mut Table, dialect: Dialect) -> Result<(), NormalizeError> {
    for column in &mut table.columns {
        if column.auto_increment && column.default.is_some() && column.default != Some(ColumnDefault::Null) {
            return Err(NormalizeError::Invalid {
                path: format!("{}.{}", table.name, column.name),
                problem: "an AUTO_INCREMENT column cannot have a default; remove it".to_owned(),
            });
        }
        if let Some(literal) = canonical_literal(column) {
            column.default = Some(ColumnDefault::Literal(in_quotes_or_not(literal, &column.data_type, dialect)));
        }
    }
    Ok(())
}

/// MySQL prints numbers within quotes, MariaDB those of numeric columns without.
fn in_quotes_or_not(literal: Literal, data_type: &DataType, dialect: Dialect) -> Literal {
    let numeric = matches!(
        data_type,
        DataType::Integer { .. } | DataType::Decimal { .. } | DataType::Float { .. } | DataType::Year
    );
    if let (Literal::String(number), true, false) = (&literal, numeric, dialect.quotes_number_defaults()) {
        return Literal::Number(number.clone());
    }
    literal
}

/// The moment that a TIMESTAMP column has as its default, as the server would print it where it is read in the same time
/// zone. `None` for other columns and defaults, and for zero dates, which are in no time zone.
pub fn moment(column: &Column) -> Option<String> {
    let (DataType::Timestamp { fractional }, Some(ColumnDefault::Literal(literal))) =
        (&column.data_type, &column.default)
    else {
        return None;
    };
    let written = text(literal)?;
    let printed = temporal::date_time(written, *fractional).unwrap_or_else(|| written.to_owned());
    (!printed.starts_with("0000")).then_some(printed)
}

/// The canonical literal of a column that has one and is understood.
fn canonical_literal(column: &Column) -> Option<Literal> {
    let Some(ColumnDefault::Literal(literal)) = &column.default else { return None };
    match &column.data_type {
        DataType::Bit { .. } => bits(literal),
        DataType::Integer { zerofill, width, .. } => {
            let digits = number(literal)?.rounded(0).print();
            let width = usize::try_from(width.unwrap_or(0)).ok()?;
            Some(Literal::String(if *zerofill { format!("{digits:0>width$}") } else { digits }))
        }
        DataType::Decimal { scale, zerofill: false, .. } => {
            Some(Literal::String(number(literal)?.rounded(usize::from(*scale)).print()))
        }
        DataType::Float { double, digits, zerofill: false, .. } => {
            let value = number(literal)?;
            if let Some((_, scale)) = digits {
                return Some(Literal::String(value.rounded(usize::from(*scale)).print()));
            }
            // Within these bounds the shortest text that reads back as the same value is the number itself.
            let value = value.trimmed();
            let exact = if *double { 15 } else { 6 };
            (value.significant() <= exact && (1..=exact).contains(&value.whole_digits().max(1)))
                .then(|| Literal::String(value.print()))
                .filter(|_| !tiny(&value))
        }
        DataType::Date => temporal::date(text(literal)?).map(Literal::String),
        DataType::Time { fractional } => temporal::time(text(literal)?, *fractional).map(Literal::String),
        DataType::DateTime { fractional } | DataType::Timestamp { fractional } => {
            temporal::date_time(text(literal)?, *fractional).map(Literal::String)
        }
        DataType::Year => {
            let digits = number(literal)?.print();
            (digits.len() == 4).then_some(Literal::String(digits))
        }
        DataType::Char { .. } => characters(literal).map(|text| Literal::String(text.trim_end_matches(' ').to_owned())),
        DataType::VarChar { .. } => characters(literal).map(Literal::String),
        DataType::Enum { members, .. } => member(members, text(literal)?).map(Literal::String),
        DataType::Set { members, .. } => set(members, text(literal)?).map(Literal::String),
        DataType::VarBinary { .. } => bytes(literal).map(Literal::String),
        DataType::Binary { length } => {
            let text = bytes(literal)?;
            let missing = usize::try_from(*length).ok()?.checked_sub(text.len())?;
            Some(Literal::String(format!("{text}{}", "\0".repeat(missing))))
        }
        DataType::Decimal { .. }
        | DataType::Float { .. }
        | DataType::Text { .. }
        | DataType::Blob { .. }
        | DataType::Json
        | DataType::Vector { .. }
        | DataType::Geometry { .. }
        | DataType::Unmodelled { .. } => None,
    }
}

/// Floating point values this small are printed with an exponent.
fn tiny(value: &Decimal) -> bool {
    let printed = value.print();
    printed.trim_start_matches('-').starts_with("0.000")
}

fn number(literal: &Literal) -> Option<Decimal> {
    match literal {
        Literal::String(text) | Literal::Number(text) => Decimal::parse(text.trim()),
        Literal::Hex(bytes) => {
            let value =
                bytes.iter().try_fold(0_u64, |sum, byte| sum.checked_mul(256)?.checked_add(u64::from(*byte)))?;
            Decimal::parse(&value.to_string())
        }
        Literal::Bits(digits) => Decimal::parse(&u64::from_str_radix(digits, 2).ok()?.to_string()),
        Literal::Introduced { .. } | Literal::Temporal { .. } => None,
    }
}

fn text(literal: &Literal) -> Option<&str> {
    match literal {
        Literal::String(text) | Literal::Temporal { text, .. } => Some(text),
        Literal::Introduced { character_set, literal } if character_set == "utf8mb4" => text(literal),
        Literal::Introduced { .. } | Literal::Number(_) | Literal::Hex(_) | Literal::Bits(_) => None,
    }
}

/// The text of a binary default; bytes beyond ASCII are shown in ways of their own and left as written.
fn bytes(literal: &Literal) -> Option<String> {
    let value = match literal {
        Literal::Hex(bytes) => String::from_utf8(bytes.clone()).ok()?,
        Literal::String(_) | Literal::Temporal { .. } | Literal::Introduced { .. } => text(literal)?.to_owned(),
        Literal::Number(_) | Literal::Bits(_) => return None,
    };
    value.is_ascii().then_some(value)
}

fn characters(literal: &Literal) -> Option<String> {
    match literal {
        // Strings beyond the basic plane, or in a column whose set cannot hold them, are shown as hex: left as written.
        Literal::String(text) => text.chars().all(|character| u32::from(character) <= 0xFFFF).then(|| text.clone()),
        // An integer's text is the value; a fraction's too, an exponent's is not.
        Literal::Number(digits) => digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.clone()),
        Literal::Hex(bytes) => {
            String::from_utf8(bytes.clone()).ok().filter(|text| text.bytes().all(|byte| (0x20..0x7F).contains(&byte)))
        }
        Literal::Introduced { character_set, literal } if character_set == "utf8mb4" => characters(literal),
        Literal::Introduced { .. } | Literal::Bits(_) | Literal::Temporal { .. } => None,
    }
}

fn bits(literal: &Literal) -> Option<Literal> {
    let value = match literal {
        Literal::Number(digits) => digits.parse::<u64>().ok()?,
        Literal::Bits(digits) => u64::from_str_radix(digits, 2).ok()?,
        Literal::Hex(bytes) => {
            bytes.iter().try_fold(0_u64, |sum, byte| sum.checked_mul(256)?.checked_add(u64::from(*byte)))?
        }
        Literal::String(_) | Literal::Introduced { .. } | Literal::Temporal { .. } => return None,
    };
    Some(Literal::Bits(format!("{value:b}")))
}

/// The member as declared; the default is compared by the column's collation, of which only ASCII case is sure.
fn member(members: &[String], wanted: &str) -> Option<String> {
    let wanted = wanted.trim_end_matches(' ');
    if members.iter().any(|member| member == wanted) {
        return Some(wanted.to_owned());
    }
    let mut same = members.iter().filter(|member| member.eq_ignore_ascii_case(wanted));
    match (same.next(), same.next()) {
        (Some(only), None) => Some(only.clone()),
        (Some(_), Some(_)) | (None, _) => None,
    }
}

fn set(members: &[String], wanted: &str) -> Option<String> {
    if wanted.is_empty() {
        return Some(String::new());
    }
    let chosen: Vec<String> = wanted.split(',').map(|part| member(members, part)).collect::<Option<_>>()?;
    let ordered: Vec<&str> = members.iter().filter(|member| chosen.contains(member)).map(String::as_str).collect();
    Some(ordered.join(","))
}
