//! A desired table in the words of the server that is to have it.
//!
//! What is written for all servers alike (a manifest, a script) says some things in words that one of them does not have:
//! `_utf8mb4` before a string damages the string in MariaDB, where it is needless; a foreign key that says nothing about
//! deletes means the same everywhere and goes by another name. Idempotent, and the same table to the server it is for.

use crate::model::{
    Column, ColumnDefault, Dialect, Expression, Feature, KeyTarget, PartitionScheme, ReferentialAction,
};
use crate::model::{Partitioning, Table};
use crate::sql;

/// Puts a table as written into the server's words.
pub fn in_words_of(table: &mut Table, dialect: Dialect) {
    let unsaid = dialect.unsaid_action();
    for key in &mut table.foreign_keys {
        for action in [&mut key.on_delete, &mut key.on_update] {
            if dialect.forgets_set_default() && *action == ReferentialAction::SetDefault {
                *action = unsaid;
            }
        }
        // The name of the index becomes that of the constraint.
        if dialect.names_constraints_by_index() && key.name.is_none() {
            key.name = key.index_name.take().map(|name| name.as_str().into());
        }
    }
    for column in &mut table.columns {
        if column.generated.is_some() && dialect.lacks(Feature::NotNullGenerated) && column.nullable == Some(true) {
            column.nullable = None;
        }
    }
    if dialect.introducers_do_damage() {
        for expression in expressions(table) {
            *expression = sql::without_damaged_introducers(expression);
        }
    }
}

/// A structured manifest cannot leave out what a foreign key does, so that `NO ACTION` may be meant or not said: it is read
/// as not said.
pub fn unsaid_actions(table: &mut Table, dialect: Dialect) {
    for key in &mut table.foreign_keys {
        for action in [&mut key.on_delete, &mut key.on_update] {
            if *action == ReferentialAction::NoAction {
                *action = dialect.unsaid_action();
            }
        }
    }
}

/// All expressions of a table but the values of its partitions, which are constants.
pub(super) fn expressions(table: &mut Table) -> Vec<&mut Expression> {
    let Table { columns, primary_key: _, indexes, checks, partitioning, .. } = table;
    let mut found: Vec<&mut Expression> = columns.iter_mut().flat_map(of_column).collect();
    found.extend(indexes.iter_mut().flat_map(|index| &mut index.parts).filter_map(|part| match &mut part.target {
        KeyTarget::Expression(expression) => Some(expression),
        KeyTarget::Column { .. } => None,
    }));
    found.extend(checks.iter_mut().map(|check| &mut check.expression));
    found.extend(partitioning.iter_mut().flat_map(of_partitioning));
    found
}

fn of_column(column: &mut Column) -> Vec<&mut Expression> {
    let mut found: Vec<&mut Expression> = column.check.iter_mut().collect();
    found.extend(column.generated.iter_mut().map(|generated| &mut generated.expression));
    if let Some(ColumnDefault::Expression(expression)) = &mut column.default {
        found.push(expression);
    }
    found
}

fn of_partitioning(partitioning: &mut Partitioning) -> Vec<&mut Expression> {
    let schemes = std::iter::once(&mut partitioning.scheme)
        .chain(partitioning.subpartitioning.iter_mut().map(|subpartitioning| &mut subpartitioning.scheme));
    schemes
        .filter_map(|scheme| match scheme {
            PartitionScheme::Range(expression)
            | PartitionScheme::List(expression)
            | PartitionScheme::Hash { linear: _, expression } => Some(expression),
            PartitionScheme::RangeColumns(_) | PartitionScheme::ListColumns(_) | PartitionScheme::Key { .. } => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Flavour, Version};

    #[test]
    fn introducers_go_where_they_do_damage_and_stay_elsewhere() {
        let text = "CREATE TABLE t (a varchar(9), CHECK (a <> _utf8mb4'é' AND a <> _latin1'x'))";
        let mariadb = Dialect::new(Flavour::Mariadb, Version { major: 10, minor: 11, patch: 18 });
        let mut table = sql::parse_create_table(text, mariadb).unwrap();
        let mut same = table.clone();
        in_words_of(&mut table, mariadb);
        assert_eq!(table.checks[0].expression.as_str(), "a <> 'é' AND a <> _latin1'x'");
        in_words_of(&mut same, Dialect::NEWEST);
        assert_eq!(same.checks[0].expression.as_str(), "a <> _utf8mb4'é' AND a <> _latin1'x'");
    }
}
