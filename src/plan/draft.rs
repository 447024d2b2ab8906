//! From changes to ordered statements.

mod clauses;
mod generated_index;
mod kind;
mod numbered;
mod order;
mod own_key;
mod split;
mod summary;
mod unsafe_default;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use crate::diff::{self, Change, ChangeSet, History, LiveSchema, PausedKey, TableChange, TableDifference};
use crate::model::{
    Algorithm, AlterClause, AlterTable, Dialect, ForeignKey, Index, IndexName, Lock, ServerFacts, Statement, Table,
    TableName,
};
use crate::rules;

use super::proposal::{Refusal, RefusalReason};
use kind::Kind;
use order::Step;

/// Statements in order, not yet rehearsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// In the order in which they run.
    pub statements: Vec<DraftStatement>,
    /// Tables for which MySQL has no way from live to desired.
    pub refusals: Vec<Refusal>,
}

impl Draft {
    /// Foreign keys that stay, but stand aside for the time of the change.
    pub fn paused(&self) -> Vec<PausedKey> {
        let mut all: Vec<PausedKey> = Vec::new();
        for statement in &self.statements {
            if let Effect::ForeignKeys { paused, .. } = &statement.effect {
                let keys = paused.iter().map(|key| PausedKey { table: statement.table.clone(), key: key.clone() });
                // Dropped by one statement, added again by another.
                all.extend(keys.filter(|key| !all.contains(key)).collect::<Vec<_>>());
            }
        }
        all
    }
}

/// One statement of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftStatement {
    /// The statement; an `ALTER TABLE` carries no algorithm and lock yet, see [`DraftStatement::with`].
    pub statement: Statement,
    /// The table it changes, by its live name at that moment.
    pub table: TableName,
    /// What it does, for people, one line.
    pub summary: String,
    /// Which differences it settles.
    pub effect: Effect,
    /// What to try, cheapest first; never empty. `(None, None)` alone where MySQL has no such clauses.
    pub candidates: Vec<Candidate>,
    /// Index into `candidates` of what the manual and measurements lead to expect.
    pub expected: usize,
    /// Whether the table's rows are expected to be written anew (an in-place algorithm may or may not).
    pub rebuilds: bool,
}

impl DraftStatement {
    /// The statement with a candidate's algorithm and lock.
    pub fn with(&self, candidate: Candidate) -> Statement {
        let mut statement = self.statement.clone();
        if let Statement::AlterTable(alter) = &mut statement {
            alter.algorithm = candidate.algorithm;
            alter.lock = candidate.lock;
        }
        statement
    }

    /// What the manual and measurements lead to expect.
    pub fn expected_candidate(&self) -> Candidate {
        self.candidates.get(self.expected).copied().unwrap_or(NO_CLAUSES)
    }

    /// Whether it computes values in the time zone of its session; others run in UTC.
    pub(crate) fn is_in_a_zone(&self) -> bool {
        match &self.effect {
            Effect::Part(part) => part.in_a_zone,
            Effect::Whole(change) => match change.as_ref() {
                Change::CreateTable { table, .. } => rules::is_made_in_a_zone(table),
                Change::DropTable { .. } | Change::RenameTable { .. } | Change::AlterTable(_) => false,
            },
            Effect::ForeignKeys { .. } => false,
        }
    }

    /// Whether it makes no new dates, from other types or as the default of a new column: those that rows have are copied as
    /// they are.
    pub(super) fn leaves_dates_alone(&self, live: &Table) -> bool {
        let Statement::AlterTable(alter) = &self.statement else { return false };
        !alter.clauses.iter().any(|clause| {
            if let AlterClause::AddColumn { column, .. } = clause {
                // A new column that may not be NULL gets a zero where it has no default.
                let gets_zero =
                    column.nullable == Some(false) && column.default.is_none() && column.generated.is_none();
                column.data_type.holds_dates() && gets_zero
            } else if let AlterClause::ModifyColumn { column, .. } | AlterClause::ChangeColumn { column, .. } = clause {
                let from = if let AlterClause::ChangeColumn { from, .. } = clause { from } else { &column.name };
                let stays = live.column(from).is_some_and(|live| live.data_type == column.data_type);
                column.data_type.holds_dates() && !stays
            } else {
                false
            }
        })
    }

