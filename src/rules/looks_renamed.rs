//! TW036: What goes and what comes look like one thing with a new name. A hint: nothing but the names says so.

use crate::diff::{Change, TableChange, TableDifference};
use crate::model::{Column, Table};

use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW036",
    level: Level::Warning,
    why: "What is dropped is gone with its rows or values, and what is added is empty; a rename keeps them",
    instead: "if it is a rename, declare it with a Table manifest that says renamedFrom, of the table or of the column; SQL files cannot say it",
    check,
};

/// So many candidates are named.
const SHOWN: usize = 3;

fn check(review: Review<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut dropped, mut created): (Vec<&Table>, Vec<&Table>) = (Vec::new(), Vec::new());
    for change in &review.changes.changes {
        match change {
            Change::DropTable { live } => dropped.push(live),
            Change::CreateTable { canonical, .. } => created.push(canonical),
            Change::AlterTable(difference) => findings.extend(columns(difference)),
            Change::RenameTable { .. } => {}
        }
    }
    for gone in dropped {
        let alike = created.iter().filter(|new| is_alike(gone, new)).map(|new| new.name.as_str());
        if let Some(names) = listed(alike) {
            let problem = format!("table `{}` is dropped, and created is {names}, which looks like it", gone.name);
            findings.push(RULE.finding(gone.name.to_string(), problem));
        }
    }
    findings
}

/// The columns that go while one of the same type comes.
fn columns(difference: &TableDifference) -> Vec<Finding> {
    let mut findings = Vec::new();
    for change in &difference.changes {
        let TableChange::DropColumn { column: gone } = change else { continue };
        let added = difference.changes.iter().filter_map(|change| {
            let TableChange::AddColumn { column, .. } = change else { return None };
            is_same_type(gone, column).then(|| column.name.as_str())
        });
        if let Some(names) = listed(added) {
            let path = format!("{}.{}", difference.desired.name, gone.name);
            findings.push(
                RULE.finding(
                    path,
                    format!("column `{}` is dropped, and added is {names}, of the same type", gone.name),
                ),
            );
        }
    }
    findings
}

/// What is computed is no loss, and comes back by itself.
fn is_same_type(gone: &Column, new: &Column) -> bool {
    gone.generated.is_none() && new.generated.is_none() && gone.data_type == new.data_type
}

/// Names that differ in case only, or the same columns.
fn is_alike(gone: &Table, new: &Table) -> bool {
    let same_columns = gone.columns.len() == new.columns.len()
        && gone
            .columns
            .iter()
            .all(|column| new.column(&column.name).is_some_and(|other| other.data_type == column.data_type));
    gone.name.as_str().to_lowercase() == new.name.as_str().to_lowercase() || same_columns
}

/// `` `a` ``, `` `a` or `b` ``; `None` of none.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let names: Vec<String> = names.take(SHOWN).map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| names.join(" or "))
}
