//! TW006: A column becomes NOT NULL.

use crate::diff::TableChange;

use super::question::{Counted, Live};
use super::row_order::begins_to_count;
use super::{Finding, Level, Review, Rule, each_difference};

pub(super) const RULE: Rule = Rule {
    code: "TW006",
    level: Level::Warning,
    why: "If one row is NULL, the statement fails after having read the table; code that writes NULL or leaves the column out fails afterwards",
    instead: "first let the code write a value always, or give the column a DEFAULT (an enforced CHECK, once the rows are filled, keeps NULLs out too); then fill the NULLs, and change the column",
    check,
};

const COUNTED: Counted = Counted { one: "row that is NULL", many: "rows that are NULL" };

fn check(review: Review<'_>) -> Vec<Finding> {
    each_difference(review, |difference, change| {
        let table = &difference.desired.name;
        if let TableChange::ModifyColumn { live, desired, .. } = change
            && live.nullable == Some(true)
            && desired.nullable == Some(false)
            // NULLs get numbers: TW030.
            && begins_to_count(change).is_none()
        {
            let question =
                Live::new(review, difference).column(&desired.name, COUNTED, |name| Ok(format!("{name} IS NULL")));
            let finding = RULE
                .finding(format!("{table}.{}", desired.name), format!("column `{}` becomes NOT NULL", desired.name));
            Some(finding.asking(question))
        } else {
            None
        }
    })
}
