//! What to do about a statement that the server refuses, where its own words name neither the key nor the way out.

use crate::model::{AlterClause, ColumnName, ForeignKey, Statement, Table, TableName};
use crate::plan::DraftStatement;

/// An index, or the primary key, that a foreign key needs (1553).
const NEEDED: u16 = 1553;
/// The two sides of a foreign key are of different types (3780).
const DIFFERENT_TYPES: u16 = 3780;
/// An invisible index that counts as the primary key (3522): where there is one by accident of order, no change of the table
/// is taken but that it goes.
pub(super) const INVISIBLE_PRIMARY: u16 = 3522;

/// A foreign key refers to a part of a key (6125), which MySQL allows with `restrict_fk_on_non_standard_key=OFF` only. A live
/// one that was made so stays, and while the setting is ON the server refuses every change of its parent with 1553, without
/// a name of a key: <https://bugs.mysql.com/bug.php?id=118151>.
pub(super) const PARTIAL_KEY: u16 = 6125;

/// What to do; `live` are the table and its relatives.
pub(super) fn advice<'a>(
    code: u16,
    statement: &DraftStatement,
    live: impl Iterator<Item = &'a Table>,
) -> Option<String> {
    match code {
        NEEDED => needed(&statement.table, live),
        DIFFERENT_TYPES => different_types(&statement.table, &statement.statement),
        INVISIBLE_PRIMARY => Some(
            "an invisible UNIQUE key over what is never NULL counts as the primary key: leave it out in one plan, and \
             declare it again in the next, visible or beside a PRIMARY KEY"
                .to_owned(),
        ),
        _ => None,
    }
}

fn needed<'a>(table: &TableName, live: impl Iterator<Item = &'a Table>) -> Option<String> {
    let live: Vec<&Table> = live.collect();
    if let Some(advice) = partial_key(table, &live) {
        return Some(advice);
    }
    let mut said = Vec::new();
    for other in live {
        for key in &other.foreign_keys {
            let name = key_name(key);
            if key.referenced_schema.is_none() && key.referenced_table == *table {
                let columns = list(&key.referenced_columns);
                said.push(format!(
                    "foreign key {name} of table `{}` refers to it by {columns}: keep a UNIQUE KEY over ({columns})",
                    other.name
                ));
            } else if other.name == *table {
                let columns = list(&key.columns);
                said.push(format!("its foreign key {name} needs an index that begins with ({columns}): keep one"));
            }
        }
    }
    (!said.is_empty()).then(|| said.join("; "))
}

/// The live foreign keys that refer to a part of a key of this table, on which no change of it is taken.
fn partial_key(table: &TableName, live: &[&Table]) -> Option<String> {
    let parent = live.iter().find(|other| other.name == *table)?;
    let is_partial = |key: &&ForeignKey| {
        key.referenced_schema.is_none()
            && key.referenced_table == *table
            && !parent.has_unique_key_over(&key.referenced_columns)
    };
    let said: Vec<String> = live
        .iter()
        .flat_map(|child| child.foreign_keys.iter().filter(is_partial).map(move |key| (child, key)))
        .map(|(child, key)| {
            let (name, columns) = (key_name(key), list(&key.referenced_columns));
            format!("foreign key {name} of table `{}` refers to ({columns}), which is no whole UNIQUE key", child.name)
        })
        .collect();
    (!said.is_empty()).then(|| {
        format!(
            "{}; it was made with restrict_fk_on_non_standard_key=OFF, and while that setting is ON the server refuses every \
             change of `{table}` (MySQL bug 118151): drop the foreign key, or set restrict_fk_on_non_standard_key=OFF \
             globally, plan again, and give `{table}` a UNIQUE KEY over these columns",
            said.join("; ")
        )
    })
}

fn different_types(table: &TableName, statement: &Statement) -> Option<String> {
    let Statement::AlterTable(alter) = statement else { return None };
    let said: Vec<String> = alter
        .clauses
        .iter()
        .filter_map(|clause| if let AlterClause::AddForeignKey(key) = clause { Some(key) } else { None })
        .map(|key| {
            format!(
                "foreign key {} wants the same types on both sides: declare {} of `{table}` in the same plan with the types \
                 of {} of `{}`",
                key_name(key),
                list(&key.columns),
                list(&key.referenced_columns),
                key.referenced_table
            )
        })
        .collect();
    (!said.is_empty()).then(|| said.join("; "))
}

fn key_name(key: &ForeignKey) -> String {
    key.name.as_ref().map(|name| format!("`{name}`")).unwrap_or_default()
}

fn list(columns: &[ColumnName]) -> String {
    columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", ")
}
