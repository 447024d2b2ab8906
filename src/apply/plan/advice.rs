//! What to do about a statement that the server refuses, where its own words name neither the key nor the way out.

use crate::diff::TableChange;
use crate::model::{AlterClause, ColumnName, ForeignKey, IndexName, KeyPart, KeyTarget, Statement, Table, TableName};
use crate::plan::{DraftStatement, Effect};

/// An index, or the primary key, that a foreign key needs (1553).
const NEEDED: u16 = 1553;
/// The two sides of a foreign key are of different types (3780).
const DIFFERENT_TYPES: u16 = 3780;
/// A key has more bytes than one may have (1071).
const TOO_LONG: u16 = 1071;

/// What to do; `live` are the table and its relatives, `desired` the table itself.
pub(super) fn advice<'a>(
    code: u16,
    statement: &DraftStatement,
    live: impl Iterator<Item = &'a Table>,
    desired: Option<&Table>,
) -> Option<String> {
    match code {
        NEEDED => needed(&statement.table, live),
        DIFFERENT_TYPES => different_types(&statement.table, &statement.statement),
        TOO_LONG => too_long(statement, desired),
        _ => None,
    }
}

fn needed<'a>(table: &TableName, live: impl Iterator<Item = &'a Table>) -> Option<String> {
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

fn too_long(statement: &DraftStatement, desired: Option<&Table>) -> Option<String> {
    let changed: Vec<&ColumnName> =
        match &statement.effect {
            Effect::Part(changes) => changes
                .iter()
                .filter_map(|change| {
                    if let TableChange::ModifyColumn { desired, .. } = change { Some(&desired.name) } else { None }
                })
                .collect(),
            Effect::Whole(_) | Effect::ForeignKeys { .. } => Vec::new(),
        };
    let has_changed = |parts: &[KeyPart]| {
        parts.iter().any(|part| match &part.target {
            KeyTarget::Column { name, .. } => changed.iter().any(|column| column.same(name)),
            KeyTarget::Expression(_) => false,
        })
    };
    let mut keys: Vec<String> = Vec::new();
    match &statement.effect {
        Effect::Part(changes) => {
            for change in changes.iter() {
                if let TableChange::AddIndex(index) | TableChange::ChangeIndex { desired: index, .. } = change {
                    keys.push(index_name(index.name.as_ref(), &index.parts));
                } else if let TableChange::AddPrimaryKey(_) | TableChange::ChangePrimaryKey { .. } = change {
                    keys.push("the primary key".to_owned());
                }
            }
            let table = desired?;
            keys.extend(
                table.primary_key.iter().filter(|key| has_changed(&key.parts)).map(|_| "the primary key".to_owned()),
            );
            let indexes = table.indexes.iter().filter(|index| has_changed(&index.parts));
            keys.extend(indexes.map(|index| index_name(index.name.as_ref(), &index.parts)));
        }
        Effect::Whole(_) | Effect::ForeignKeys { .. } => {
            let table = desired?;
            keys.extend(table.primary_key.iter().map(|_| "the primary key".to_owned()));
            keys.extend(table.indexes.iter().map(|index| index_name(index.name.as_ref(), &index.parts)));
        }
    }
    let mut named: Vec<String> = Vec::new();
    for key in keys {
        if !named.contains(&key) {
            named.push(key);
        }
    }
    let which = match named.as_slice() {
        [] => return None,
        [one] => format!("it is {one}"),
        several => format!("it is one of {}", several.join(", ")),
    };
    Some(format!("{which}; shorten a column, or index only its beginning (`length` of a key's column)"))
}

fn index_name(name: Option<&IndexName>, parts: &[KeyPart]) -> String {
    match name {
        Some(name) => format!("`{name}`"),
        None => {
            let columns: Vec<ColumnName> = parts
                .iter()
                .filter_map(|part| match &part.target {
                    KeyTarget::Column { name, .. } => Some(name.clone()),
                    KeyTarget::Expression(_) => None,
                })
                .collect();
            format!("the index over {}", list(&columns))
        }
    }
}

fn key_name(key: &ForeignKey) -> String {
    key.name.as_ref().map(|name| format!("`{name}`")).unwrap_or_default()
}

fn list(columns: &[ColumnName]) -> String {
    columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", ")
}