    /// Whether it reads the rows even if it does not write them anew: an index is built.
    pub(super) fn reads_rows(&self) -> bool {
        match &self.effect {
            Effect::Whole(_) | Effect::ForeignKeys { .. } => false,
            Effect::Part(part) => part.iter().any(|change| {
                matches!(
                    change,
                    TableChange::AddIndex(_) | TableChange::ChangeIndex { .. } | TableChange::Partitions(_)
                )
            }),
        }
    }
}

/// What a statement settles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A whole change (CREATE, DROP, RENAME).
    Whole(Box<Change>),
    /// Some differences of one table.
    Part(Part),
    /// Foreign keys dropped before, or added after, everything else; and checks dropped before.
    ForeignKeys {
        /// Those that differ.
        changes: Vec<TableChange>,
        /// Those that stay the same, but stand aside while their columns change: dropped here, or added again.
        paused: Vec<ForeignKey>,
    },
}

/// Some differences of one table, which one statement settles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    changes: Vec<TableChange>,
    loses_uniqueness: bool,
    numbers_by_chance: bool,
    in_a_zone: bool,
}

impl Part {
    fn new(changes: Vec<TableChange>, difference: &TableDifference) -> Self {
        let desired = &difference.desired;
        let loses_uniqueness = changes.iter().any(|change| rules::loses_uniqueness(change, desired));
        let numbers_by_chance = changes.iter().any(|change| rules::numbers_by_chance(difference, change));
        let in_a_zone = rules::is_changed_in_a_zone(difference, &changes);
        Self { changes, loses_uniqueness, numbers_by_chance, in_a_zone }
    }

    /// Whether rows are numbered in an order that each server has of its own.
    pub(super) fn numbers_by_chance(&self) -> bool {
        self.numbers_by_chance
    }

    /// Whether a unique key goes, and none of the desired table is as strict.
    pub(super) fn loses_uniqueness(&self) -> bool {
        self.loses_uniqueness
    }
}

impl Deref for Part {
    type Target = [TableChange];

    fn deref(&self) -> &Self::Target {
        &self.changes
    }
}

/// An algorithm and lock to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Candidate {
    /// `ALGORITHM=`
    pub algorithm: Option<Algorithm>,
    /// `LOCK=`; `None` with INSTANT (error 1221).
    pub lock: Option<Lock>,
}

/// `ALGORITHM` and `LOCK` where MySQL has no such clauses.
const NO_CLAUSES: Candidate = Candidate { algorithm: None, lock: None };
const INPLACE: Candidate = Candidate { algorithm: Some(Algorithm::Inplace), lock: Some(Lock::None) };
const INPLACE_SHARED: Candidate = Candidate { algorithm: Some(Algorithm::Inplace), lock: Some(Lock::Shared) };
const COPY: Candidate = Candidate { algorithm: Some(Algorithm::Copy), lock: Some(Lock::Shared) };

/// By metadata alone.
fn instant(dialect: Dialect) -> Candidate {
    Candidate { algorithm: Some(Algorithm::Instant), lock: dialect.instant_lock() }
}

/// What changes of one table do, for people, in one line.
pub fn describe(changes: &[TableChange]) -> String {
    summary::summary(changes)
}

/// Orders and splits the changes into statements.
pub fn draft(changes: &ChangeSet, live: &LiveSchema, server: &ServerFacts) -> Draft {
    let (steps, mut refusals) = order::steps(changes, live, server.dialect());
    let histories = histories(changes, live);
    refusals.extend(changes.refusals.iter().map(|refusal| Refusal {
        table: refusal.table.to_string(),
        reason: match refusal.reason {
            diff::RefusalReason::InvalidDefinition => RefusalReason::InvalidDefinition,
            diff::RefusalReason::MissingReference => RefusalReason::MissingReference,
            diff::RefusalReason::NotConvertible => RefusalReason::NotConvertible,
            diff::RefusalReason::Conflict => RefusalReason::Conflict,
        },
        message: refusal.message.clone(),
    }));
    refusals.extend(unsafe_default::refusals(changes));
    refusals.sort_by(|one, other| (&one.table, &one.message).cmp(&(&other.table, &other.message)));
    let mut named = BTreeSet::new();
    let mut all = Vec::new();
    for step in steps {
        if let Some(table) = altered_table(&step).cloned()
            && named.insert(table.clone())
        {
            all.extend(named_indexes(&table, changes, live, server.dialect()));
        }
        all.extend(statements(step, server, &histories));
    }
    Draft { statements: all, refusals }
}

