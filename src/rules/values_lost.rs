//! TW004: A narrower type can lose values.

use crate::diff::{Change, TableChange, TableDifference};
use crate::model::{DataType, GeometryKind};
use crate::rules::loss::{bytes_grow, loses_values, only_members_or_characters};
use crate::sql;

use super::question::{Counted, Live, values_changed, values_refused};
use super::{Ask, Finding, Level, Question, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW004",
    level: Level::Error,
    why: "Strict mode refuses some values, and one of them makes the statement fail after having worked for its whole time; others are rounded or cut, and no error says so (decimal scale, fractional seconds, date and time parts, trailing spaces)",
    instead: "check the values first, or add a new column, fill it with values that you have looked at, and switch over",
    check,
};

/// One of these is enough: the statement fails.
const REFUSED: Counted = Counted {
    one: "row whose value is refused, with which the statement is sure to fail",
    many: "rows whose values are refused, with which the statement is sure to fail",
};
/// A loss, which can be approved.
const CHANGED: Counted = Counted { one: "row whose value changes", many: "rows whose values change" };

fn check(review: Review<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for change in &review.changes.changes {
        if let Change::AlterTable(difference) = change {
            let live = Live::new(review, difference);
            let copied = review.is_copied(&difference.desired.name);
            findings.extend(difference.changes.iter().flat_map(|change| of_change(difference, &live, change, copied)));
        }
    }
    findings
}

fn of_change(difference: &TableDifference, table: &Live<'_>, change: &TableChange, copied: bool) -> Vec<Finding> {
    let TableChange::ModifyColumn { live, desired, .. } = change else { return Vec::new() };
    let (before, after) = (&live.data_type, &desired.data_type);
    let loses = loses_values(before, after);
    let elsewhere = only_members_or_characters(before, after) && !bytes_grow(before, after);
    let takes_zero_dates = after.holds_dates() && difference.desired.has_zero_date();
    if !loses && (takes_zero_dates || !may_be_no_date(before, after)) {
        return Vec::new();
    }
    if loses && (elsewhere || only_place(before, after)) {
        return Vec::new();
    }
    let finding = |more: &str, question: Question| {
        let problem = format!(
            "`{}` changes from {} to {}{more}",
            desired.name,
            sql::print_data_type(before),
            sql::print_data_type(after)
        );
        let finding = RULE.finding(format!("{}.{}", difference.desired.name, desired.name), problem);
        Finding { level: if loses { RULE.level } else { Level::Note }, ..finding }.asking(question)
    };
    // A table with a zero date for a default is changed under a mode that takes zero dates.
    let refuses = |name: &str| {
        if takes_zero_dates { Err(ZERO_DATES) } else { values_refused(name, before, after) }
    };
    let refused = table.column(&desired.name, REFUSED, |name| {
        refuses(name).map(|condition| condition.unwrap_or_else(|| "FALSE".to_owned()))
    });
    let changed = table.column(&desired.name, CHANGED, |name| {
        let changed = values_changed(name, before, after)?.unwrap_or_else(|| "FALSE".to_owned());
        Ok(match refuses(name) {
            Ok(Some(refused)) => format!("({changed}) AND NOT COALESCE(({refused}), FALSE)"),
            Ok(None) | Err(_) => changed,
        })
    });
    let changed = changed.lossy();
    if !copied && only_digits(before, after) {
        let ask = Ask::Nothing("its values stay as they are, and are shown with other digits");
        return vec![finding("", Question { ask, ..changed })];
    }
    if desired.generated.is_some() && live.generated != desired.generated {
        let ask = Ask::Nothing("its values are computed anew, by another expression (TW031)");
        return vec![finding("", Question { ask, ..changed })];
    }
    // Asked of any name: whether there is anything to ask.
    match (refuses("c"), values_changed("c", before, after)) {
        (Ok(None), _) => vec![finding("", changed)],
        (Ok(Some(_)), Ok(None)) | (Err(_), Err(_)) => vec![finding("", refused)],
        (Ok(Some(_)), Ok(Some(_)) | Err(_)) | (Err(_), Ok(_)) => {
            vec![finding("", refused), finding(", which changes some of the values that it takes", changed)]
        }
    }
}

/// Whether only the digits that are shown are others, which MySQL changes without a look at the rows.
fn only_digits(live: &DataType, desired: &DataType) -> bool {
    match (live, desired) {
        (
            DataType::Float { double, unsigned, .. },
            DataType::Float { double: becomes_double, unsigned: becomes_unsigned, .. },
        ) => double == becomes_double && unsigned == becomes_unsigned,
        (_, _) => false,
    }
}

const ZERO_DATES: &str = "the table is changed under a mode that takes zero dates";

/// Whether nothing is lost, but what is no date (`0000-00-00`, written under another sql_mode) is not taken over.
fn may_be_no_date(live: &DataType, desired: &DataType) -> bool {
    live != desired && live.holds_dates() && desired.holds_dates()
}

/// Whether only where geometries may lie is another: that is TW035.
fn only_place(live: &DataType, desired: &DataType) -> bool {
    match (live, desired) {
        (DataType::Geometry { kind, .. }, DataType::Geometry { kind: other, .. }) => {
            kind == other || *other == GeometryKind::Geometry
        }
        (_, _) => false,
    }
}
