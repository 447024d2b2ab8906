//! TW012: A table without a primary key.

use crate::diff::Change;

use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW012",
    level: Level::Warning,
    why: "Row-based replication looks up every changed row without it by reading the whole table: one large UPDATE can stall the replica for hours; group replication refuses such tables",
    instead: "declare a primary key, e.g. `id bigint unsigned NOT NULL AUTO_INCREMENT`",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    review
        .changes
        .changes
        .iter()
        .filter_map(|change| {
            let table = match change {
                Change::CreateTable { canonical, .. } => canonical,
                Change::AlterTable(difference) if difference.live.primary_key.is_some() => &difference.desired,
                Change::AlterTable(_) | Change::DropTable { .. } | Change::RenameTable { .. } => return None,
            };
            table
                .primary_key
                .is_none()
                .then(|| RULE.finding(table.name.to_string(), format!("table `{}` has no primary key", table.name)))
        })
        .collect()
}
