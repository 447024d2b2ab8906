//! From changes to ordered statements.

use crate::diff::{Change, ChangeSet, LiveSchema, TableChange};
use crate::model::{Algorithm, Lock, ServerFacts, Statement, TableName};

use super::proposal::Refusal;

/// Statements in order, not yet rehearsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// In the order in which they run.
    pub statements: Vec<DraftStatement>,
    /// Tables for which MySQL has no way from live to desired.
    pub refusals: Vec<Refusal>,
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
}

/// What a statement settles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A whole change (CREATE, DROP, RENAME).
    Whole(Box<Change>),
    /// Some differences of one table.
    Part(Vec<TableChange>),
    /// A foreign key that stays is dropped for a moment, or added again.
    ForeignKeyPause,
}

/// An algorithm and lock to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// `ALGORITHM=`
    pub algorithm: Option<Algorithm>,
    /// `LOCK=`; `None` with INSTANT (error 1221).
    pub lock: Option<Lock>,
}

/// Orders and splits the changes into statements.
pub fn draft(changes: &ChangeSet, live: &LiveSchema, server: &ServerFacts) -> Draft {
    let _ = (changes, live, server);
    todo!()
}
