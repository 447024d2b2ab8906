//! TW021: A default is a date that does not exist.

use crate::diff::Change;

use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW021",
    level: Level::Warning,
    why: "MySQL's strict mode refuses every ALTER of such a table (error 1067): these statements run without NO_ZERO_DATE and NO_ZERO_IN_DATE, and strict in all else; clients in strict mode cannot write the default",
    instead: "make the column nullable without a default, or give it a real date",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    let changes = review.changes.changes.iter();
    let tables = changes.filter_map(|change| match change {
        Change::CreateTable { canonical, .. } => Some(canonical.as_ref()),
        Change::AlterTable(difference) => Some(&difference.desired),
        Change::DropTable { .. } | Change::RenameTable { .. } => None,
    });
    tables
        .filter(|table| table.has_zero_date())
        .map(|table| {
            RULE.finding(table.name.to_string(), format!("table `{}` has a zero date for a default", table.name))
        })
        .collect()
}
