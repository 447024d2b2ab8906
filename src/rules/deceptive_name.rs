//! TW026: A name is not what it looks like.

use std::collections::BTreeMap;

use crate::diff::{Change, TableChange};
use crate::model::unseen::{is_unseen, look_alike, read_as, with_codes};
use crate::model::{ColumnName, ConstraintName, Index, IndexName, Table, TableName};

use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW026",
    level: Level::Warning,
    why: "Whoever reads the plan, or types the name later, takes it for another: what is approved is not what is read, and code that uses the name as it looks does not find it",
    instead: "write the name with letters of one alphabet, and without invisible characters, control characters and blanks other than the plain one",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    let live = review.live.tables.keys().map(TableName::as_str);
    let created = review.changes.changes.iter().filter_map(|change| {
        if let Change::CreateTable { canonical, .. } = change { Some(canonical.name.as_str()) } else { None }
    });
    let gone =
        |name: &&str| {
            !review.changes.changes.iter().any(|change| {
                if let Change::RenameTable { from, .. } = change { from.as_str() == *name } else { false }
            })
        };
    let tables = Readings::new(live.filter(gone).chain(created));
    let mut found = Vec::new();
    for change in &review.changes.changes {
        match change {
            Change::CreateTable { canonical, .. } => {
                found.extend(of_name("table", canonical.name.as_str(), None, &tables));
                found.extend(within(canonical));
            }
            Change::RenameTable { from: _, to } => found.extend(of_name("table", to.as_str(), None, &tables)),
            Change::AlterTable(difference) => {
                let names = Names::new(&difference.desired);
                found.extend(difference.changes.iter().filter_map(|change| names.brought_by(change)));
            }
            Change::DropTable { .. } => {}
        }
    }
    found
}

/// All names of one table, with its own.
pub(super) fn of_table(table: &Table) -> Vec<Finding> {
    let own = of_name("table", table.name.as_str(), None, &Readings::default());
    own.into_iter().chain(within(table)).collect()
}

/// Every name within a table.
fn within(table: &Table) -> Vec<Finding> {
    let names = Names::new(table);
    let columns = table.columns.iter().filter_map(|column| names.column(&column.name));
    let indexes = table.indexes.iter().filter_map(|index| names.index(index));
    let keys = table.foreign_keys.iter().filter_map(|key| names.constraint("foreign key", key.name.as_ref()));
    let checks = table.checks.iter().filter_map(|check| names.constraint("check", check.name.as_ref()));
    columns.chain(indexes).chain(keys).chain(checks).collect()
}

/// Names by how they are read.
#[derive(Default)]
struct Readings<'a>(BTreeMap<String, Vec<&'a str>>);

impl<'a> Readings<'a> {
    fn new(names: impl Iterator<Item = &'a str>) -> Self {
        let mut readings = Self::default();
        for name in names {
            readings.0.entry(read_as(name)).or_default().push(name);
        }
        readings
    }

    /// Another name that reads like this one. Names that differ by case alone are another matter: for the server most
    /// are the same.
    fn twin(&self, name: &str) -> Option<&'a str> {
        let folded = name.to_lowercase();
        self.0.get(&read_as(name))?.iter().copied().find(|other| other.to_lowercase() != folded)
    }
}

/// The names of one table, of which those of a kind are compared.
struct Names<'a> {
    table: &'a TableName,
    columns: Readings<'a>,
    indexes: Readings<'a>,
    constraints: Readings<'a>,
}

impl<'a> Names<'a> {
    fn new(table: &'a Table) -> Self {
        let keys = table.foreign_keys.iter().filter_map(|key| key.name.as_ref());
        let checks = table.checks.iter().filter_map(|check| check.name.as_ref());
        Self {
            table: &table.name,
            columns: Readings::new(table.columns.iter().map(|column| column.name.as_str())),
            indexes: Readings::new(table.indexes.iter().filter_map(|index| index.name.as_ref()).map(IndexName::as_str)),
            constraints: Readings::new(keys.chain(checks).map(ConstraintName::as_str)),
        }
    }

    /// The name that a change brings.
    fn brought_by(&self, change: &TableChange) -> Option<Finding> {
        match change {
            TableChange::AddColumn { column, .. } => self.column(&column.name),
            TableChange::RenameColumn { to, .. } => self.column(to),
            TableChange::AddIndex(index) | TableChange::RenameIndex { to: index, .. } => self.index(index),
            TableChange::AddForeignKey(key) => self.constraint("foreign key", key.name.as_ref()),
            TableChange::AddCheck(check) => self.constraint("check", check.name.as_ref()),
            TableChange::ChangeForeignKey { live, desired } if live.name != desired.name => {
                self.constraint("foreign key", desired.name.as_ref())
            }
            TableChange::ChangeIndex { .. }
            | TableChange::ChangeForeignKey { .. }
            | TableChange::ChangeCheck { .. }
            | TableChange::DropColumn { .. }
            | TableChange::ModifyColumn { .. }
            | TableChange::MoveColumn { .. }
            | TableChange::ReplaceColumn { .. }
            | TableChange::AddPrimaryKey(_)
            | TableChange::DropPrimaryKey(_)
            | TableChange::ChangePrimaryKey { .. }
            | TableChange::DropIndex(_)
            | TableChange::SetIndexVisibility { .. }
            | TableChange::DropForeignKey(_)
            | TableChange::DropCheck(_)
            | TableChange::SetCheckEnforced { .. }
            | TableChange::Options(_)
            | TableChange::Partitions(_) => None,
        }
    }

    fn column(&self, name: &ColumnName) -> Option<Finding> {
        of_name("column", name.as_str(), Some(self.table), &self.columns)
    }

    fn index(&self, index: &Index) -> Option<Finding> {
        of_name("index", index.name.as_ref()?.as_str(), Some(self.table), &self.indexes)
    }

    fn constraint(&self, kind: &str, name: Option<&ConstraintName>) -> Option<Finding> {
        of_name(kind, name?.as_str(), Some(self.table), &self.constraints)
    }
}

/// What is wrong with a name; the one that it can be taken for is named.
fn of_name(kind: &str, name: &str, table: Option<&TableName>, others: &Readings<'_>) -> Option<Finding> {
    let hidden = codes(name.chars().filter(|character| is_unseen(*character)));
    let mixed = if name.chars().any(|character| character.is_ascii_alphabetic()) {
        codes(name.chars().filter(|character| look_alike(*character).is_some()))
    } else {
        Vec::new()
    };
    let mut said = Vec::new();
    if !hidden.is_empty() {
        said.push(format!("holds what is not seen ({})", hidden.join(", ")));
    }
    if !mixed.is_empty() {
        said.push(format!("mixes letters of ASCII with such as look like them ({})", mixed.join(", ")));
    }
    if let Some(twin) = others.twin(name) {
        said.push(format!("reads like `{}`", with_codes(twin)));
    }
    let path = table.map_or_else(|| name.to_owned(), |table| format!("{table}.{name}"));
    (!said.is_empty())
        .then(|| RULE.finding(path, format!("the name of {kind} `{}` {}", with_codes(name), said.join(", and "))))
}

/// `U+200B`, each once.
fn codes(characters: impl Iterator<Item = char>) -> Vec<String> {
    let mut codes: Vec<String> = characters.map(|character| format!("U+{:04X}", u32::from(character))).collect();
    codes.sort();
    codes.dedup();
    codes
}
