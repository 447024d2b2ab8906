//! TW010: Writes to the table wait while it is copied or read.

use crate::diff::{Change, TableChange, TableDifference};
use crate::model::{Column, Expression, GeneratedKind, Index, KeyTarget, Table, TableName};
use crate::rules::Work;
use crate::sql;

use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW010",
    level: Level::Warning,
    why: "Writes to the table wait for as long as that takes; a copy needs the table's size on disk once more; and the replica does the same again afterwards",
    instead: "run it in a quiet window, or split the change so that what blocks nobody does not wait for it",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    review
        .costs
        .iter()
        .filter(|cost| cost.blocks_writes)
        .map(|cost| {
            let what = match cost.work {
                Work::Copy => "copied",
                Work::Rebuild => "rebuilt, and writes wait meanwhile",
                Work::Metadata | Work::Index => {
                    "locked against writes while an index is built or partitions are filled"
                }
            };
            let mut finding = RULE.finding(cost.table.to_string(), format!("table `{}` is {what}", cost.table));
            if cost.work == Work::Copy {
                for way in cheaper_ways(review, &cost.table) {
                    finding.instead = format!("{}; {way}", finding.instead);
                }
            }
            finding
        })
        .collect()
}

/// Ways around a copy by two manifests, one after the other: what is away in between is missed by those who use it, so
/// that no plan takes them by itself.
fn cheaper_ways(review: Review<'_>, table: &TableName) -> Vec<String> {
    let mut ways = Vec::new();
    for change in &review.changes.changes {
        let Change::AlterTable(difference) = change else { continue };
        if difference.desired.name == *table && !is_partitioned(difference) {
            ways.extend(difference.changes.iter().filter_map(|change| cheaper_way(difference, change)));
        }
    }
    ways
}

fn cheaper_way(difference: &TableDifference, change: &TableChange) -> Option<String> {
    if let TableChange::ModifyColumn { live, desired, .. } = change {
        let computed_otherwise = is_virtual(live) && is_virtual(desired) && live.generated != desired.generated;
        (computed_otherwise && !in_use(&difference.live, live)).then(|| {
            format!(
                "drop `{0}` with one change and add it with the next, both INSTANT, where the code can do without it in \
                 between",
                desired.name
            )
        })
    } else if let TableChange::ChangeIndex { live, desired } = change {
        (over_expression(live) || over_expression(desired)).then(|| {
            let name = desired.name.as_ref().map(|name| format!("index `{name}`")).unwrap_or_default();
            format!(
                "drop {name} with one change and add it with the next: both in place, and only the second keeps writes \
                 waiting"
            )
        })
    } else {
        None
    }
}

fn is_partitioned(difference: &TableDifference) -> bool {
    difference.live.partitioning.is_some() || difference.desired.partitioning.is_some()
}

fn is_virtual(column: &Column) -> bool {
    column.generated.as_ref().is_some_and(|generated| generated.kind == GeneratedKind::Virtual)
}

fn over_expression(index: &Index) -> bool {
    index.parts.iter().any(|part| matches!(part.target, KeyTarget::Expression(_)))
}

/// Whether an index, a check or another generated column stands on it.
fn in_use(table: &Table, column: &Column) -> bool {
    let named =
        |expression: &Expression| sql::expression_columns(expression).iter().any(|name| name.same(&column.name));
    table.indexes.iter().flat_map(|index| &index.parts).any(|part| match &part.target {
        KeyTarget::Column { name, .. } => name.same(&column.name),
        KeyTarget::Expression(expression) => named(expression),
    }) || table.checks.iter().any(|check| named(&check.expression))
        || table.columns.iter().any(|other| other.generated.as_ref().is_some_and(|own| named(&own.expression)))
}
