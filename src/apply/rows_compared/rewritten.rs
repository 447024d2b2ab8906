//! The tables whose rows a plan writes anew on each server for itself, by copying or rebuilding them. Pure.

use crate::model::{Dialect, Statement, TableName};
use crate::plan::proposal::{AlgorithmName, Proposal};
use crate::sql::parse_statement;

/// Names these tables as they are called after the plan; those that it drops are left out.
pub fn rewritten_tables(proposal: &Proposal, dialect: Dialect) -> Vec<TableName> {
    let mut tables: Vec<TableName> = Vec::new();
    for proposed in &proposal.statements {
        match parse_statement(&proposed.sql, dialect) {
            Ok(Statement::DropTable(name)) => tables.retain(|table| *table != name),
            Ok(Statement::RenameTable { from, to }) => {
                tables.iter_mut().filter(|table| **table == from).for_each(|table| *table = to.clone());
            }
            Ok(Statement::CreateTable(_)) => {}
            Ok(Statement::AlterTable(_)) | Err(_) => {
                let table = TableName::new(proposed.table.as_str());
                let written = proposed.rebuilds || proposed.algorithm == Some(AlgorithmName::Copy);
                if written && !tables.contains(&table) {
                    tables.push(table);
                }
            }
        }
    }
    tables
}
