//! Every table on which a statement takes a metadata lock.
//!
//! Adding and dropping foreign keys, and creating, dropping and renaming a child, lock the parents exclusively for a
//! moment; a copying ADD FOREIGN KEY blocks writes to the parent for as long as it runs, and any copy of a child those to
//! the rows that it refers to; altering a parent locks its children for a moment, and so does creating a parent that was
//! missing.
//! <https://dev.mysql.com/doc/refman/9.0/en/metadata-locking.html>

use std::collections::BTreeMap;

use crate::diff::{Change, TableChange};
use crate::model::{Algorithm, AlterClause, AlterTable, ForeignKeyEdge, Lock, Statement, TableName};

use super::draft::{Candidate, DraftStatement, Effect};
use super::proposal::{TableLock, TableLockMode, TableLockReason};

/// The foreign keys as they are while the plan runs.
#[derive(Clone, Debug)]
pub(super) struct Edges(Vec<Edge>);

#[derive(Clone, Debug, PartialEq)]
struct Edge {
    name: Option<String>,
    child: String,
    parent: String,
}

impl Edges {
    /// As they are live.
    pub(super) fn new(live: &[ForeignKeyEdge]) -> Self {
        let full = |schema: &Option<crate::model::SchemaName>, table: &TableName| match schema {
            Some(schema) => format!("{schema}.{table}"),
            None => table.to_string(),
        };
        Self(
            live.iter()
                .map(|edge| Edge {
                    name: Some(edge.name.folded()),
                    child: full(&edge.child_schema, &edge.child),
                    parent: full(&edge.parent_schema, &edge.parent),
                })
                .collect(),
        )
    }

    fn add(&mut self, child: &TableName, key: &crate::model::ForeignKey) {
        self.0.push(Edge {
            name: key.name.as_ref().map(|name| name.folded()),
            child: child.to_string(),
            parent: parent_of(key),
        });
    }

    /// The locks of one statement; afterwards the edges are as the statement leaves them.
    pub(super) fn locks(&mut self, statement: &DraftStatement, candidate: Candidate) -> Vec<TableLock> {
        let mut locks = Locks::default();
        match &statement.statement {
            Statement::CreateTable(table) => {
                for key in &table.foreign_keys {
                    locks.add(parent_of(key), TableLockMode::Brief, TableLockReason::ForeignKeyParent);
                    self.add(&table.name, key);
                }
                self.children(&table.name, &mut locks);
            }
            Statement::DropTable(name) => {
                locks.add(name.to_string(), TableLockMode::Brief, TableLockReason::Altered);
                self.parents(name, TableLockMode::Brief, &mut locks);
                self.0.retain(|edge| edge.child != name.as_str());
            }
            Statement::RenameTable { from, to } => {
                locks.add(from.to_string(), TableLockMode::Brief, TableLockReason::Altered);
                self.parents(from, TableLockMode::Brief, &mut locks);
                self.children(from, &mut locks);
                for edge in &mut self.0 {
                    if edge.child == from.as_str() {
                        edge.child = to.to_string();
                    }
                    if edge.parent == from.as_str() {
                        edge.parent = to.to_string();
                    }
                }
            }
            Statement::AlterTable(alter) => self.altered(alter, &statement.effect, candidate, &mut locks),
        }
        locks.0.into_iter().map(|(table, (reason, mode))| TableLock { table, mode, reason }).collect()
    }

    fn altered(&mut self, alter: &AlterTable, effect: &Effect, candidate: Candidate, locks: &mut Locks) {
        let blocks = match (candidate.algorithm, candidate.lock) {
            (_, Some(Lock::Exclusive)) => TableLockMode::BlocksAll,
            (Some(Algorithm::Copy), _) | (_, Some(Lock::Shared)) => TableLockMode::BlocksWrites,
            (Some(Algorithm::Instant | Algorithm::Inplace) | None, Some(Lock::None) | None) => TableLockMode::Brief,
        };
        locks.add(alter.table.to_string(), blocks, TableLockReason::Altered);
        self.children(&alter.table, locks);
        if candidate.algorithm == Some(Algorithm::Copy) {
            // The copy has the table's foreign keys: each row that is copied locks its parent's row until the end, so
            // that it can neither be changed nor deleted (seen in performance_schema.data_locks).
            self.parents(&alter.table, TableLockMode::BlocksWrites, locks);
        }
        for clause in &alter.clauses {
            if let AlterClause::AddForeignKey(key) = clause {
                locks.add(parent_of(key), blocks, TableLockReason::ForeignKeyParent);
                self.add(&alter.table, key);
            } else if let AlterClause::DropForeignKey(name) = clause {
                let gone = |edge: &Edge| {
                    edge.child == alter.table.as_str() && edge.name.as_deref() == Some(name.folded().as_str())
                };
                for edge in self.0.iter().filter(|edge| gone(edge)) {
                    locks.add(edge.parent.clone(), TableLockMode::Brief, TableLockReason::ForeignKeyParent);
                }
                for key in dropped(effect).filter(|key| key.name.as_ref().is_some_and(|other| other.same(name))) {
                    locks.add(parent_of(key), TableLockMode::Brief, TableLockReason::ForeignKeyParent);
                }
                self.0.retain(|edge| !gone(edge));
            }
        }
    }

    fn parents(&self, child: &TableName, mode: TableLockMode, locks: &mut Locks) {
        for edge in self.0.iter().filter(|edge| edge.child == child.as_str()) {
            locks.add(edge.parent.clone(), mode, TableLockReason::ForeignKeyParent);
        }
    }

    fn children(&self, parent: &TableName, locks: &mut Locks) {
        for edge in self.0.iter().filter(|edge| edge.parent == parent.as_str()) {
            locks.add(edge.child.clone(), TableLockMode::Brief, TableLockReason::ForeignKeyChild);
        }
    }
}

fn parent_of(key: &crate::model::ForeignKey) -> String {
    match &key.referenced_schema {
        Some(schema) => format!("{schema}.{}", key.referenced_table),
        None => key.referenced_table.to_string(),
    }
}

/// Foreign keys that the statement drops, by its differences (the edges may not have been read).
fn dropped(effect: &Effect) -> impl Iterator<Item = &crate::model::ForeignKey> {
    let (changes, paused): (&[TableChange], &[crate::model::ForeignKey]) = match effect {
        Effect::Whole(change) => match change.as_ref() {
            Change::AlterTable(difference) => (&difference.changes, &[]),
            Change::CreateTable { .. } | Change::DropTable { .. } | Change::RenameTable { .. } => (&[], &[]),
        },
        Effect::Part(changes) => (changes, &[]),
        Effect::ForeignKeys { changes, paused } => (changes, paused),
    };
    changes
        .iter()
        .filter_map(|change| if let TableChange::DropForeignKey(key) = change { Some(key) } else { None })
        .chain(paused)
}

/// Per table the strongest lock; the table of the statement itself stays `Altered`.
#[derive(Default)]
struct Locks(BTreeMap<String, (TableLockReason, TableLockMode)>);

impl Locks {
    fn add(&mut self, table: String, mode: TableLockMode, reason: TableLockReason) {
        let entry = self.0.entry(table).or_insert((reason, mode));
        entry.0 = entry.0.min(reason);
        entry.1 = entry.1.max(mode);
    }
}
