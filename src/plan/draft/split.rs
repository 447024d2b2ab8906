//! One table's differences as statements: as few as MySQL allows, but none that drags what costs nothing into a rebuild.
//!
//! If anything copies the table, one statement does everything. Otherwise what is INSTANT goes first by itself, then what
//! is done in place while writes go on, then, one by one, what makes writes wait.

use crate::diff::{History, PartitionChange, TableChange, TableDifference};
use crate::model::{ColumnName, Dialect, Index, IndexKind, IndexName, KeyPart, KeyTarget};
use crate::sql;

use super::clauses::sets_characters;
use super::kind::{Context, Kind, kind, silently_ignored};
use super::numbered::{self, Numbered};
use super::unsafe_default;

/// One statement's share.
#[derive(Debug, PartialEq)]
pub(super) struct Share {
    pub(super) changes: Vec<TableChange>,
    pub(super) kind: Kind,
    /// Whether the table is written anew.
    pub(super) rebuilds: bool,
    /// Only COPY does what is meant.
    pub(super) copy_only: bool,
    /// The server takes no ALGORITHM and no LOCK here.
    pub(super) takes_no_clauses: bool,
    /// Columns by which the rows are read, where their order matters.
    pub(super) order: Vec<ColumnName>,
}

/// Splits the changes. Foreign keys of the same name that change are expected to be dropped beforehand.
pub(super) fn shares(
    difference: &TableDifference,
    changes: Vec<TableChange>,
    dialect: Dialect,
    history: History,
) -> Vec<Share> {
    let context = Context { difference, dialect, history };
    let Numbered { first, order, rest: changes } = numbered::numbered(difference, changes);
    let mut before: Vec<TableChange> = Vec::new();
    let mut main: Vec<(TableChange, Kind)> = Vec::new();
    let mut after: Vec<TableChange> = Vec::new();
    let mut partitions: Vec<TableChange> = Vec::new();
    let mut copy_only = false;
    let renamed: Vec<IndexName> = changes
        .iter()
        .filter_map(|change| if let TableChange::RenameIndex { to, .. } = change { to.name.clone() } else { None })
        .collect();
    let mut defaults: Vec<TableChange> = Vec::new();
    let gone = gone_columns(&changes);
    // A check that no column is named in goes with any column, hidden ones behind functional indexes included.
    let mut checks: Vec<TableChange> = Vec::new();
    for change in changes {
        let (now, later) = unsafe_default::deferred(change);
        defaults.extend(later);
        let Some(change) = now else { continue };
        if let TableChange::ChangeCheck { live, .. } | TableChange::DropCheck(live) = &change
            && sql::expression_columns(&live.expression).is_empty()
        {
            checks.push(change);
            continue;
        }
        let needed = kind(&change, &context);
        copy_only |= adds_column_check(&change);
        if let TableChange::SetIndexVisibility { index, .. } = &change
            && renamed.contains(index)
        {
            // 1176: an index that gets its name in this statement cannot be hidden in it.
            after.push(change);
        } else if let TableChange::Partitions(partition) = &change {
            if stands_alone(partition) {
                partitions.push(change);
            } else {
                copy_only = true;
                main.push((change, needed));
            }
        } else if let TableChange::DropIndex(live) | TableChange::ChangeIndex { live, .. } = &change
            && computes(live, &gone)
        {
            // 3837: an expression keeps its columns for as long as the statement has not ended.
            before.push(TableChange::DropIndex(live.clone()));
            if let TableChange::ChangeIndex { desired, .. } = change {
                let change = TableChange::AddIndex(desired);
                main.push((change, needed));
            }
        } else if let TableChange::ChangeIndex { live, desired } = &change
            && needed == Kind::Shared
            && live.parts.iter().any(|part| names(part, &gone))
        {
            // It would go with its column, in a statement before its own.
            main.push((TableChange::DropIndex(live.clone()), Kind::Metadata));
            main.push((TableChange::AddIndex(desired.clone()), needed));
        } else if let TableChange::ChangeIndex { live, desired } = &change
            && silently_ignored(live, desired)
        {
            if needed == Kind::Copy {
                copy_only = true;
                main.push((change, needed));
            } else {
                before.push(TableChange::DropIndex(live.clone()));
                main.push((TableChange::AddIndex(desired.clone()), needed));
            }
        } else {
            main.push((change, needed));
        }
    }
    let copies = main.iter().map(|(_, kind)| *kind).max() == Some(Kind::Copy);
    for change in checks {
        let TableChange::ChangeCheck { live, desired } = change else {
            if before.is_empty() {
                let needed = kind(&change, &context);
                main.push((change, needed));
            } else {
                before.push(change);
            }
            continue;
        };
        let needed = kind(&TableChange::AddCheck(desired.clone()), &context);
        let together = before.is_empty() && (copies || needed == Kind::Copy);
        if together {
            main.push((TableChange::ChangeCheck { live, desired }, needed));
        } else {
            before.push(TableChange::DropCheck(live));
            if needed == Kind::Copy {
                main.push((TableChange::AddCheck(desired), needed));
            } else {
                after.push(TableChange::AddCheck(desired));
            }
        }
    }
    let mut shares = Vec::new();
    if !first.is_empty() {
        let mut numbers = share(first, Kind::Copy, &context);
        numbers.copy_only = true;
        numbers.order = order;
        shares.push(numbers);
    }
    if !before.is_empty() {
        shares.push(share(before, Kind::Metadata, &context));
    }
    let most = main.iter().map(|(_, kind)| *kind).max();
    if most == Some(Kind::Copy) {
        let mut whole = share(main.into_iter().map(|(change, _)| change).collect(), Kind::Copy, &context);
        whole.copy_only = copy_only;
        shares.push(whole);
    } else {
        shares.extend(in_place(main, &context));
    }
    if !after.is_empty() {
        shares.push(share(after, Kind::Metadata, &context));
    }
    for change in defaults {
        let needed = kind(&change, &context);
        shares.push(share(vec![change], needed, &context));
    }
    for change in partitions {
        let needed = kind(&change, &context);
        let mut alone = share(vec![change], needed, &context);
        alone.takes_no_clauses = !context.dialect.partitions_take_algorithm();
        // Rows of partitions that are cut anew are copied.
        alone.rebuilds |= alone.takes_no_clauses && needed == Kind::Shared;
        shares.push(alone);
    }
    shares
}

