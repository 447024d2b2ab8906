//! TW035: Geometries of another SRID than the column gets.

use crate::diff::TableChange;
use crate::model::DataType;

use super::question::{Counted, Live};
use super::{Finding, Level, Review, Rule, each_difference};

pub(super) const RULE: Rule = Rule {
    code: "TW035",
    level: Level::Warning,
    why: "The statement does not change the SRID of a value: one row with another SRID makes it fail (3643)",
    instead: "give the rows that SRID first: `UPDATE … SET g = ST_SRID(g, n)` where only the number is wrong, `ST_Transform(g, n)` where the coordinates are of another system",
    check,
};

const COUNTED: Counted = Counted {
    one: "row with another SRID, with which the statement is sure to fail",
    many: "rows with another SRID, with which the statement is sure to fail",
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_difference(review, |difference, change| {
        let TableChange::ModifyColumn { live, desired, .. } = change else { return None };
        let (DataType::Geometry { srid, .. }, DataType::Geometry { srid: Some(wanted), .. }) =
            (&live.data_type, &desired.data_type)
        else {
            return None;
        };
        if *srid == Some(*wanted) {
            return None;
        }
        let question = Live::new(review, difference)
            .column(&desired.name, COUNTED, |name| Ok(format!("ST_SRID({name}) <> {wanted}")));
        let path = format!("{}.{}", difference.desired.name, desired.name);
        Some(RULE.finding(path, format!("column `{}` gets SRID {wanted}", desired.name)).asking(question))
    })
}