fn altered_table(step: &Step) -> Option<&TableName> {
    match step {
        Step::DropForeignKeys { table, .. } | Step::DropChecks { table, .. } | Step::AddForeignKeys { table, .. } => {
            Some(table)
        }
        Step::Alter { difference, .. } => Some(&difference.desired.name),
        Step::Rename { .. } | Step::Create { .. } | Step::Drop { .. } => None,
    }
}

/// Statements that give an index its name anew, before anything else is done to the table: see [`generated_index`].
fn named_indexes(table: &TableName, changes: &ChangeSet, live: &LiveSchema, dialect: Dialect) -> Vec<DraftStatement> {
    let difference = changes.changes.iter().find_map(|change| match change {
        Change::AlterTable(difference) if difference.desired.name == *table => Some(difference),
        Change::AlterTable(_) | Change::CreateTable { .. } | Change::DropTable { .. } | Change::RenameTable { .. } => {
            None
        }
    });
    let at_risk = match (difference, live.tables.get(table)) {
        (Some(difference), _) => generated_index::at_risk(&difference.live, &difference.changes),
        (None, Some(live)) => generated_index::at_risk(&live.table, &[]),
        (None, None) => Vec::new(),
    };
    let rename = |from: &IndexName, to: &Index| {
        let changes = vec![TableChange::RenameIndex { from: from.clone(), to: Box::new(to.clone()) }];
        DraftStatement {
            statement: alter(table, clauses::clauses(&changes, dialect)),
            table: table.clone(),
            summary: summary::summary(&changes),
            // A name is all that changes.
            effect: Effect::Part(Part { changes, ..Part::default() }),
            candidates: vec![instant(dialect), INPLACE, INPLACE_SHARED, COPY],
            expected: 1,
            rebuilds: false,
        }
    };
    let there_and_back = |(index, other): (Index, IndexName)| {
        let name = index.name.clone()?;
        let aside = Index { name: Some(other.clone()), ..index.clone() };
        Some([rename(&name, &aside), rename(&other, &index)])
    };
    at_risk.into_iter().filter_map(there_and_back).flatten().collect()
}

/// What tables have been through, by their desired names.
fn histories(changes: &ChangeSet, live: &LiveSchema) -> BTreeMap<TableName, History> {
    let mut histories: BTreeMap<TableName, History> =
        live.tables.iter().map(|(name, table)| (name.clone(), table.history)).collect();
    for change in &changes.changes {
        if let Change::RenameTable { from, to } = change
            && let Some(history) = live.tables.get(from).map(|table| table.history)
        {
            histories.insert(to.clone(), history);
        }
    }
    histories
}

fn statements(step: Step, server: &ServerFacts, histories: &BTreeMap<TableName, History>) -> Vec<DraftStatement> {
    let dialect = server.dialect();
    match step {
        Step::Rename { from, to } => vec![DraftStatement {
            statement: Statement::RenameTable { from: from.clone(), to: to.clone() },
            table: from.clone(),
            summary: summary::shown(&format!("rename table `{from}` to `{to}`")),
            effect: Effect::Whole(Box::new(Change::RenameTable { from, to })),
            candidates: vec![NO_CLAUSES],
            expected: 0,
            rebuilds: false,
        }],
        Step::Create { table, canonical } => vec![DraftStatement {
            statement: Statement::CreateTable(table.clone()),
            table: table.name.clone(),
            summary: summary::shown(&format!("create table `{}`", table.name)),
            effect: Effect::Whole(Box::new(Change::CreateTable { table, canonical })),
            candidates: vec![NO_CLAUSES],
            expected: 0,
            rebuilds: false,
        }],
        Step::Drop { live } => vec![DraftStatement {
            statement: Statement::DropTable(live.name.clone()),
            table: live.name.clone(),
            summary: summary::shown(&format!("drop table `{}`", live.name)),
            effect: Effect::Whole(Box::new(Change::DropTable { live })),
            candidates: vec![NO_CLAUSES],
            expected: 0,
            rebuilds: false,
        }],
        Step::DropForeignKeys { table, changes, paused } => {
            let mut clauses = clauses::clauses(&changes, dialect);
            clauses.extend(paused.iter().filter_map(clauses::drop_foreign_key));
            vec![DraftStatement {
                summary: foreign_key_summary("drop", &changes, &paused),
                effect: Effect::ForeignKeys { changes, paused },
                candidates: vec![INPLACE, INPLACE_SHARED, COPY],
                expected: 0,
                rebuilds: false,
                statement: alter(&table, clauses),
                table,
            }]
        }
        Step::DropChecks { table, changes } => vec![DraftStatement {
            statement: alter(&table, clauses::clauses(&changes, dialect)),
            summary: summary::summary(&changes),
            effect: Effect::ForeignKeys { changes, paused: Vec::new() },
            candidates: vec![instant(dialect), INPLACE, INPLACE_SHARED, COPY],
            expected: 0,
            rebuilds: false,
            table,
        }],
        Step::AddForeignKeys { table, changes, again } => {
            let mut clauses = clauses::clauses(&changes, dialect);
            clauses.extend(again.iter().cloned().map(AlterClause::AddForeignKey));
            vec![DraftStatement {
                summary: foreign_key_summary("add", &changes, &again),
                effect: Effect::ForeignKeys { changes, paused: again },
                candidates: vec![COPY],
                expected: 0,
                rebuilds: true,
                statement: alter(&table, clauses),
                table,
            }]
        }
        Step::Alter { difference, changes, again } => {
            let history = histories.get(&difference.desired.name).copied().unwrap_or_default();
            altered(&difference, changes, again, server, history)
        }
    }
}

