//! TW029: Values move, because they are read in another time zone than the server's.

use crate::diff::{Change, TableChange};
use crate::model::{Column, ColumnDefault, DataType, ServerZone};

use super::question::{Counted, Live};
use super::{Finding, Level, Review, Rule, each_difference};

pub(super) const RULE: Rule = Rule {
    code: "TW029",
    level: Level::Error,
    why: "Statements run with time_zone '+00:00'. TIMESTAMP values are stored in UTC, and clients read and write them in the server's time zone: what such a statement makes of a value is not what clients saw. A zone with summer time moves values by different amounts",
    instead: "run the ALTER TABLE by hand in a session that has the server's time zone; the manifest matches afterwards",
    check,
};

const MOVED: Counted = Counted { one: "row whose value moves", many: "rows whose values move" };

fn check(review: Review<'_>) -> Vec<Finding> {
    let Some(zone) = &review.live.time_zone else { return Vec::new() };
    let mut findings = each_difference(review, |difference, change| {
        let TableChange::ModifyColumn { live, desired, .. } = change else { return None };
        if !reads_in_a_zone(change) {
            return None;
        }
        let what = if is_timestamp(live) { "TIMESTAMP values become others" } else { "values become TIMESTAMP values" };
        let problem = format!("{what} by UTC: `{}` moves by {} against {}", desired.name, moved(zone), shown(zone));
        let question =
            Live::new(review, difference).column(&desired.name, MOVED, |name| Ok(format!("{name} IS NOT NULL")));
        let path = format!("{}.{}", difference.desired.name, desired.name);
        Some(RULE.finding(path, problem).asking(question.lossy()))
    });
    for change in &review.changes.changes {
        match change {
            Change::CreateTable { canonical, .. } => {
                let defaults = canonical.columns.iter().filter(|column| has_default(column));
                findings.extend(defaults.map(|column| default(zone, canonical.name.as_str(), column)));
            }
            Change::AlterTable(difference) => {
                let table = difference.desired.name.as_str();
                findings
                    .extend(difference.changes.iter().filter_map(written).map(|column| default(zone, table, column)));
            }
            Change::DropTable { .. } | Change::RenameTable { .. } => {}
        }
    }
    findings
}

/// Whether a change makes other values of TIMESTAMP values, or TIMESTAMP values of others.
pub(crate) fn reads_in_a_zone(change: &TableChange) -> bool {
    if let TableChange::ModifyColumn { live, desired, .. } = change {
        is_timestamp(live) != is_timestamp(desired) && live.generated.is_none()
    } else {
        false
    }
}

fn is_timestamp(column: &Column) -> bool {
    matches!(column.data_type, DataType::Timestamp { .. })
}

/// A TIMESTAMP column whose default is a moment.
fn has_default(column: &Column) -> bool {
    is_timestamp(column) && matches!(column.default, Some(ColumnDefault::Literal(_)))
}

/// The column that gets such a default.
fn written(change: &TableChange) -> Option<&Column> {
    if let TableChange::AddColumn { column, .. } = change {
        has_default(column).then_some(column)
    } else if let TableChange::ModifyColumn { live, desired, .. } = change {
        (has_default(desired) && live.default != desired.default).then_some(desired)
    } else {
        None
    }
}

fn default(zone: &ServerZone, table: &str, column: &Column) -> Finding {
    let problem = format!("the default of `{}` is read as UTC, and not in {}", column.name, shown(zone));
    Finding {
        level: Level::Warning,
        instead: "write the moment in UTC".to_owned(),
        ..RULE.finding(format!("{table}.{}", column.name), problem)
    }
}

fn shown(zone: &ServerZone) -> String {
    format!("the server's time zone {}", zone.name)
}

/// By how much, at this moment.
fn moved(zone: &ServerZone) -> String {
    match zone.offset {
        None => "an unknown time".to_owned(),
        Some(seconds) => {
            let minutes = seconds.unsigned_abs() / 60;
            format!("{:02}:{:02} hours", minutes / 60, minutes % 60)
        }
    }
}
