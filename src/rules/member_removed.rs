//! TW014: A member of an ENUM or SET goes or moves.

use crate::diff::{Change, TableChange};
use crate::model::DataType;

use super::question::{Counted, Live, members_that_go};
use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW014",
    level: Level::Error,
    why: "A row with a removed member makes the statement fail; members are kept as numbers, so the table is copied, and what moves sorts elsewhere",
    instead: "append new members at the end, and remove one only after no row has it",
    check,
};

const COUNTED: Counted = Counted { one: "row with a member that goes", many: "rows with a member that goes" };

const BECOMES_NOTHING: Counted =
    Counted { one: "row whose value changes to ''", many: "rows whose values change to ''" };

/// Whether a member that goes may become `''` rather than an error, also in strict mode: the column keeps a character set of
/// two or four bytes, in which MySQL 9.7.4 takes a single character that is no member for the number 0.
fn takes_one_character_for_nothing(live: &DataType, desired: &DataType) -> bool {
    let set = |data_type: &DataType| data_type.characters().and_then(|characters| characters.character_set.clone());
    let wide = set(live).is_some_and(|set| matches!(set.as_str(), "ucs2" | "utf16" | "utf16le" | "utf32"));
    matches!(desired, DataType::Enum { .. }) && wide && set(live) == set(desired)
}

fn is_one_character(member: &str) -> bool {
    member.chars().count() == 1
}

fn check(review: Review<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for change in &review.changes.changes {
        if let Change::AlterTable(difference) = change {
            let live = Live::new(review, difference);
            let name = difference.desired.name.as_str();
            findings.extend(difference.changes.iter().flat_map(|change| of_change(name, &live, change)));
        }
    }
    findings
}

fn of_change(name: &str, table: &Live<'_>, change: &TableChange) -> Vec<Finding> {
    let TableChange::ModifyColumn { live, desired, .. } = change else { return Vec::new() };
    let (before, after) = match (&live.data_type, &desired.data_type) {
        (DataType::Enum { members, .. }, DataType::Enum { members: after, .. })
        | (DataType::Set { members, .. }, DataType::Set { members: after, .. }) => (members, after),
        (_, _) => return Vec::new(),
    };
    if after.starts_with(before) {
        return Vec::new();
    }
    let path = format!("{name}.{}", desired.name);
    if before.iter().all(|member| after.contains(member)) {
        return vec![Finding {
            level: Level::Warning,
            why: "Rows keep their members, by text; but members are kept as numbers, so the table is copied, values sort in the new order, and code that uses the numbers means others".to_owned(),
            instead: "append new members at the end, and let the code say the order (`ORDER BY FIELD(…)`)".to_owned(),
            ..RULE.finding(path, format!("members of column `{}` are moved, and none goes", desired.name))
        }];
    }
    let gone = |counted: Counted, counts: &dyn Fn(&str) -> bool| {
        table.column(&desired.name, counted, |name| members_that_go(name, &live.data_type, &desired.data_type, counts))
    };
    let problem = format!("members of column `{}` are removed", desired.name);
    let finding = RULE.finding(path.clone(), problem.clone());
    if !takes_one_character_for_nothing(&live.data_type, &desired.data_type) {
        return vec![finding.asking(gone(COUNTED, &|_| true))];
    }
    let nothing = Finding {
        why: "Of a member of one character MySQL makes '' in this character set, and gives no error".to_owned(),
        ..RULE.finding(path, format!("{problem}, some of which become ''"))
    };
    vec![
        finding.asking(gone(COUNTED, &|member| !is_one_character(member))),
        nothing.asking(gone(BECOMES_NOTHING, &|member| is_one_character(member)).lossy()),
    ]
}
