//! TW014: A member of an ENUM or SET goes or moves.

use crate::diff::TableChange;
use crate::model::DataType;

use super::question::{Counted, Live, members_that_go};
use super::{Finding, Level, Review, Rule, each_difference};

pub(super) const RULE: Rule = Rule {
    code: "TW014",
    level: Level::Error,
    why: "A row with a removed member makes the statement fail; members are kept as numbers, so the table is copied, and what moves sorts elsewhere",
    instead: "append new members at the end, and remove one only after no row has it",
    check,
};

const COUNTED: Counted = Counted { one: "row with a member that goes", many: "rows with a member that goes" };

fn check(review: Review<'_>) -> Vec<Finding> {
    each_difference(review, |difference, change| {
        let table = &difference.desired.name;
        let TableChange::ModifyColumn { live, desired, .. } = change else { return None };
        let (before, after) = match (&live.data_type, &desired.data_type) {
            (DataType::Enum { members, .. }, DataType::Enum { members: after, .. })
            | (DataType::Set { members, .. }, DataType::Set { members: after, .. }) => (members, after),
            (_, _) => return None,
        };
        if after.starts_with(before) {
            return None;
        }
        let path = format!("{table}.{}", desired.name);
        if before.iter().all(|member| after.contains(member)) {
            return Some(Finding {
                level: Level::Warning,
                why: "Rows keep their members, by text; but members are kept as numbers, so the table is copied, values sort in the new order, and code that uses the numbers means others".to_owned(),
                instead: "append new members at the end, and let the code say the order (`ORDER BY FIELD(…)`)".to_owned(),
                ..RULE.finding(path, format!("members of column `{}` are moved, and none goes", desired.name))
            });
        }
        let question = Live::new(review, difference)
            .column(&desired.name, COUNTED, |name| members_that_go(name, &live.data_type, &desired.data_type));
        Some(RULE.finding(path, format!("members of column `{}` are removed", desired.name)).asking(question))
    })
}
