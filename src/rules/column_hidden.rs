//! TW022: A column is hidden or shown.

use crate::diff::TableChange;

use super::{Finding, Level, Review, Rule, each_change};

pub(super) const RULE: Rule = Rule {
    code: "TW022",
    level: Level::Warning,
    why: "`SELECT *` and an INSERT without a list of columns see other columns from this moment: code that counts on their number or order fails or takes one for another",
    instead: "name the columns in the code first",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_change(review, |table, change| {
        let TableChange::ModifyColumn { live, desired, .. } = change else { return None };
        let what = if desired.visible { "VISIBLE" } else { "INVISIBLE" };
        (live.visible != desired.visible).then(|| {
            RULE.finding(format!("{table}.{}", desired.name), format!("column `{}` becomes {what}", desired.name))
        })
    })
}
