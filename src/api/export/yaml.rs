//! YAML as people write it: fields of the spec as a block, each column, index and constraint on a line of its own.
//!
//! A general printer would give every column ten lines; a table of twenty columns must fit on a screen. Every text that
//! YAML 1.1 or 1.2 could read as anything else is quoted.

use serde::Serialize;
use serde_json::Value;

use super::super::manifest::is_plain_string;
use crate::api::TableSpec;

/// Lines longer than this are broken up.
const WIDTH: usize = 140;

/// Appends the spec's fields, indented below `spec:`.
pub(super) fn spec(out: &mut String, spec: &TableSpec) {
    let TableSpec {
        database_ref,
        name,
        ensure: _,
        renamed_from,
        sql,
        columns,
        primary_key,
        indexes,
        foreign_keys,
        checks,
        partitioning,
        options,
    } = spec;
    field(out, "databaseRef", database_ref);
    if let Some(name) = name {
        field(out, "name", name);
    }
    // `ensure: Absent` is the only value that is ever written.
    let whole = serde_json::to_value(spec).unwrap_or(Value::Null);
    if let Some(ensure) = whole.get("ensure") {
        field(out, "ensure", ensure);
    }
    if !renamed_from.is_empty() {
        field(out, "renamedFrom", renamed_from);
    }
    if let Some(sql) = sql {
        block(out, sql);
    }
    list(out, "columns", columns);
    if let Some(key) = primary_key {
        field(out, "primaryKey", key);
    }
    list(out, "indexes", indexes);
    list(out, "foreignKeys", foreign_keys);
    list(out, "checks", checks);
    if let Some(partitioning) = partitioning {
        let mut value = serde_json::to_value(partitioning).unwrap_or(Value::Null);
        let partitions = value.as_object_mut().and_then(|fields| fields.shift_remove("partitions"));
        out.push_str("  partitioning:\n");
        nested(out, "    ", &value);
        if let Some(Value::Array(partitions)) = partitions {
            out.push_str("    partitions:\n");
            for partition in &partitions {
                item(out, "      ", partition);
            }
        }
    }
    if let Some(options) = options {
        field(out, "options", options);
    }
}

fn field<T: Serialize>(out: &mut String, name: &str, value: &T) {
    let value = serde_json::to_value(value).unwrap_or(Value::Null);
    let mut line = format!("  {name}: ");
    flow(&mut line, &value);
    if line.chars().count() > WIDTH && value.is_object() {
        out.push_str(&format!("  {name}:\n"));
        nested(out, "    ", &value);
        return;
    }
    out.push_str(&line);
    out.push('\n');
}

/// The fields of a mapping, each on a line.
fn nested(out: &mut String, indent: &str, value: &Value) {
    for (name, value) in value.as_object().into_iter().flatten() {
        out.push_str(indent);
        out.push_str(name);
        out.push_str(": ");
        flow(out, value);
        out.push('\n');
    }
}

fn list<T: Serialize>(out: &mut String, name: &str, items: &[T]) {
    if items.is_empty() {
        return;
    }
    out.push_str(&format!("  {name}:\n"));
    for element in items {
        item(out, "    ", &serde_json::to_value(element).unwrap_or(Value::Null));
    }
}

fn item(out: &mut String, indent: &str, value: &Value) {
    let mut line = format!("{indent}- ");
    flow(&mut line, value);
    let fields = value.as_object().filter(|_| line.chars().count() > WIDTH);
    let Some(fields) = fields else {
        out.push_str(&line);
        out.push('\n');
        return;
    };
    for (position, (name, value)) in fields.iter().enumerate() {
        out.push_str(indent);
        out.push_str(if position == 0 { "- " } else { "  " });
        out.push_str(name);
        out.push_str(": ");
        flow(out, value);
        out.push('\n');
    }
}

/// A literal block where the text allows it, else a quoted string.
fn block(out: &mut String, sql: &str) {
    let plain = sql.lines().all(|line| !line.ends_with(' ') && line.chars().all(|character| !character.is_control()))
        && !sql.starts_with([' ', '\n'])
        && !sql.ends_with('\n')
        && !sql.contains(['\r', '\u{85}', '\u{2028}', '\u{2029}', '\u{feff}'])
        && !sql.is_empty();
    if !plain {
        out.push_str("  sql: ");
        out.push_str(&quoted(sql));
        out.push('\n');
        return;
    }
    out.push_str("  sql: |-\n");
    for line in sql.split('\n') {
        if !line.is_empty() {
            out.push_str("    ");
        }
        out.push_str(line);
        out.push('\n');
    }
}

fn flow(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(string) => out.push_str(&text(string)),
        Value::Array(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push_str(", ");
                }
                flow(out, item);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            for (position, (name, value)) in fields.iter().enumerate() {
                if position > 0 {
                    out.push_str(", ");
                }
                out.push_str(name);
                out.push_str(": ");
                flow(out, value);
            }
            out.push('}');
        }
    }
}

/// A string as a plain scalar where every reader takes it for one, also within `{}` and `[]`, else quoted.
pub(super) fn text(text: &str) -> String {
    let plain = is_plain_string(text)
        && text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && !text.ends_with(' ')
        && text.chars().all(|character| {
            character.is_ascii_alphanumeric()
                || matches!(character, '_' | ' ' | '-' | '.' | '(' | ')' | '/' | '+' | '=')
        });
    if plain { text.to_owned() } else { quoted(text) }
}

/// A double-quoted scalar; JSON's escapes are YAML's.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other if other.is_control() || matches!(other, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(other)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_read_as_something_else_is_quoted() {
        for plain in ["id", "varchar(255)", "login name", "decimal(10)", "CURRENT_TIMESTAMP(6)"] {
            assert_eq!(text(plain), plain);
        }
        for special in
            ["y", "no", "null", "~", "1", "1.5", "0x1", "a: b", "a, b", "#x", "- x", "", " x", "x ", "é", "{", "'x'"]
        {
            assert!(text(special).starts_with('"'), "{special}");
        }
        assert_eq!(quoted("a\"b\\c\nd\u{1}"), "\"a\\\"b\\\\c\\nd\\u0001\"");
    }
}
