//! `PARTITION BY`.

use super::super::identifier::{push_bare, push_identifier, push_string};
use super::Style;
use super::keywords::is_keyword;
use crate::model::{
    ColumnName, Partition, PartitionBound, PartitionScheme, PartitionValue, PartitionValues, Partitioning,
    Subpartitioning,
};

/// Appends `PARTITION BY …`; as SHOW CREATE TABLE does, within an executable comment.
pub(super) fn push_partitioning(out: &mut String, partitioning: &Partitioning, style: Style) {
    let Partitioning { scheme, count, subpartitioning, partitions } = partitioning;
    if style == Style::ShowCreate {
        out.push_str(match scheme {
            PartitionScheme::RangeColumns(_) | PartitionScheme::ListColumns(_) => "/*!50500 ",
            PartitionScheme::Range(_)
            | PartitionScheme::List(_)
            | PartitionScheme::Hash { .. }
            | PartitionScheme::Key { .. } => "/*!50100 ",
        });
    }
    let line = if style == Style::ShowCreate { '\n' } else { ' ' };
    out.push_str("PARTITION BY ");
    push_scheme(out, scheme, style);
    // SHOW CREATE TABLE says the number only where it lists no partitions.
    if let Some(count) = count.filter(|_| partitions.is_empty() || style == Style::Plain) {
        out.push(line);
        out.push_str(&format!("PARTITIONS {count}"));
    }
    if let Some(Subpartitioning { scheme, count }) = subpartitioning {
        out.push(line);
        out.push_str("SUBPARTITION BY ");
        push_scheme(out, scheme, style);
        if let Some(count) = count {
            out.push(line);
            out.push_str(&format!("SUBPARTITIONS {count}"));
        }
    }
    if !partitions.is_empty() {
        out.push(line);
        let bare = style == Style::ShowCreate && matches!(scheme, PartitionScheme::Range(_));
        push_list(out, partitions, style, bare);
    }
    if style == Style::ShowCreate {
        out.push_str(" */");
    }
}

fn push_scheme(out: &mut String, scheme: &PartitionScheme, style: Style) {
    match scheme {
        PartitionScheme::Range(expression) => out.push_str(&format!("RANGE ({})", expression.as_str())),
        PartitionScheme::List(expression) => out.push_str(&format!("LIST ({})", expression.as_str())),
        PartitionScheme::RangeColumns(columns) => {
            // Two spaces: the server's own.
            out.push_str(if style == Style::ShowCreate { "RANGE  COLUMNS" } else { "RANGE COLUMNS " });
            push_columns(out, columns, style);
        }
        PartitionScheme::ListColumns(columns) => {
            out.push_str(if style == Style::ShowCreate { "LIST  COLUMNS" } else { "LIST COLUMNS " });
            push_columns(out, columns, style);
        }
        PartitionScheme::Hash { linear, expression } => {
            out.push_str(if *linear { "LINEAR HASH" } else { "HASH" });
            out.push_str(&format!(" ({})", expression.as_str()));
        }
        PartitionScheme::Key { linear, algorithm, columns } => {
            out.push_str(if *linear { "LINEAR KEY " } else { "KEY " });
            match (algorithm, style) {
                (Some(1), Style::ShowCreate) => out.push_str("*/ /*!50611 ALGORITHM = 1 */ /*!50100 "),
                (Some(algorithm), Style::Plain) => out.push_str(&format!("ALGORITHM = {algorithm} ")),
                (Some(_) | None, _) => {}
            }
            push_columns(out, columns, style);
        }
    }
}

fn push_columns(out: &mut String, columns: &[ColumnName], style: Style) {
    out.push('(');
    for (index, column) in columns.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_name(out, column.as_str(), style);
    }
    out.push(')');
}

/// Names within PARTITION BY: SHOW CREATE TABLE quotes only those that need it.
fn push_name(out: &mut String, name: &str, style: Style) {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$')
        && !name.bytes().all(|byte| byte.is_ascii_digit());
    if style == Style::ShowCreate && plain && !is_keyword(name) {
        out.push_str(name);
    } else {
        push_identifier(out, name);
    }
}

