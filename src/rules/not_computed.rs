//! TW031: Rows of which something new cannot be computed.

use crate::diff::{Change, TableChange, TableDifference};
use crate::model::{Column, ColumnDefault, ColumnName, Index, KeyTarget, Table};
use crate::sql;

use super::question::Live;
use super::uniqueness::named;
use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW031",
    level: Level::Note,
    why: "The statement computes it for every row that exists, and fails with the first row of which it cannot be computed: a division by zero (1365), text that is no number or date (1292), invalid JSON (3141), a value out of range (1690) or one that the column or index does not take (1264, 1406, 3751, 3903)",
    instead: "correct the rows, or write an expression that gives NULL where it cannot be computed",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for change in &review.changes.changes {
        let Change::AlterTable(difference) = change else { continue };
        let live = Live::new(review, difference);
        let copied = review.is_copied(&difference.desired.name);
        findings.extend(difference.changes.iter().filter_map(|change| of_column(difference, &live, change, copied)));
        for index in difference.changes.iter().filter_map(built) {
            findings.extend(of_index(difference, &live, index));
        }
    }
    findings
}

/// A column whose values come from an expression, and are stored, or read for an index.
fn of_column(difference: &TableDifference, live: &Live<'_>, change: &TableChange, copied: bool) -> Option<Finding> {
    let (column, is_new) =
        if let TableChange::AddColumn { column, .. } | TableChange::ReplaceColumn { desired: column, .. } = change {
            (column, true)
        } else if let TableChange::ModifyColumn { live, desired, .. } = change
            && (live.generated != desired.generated || live.data_type != desired.data_type)
        {
            (desired, false)
        } else {
            return None;
        };
    let expression = match (&column.generated, &column.default) {
        // Every virtual column is computed for every row by a copy; without one, a new one that nothing reads is not.
        (Some(generated), _)
            if copied || !is_new || !column.is_virtual() || is_indexed(&difference.desired, column) =>
        {
            &generated.expression
        }
        (None, Some(ColumnDefault::Expression(expression)))
            if is_new && !sql::expression_columns(expression).is_empty() =>
        {
            expression
        }
        (Some(_) | None, _) => return None,
    };
    let finding = RULE.finding(
        format!("{}.{}", difference.desired.name, column.name),
        format!("`{}` is computed for every row that exists", column.name),
    );
    Some(finding.asking(live.not_computed(expression, column)))
}

fn is_indexed(table: &Table, column: &Column) -> bool {
    let of = |index: &Index| columns(index).any(|name| name.same(&column.name));
    table.indexes.iter().any(of)
}

fn columns(index: &Index) -> impl Iterator<Item = &ColumnName> {
    index.parts.iter().filter_map(|part| match &part.target {
        KeyTarget::Column { name, .. } => Some(name),
        KeyTarget::Expression(_) => None,
    })
}

fn built(change: &TableChange) -> Option<&Index> {
    if let TableChange::AddIndex(index) | TableChange::ChangeIndex { desired: index, .. } = change {
        Some(index)
    } else {
        None
    }
}

/// An index over expressions, or over virtual columns that exist.
fn of_index(difference: &TableDifference, live: &Live<'_>, index: &Index) -> Vec<Finding> {
    let finding = || {
        RULE.finding(
            difference.desired.name.to_string(),
            format!("{} is computed for every row that exists", named("index", index.name.as_ref())),
        )
    };
    let stays = |name: &ColumnName| difference.live.column(name).filter(|column| column.is_virtual());
    index
        .parts
        .iter()
        .filter_map(|part| match &part.target {
            KeyTarget::Expression(expression) => Some(finding().asking(live.not_indexed(expression))),
            KeyTarget::Column { name, .. } => {
                let column = stays(name).filter(|_| !changes(difference, name))?;
                let generated = column.generated.as_ref()?;
                Some(finding().asking(live.not_computed(&generated.expression, column)))
            }
        })
        .collect()
}

/// Whether the column is a finding of its own.
fn changes(difference: &TableDifference, name: &ColumnName) -> bool {
    difference.changes.iter().any(|change| {
        if let TableChange::AddColumn { column, .. }
        | TableChange::ReplaceColumn { desired: column, .. }
        | TableChange::ModifyColumn { desired: column, .. } = change
        {
            column.name.same(name)
        } else {
            false
        }
    })
}
