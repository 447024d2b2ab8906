//! `CREATE TABLE`.

use super::super::identifier::push_identifier;
use super::Paper;
use super::column::push_column;
use super::index::{push_check, push_foreign_key, push_index, push_primary_key};
use super::options::push_options;
use super::partition::push_partitioning;
use crate::model::Table;

/// Appends `CREATE TABLE …`.
pub(super) fn push_create_table(out: &mut String, table: &Table, paper: Paper) {
    let Table { name, columns, primary_key, indexes, foreign_keys, checks, options, partitioning } = table;
    out.push_str("CREATE TABLE ");
    push_identifier(out, name.as_str());
    out.push_str(" (");
    let mut first = true;
    let mut line = |out: &mut String| {
        out.push_str(if std::mem::take(&mut first) { "\n  " } else { ",\n  " });
    };
    for column in columns {
        line(out);
        push_column(out, column, paper);
    }
    if let Some(primary_key) = primary_key {
        line(out);
        push_primary_key(out, primary_key, paper);
    }
    for index in indexes {
        line(out);
        push_index(out, index, paper);
    }
    for foreign_key in foreign_keys {
        line(out);
        push_foreign_key(out, foreign_key, paper);
    }
    for check in checks {
        line(out);
        push_check(out, check, paper);
    }
    out.push_str("\n)");
    push_options(out, options, paper);
    if let Some(partitioning) = partitioning {
        out.push_str(if paper.shown() && !paper.dialect.hides_from_older() { "\n " } else { "\n" });
        push_partitioning(out, partitioning, paper);
    }
}
