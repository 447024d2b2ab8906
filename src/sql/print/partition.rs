//! `PARTITION BY`.

use super::super::identifier::{push_bare, push_identifier, push_string};
use super::Paper;
use super::keywords::is_keyword;
use crate::model::{
    ColumnName, Expression, Partition, PartitionBound, PartitionScheme, PartitionValue, PartitionValues, Partitioning,
    Subpartitioning,
};

/// Appends `PARTITION BY …`; as SHOW CREATE TABLE does, within an executable comment.
pub(super) fn push_partitioning(out: &mut String, partitioning: &Partitioning, paper: Paper) {
    let Partitioning { scheme, count, subpartitioning, partitions } = partitioning;
    let hidden = paper.shown() && paper.dialect.hides_from_older();
    if hidden {
        out.push_str(match scheme {
            PartitionScheme::RangeColumns(_) | PartitionScheme::ListColumns(_) => "/*!50500 ",
            PartitionScheme::Range(_)
            | PartitionScheme::List(_)
            | PartitionScheme::Hash { .. }
            | PartitionScheme::Key { .. } => "/*!50100 ",
        });
    }
    let line = if paper.shown() { '\n' } else { ' ' };
    out.push_str("PARTITION BY ");
    push_scheme(out, scheme, paper);
    // SHOW CREATE TABLE says the number only where it lists no partitions.
    if let Some(count) = count.filter(|_| partitions.is_empty() || !paper.shown()) {
        out.push(line);
        out.push_str(&format!("PARTITIONS {count}"));
    }
    if let Some(Subpartitioning { scheme, count }) = subpartitioning {
        out.push(line);
        out.push_str("SUBPARTITION BY ");
        push_scheme(out, scheme, paper);
        if let Some(count) = count {
            out.push(line);
            out.push_str(&format!("SUBPARTITIONS {count}"));
        }
    }
    if !partitions.is_empty() {
        out.push(line);
        let bare = paper.shown() && matches!(scheme, PartitionScheme::Range(_));
        push_list(out, partitions, paper, bare);
    }
    if hidden {
        out.push_str(" */");
    }
}

fn push_scheme(out: &mut String, scheme: &PartitionScheme, paper: Paper) {
    match scheme {
        PartitionScheme::Range(expression) => push_function(out, "RANGE", expression),
        PartitionScheme::List(expression) => push_function(out, "LIST", expression),
        PartitionScheme::RangeColumns(columns) => {
            // Two spaces: the server's own.
            out.push_str(if paper.shown() { "RANGE  COLUMNS" } else { "RANGE COLUMNS " });
            push_columns(out, columns, paper);
        }
        PartitionScheme::ListColumns(columns) => {
            out.push_str(if paper.shown() { "LIST  COLUMNS" } else { "LIST COLUMNS " });
            push_columns(out, columns, paper);
        }
        PartitionScheme::Hash { linear, expression } => {
            push_function(out, if *linear { "LINEAR HASH" } else { "HASH" }, expression);
        }
        PartitionScheme::Key { linear, algorithm, columns } => {
            out.push_str(if *linear { "LINEAR KEY " } else { "KEY " });
            match algorithm {
                Some(1) if paper.shown() && paper.dialect.hides_from_older() => {
                    out.push_str("*/ /*!50611 ALGORITHM = 1 */ /*!50100 ");
                }
                Some(algorithm) if *algorithm == 1 || !paper.shown() => {
                    out.push_str(&format!("ALGORITHM = {algorithm} "));
                }
                Some(_) | None => {}
            }
            push_columns(out, columns, paper);
        }
    }
}

fn push_function(out: &mut String, keyword: &str, expression: &Expression) {
    out.push_str(keyword);
    out.push_str(" (");
    out.push_str(expression.as_str());
    out.push(')');
}

fn push_columns(out: &mut String, columns: &[ColumnName], paper: Paper) {
    out.push('(');
    for (index, column) in columns.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_name(out, column.as_str(), paper);
    }
    out.push(')');
}

/// Names within PARTITION BY: SHOW CREATE TABLE quotes only those that need it.
fn push_name(out: &mut String, name: &str, paper: Paper) {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$')
        && !name.bytes().all(|byte| byte.is_ascii_digit());
    if paper.shown() && plain && !paper.dialect.quotes_partitions() && !is_keyword(name) {
        out.push_str(name);
    } else {
        push_identifier(out, name);
    }
}

/// Appends `(PARTITION …, PARTITION …)`.
pub(super) fn push_partitions(out: &mut String, partitions: &[Partition], paper: Paper) {
    push_list(out, partitions, paper, false);
}

/// `bare`: MAXVALUE without parentheses, which RANGE takes and RANGE COLUMNS does not.
fn push_list(out: &mut String, partitions: &[Partition], paper: Paper, bare: bool) {
    let separator = if paper.shown() { ",\n " } else { ", " };
    out.push('(');
    for (index, partition) in partitions.iter().enumerate() {
        if index > 0 {
            out.push_str(separator);
        }
        out.push_str("PARTITION ");
        push_partition(out, partition, paper, bare);
    }
    out.push(')');
}

fn push_partition(out: &mut String, partition: &Partition, paper: Paper, bare: bool) {
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
    push_name(out, name.as_str(), paper);
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
            push_partition_string(out, directory, paper);
        }
    }
    if !comment.is_empty() {
        out.push_str(" COMMENT = ");
        push_partition_string(out, comment, paper);
    }
    if let Some(engine) = engine {
        out.push_str(" ENGINE = ");
        push_bare(out, engine);
    }
    if !subpartitions.is_empty() {
        out.push_str(if paper.shown() { "\n (" } else { " (" });
        for (index, subpartition) in subpartitions.iter().enumerate() {
            if index > 0 {
                out.push_str(if paper.shown() { ",\n  " } else { ", " });
            }
            out.push_str("SUBPARTITION ");
            push_partition(out, subpartition, paper, bare);
        }
        out.push(')');
    }
}

/// Comments of partitions are escaped in a way of their own: `\'` for the quote, and a newline is left as it is.
fn push_partition_string(out: &mut String, text: &str, paper: Paper) {
    if !paper.shown() {
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
