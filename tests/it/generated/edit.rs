//! Random edits of a table.

use proptest::{option::weighted, prelude::*, sample::select};

use super::table::{
    Check, Column, ForeignKey, Index, OPTIONS, PARTITIONINGS, PRIMARIES, Table, check, column, data_type, foreign_key,
    index,
};
use super::types::Type;

/// One edit; numbers choose among what is there, and an edit of what is not there does nothing.
#[derive(Clone, Debug)]
pub enum Edit {
    AddColumn(usize, Column),
    DropColumn(usize),
    Retype(usize, Type),
    Default(usize, Option<usize>),
    Null(usize, Option<bool>),
    Redefine(usize, Column),
    Move(usize, usize),
    AddIndex(Index),
    DropIndex(usize),
    /// Under the name of the other.
    ChangeIndex(usize, Index),
    AddCheck(Check),
    DropCheck(usize),
    AddForeignKey(ForeignKey),
    DropForeignKey(usize),
    ChangeForeignKey(usize, ForeignKey),
    Options(Vec<&'static str>),
    Partitioning(Option<&'static str>),
    Primary(&'static str),
}

pub fn edit() -> impl Strategy<Value = Edit> {
    let at = || 0usize..8;
    prop_oneof![
        3 => (at(), column()).prop_map(|(at, column)| Edit::AddColumn(at, column)),
        2 => at().prop_map(Edit::DropColumn),
        3 => (at(), data_type()).prop_map(|(at, data_type)| Edit::Retype(at, data_type)),
        2 => (at(), weighted(0.8, 0usize..20)).prop_map(|(at, default)| Edit::Default(at, default)),
        1 => (at(), prop::option::of(any::<bool>())).prop_map(|(at, null)| Edit::Null(at, null)),
        3 => (at(), column()).prop_map(|(at, column)| Edit::Redefine(at, column)),
        2 => (at(), at()).prop_map(|(from, to)| Edit::Move(from, to)),
        2 => index().prop_map(Edit::AddIndex),
        2 => (0usize..4).prop_map(Edit::DropIndex),
        2 => (0usize..4, index()).prop_map(|(at, index)| Edit::ChangeIndex(at, index)),
        1 => check().prop_map(Edit::AddCheck),
        1 => (0usize..2).prop_map(Edit::DropCheck),
        2 => foreign_key().prop_map(Edit::AddForeignKey),
        1 => (0usize..2).prop_map(Edit::DropForeignKey),
        1 => (0usize..2, foreign_key()).prop_map(|(at, key)| Edit::ChangeForeignKey(at, key)),
        2 => prop::collection::vec(select(OPTIONS), 0..3).prop_map(Edit::Options),
        1 => weighted(0.7, select(PARTITIONINGS)).prop_map(Edit::Partitioning),
        1 => select(PRIMARIES).prop_map(Edit::Primary),
    ]
}

impl Edit {
    pub fn apply(&self, table: &mut Table) {
        let columns = &mut table.columns;
        let nth = |number: &usize| number % columns.len();
        match self {
            Self::AddColumn(at, column) => columns.insert(at % (columns.len() + 1), column.clone()),
            Self::DropColumn(at) if columns.len() > 1 => drop(columns.remove(nth(at))),
            Self::DropColumn(_) => {}
            Self::Retype(at, data_type) => {
                let at = nth(at);
                columns[at].data_type = *data_type;
            }
            Self::Default(at, default) => {
                let at = nth(at);
                columns[at].default = *default;
            }
            Self::Null(at, null) => {
                let at = nth(at);
                columns[at].null = *null;
            }
            Self::Redefine(at, column) => {
                let at = nth(at);
                columns[at] = Column { name: columns[at].name, ..column.clone() };
            }
            Self::Move(from, to) => {
                let (from, to) = (nth(from), nth(to));
                let column = columns.remove(from);
                columns.insert(to, column);
            }
            Self::AddIndex(index) => table.indexes.push(index.clone()),
            Self::DropIndex(at) => remove(&mut table.indexes, *at),
            Self::ChangeIndex(at, index) => {
                if let Some(live) = table.indexes.get_mut(*at) {
                    *live = Index { name: live.name, ..index.clone() };
                }
            }
            Self::AddCheck(check) => table.checks.push(check.clone()),
            Self::DropCheck(at) => remove(&mut table.checks, *at),
            Self::AddForeignKey(key) => table.foreign_keys.push(key.clone()),
            Self::DropForeignKey(at) => remove(&mut table.foreign_keys, *at),
            Self::ChangeForeignKey(at, key) => {
                if let Some(live) = table.foreign_keys.get_mut(*at) {
                    *live = ForeignKey { name: live.name, ..key.clone() };
                }
            }
            Self::Options(options) => table.options.clone_from(options),
            Self::Partitioning(partitioning) => table.partitioning = *partitioning,
            Self::Primary(primary) => table.primary = primary,
        }
    }
}

fn remove<T>(list: &mut Vec<T>, at: usize) {
    if at < list.len() {
        list.remove(at);
    }
}
