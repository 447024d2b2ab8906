//! Which statements may run beside each other. Pure.
//!
//! Two statements belong to one lane when they touch a common table (locks on foreign-key parents and children included)
//! or a common constraint name, which is unique per schema. Within a lane the plan's order holds; lanes know nothing of
//! each other. In doubt: one lane.

use std::collections::BTreeMap;

use crate::model::{AlterClause, ForeignKey, Statement, TableName};
use crate::plan::proposal::ProposedStatement;

/// Groups statements (by their index) into lanes; lanes are ordered by their first statement.
pub(crate) fn lanes(
    statements: &[Statement],
    proposed: &[ProposedStatement],
    lower_case_table_names: u8,
) -> Vec<Vec<usize>> {
    let mut lane_of: BTreeMap<String, usize> = BTreeMap::new();
    let mut lanes: Vec<Vec<usize>> = Vec::new();
    for (index, statement) in statements.iter().enumerate() {
        let mut keys = touched(statement, lower_case_table_names);
        if let Some(proposed) = proposed.get(index) {
            keys.push(table_key(&proposed.table, lower_case_table_names));
            keys.extend(proposed.locks.iter().map(|lock| table_key(&lock.table, lower_case_table_names)));
        }
        let mut joined: Vec<usize> = keys.iter().filter_map(|key| lane_of.get(key).copied()).collect();
        joined.sort_unstable();
        joined.dedup();
        let home = match joined.first() {
            Some(lane) => *lane,
            None => {
                lanes.push(Vec::new());
                lanes.len() - 1
            }
        };
        for lane in joined.into_iter().skip(1) {
            let moved = std::mem::take(&mut lanes[lane]);
            lanes[home].extend(moved);
            for value in lane_of.values_mut().filter(|value| **value == lane) {
                *value = home;
            }
        }
        lanes[home].push(index);
        for key in keys {
            lane_of.insert(key, home);
        }
    }
    for lane in &mut lanes {
        lane.sort_unstable();
    }
    lanes.retain(|lane| !lane.is_empty());
    lanes.sort();
    lanes
}

fn table_key(name: &str, lower_case_table_names: u8) -> String {
    if lower_case_table_names == 0 { format!("table {name}") } else { format!("table {}", name.to_lowercase()) }
}