/// Whether a column gets a CHECK of its own or another one: any way but COPY takes it without a look at the rows.
fn adds_column_check(change: &TableChange) -> bool {
    let (live, desired) = match change {
        TableChange::ModifyColumn { live, desired, .. } => (live.check.as_ref(), desired.check.as_ref()),
        TableChange::AddColumn { column, .. } | TableChange::ReplaceColumn { desired: column, .. } => {
            (None, column.check.as_ref())
        }
        TableChange::DropColumn { .. }
        | TableChange::RenameColumn { .. }
        | TableChange::MoveColumn { .. }
        | TableChange::AddPrimaryKey(_)
        | TableChange::DropPrimaryKey(_)
        | TableChange::ChangePrimaryKey { .. }
        | TableChange::AddIndex(_)
        | TableChange::DropIndex(_)
        | TableChange::RenameIndex { .. }
        | TableChange::ChangeIndex { .. }
        | TableChange::SetIndexVisibility { .. }
        | TableChange::AddForeignKey(_)
        | TableChange::DropForeignKey(_)
        | TableChange::ChangeForeignKey { .. }
        | TableChange::AddCheck(_)
        | TableChange::DropCheck(_)
        | TableChange::ChangeCheck { .. }
        | TableChange::SetCheckEnforced { .. }
        | TableChange::Options(_)
        | TableChange::Partitions(_) => return false,
    };
    desired.is_some() && live != desired
}

/// Columns that go, for good or to be made anew.
fn gone_columns(changes: &[TableChange]) -> Vec<ColumnName> {
    let name = |change: &TableChange| {
        if let TableChange::DropColumn { column } | TableChange::ReplaceColumn { desired: column, .. } = change {
            Some(column.name.clone())
        } else {
            None
        }
    };
    changes.iter().filter_map(name).collect()
}

/// Whether an index has an expression over one of these columns.
fn computes(index: &Index, columns: &[ColumnName]) -> bool {
    index.parts.iter().any(|part| match &part.target {
        KeyTarget::Expression(expression) => {
            sql::expression_columns(expression).iter().any(|name| columns.iter().any(|column| column.same(name)))
        }
        KeyTarget::Column { .. } => false,
    })
}

fn names(part: &KeyPart, columns: &[ColumnName]) -> bool {
    match &part.target {
        KeyTarget::Column { name, .. } => columns.iter().any(|column| column.same(name)),
        KeyTarget::Expression(_) => false,
    }
}

