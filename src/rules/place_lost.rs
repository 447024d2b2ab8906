//! TW028: Rows have no partition afterwards, or another one.

use crate::diff::{PartitionChange, TableChange, TableDifference};
use crate::model::{Partition, PartitionBound, PartitionName, PartitionScheme, PartitionValue, Partitioning};

use super::question::{Counted, Live};
use super::{Finding, Level, Review, Rule, each_difference};

pub(super) const RULE: Rule = Rule {
    code: "TW028",
    level: Level::Warning,
    why: "MySQL deletes rows that have no place among the new LIST partitions, on the primary and on each replica, and gives no error (a row with NULL under LIST (expression) stays, in a partition that is not its own)",
    instead: "give the values a partition, or copy the rows to another table first",
    check,
};

const NO_PLACE: Counted = Counted { one: "row without a partition", many: "rows without a partition" };

/// Number of values that a message names.
const MAX_NAMED_VALUES: usize = 10;

fn check(review: Review<'_>) -> Vec<Finding> {
    each_difference(review, |difference, change| {
        let TableChange::Partitions(change) = change else { return None };
        match change {
            PartitionChange::Reorganize { from, into, lost } if lost.is_empty() => merged(difference, from, into),
            PartitionChange::Reorganize { from, into: _, lost } => {
                let desired = difference.desired.partitioning.as_ref()?;
                let question = Live::new(review, difference).rows_that_lose_their_place(from, desired, NO_PLACE);
                let problem = format!("rows with {} have no partition afterwards", values(desired, lost));
                Some(RULE.finding(difference.desired.name.to_string(), problem).asking(question))
            }
            PartitionChange::PartitionBy { without_place: true, .. } => anew(review, difference),
            PartitionChange::PartitionBy { without_place: false, .. }
            | PartitionChange::Remove { .. }
            | PartitionChange::Add(_)
            | PartitionChange::AddCount(_)
            | PartitionChange::Drop(_)
            | PartitionChange::Coalesce(_) => None,
        }
    })
}

/// Ranges that are missing are merged into the next one: whoever left one out to delete its rows is told.
fn merged(difference: &TableDifference, from: &[PartitionName], into: &[Partition]) -> Option<Finding> {
    let [only] = into else { return None };
    let gone: Vec<String> = from.iter().filter(|name| !name.same(&only.name)).map(|name| format!("`{name}`")).collect();
    if only.bounds().is_empty() || gone.is_empty() || gone.len() == from.len() {
        return None;
    }
    let table = &difference.desired.name;
    let gone = gone.join(", ");
    Some(Finding {
        level: Level::Note,
        why: "The rows stay: a range that is left out is merged into the next one, and both are written anew"
            .to_owned(),
        instead: format!(
            "to delete the rows of the partition, run ALTER TABLE `{table}` DROP PARTITION {gone} by hand; the manifest \
             matches afterwards"
        ),
        ..RULE.finding(table.to_string(), format!("rows of partition {gone} move to partition `{}`", only.name))
    })
}

/// A table that is partitioned, or partitioned anew: a row without a place makes the statement fail.
fn anew(review: Review<'_>, difference: &TableDifference) -> Option<Finding> {
    let desired = difference.desired.partitioning.as_ref()?;
    let question = Live::new(review, difference).rows_without_place(desired, NO_PLACE);
    let problem = match last_bound(desired) {
        Some(bound) => format!("rows at or above {bound} have no partition"),
        None => "rows with a value that no partition lists have no partition".to_owned(),
    };
    let finding = Finding {
        why: "One such row makes the statement fail after it has copied the rows before it (error 1526)".to_owned(),
        instead: "add a partition for these rows, or remove them first".to_owned(),
        ..RULE.finding(difference.desired.name.to_string(), problem)
    };
    Some(finding.asking(question))
}

fn last_bound(desired: &Partitioning) -> Option<String> {
    let bounds = desired.partitions.last()?.bounds();
    if bounds.is_empty() {
        return None;
    }
    let shown = |bound: &PartitionBound| match bound {
        PartitionBound::MaxValue => "MAXVALUE".to_owned(),
        PartitionBound::Value(value) => text(value),
    };
    Some(format!("({})", bounds.iter().map(shown).collect::<Vec<_>>().join(", ")))
}

/// For people: "`a` = 2, 3" with at most so many values.
fn values(desired: &Partitioning, lost: &[Vec<PartitionValue>]) -> String {
    let by = match &desired.scheme {
        PartitionScheme::List(expression) => expression.as_str().to_owned(),
        PartitionScheme::ListColumns(columns) => {
            columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", ")
        }
        PartitionScheme::Range(_)
        | PartitionScheme::RangeColumns(_)
        | PartitionScheme::Hash { .. }
        | PartitionScheme::Key { .. } => String::new(),
    };
    let entry = |entry: &Vec<PartitionValue>| match entry.as_slice() {
        [one] => text(one),
        several => format!("({})", several.iter().map(text).collect::<Vec<_>>().join(", ")),
    };
    let mut named: Vec<String> = lost.iter().take(MAX_NAMED_VALUES).map(entry).collect();
    if lost.len() > MAX_NAMED_VALUES {
        named.push(format!("{} more", lost.len() - MAX_NAMED_VALUES));
    }
    format!("{by} in ({})", named.join(", "))
}

fn text(value: &PartitionValue) -> String {
    match value {
        PartitionValue::Null => "NULL".to_owned(),
        PartitionValue::Expression(expression) => expression.as_str().to_owned(),
    }
}