/// Keys of everything that a statement touches.
fn touched(statement: &Statement, lower_case_table_names: u8) -> Vec<String> {
    let key = |name: &TableName| table_key(name.as_str(), lower_case_table_names);
    let foreign = |foreign_key: &ForeignKey| {
        let mut keys = vec![key(&foreign_key.referenced_table)];
        keys.extend(foreign_key.name.as_ref().map(|name| format!("foreign key {}", name.folded())));
        keys
    };
    match statement {
        Statement::CreateTable(table) => {
            let mut keys = vec![key(&table.name)];
            keys.extend(table.foreign_keys.iter().flat_map(foreign));
            keys.extend(
                table.checks.iter().filter_map(|check| Some(format!("check {}", check.name.as_ref()?.folded()))),
            );
            keys
        }
        Statement::DropTable(table) => vec![key(table)],
        Statement::RenameTable { from, to } => vec![key(from), key(to)],
        Statement::AlterTable(alter) => {
            let mut keys = vec![key(&alter.table)];
            for clause in &alter.clauses {
                match clause {
                    AlterClause::AddForeignKey(foreign_key) => keys.extend(foreign(foreign_key)),
                    AlterClause::DropForeignKey(name) => keys.push(format!("foreign key {}", name.folded())),
                    AlterClause::AddCheck(check) => {
                        keys.extend(check.name.as_ref().map(|name| format!("check {}", name.folded())));
                    }
                    AlterClause::DropCheck(name) => keys.push(format!("check {}", name.folded())),
                    AlterClause::AddColumn { .. }
                    | AlterClause::DropColumn(_)
                    | AlterClause::ModifyColumn { .. }
                    | AlterClause::ChangeColumn { .. }
                    | AlterClause::RenameColumn { .. }
                    | AlterClause::AlterColumnDefault { .. }
                    | AlterClause::AlterColumnVisibility { .. }
                    | AlterClause::AddPrimaryKey(_)
                    | AlterClause::DropPrimaryKey
                    | AlterClause::AddIndex(_)
                    | AlterClause::DropIndex(_)
                    | AlterClause::RenameIndex { .. }
                    | AlterClause::AlterIndexVisibility { .. }
                    | AlterClause::AlterCheck { .. }
                    | AlterClause::Options { .. }
                    | AlterClause::ConvertTo { .. }
                    | AlterClause::PartitionBy(_)
                    | AlterClause::RemovePartitioning
                    | AlterClause::AddPartitions(_)
                    | AlterClause::AddPartitionCount(_)
                    | AlterClause::DropPartitions(_)
                    | AlterClause::ReorganizePartitions { .. }
                    | AlterClause::CoalescePartitions(_)
                    | AlterClause::Force
                    | AlterClause::OrderBy(_) => {}
                }
            }
            keys
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AlterTable, Check, ColumnName, ConstraintName, Expression, ReferentialAction, Table};

    fn create(name: &str, parents: &[&str]) -> Statement {
        let mut table = Table::new(name.into());
        for parent in parents {
            table.foreign_keys.push(ForeignKey {
                name: Some(ConstraintName::new(format!("{name}_{parent}"))),
                index_name: None,
                columns: vec![ColumnName::new("id")],
                referenced_schema: None,
                referenced_table: TableName::new(*parent),
                referenced_columns: vec![ColumnName::new("id")],
                on_delete: ReferentialAction::NoAction,
                on_update: ReferentialAction::NoAction,
            });
        }
        Statement::CreateTable(Box::new(table))
    }

    fn alter(name: &str, clause: AlterClause) -> Statement {
        Statement::AlterTable(AlterTable { table: name.into(), clauses: vec![clause], algorithm: None, lock: None })
    }

    #[test]
    fn tables_without_relation_run_apart_and_keep_their_own_order() {
        let statements =
            [alter("a", AlterClause::Force), alter("b", AlterClause::Force), alter("a", AlterClause::DropPrimaryKey)];
        assert_eq!(lanes(&statements, &[], 0), vec![vec![0, 2], vec![1]]);
    }

    #[test]
    fn children_of_one_parent_are_not_independent() {
        let statements = [create("x", &[]), create("c1", &["p"]), create("c2", &["p"]), create("y", &[])];
        assert_eq!(lanes(&statements, &[], 0), vec![vec![0], vec![1, 2], vec![3]]);
    }

    #[test]
    fn a_later_statement_joins_two_lanes() {
        let statements = [create("a", &[]), create("b", &[]), create("c", &["a", "b"]), create("d", &["b"])];
        assert_eq!(lanes(&statements, &[], 0), vec![vec![0, 1, 2, 3]]);
    }

    #[test]
    fn a_rename_joins_both_names() {
        let statements = [
            Statement::RenameTable { from: "b".into(), to: "c".into() },
            Statement::RenameTable { from: "a".into(), to: "b".into() },
        ];
        assert_eq!(lanes(&statements, &[], 0), vec![vec![0, 1]]);
    }

    #[test]
    fn a_check_name_that_moves_between_tables_keeps_its_order() {
        let check = Check { name: Some("c".into()), expression: Expression::new("1"), enforced: true };
        let statements = [alter("a", AlterClause::DropCheck("C".into())), alter("b", AlterClause::AddCheck(check))];
        assert_eq!(lanes(&statements, &[], 0), vec![vec![0, 1]]);
    }

    #[test]
    fn case_joins_only_where_the_server_folds_names() {
        let statements = [alter("T", AlterClause::Force), alter("t", AlterClause::Force)];
        assert_eq!(lanes(&statements, &[], 0).len(), 2);
        assert_eq!(lanes(&statements, &[], 1).len(), 1);
    }
}
