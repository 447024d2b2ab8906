//! The risk of one statement: what it loses, what it blocks, what it rebuilds. Exhaustive over all changes, so that a new
//! one cannot slip through as safe.

use crate::diff::{Change, LiveSchema, OptionsChange, PartitionChange, TableChange};
use crate::model::{Algorithm, Column, IndexKind, Lock, Table, TableName};
use crate::rules::{self, Breakage, HARMLESS_STALL_SECONDS, Work, loses_uniqueness, loses_values};

use super::draft::{Candidate, DraftStatement, Effect};
use super::proposal::Risk;

/// The risk of one statement.
pub(super) fn of_statement(effect: &Effect, candidate: Candidate, work: Work, replica_stall_seconds: u64) -> Risk {
    of_effect(effect).max(of_execution(candidate, work, replica_stall_seconds))
}

/// The risk of a statement on a table that the same plan makes: it has no rows, and nobody uses it yet.
pub(super) fn of_new_table(effect: &Effect) -> Risk {
    match effect {
        Effect::ForeignKeys { changes, paused: _ } => {
            let outside = changes.iter().any(|change| !rules::reaches_outside_by(change).is_empty());
            if outside { Risk::Caution } else { Risk::Safe }
        }
        Effect::Whole(_) | Effect::Part(_) => of_effect(effect),
    }
}

/// What it breaks for triggers, views, routines and events: rows that can no longer be written count as lost.
pub(super) fn of_breakages(table: &TableName, effect: &Effect, breakages: &[Breakage]) -> Risk {
    let hits = |breakage: &Breakage| match effect {
        Effect::Whole(change) => match change.as_ref() {
            Change::DropTable { live } => breakage.column.is_none() && breakage.table == live.name,
            Change::RenameTable { from: _, to } => breakage.column.is_none() && breakage.table == *to,
            Change::CreateTable { .. } | Change::AlterTable(_) => false,
        },
        Effect::Part(part) => {
            let column = |change: &TableChange| {
                if let TableChange::DropColumn { column } = change {
                    Some(column.name.clone())
                } else if let TableChange::RenameColumn { from, .. } = change {
                    Some(from.clone())
                } else {
                    None
                }
            };
            breakage.table == *table
                && breakage.column.as_ref().is_some_and(|gone| part.iter().filter_map(column).any(|one| one.same(gone)))
        }
        Effect::ForeignKeys { .. } => false,
    };
    let risk = |breakage: &Breakage| if breakage.writes { Risk::Destructive } else { Risk::Caution };
    breakages.iter().filter(|breakage| hits(breakage)).map(risk).max().unwrap_or(Risk::Safe)
}

/// Whether moments become others in a time zone with summer time, or a replica would compute other values.
pub(super) fn of_time_zone(draft: &DraftStatement, work: Work, live_table: Option<&Table>, live: &LiveSchema) -> Risk {
    if !draft.is_in_a_zone() {
        return Risk::Safe;
    }
    let zone = live.time_zone.as_ref();
    let joins = match &draft.effect {
        Effect::Part(part) => part.iter().any(|change| rules::joins_moments(change, zone)),
        Effect::Whole(_) | Effect::ForeignKeys { .. } => false,
    };
    let shifts = work == Work::Copy
        && live_table.is_some_and(|table| !rules::shifts(table, zone, live.copies_by_clock).is_empty());
    let apart = live.replica_zones.iter().any(|replica| !replica.reads_alike);
    if joins || shifts || apart { Risk::Destructive } else { Risk::Safe }
}

/// What it does to those who use the table meanwhile, and to the replica.
fn of_execution(candidate: Candidate, work: Work, replica_stall_seconds: u64) -> Risk {
    let by_algorithm = match (candidate.algorithm, candidate.lock) {
        (Some(Algorithm::Copy), _) | (_, Some(Lock::Shared | Lock::Exclusive)) => Risk::Blocking,
        (Some(Algorithm::Instant | Algorithm::Inplace) | None, Some(Lock::None) | None) => Risk::Safe,
    };
    let by_work = match work {
        Work::Metadata | Work::Index => Risk::Safe,
        Work::Rebuild | Work::Copy => Risk::Caution,
    };
    let by_stall = if replica_stall_seconds > HARMLESS_STALL_SECONDS { Risk::Caution } else { Risk::Safe };
    by_algorithm.max(by_work).max(by_stall)
}

fn of_effect(effect: &Effect) -> Risk {
    match effect {
        Effect::Whole(change) => match change.as_ref() {
            // A parent within the schema is locked for a moment, as a table is by adding a column, and is named; what
            // belongs to others is not for us to take.
            Change::CreateTable { canonical, .. } => {
                if rules::reaches_outside(canonical).is_empty() {
                    Risk::Safe
                } else {
                    Risk::Caution
                }
            }
            Change::DropTable { .. } => Risk::Destructive,
            Change::RenameTable { .. } => Risk::Caution,
            Change::AlterTable(difference) => {
                let loses = |change: &TableChange| loses_uniqueness(change, &difference.desired);
                let uniqueness = if difference.changes.iter().any(loses) { Risk::Destructive } else { Risk::Safe };
                let by_chance = |change: &TableChange| rules::numbers_by_chance(difference, change);
                let numbers = if difference.changes.iter().any(by_chance) { Risk::Destructive } else { Risk::Safe };
                most(&difference.changes).max(uniqueness).max(numbers)
            }
        },
        Effect::Part(part) => {
            let uniqueness = if part.loses_uniqueness() { Risk::Destructive } else { Risk::Safe };
            // The replica's rows get other numbers.
            let numbers = if part.numbers_by_chance() { Risk::Destructive } else { Risk::Safe };
            most(part).max(uniqueness).max(numbers)
        }
        Effect::ForeignKeys { changes, paused } => {
            // While a key stands aside, nothing keeps orphans out; its coming back checks every row.
            let while_away = if paused.is_empty() { Risk::Safe } else { Risk::Caution };
            most(changes).max(while_away)
        }
    }
}

