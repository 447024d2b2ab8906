//! Attributes for storage engines are JSON, and the server keeps them as such: it puts a space behind each colon and comma,
//! and sorts the keys of an object by their length, then by their bytes. An empty one is none.
//! <https://dev.mysql.com/doc/refman/8.4/en/json.html#json-normalization>
//!
//! Numbers with a fraction and characters that it writes as escapes are left as they were written.

use serde_json::Value;

use crate::model::{Dialect, Feature, Table};

/// Applies to the table, its columns and its indexes.
pub(super) fn spaced(table: &mut Table, dialect: Dialect) {
    if dialect.lacks(Feature::EngineAttribute) {
        return;
    }
    let of_table = [&mut table.options.engine_attribute, &mut table.options.secondary_engine_attribute];
    let of_key =
        table.primary_key.iter_mut().flat_map(|of| [&mut of.engine_attribute, &mut of.secondary_engine_attribute]);
    let of_columns =
        table.columns.iter_mut().flat_map(|of| [&mut of.engine_attribute, &mut of.secondary_engine_attribute]);
    let of_indexes =
        table.indexes.iter_mut().flat_map(|of| [&mut of.engine_attribute, &mut of.secondary_engine_attribute]);
    for attribute in of_table.into_iter().chain(of_key).chain(of_columns).chain(of_indexes) {
        *attribute = attribute.take().filter(|text| !text.is_empty()).map(as_kept);
    }
}

/// As the server keeps it; as it was written where that is not known here.
fn as_kept(text: String) -> String {
    let mut kept = String::new();
    match serde_json::from_str(&text) {
        Ok(value) if write(&value, &mut kept) => kept,
        Ok(_) | Err(_) => text,
    }
}

/// Whether it could be written.
fn write(value: &Value, out: &mut String) -> bool {
    match value {
        Value::Number(number) if !number.is_i64() && !number.is_u64() => false,
        Value::String(text) if text.contains(char::is_control) => false,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string());
            true
        }
        Value::Array(elements) => {
            out.push('[');
            let written = elements.iter().enumerate().all(|(index, element)| {
                out.push_str(if index > 0 { ", " } else { "" });
                write(element, out)
            });
            out.push(']');
            written
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(one, _), (other, _)| one.len().cmp(&other.len()).then_with(|| one.cmp(other)));
            out.push('{');
            let written = members.iter().enumerate().all(|(index, (key, value))| {
                out.push_str(if index > 0 { ", " } else { "" });
                let known = write(&Value::String((*key).clone()), out);
                out.push_str(": ");
                known && write(value, out)
            });
            out.push('}');
            written
        }
    }
}

#[cfg(test)]
mod tests {
    use super::as_kept;

    #[test]
    fn what_the_server_would_escape_or_round_stays_as_written() {
        for text in ["{\"a\":1.50}", "{\"a\":\"\\u0007\"}", "{bad", ""] {
            assert_eq!(as_kept(text.to_owned()), text);
        }
    }
}