fn in_place(main: Vec<(TableChange, Kind)>, context: &Context<'_>) -> Vec<Share> {
    let rebuilds = main.iter().any(|(_, kind)| *kind == Kind::Rebuild);
    let mut virtual_drops = Vec::new();
    let mut instant = Vec::new();
    let mut online = Vec::new();
    let mut shared = Vec::new();
    for (change, kind) in main {
        match kind {
            Kind::VirtualDrop => virtual_drops.push(change),
            Kind::Instant if !rebuilds => instant.push(change),
            Kind::Instant | Kind::Metadata | Kind::Online | Kind::Rebuild | Kind::Copy => online.push((change, kind)),
            Kind::Shared => shared.push(change),
        }
    }
    // What is metadata in place too needs no statement of its own where there is one in place anyhow.
    if !online.is_empty() && instant.iter().all(no_rebuild_in_place) {
        online.splice(0..0, instant.drain(..).map(|change| (change, Kind::Metadata)));
    }
    let mut shares = Vec::new();
    // Columns that do not name their characters take the table's, which must be the new ones by then; and one that stays
    // is said once more together with them.
    if !instant.is_empty()
        && let Some(at) = online.iter().position(|(change, _)| sets_characters(change))
    {
        let renamed: Vec<ColumnName> = instant.iter().filter_map(new_name).cloned().collect();
        let (options, kind) = online.remove(at);
        let mut first: Vec<TableChange> = instant.extract_if(.., |change| modifies(change, &renamed)).collect();
        first.push(options);
        shares.push(share(first, kind, context));
    }
    // The later column may be computed from the earlier one.
    shares.extend(virtual_drops.into_iter().rev().map(|change| share(vec![change], Kind::VirtualDrop, context)));
    if !instant.is_empty() {
        shares.push(share(instant, Kind::Instant, context));
    }
    if let Some(most) = online.iter().map(|(_, kind)| *kind).max() {
        shares.push(share(online.into_iter().map(|(change, _)| change).collect(), most, context));
    }
    shares.extend(shared.into_iter().map(|change| share(vec![change], Kind::Shared, context)));
    shares
}

/// The name that a column gets.
fn new_name(change: &TableChange) -> Option<&ColumnName> {
    if let TableChange::RenameColumn { to, .. } = change { Some(to) } else { None }
}

/// Whether a column's definition changes, under the name that it has already.
fn modifies(change: &TableChange, renamed: &[ColumnName]) -> bool {
    if let TableChange::ModifyColumn { desired, .. } = change {
        !renamed.iter().any(|name| name.same(&desired.name))
    } else {
        false
    }
}

/// Whether an INSTANT change does not write the table anew when it is done in place: all but columns that come and go.
fn no_rebuild_in_place(change: &TableChange) -> bool {
    match change {
        TableChange::AddColumn { .. } | TableChange::DropColumn { .. } | TableChange::ReplaceColumn { .. } => false,
        TableChange::RenameColumn { .. }
        | TableChange::ModifyColumn { .. }
        | TableChange::MoveColumn { .. }
        | TableChange::AddPrimaryKey(_)
        | TableChange::DropPrimaryKey(_)
        | TableChange::ChangePrimaryKey { .. }
        | TableChange::AddIndex(_)
        | TableChange::DropIndex(_)
        | TableChange::RenameIndex { .. }
        | TableChange::ChangeIndex { .. }
        | TableChange::SetIndexVisibility { .. }
        | TableChange::AddForeignKey(_)
        | TableChange::DropForeignKey(_)
        | TableChange::ChangeForeignKey { .. }
        | TableChange::AddCheck(_)
        | TableChange::DropCheck(_)
        | TableChange::ChangeCheck { .. }
        | TableChange::SetCheckEnforced { .. }
        | TableChange::Options(_)
        | TableChange::Partitions(_) => true,
    }
}

fn share(changes: Vec<TableChange>, kind: Kind, context: &Context<'_>) -> Share {
    // The first FULLTEXT index adds a hidden column.
    let had_fulltext = context.history.hidden_column
        || context.difference.live.indexes.iter().any(|live| live.kind == IndexKind::Fulltext);
    let first_fulltext = !had_fulltext
        && changes.iter().any(|change| {
            if let TableChange::AddIndex(index) = change { index.kind == IndexKind::Fulltext } else { false }
        });
    let rebuilds = match kind {
        Kind::Rebuild | Kind::Copy => true,
        Kind::Shared => first_fulltext,
        Kind::Instant | Kind::VirtualDrop | Kind::Metadata | Kind::Online => false,
    };
    Share { changes, kind, rebuilds, copy_only: false, takes_no_clauses: false, order: Vec::new() }
}

/// Whether MySQL takes the clause only by itself.
fn stands_alone(change: &PartitionChange) -> bool {
    match change {
        PartitionChange::PartitionBy { .. } | PartitionChange::Remove { .. } => false,
        PartitionChange::Add(_)
        | PartitionChange::AddCount(_)
        | PartitionChange::Drop(_)
        | PartitionChange::Reorganize { .. }
        | PartitionChange::Coalesce(_) => true,
    }
}