fn most(changes: &[TableChange]) -> Risk {
    changes.iter().map(of_change).max().unwrap_or(Risk::Safe)
}

/// What a change loses or breaks, however it is done, and what it takes of others.
fn of_change(change: &TableChange) -> Risk {
    let outside = if rules::reaches_outside_by(change).is_empty() { Risk::Safe } else { Risk::Caution };
    of_kind(change).max(outside)
}

fn of_kind(change: &TableChange) -> Risk {
    match change {
        TableChange::AddColumn { column, .. } => {
            // Code that does not know the column cannot insert any more.
            if column.requires_value() { Risk::Caution } else { Risk::Safe }
        }
        TableChange::DropColumn { column } => match column.generated {
            // Its values can be computed again.
            Some(_) => Risk::Caution,
            None => Risk::Destructive,
        },
        TableChange::RenameColumn { .. } => Risk::Caution,
        TableChange::ModifyColumn { live, desired, .. } => of_modification(live, desired),
        TableChange::MoveColumn { .. } => Risk::Caution,
        TableChange::ReplaceColumn { live, .. } => {
            if live.generated.is_some() {
                Risk::Caution
            } else {
                Risk::Destructive
            }
        }
        TableChange::AddPrimaryKey(_) => Risk::Caution,
        // Whether another key is as strict is for the table to say: `Part::loses_uniqueness`.
        TableChange::DropPrimaryKey(_) | TableChange::ChangePrimaryKey { .. } => Risk::Caution,
        TableChange::AddIndex(index) => match index.kind {
            IndexKind::Unique => Risk::Caution,
            IndexKind::Plain | IndexKind::Fulltext | IndexKind::Spatial => Risk::Safe,
        },
        // As above.
        TableChange::DropIndex(_) => Risk::Safe,
        TableChange::ChangeIndex { live: _, desired } => match desired.kind {
            IndexKind::Unique => Risk::Caution,
            IndexKind::Plain | IndexKind::Fulltext | IndexKind::Spatial => Risk::Safe,
        },
        TableChange::RenameIndex { .. } => Risk::Safe,
        TableChange::SetIndexVisibility { .. } => Risk::Safe,
        TableChange::AddForeignKey(_) => Risk::Caution,
        TableChange::DropForeignKey(_) | TableChange::ChangeForeignKey { .. } => Risk::Destructive,
        TableChange::AddCheck(check) => {
            if check.enforced {
                Risk::Caution
            } else {
                Risk::Safe
            }
        }
        TableChange::DropCheck(check) | TableChange::ChangeCheck { live: check, .. } => {
            if check.enforced {
                Risk::Destructive
            } else {
                Risk::Safe
            }
        }
        TableChange::SetCheckEnforced { check } => {
            if check.enforced {
                Risk::Caution
            } else {
                Risk::Destructive
            }
        }
        TableChange::Options(options) => of_options(options),
        TableChange::Partitions(partitions) => match partitions {
            PartitionChange::Drop(_) => Risk::Destructive,
            PartitionChange::Reorganize { lost, .. } if !lost.is_empty() => Risk::Destructive,
            // Rows there must be removed first, and none can be written any more.
            PartitionChange::PartitionBy { without_place: true, .. } => Risk::Destructive,
            PartitionChange::PartitionBy { .. }
            | PartitionChange::Remove { .. }
            | PartitionChange::Reorganize { .. }
            | PartitionChange::Coalesce(_)
            | PartitionChange::AddCount(_) => Risk::Caution,
            PartitionChange::Add(_) => Risk::Safe,
        },
    }
}

fn of_modification(live: &Column, desired: &Column) -> Risk {
    let mut risk = Risk::Safe;
    if loses_values(&live.data_type, &desired.data_type) {
        risk = Risk::Destructive;
    }
    if live.nullable == Some(true) && desired.nullable == Some(false) {
        risk = risk.max(Risk::Caution);
    }
    if live.generated != desired.generated {
        risk = risk.max(if live.generated.is_none() { Risk::Destructive } else { Risk::Caution });
    }
    // Code that leaves the column out cannot insert any more.
    if desired.requires_value() && !live.requires_value() {
        risk = risk.max(Risk::Caution);
    }
    if live.visible != desired.visible {
        risk = risk.max(Risk::Caution);
    }
    // As for a CHECK of the table.
    if live.check != desired.check {
        risk = risk.max(if live.check.is_some() { Risk::Destructive } else { Risk::Caution });
    }
    risk
}

fn of_options(options: &OptionsChange) -> Risk {
    match options.set.engine.as_deref() {
        // No transactions, no foreign keys, no crash safety there.
        Some("InnoDB") | None => Risk::Safe,
        Some(_) => Risk::Destructive,
    }
}
