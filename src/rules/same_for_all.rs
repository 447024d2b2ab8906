//! TW034: A key over new columns that have one value in all rows.

use crate::diff::Change;

use super::question::{Counted, Live};
use super::uniqueness::built;
use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW034",
    level: Level::Warning,
    why: "Rows that exist get the default of a new column, or an empty value where it has none and is NOT NULL: the same in all of them. With a second row the statement fails (1062)",
    instead: "add the column as NULL (a unique key takes any number of NULLs), fill it with values that differ, and add the key afterwards; or let the column count (AUTO_INCREMENT)",
    check,
};

const COUNTED: Counted = Counted {
    one: "value that more than one row would get, with which the statement is sure to fail",
    many: "values that more than one row would get, with which the statement is sure to fail",
};

fn check(review: Review<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for change in &review.changes.changes {
        let Change::AlterTable(difference) = change else { continue };
        let live = Live::new(review, difference);
        for key in difference.changes.iter().filter_map(built).filter(|key| live.is_same_for_all(key.parts)) {
            let problem = format!("{} is over new columns that have one value in all rows", key.name());
            findings.push(RULE.finding(difference.desired.name.to_string(), problem).asking(live.several(COUNTED)));
        }
    }
    findings
}
