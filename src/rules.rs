//! Findings on a change set: what a reviewer should know, one rule per file, each with a page in `docs/rules`.

mod characters_lost;
mod check_enforced;
mod column_dropped;
mod column_hidden;
mod column_moved;
mod deceptive_name;
mod dependants;
mod engine_changed;
mod foreign_key_added;
mod foreign_key_index;
mod foreign_key_paused;
mod in_a_zone;
mod looks_renamed;
mod loss;
mod member_removed;
mod no_primary_key;
mod not_computed;
mod not_null_added;
mod orphans_kept;
mod other_srid;
mod outside;
mod own_values;
mod partial_key;
mod partition_dropped;
mod place_lost;
mod protection_dropped;
mod question;
mod renamed;
mod replica_stalls;
mod row_order;
mod same_action;
mod same_for_all;
mod table_copied;
mod table_dropped;
mod table_rebuilt;
mod unique_added;
mod uniqueness;
mod used_elsewhere;
mod users_unseen;
mod value_required;
mod values_lost;
mod virtual_replaced;
mod zero_date;

pub(crate) use dependants::{Breakage, breakages};
pub(crate) use in_a_zone::{
    converts, has_bound_in_a_zone, is_changed_in_a_zone, is_made_in_a_zone, joins_moments, shifts, table_in_a_zone,
};
pub(crate) use loss::loses_values;
pub(crate) use outside::{in_change as reaches_outside_by, in_table as reaches_outside};
pub(crate) use own_values::has_own_default;
pub use question::{Ask, Counted, Question};
pub(crate) use row_order::{RowOrder, begins_to_count, has_key, numbers_by_chance, order_of_rows};
pub(crate) use uniqueness::loses_uniqueness;

use crate::diff::{Change, ChangeSet, LiveSchema, TableChange, TableDifference};
use crate::model::{Table, TableName};

/// Something that a reviewer should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable code, e.g. `TW001`.
    pub code: &'static str,
    /// How grave.
    pub level: Level,
    /// Where: `table`, or `table.column`.
    pub path: String,
    /// What.
    pub problem: String,
    /// Why it matters.
    pub why: String,
    /// What to do instead.
    pub instead: String,
    /// What it would like to know of the rows.
    pub question: Option<Question>,
}

impl Finding {
    fn asking(mut self, question: Question) -> Self {
        self.question = Some(question);
        self
    }
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For information.
    Note,
    /// Think again.
    Warning,
    /// Will fail or lose data.
    Error,
}

/// What one statement will cost, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementCost {
    /// The table.
    pub table: TableName,
    /// How the table is changed.
    pub work: Work,
    /// Whether it computes values in the server's time zone.
    pub in_a_zone: bool,
    /// Whether writes wait meanwhile.
    pub blocks_writes: bool,
    /// Predicted stall of the replica.
    pub replica_stall_seconds: u64,
    /// Rows, as the server estimates them.
    pub rows: u64,
}

/// How much of a table a statement touches, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// The definition only.
    Metadata,
    /// Reads the table, e.g. to build an index.
    Index,
    /// Writes the table anew, in place.
    Rebuild,
    /// Writes the table anew, row by row through the server.
    Copy,
}

/// What rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Review<'a> {
    /// What differs.
    pub changes: &'a ChangeSet,
    /// What is live.
    pub live: &'a LiveSchema,
    /// What the statements cost, in order.
    pub costs: &'a [StatementCost],
}

impl Review<'_> {
    /// Whether a statement copies this table, row by row.
    fn is_copied(&self, table: &TableName) -> bool {
        self.costs.iter().any(|cost| cost.table == *table && cost.work == Work::Copy)
    }
}

/// A stall of the replica up to this long is no reason to wait for a person.
pub(crate) const HARMLESS_STALL_SECONDS: u64 = 10;

/// One rule.
struct Rule {
    code: &'static str,
    level: Level,
    why: &'static str,
    instead: &'static str,
    check: fn(Review<'_>) -> Vec<Finding>,
}

impl Rule {
    fn finding(&self, path: String, problem: String) -> Finding {
        Finding {
            code: self.code,
            level: self.level,
            path,
            problem,
            why: self.why.to_owned(),
            instead: self.instead.to_owned(),
            question: None,
        }
    }
}

/// Every rule, in the order of their codes. A code is never used again for something else.
const RULES: &[Rule] = &[
    table_dropped::RULE,
    column_dropped::RULE,
    renamed::RULE,
    values_lost::RULE,
    characters_lost::RULE,
    not_null_added::RULE,
    value_required::RULE,
    unique_added::RULE,
    foreign_key_added::RULE,
    table_copied::RULE,
    table_rebuilt::RULE,
    no_primary_key::RULE,
    foreign_key_index::RULE,
    member_removed::RULE,
    check_enforced::RULE,
    column_moved::RULE,
    replica_stalls::RULE,
    protection_dropped::RULE,
    partition_dropped::RULE,
    virtual_replaced::RULE,
    zero_date::RULE,
    column_hidden::RULE,
    engine_changed::RULE,
    same_action::RULE,
    foreign_key_paused::RULE,
    deceptive_name::RULE,
    outside::RULE,
    place_lost::RULE,
    in_a_zone::RULE,
    own_values::RULE,
    not_computed::RULE,
    used_elsewhere::RULE,
    users_unseen::RULE,
    same_for_all::RULE,
    other_srid::RULE,
    looks_renamed::RULE,
    partial_key::RULE,
    orphans_kept::RULE,
];

/// The codes of all rules, in order; each has its page in `docs/rules`.
pub fn codes() -> Vec<&'static str> {
    RULES.iter().map(|rule| rule.code).collect()
}

/// All findings, sorted by path, then code.
pub fn findings(review: Review<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| (rule.check)(review)).collect();
    findings.sort_by(|one, other| (&one.path, one.code, &one.problem).cmp(&(&other.path, other.code, &other.problem)));
    findings.dedup();
    findings
}

/// What can be said of a table's names without knowing what is live.
pub fn names(table: &Table) -> Vec<Finding> {
    deceptive_name::of_table(table)
}

/// What a rule finds in the differences of each altered table.
fn each_difference(
    review: Review<'_>,
    find: impl Fn(&TableDifference, &TableChange) -> Option<Finding>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for change in &review.changes.changes {
        if let Change::AlterTable(difference) = change {
            findings.extend(difference.changes.iter().filter_map(|change| find(difference, change)));
        }
    }
    findings
}

/// As [`each_difference`], for rules that need but the table's name.
fn each_change(review: Review<'_>, find: impl Fn(&TableName, &TableChange) -> Option<Finding>) -> Vec<Finding> {
    each_difference(review, |difference, change| find(&difference.desired.name, change))
}
