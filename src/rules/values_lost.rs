//! TW004: A narrower type can lose values.

use crate::diff::TableChange;
use crate::rules::loss::{loses_values, only_members_or_characters};
use crate::sql;

use super::question::{Counted, Live, values_that_do_not_survive};
use super::{Finding, Level, Question, Review, Rule, each_difference};

pub(super) const RULE: Rule = Rule {
    code: "TW004",
    level: Level::Error,
    why: "Strict mode refuses some values and the statement fails after having worked for its whole time; others are rounded or cut without a word (decimal scale, fractional seconds, date and time parts, trailing spaces)",
    instead: "check the values first, or add a new column, fill it with values that you have looked at, and switch over",
    check,
};

const COUNTED: Counted = Counted { one: "row whose value does not survive", many: "rows whose value does not survive" };

fn check(review: Review<'_>) -> Vec<Finding> {
    each_difference(review, |difference, change| {
        let table = &difference.desired.name;
        if let TableChange::ModifyColumn { live, desired, .. } = change
            && loses_values(&live.data_type, &desired.data_type)
            && !only_members_or_characters(&live.data_type, &desired.data_type)
        {
            let question = Live::new(review, difference).column(&desired.name, COUNTED, |name| {
                values_that_do_not_survive(name, &live.data_type, &desired.data_type)
            });
            let finding = RULE.finding(
                format!("{table}.{}", desired.name),
                format!(
                    "`{}` changes from {} to {}",
                    desired.name,
                    sql::print_data_type(&live.data_type),
                    sql::print_data_type(&desired.data_type)
                ),
            );
            // Approved as a loss: strict mode refuses some of them, and changes the others.
            Some(finding.asking(Question { fails: false, ..question }))
        } else {
            None
        }
    })
}
