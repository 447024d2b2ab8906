//! Columns. The order of attributes is SHOW CREATE TABLE's in both styles.

use super::super::identifier::{push_bare, push_identifier, push_string};
use super::data_type::{push_characters, push_type};
use super::{Paper, push_versioned};
use crate::model::{
    Column, ColumnDefault, ColumnFormat, DataType, Feature, Generated, GeneratedKind, Literal, Storage,
};
use crate::sql::expression::is_function_call;

/// Appends a column's name and definition.
pub(super) fn push_column(out: &mut String, column: &Column, paper: Paper) {
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
    let shown = paper.shown();
    push_identifier(out, name.as_str());
    out.push(' ');
    push_type(out, data_type, paper);
    push_characters(out, data_type, paper);
    let after_default = !paper.dialect.parenthesises_defaults();
    if !after_default {
        push_generated(out, generated.as_ref());
    }
    match nullable {
        // There it cannot be said at all.
        Some(_) if generated.is_some() && paper.dialect.lacks(Feature::NotNullGenerated) => {}
        Some(false) => out.push_str(" NOT NULL"),
        // SHOW CREATE TABLE says NULL of timestamps only.
        Some(true) if !shown || matches!(data_type, DataType::Timestamp { .. }) => out.push_str(" NULL"),
        Some(true) | None => {}
    }
    if *not_secondary {
        out.push_str(" NOT SECONDARY");
    }
    if let DataType::Geometry { kind: _, srid: Some(srid) } = data_type {
        push_versioned(out, paper, "80003", &format!("SRID {srid}"));
    }
    if let Some(storage) = storage {
        let text = match storage {
            Storage::Disk => "STORAGE DISK",
            Storage::Memory => "STORAGE MEMORY",
        };
        push_versioned(out, paper, "50606", text);
    }
    if let Some(format) = format {
        let text = match format {
            ColumnFormat::Fixed => "COLUMN_FORMAT FIXED",
            ColumnFormat::Dynamic => "COLUMN_FORMAT DYNAMIC",
        };
        push_versioned(out, paper, "50606", text);
    }
    // Of a generated column it stands behind the expression everywhere.
    let invisible_early = paper.dialect.invisible_before_default() && generated.is_none();
    if !visible && invisible_early {
        push_versioned(out, paper, "80023", "INVISIBLE");
    }
    if let Some(default) = default {
        out.push_str(" DEFAULT ");
        push_default(out, default, paper);
    }
    if after_default {
        push_generated(out, generated.as_ref());
    }
    if let Some(fractional) = on_update {
        out.push_str(" ON UPDATE ");
        push_current_timestamp(out, *fractional, paper);
    }
    if *auto_increment {
        out.push_str(" AUTO_INCREMENT");
    }
    if !visible && !invisible_early {
        push_versioned(out, paper, "80023", "INVISIBLE");
    }
    if !comment.is_empty() {
        out.push_str(" COMMENT ");
        push_string(out, comment);
    }
    for (keyword, text) in
        [("ENGINE_ATTRIBUTE ", engine_attribute), ("SECONDARY_ENGINE_ATTRIBUTE ", secondary_engine_attribute)]
    {
        if let Some(text) = text {
            let mut attribute = keyword.to_owned();
            push_string(&mut attribute, text);
            push_versioned(out, paper, "80021", &attribute);
        }
    }
    // Last: MariaDB takes nothing behind it.
    if let Some(check) = check {
        out.push_str(" CHECK (");
        out.push_str(check.as_str());
        out.push(')');
    }
}

fn push_generated(out: &mut String, generated: Option<&Generated>) {
    if let Some(Generated { expression, kind }) = generated {
        out.push_str(" GENERATED ALWAYS AS (");
        out.push_str(expression.as_str());
        out.push_str(match kind {
            GeneratedKind::Virtual => ") VIRTUAL",
            GeneratedKind::Stored => ") STORED",
        });
    }
}

/// Appends what follows `DEFAULT`.
pub(super) fn push_default(out: &mut String, default: &ColumnDefault, paper: Paper) {
    match default {
        ColumnDefault::Null => out.push_str("NULL"),
        ColumnDefault::Literal(literal) => push_literal(out, literal, paper),
        ColumnDefault::CurrentTimestamp(fractional) => push_current_timestamp(out, *fractional, paper),
        ColumnDefault::Expression(expression)
            if paper.shown() && !paper.dialect.parenthesises_defaults() && is_function_call(expression) =>
        {
            out.push_str(expression.as_str());
        }
        ColumnDefault::Expression(expression) => {
            out.push('(');
            out.push_str(expression.as_str());
            out.push(')');
        }
    }
}

fn push_current_timestamp(out: &mut String, fractional: u8, paper: Paper) {
    let called = paper.shown() && !paper.dialect.parenthesises_defaults();
    out.push_str(if called { "current_timestamp" } else { "CURRENT_TIMESTAMP" });
    match (called, fractional) {
        (true, 0) => out.push_str("()"),
        (false, 0) => {}
        (true | false, digits) => out.push_str(&format!("({digits})")),
    }
}

/// Appends a literal.
pub(super) fn push_literal(out: &mut String, literal: &Literal, paper: Paper) {
    match literal {
        Literal::String(text) => push_string(out, text),
        // Whatever is no number is kept within quotes, where it can do no harm.
        Literal::Number(number) if !is_number(number) => push_string(out, number),
        Literal::Number(number) => out.push_str(number),
        Literal::Hex(bytes) => {
            let shown = paper.shown() && !bytes.is_empty();
            out.push_str(if shown { "0x" } else { "x'" });
            for byte in bytes {
                out.push_str(&format!("{byte:02X}"));
            }
            if !shown {
                out.push('\'');
            }
        }
        Literal::Bits(digits) => {
            out.push_str("b'");
            out.extend(digits.chars().filter(|digit| matches!(digit, '0' | '1')));
            out.push('\'');
        }
        Literal::Introduced { character_set, literal } => {
            out.push('_');
            push_bare(out, character_set);
            if !paper.shown() && !matches!(literal.as_ref(), Literal::String(_)) {
                out.push(' ');
            }
            push_literal(out, literal, paper);
        }
        Literal::Temporal { keyword, text } => {
            push_bare(out, keyword);
            out.push(' ');
            push_string(out, text);
        }
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'))
        && !digits.contains("--")
}