/// Appends `(PARTITION …, PARTITION …)`.
pub(super) fn push_partitions(out: &mut String, partitions: &[Partition], style: Style) {
    push_list(out, partitions, style, false);
}

/// `bare`: MAXVALUE without parentheses, which RANGE takes and RANGE COLUMNS does not.
fn push_list(out: &mut String, partitions: &[Partition], style: Style, bare: bool) {
    let separator = if style == Style::ShowCreate { ",\n " } else { ", " };
    out.push('(');
    for (index, partition) in partitions.iter().enumerate() {
        if index > 0 {
            out.push_str(separator);
        }
        out.push_str("PARTITION ");
        push_partition(out, partition, style, bare);
    }
    out.push(')');
}

fn push_partition(out: &mut String, partition: &Partition, style: Style, bare: bool) {
    let Partition {
        name,
        values,
        engine,
        comment,
        data_directory,
        index_directory,
        max_rows,
        min_rows,
        tablespace,
        subpartitions,
    } = partition;
    push_name(out, name.as_str(), style);
    if let Some(values) = values {
        push_values(out, values, bare);
    }
    if let Some(tablespace) = tablespace {
        out.push_str(" TABLESPACE = ");
        push_identifier(out, tablespace);
    }
    if let Some(rows) = max_rows {
        out.push_str(&format!(" MAX_ROWS = {rows}"));
    }
    if let Some(rows) = min_rows {
        out.push_str(&format!(" MIN_ROWS = {rows}"));
    }
    for (keyword, directory) in [(" DATA DIRECTORY = ", data_directory), (" INDEX DIRECTORY = ", index_directory)] {
        if let Some(directory) = directory {
            out.push_str(keyword);
            push_partition_string(out, directory, style);
        }
    }
    if !comment.is_empty() {
        out.push_str(" COMMENT = ");
        push_partition_string(out, comment, style);
    }
    if let Some(engine) = engine {
        out.push_str(" ENGINE = ");
        push_bare(out, engine);
    }
    if !subpartitions.is_empty() {
        out.push_str(if style == Style::ShowCreate { "\n (" } else { " (" });
        for (index, subpartition) in subpartitions.iter().enumerate() {
            if index > 0 {
                out.push_str(if style == Style::ShowCreate { ",\n  " } else { ", " });
            }
            out.push_str("SUBPARTITION ");
            push_partition(out, subpartition, style, bare);
        }
        out.push(')');
    }
}

/// Comments of partitions are escaped in a way of their own: `\'` for the quote, and a newline is left as it is.
fn push_partition_string(out: &mut String, text: &str, style: Style) {
    if style == Style::Plain {
        return push_string(out, text);
    }
    out.push('\'');
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '\0' => out.push_str("\\0"),
            other => out.push(other),
        }
    }
    out.push('\'');
}

fn push_values(out: &mut String, values: &PartitionValues, bare: bool) {
    match values {
        PartitionValues::LessThan(bounds) => {
            out.push_str(" VALUES LESS THAN ");
            if bare && matches!(bounds.as_slice(), [PartitionBound::MaxValue]) {
                return out.push_str("MAXVALUE");
            }
            out.push('(');
            for (index, bound) in bounds.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                push_bound(out, bound);
            }
            out.push(')');
        }
        PartitionValues::In(entries) => {
            out.push_str(" VALUES IN (");
            for (index, entry) in entries.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                push_entry(out, entry);
            }
            out.push(')');
        }
    }
}

fn push_entry(out: &mut String, entry: &[PartitionValue]) {
    if let [value] = entry {
        return push_value(out, value);
    }
    out.push('(');
    for (index, value) in entry.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_value(out, value);
    }
    out.push(')');
}

/// Appends one bound.
pub(super) fn push_bound(out: &mut String, bound: &PartitionBound) {
    match bound {
        PartitionBound::MaxValue => out.push_str("MAXVALUE"),
        PartitionBound::Value(value) => push_value(out, value),
    }
}

/// Appends one value.
pub(super) fn push_value(out: &mut String, value: &PartitionValue) {
    match value {
        PartitionValue::Null => out.push_str("NULL"),
        PartitionValue::Expression(expression) => out.push_str(expression.as_str()),
    }
}
