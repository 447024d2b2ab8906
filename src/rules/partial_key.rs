//! TW037: A foreign key refers to columns that are no whole key of its parent.

use std::collections::BTreeMap;

use crate::diff::Change;
use crate::model::{ForeignKey, Table, TableName};

use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW037",
    level: Level::Warning,
    why: "MySQL since 8.4 makes such a key with restrict_fk_on_non_standard_key=OFF only, and while the setting is ON it refuses every change of the parent (error 1553, MySQL bug 118151); which row a child belongs to is not one row",
    instead: "give the parent a UNIQUE KEY over exactly these columns, or refer to all columns of the key",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    // Tables as they are to be: changed ones as desired, others as they are.
    let mut tables: BTreeMap<&TableName, &Table> =
        review.live.tables.iter().map(|(name, live)| (name, &live.table)).collect();
    let mut changed: Vec<&TableName> = Vec::new();
    for change in &review.changes.changes {
        match change {
            Change::CreateTable { canonical, .. } => {
                tables.insert(&canonical.name, canonical);
                changed.push(&canonical.name);
            }
            Change::AlterTable(difference) => {
                tables.insert(&difference.desired.name, &difference.desired);
                changed.push(&difference.desired.name);
            }
            Change::DropTable { live } => drop(tables.remove(&live.name)),
            Change::RenameTable { from, .. } => drop(tables.remove(from)),
        }
    }
    let concerns = |child: &TableName, key: &ForeignKey| {
        key.referenced_schema.is_none() && (changed.contains(&child) || changed.contains(&&key.referenced_table))
    };
    let mut findings = Vec::new();
    for (child, table) in &tables {
        for key in table.foreign_keys.iter().filter(|key| concerns(child, key)) {
            let Some(parent) = tables.get(&key.referenced_table) else { continue };
            if parent.has_unique_key_over(&key.referenced_columns) {
                continue;
            }
            let name = key.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
            let columns: Vec<String> = key.referenced_columns.iter().map(|column| format!("`{column}`")).collect();
            let problem = format!(
                "foreign key{name} refers to ({}) of `{}`, which is no whole UNIQUE key",
                columns.join(", "),
                key.referenced_table
            );
            findings.push(RULE.finding(child.to_string(), problem));
        }
    }
    findings
}
