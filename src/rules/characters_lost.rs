//! TW005: A character set lacks characters.

use crate::diff::TableChange;
use crate::rules::loss::narrower_characters;

use super::question::{Counted, Live, characters_that_do_not_convert};
use super::{Finding, Level, Review, Rule, each_difference};

pub(super) const RULE: Rule = Rule {
    code: "TW005",
    level: Level::Error,
    why: "A value with such a character makes the statement fail after it has copied part of the table; comparisons and unique keys change with the collation",
    instead: "keep utf8mb4; if the other set is needed, look for values that do not fit first",
    check,
};

const COUNTED: Counted = Counted { one: "row with such a character", many: "rows with such a character" };

fn check(review: Review<'_>) -> Vec<Finding> {
    each_difference(review, |difference, change| {
        let table = &difference.desired.name;
        if let TableChange::ModifyColumn { live, desired, .. } = change
            && narrower_characters(&live.data_type, &desired.data_type)
        {
            let question = Live::new(review, difference)
                .column(&desired.name, COUNTED, |name| characters_that_do_not_convert(name, &desired.data_type));
            let finding = RULE.finding(
                format!("{table}.{}", desired.name),
                format!("column `{}` is converted to a smaller character set", desired.name),
            );
            Some(finding.asking(question))
        } else {
            None
        }
    })
}