/// Whether a column that has values comes or goes.
fn moves_values(change: &TableChange) -> bool {
    if let TableChange::AddColumn { column, .. } | TableChange::DropColumn { column } = change {
        !column.is_virtual()
    } else {
        false
    }
}

/// Whether a column that stays gets another place.
fn moves_place(change: &TableChange) -> bool {
    matches!(change, TableChange::MoveColumn { .. })
}

fn foreign_key_summary(verb: &str, changes: &[TableChange], paused: &[ForeignKey]) -> String {
    let mut parts = Vec::new();
    if !changes.is_empty() {
        parts.push(summary::summary(changes));
    }
    for key in paused {
        let name = key.name.as_ref().map(ToString::to_string).unwrap_or_default();
        parts.push(match verb {
            "drop" => format!("drop foreign key `{name}` for the time of the change"),
            _ => format!("add foreign key `{name}` again"),
        });
    }
    summary::shown(&parts.join("; "))
}

fn alter(table: &TableName, clauses: Vec<AlterClause>) -> Statement {
    Statement::AlterTable(AlterTable { table: table.clone(), clauses, algorithm: None, lock: None })
}

fn altered(
    difference: &TableDifference,
    mut changes: Vec<TableChange>,
    again: Vec<ForeignKey>,
    server: &ServerFacts,
    history: History,
) -> Vec<DraftStatement> {
    let dialect = server.dialect();
    let table = &difference.desired.name;
    changes.extend(again.into_iter().map(TableChange::AddForeignKey));
    split::shares(difference, changes, dialect, history)
        .into_iter()
        .map(|share| {
            let innodb = difference.live.options.engine.as_deref() == Some("InnoDB");
            let (candidates, expected) = if share.takes_no_clauses {
                (vec![NO_CLAUSES], 0)
            } else if share.copy_only || !innodb {
                (vec![COPY], 0)
            } else {
                let expected: usize = match share.kind {
                    Kind::Instant | Kind::VirtualDrop => 0,
                    Kind::Metadata | Kind::Online | Kind::Rebuild => 1,
                    Kind::Shared => 2,
                    Kind::Copy => 3,
                };
                let spent = history.forbids_instant() && share.changes.iter().any(moves_values);
                let damages = !dialect.instant_moves_beside_others() && share.changes.iter().any(moves_place);
                if spent || damages {
                    (vec![INPLACE, INPLACE_SHARED, COPY], expected.saturating_sub(1))
                } else {
                    (vec![instant(dialect), INPLACE, INPLACE_SHARED, COPY], expected)
                }
            };
            let mut clauses = clauses::clauses(&share.changes, dialect);
            if !share.order.is_empty() {
                clauses.push(AlterClause::OrderBy(share.order));
            }
            DraftStatement {
                statement: alter(table, clauses),
                table: table.clone(),
                summary: summary::summary(&share.changes),
                effect: Effect::Part(Part::new(share.changes, difference)),
                candidates,
                expected,
                rebuilds: share.rebuilds,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
