//! Tables that are the same but for their name: so that one rehearsal speaks for all of them. Pure.
//!
//! Names that MySQL makes of the table's name (`t_chk_1`, `t_ibfk_1`) are taken as part of it.

use crate::model::{AlterClause, ConstraintName, Statement, Table, TableName};

/// The table under another name, made-up constraint names included.
pub(crate) fn renamed(table: &Table, to: &TableName) -> Table {
    let mut table = table.clone();
    let from = std::mem::replace(&mut table.name, to.clone());
    for check in &mut table.checks {
        rename_constraint(&mut check.name, &from, to);
    }
    for foreign_key in &mut table.foreign_keys {
        rename_constraint(&mut foreign_key.name, &from, to);
        if foreign_key.referenced_schema.is_none() && foreign_key.referenced_table == from {
            foreign_key.referenced_table = to.clone();
        }
    }
    table
}

/// The statement for a table of another name; `None` where it names more than this one table.
pub(crate) fn renamed_statement(statement: &Statement, from: &TableName, to: &TableName) -> Option<Statement> {
    match statement {
        Statement::CreateTable(table) if table.name == *from => {
            Some(Statement::CreateTable(Box::new(renamed(table, to))))
        }
        Statement::AlterTable(alter) if alter.table == *from => {
            let mut alter = alter.clone();
            alter.table = to.clone();
            for clause in &mut alter.clauses {
                match clause {
                    AlterClause::AddCheck(check) => rename_constraint(&mut check.name, from, to),
                    AlterClause::DropCheck(name) | AlterClause::AlterCheck { name, .. } => {
                        *name = with_prefix(name, from, to);
                    }
                    AlterClause::AddForeignKey(_) | AlterClause::DropForeignKey(_) => return None,
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
            Some(Statement::AlterTable(alter))
        }
        Statement::CreateTable(_)
        | Statement::AlterTable(_)
        | Statement::DropTable(_)
        | Statement::RenameTable { .. } => None,
    }
}

fn rename_constraint(name: &mut Option<ConstraintName>, from: &TableName, to: &TableName) {
    if let Some(name) = name {
        *name = with_prefix(name, from, to);
    }
}

fn with_prefix(name: &ConstraintName, from: &TableName, to: &TableName) -> ConstraintName {
    match name.as_str().strip_prefix(from.as_str()) {
        Some(rest) if made_up(rest) => ConstraintName::new(format!("{to}{rest}")),
        Some(_) | None => name.clone(),
    }
}

/// `_chk_N` or `_ibfk_N`.
fn made_up(rest: &str) -> bool {
    ["_chk_", "_ibfk_"].iter().any(|kind| {
        rest.strip_prefix(kind)
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Check, Expression};

    fn with_check(name: &str, check: &str) -> Table {
        let mut table = Table::new(name.into());
        table.checks.push(Check { name: Some(check.into()), expression: Expression::new("1"), enforced: true });
        table
    }

    #[test]
    fn made_up_names_follow_the_table_and_given_ones_stay() {
        assert_eq!(renamed(&with_check("a", "a_chk_2"), &"b".into()), with_check("b", "b_chk_2"));
        assert_eq!(renamed(&with_check("a", "a_chk_x"), &"b".into()), with_check("b", "a_chk_x"));
        assert_eq!(renamed(&with_check("a", "a_positive"), &"b".into()), with_check("b", "a_positive"));
    }
}
