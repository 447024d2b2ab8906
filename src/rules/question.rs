//! What a finding would like to know of the rows: a question that is answered with numbers, never with values.

mod changed;
mod computed;
mod constant;
mod places;
mod refused;
mod values;

pub(super) use changed::values_changed;
pub(super) use refused::values_refused;
use values::in_other_characters;
pub(super) use values::{characters_that_do_not_convert, members_that_go};

use crate::diff::{Change, PausedKey, TableChange, TableDifference};
use crate::model::{
    Check, Column, ColumnName, DataType, Expression, ForeignKey, KeyPart, KeyTarget, PartitionName, SchemaName,
    TableName,
};
use crate::sql::{self, quote_identifier};

use super::Review;

/// A question about the rows of a live table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The table, by its live name.
    pub table: TableName,
    /// What is asked.
    pub ask: Ask,
    /// What is counted, for people.
    pub counted: Counted,
    /// Whether one of them makes the statement fail, rather than lose something that was approved.
    pub fails: bool,
    /// Whether the statement deletes these rows: it does not begin while there are any, unless a person approved exactly
    /// this plan.
    pub deletes: bool,
    /// Whether the text has an expression of the manifest, which a server must have taken before it is sent.
    pub of_manifest: bool,
}

impl Question {
    /// About what is lost or changed rather than refused: the statement does not fail for it.
    pub(super) fn lossy(self) -> Self {
        Self { fails: false, ..self }
    }
}

/// What is counted, for people: "row that is NULL", "rows that are NULL".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// One of them.
    pub one: &'static str,
    /// Any other number.
    pub many: &'static str,
}

impl Counted {
    /// The words after this number.
    pub fn words(self, count: Option<u64>) -> &'static str {
        if count == Some(1) { self.one } else { self.many }
    }
}

/// What is asked. Texts name live columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// How many rows this holds for: one expression.
    Rows(String),
    /// How many rows of these partitions this holds for.
    RowsIn {
        /// Live partitions.
        partitions: Vec<PartitionName>,
        /// One expression.
        condition: String,
    },
    /// How many rows this holds for: one expression, which a row may have no value of. An error about data, or a warning
    /// that would be one in a statement that changes rows, is a row that counts.
    Computed(String),
    /// How many groups of these expressions, none of which is NULL, have more than one row.
    Duplicates(Vec<String>),
    /// How many rows, none of whose columns is NULL, have no parent.
    Orphans {
        /// Columns of the child.
        columns: Vec<ColumnName>,
        /// The parent's schema, where it is another one.
        schema: Option<SchemaName>,
        /// The parent.
        parent: TableName,
        /// Its columns, in the same order.
        parent_columns: Vec<ColumnName>,
    },
    /// No query tells; why.
    Nothing(&'static str),
}

/// A table as it is live, for questions about what it will be.
pub(super) struct Live<'a> {
    table: TableName,
    difference: &'a TableDifference,
}

impl<'a> Live<'a> {
    pub(super) fn new(review: Review<'_>, difference: &'a TableDifference) -> Self {
        let name = &difference.desired.name;
        let renamed = review.changes.changes.iter().find_map(|change| match change {
            Change::RenameTable { from, to } if to == name => Some(from.clone()),
            Change::RenameTable { .. }
            | Change::CreateTable { .. }
            | Change::DropTable { .. }
            | Change::AlterTable(_) => None,
        });
        Self { table: renamed.unwrap_or_else(|| name.clone()), difference }
    }

    pub(super) fn asks(&self, counted: Counted, ask: Ask) -> Question {
        Question { table: self.table.clone(), ask, counted, fails: true, deletes: false, of_manifest: false }
    }

    /// A question about one column; `condition` takes its quoted live name.
    pub(super) fn column(
        &self,
        name: &ColumnName,
        counted: Counted,
        condition: impl Fn(&str) -> Result<String, &'static str>,
    ) -> Question {
        let ask = match self.name_of(name) {
            Some(live) => match condition(&quote_identifier(live.as_str())) {
                Ok(condition) => Ask::Rows(condition),
                Err(why) => Ask::Nothing(why),
            },
            None => Ask::Nothing(NEW),
        };
        self.asks(counted, ask)
    }

    /// The live name of a column; `None` for one that the plan makes.
    pub(super) fn name_of(&self, name: &ColumnName) -> Option<ColumnName> {
        for change in &self.difference.changes {
            if let TableChange::AddColumn { column, .. } | TableChange::ReplaceColumn { desired: column, .. } = change
                && column.name.same(name)
            {
                return None;
            }
            if let TableChange::RenameColumn { from, to } = change
                && to.same(name)
            {
                return Some(from.clone());
            }
        }
        Some(name.clone())
    }

    /// Whether the plan changes a column's values, or what they are computed from.
    fn is_changed(&self, name: &ColumnName) -> bool {
        self.modification(name)
            .is_some_and(|(live, desired)| live.data_type != desired.data_type || live.generated != desired.generated)
    }

    fn compares_as_it_will(&self, name: &ColumnName) -> bool {
        self.modification(name).is_none_or(|(live, desired)| compare_alike(live, desired))
    }

    /// The column before and after, where the plan changes its definition.
    fn modification(&self, name: &ColumnName) -> Option<(&Column, &Column)> {
        self.difference.changes.iter().find_map(|change| {
            if let TableChange::ModifyColumn { live, desired, .. } = change
                && desired.name.same(name)
            {
                Some((live.as_ref(), desired.as_ref()))
            } else {
                None
            }
        })
    }

    /// The expression over live names.
    pub(super) fn over_live(&self, expression: &Expression) -> Result<String, &'static str> {
        let mut renames = Vec::new();
        for name in sql::expression_columns(expression) {
            if self.is_changed(&name) {
                return Err(CHANGED);
            }
            let live = self.name_of(&name).ok_or(NEW)?;
            renames.push((name, live));
        }
        Ok(sql::rename_columns(expression, &renames).as_str().to_owned())
    }

    /// Groups that a unique index, or a primary key, of these parts would not take.
    pub(super) fn duplicates(&self, parts: &[KeyPart]) -> Question {
        let key = |part: &KeyPart| match &part.target {
            KeyTarget::Expression(expression) => Ok(Some(format!("({})", self.over_live(expression)?))),
            // It tells no two rows apart.
            KeyTarget::Column { name, .. } if self.gets_one_value(name) => Ok(None),
            KeyTarget::Column { name, length } => {
                let live = quote_identifier(self.name_of(name).ok_or(NEW)?.as_str());
                let value = match self.modification(name) {
                    Some(_) if self.compares_as_it_will(name) => live,
                    Some((before, after)) => {
                        in_other_characters(&live, &before.data_type, &after.data_type).ok_or(CHANGED)?
                    }
                    None => live,
                };
                Ok(Some(match length {
                    Some(length) => format!("LEFT({value}, {length})"),
                    None => value,
                }))
            }
        };
        let ask = match parts.iter().map(key).collect::<Result<Vec<Option<String>>, _>>() {
            Ok(keys) => Ask::Duplicates(keys.into_iter().flatten().collect()),
            Err(why) => Ask::Nothing(why),
        };
        let of_manifest = parts.iter().any(|part| matches!(part.target, KeyTarget::Expression(_)));
        Question { of_manifest, ..self.asks(DUPLICATES, ask) }
    }

    /// Rows that a check would not take.
    pub(super) fn breaking(&self, check: &Check) -> Question {
        self.breaking_expression(&check.expression)
    }

    /// Rows for which an expression does not hold.
    pub(super) fn breaking_expression(&self, expression: &Expression) -> Question {
        let ask = match self.over_live(expression) {
            Ok(condition) => Ask::Rows(format!("NOT ({condition})")),
            Err(why) => Ask::Nothing(why),
        };
        Question { of_manifest: true, ..self.asks(BREAKING, ask) }
    }

    /// Rows that a foreign key would not take.
    pub(super) fn orphans(&self, review: Review<'_>, key: &ForeignKey) -> Question {
        let counted = ORPHANS;
        let parent_moves = key.referenced_schema.is_none()
            && review.changes.changes.iter().any(|change| match change {
                Change::CreateTable { table, .. } => table.name == key.referenced_table,
                Change::RenameTable { to, .. } => *to == key.referenced_table,
                Change::AlterTable(difference) => {
                    let referenced = |change| touches_columns(change, &key.referenced_columns);
                    difference.desired.name == key.referenced_table && difference.changes.iter().any(referenced)
                }
                Change::DropTable { .. } => false,
            });
        if parent_moves {
            return self
                .asks(counted, Ask::Nothing("the same plan makes the parent, or changes the columns referred to"));
        }
        let columns: Result<Vec<ColumnName>, &'static str> = key
            .columns
            .iter()
            .map(|name| if self.compares_as_it_will(name) { self.name_of(name).ok_or(NEW) } else { Err(CHANGED) })
            .collect();
        let ask = match columns {
            Ok(columns) => Ask::Orphans {
                columns,
                schema: key.referenced_schema.clone(),
                parent: key.referenced_table.clone(),
                parent_columns: key.referenced_columns.clone(),
            },
            Err(why) => Ask::Nothing(why),
        };
        self.asks(counted, ask)
    }
}

/// Rows without a parent that a foreign key has let in, while it was not looked at (`foreign_key_checks`): it would not
/// come back over them. Asked of both sides as they are live.
pub(super) fn standing_orphans(review: Review<'_>, paused: &PausedKey) -> Question {
    let renamed = review.changes.changes.iter().find_map(|change| match change {
        Change::RenameTable { from, to } if *to == paused.table => Some(from),
        Change::RenameTable { .. } | Change::CreateTable { .. } | Change::DropTable { .. } | Change::AlterTable(_) => {
            None
        }
    });
    let table = renamed.unwrap_or(&paused.table);
    let key =
        review.live.tables.get(table).and_then(|live| {
            live.table.foreign_keys.iter().find(|key| key.name.is_some() && key.name == paused.key.name)
        });
    let columns = |table: &TableName, names: &[ColumnName]| {
        review.changes.changes.iter().any(|change| match change {
            Change::AlterTable(difference) if difference.desired.name == *table => {
                difference.changes.iter().any(|change| compares_text_otherwise(change, names))
            }
            Change::AlterTable(_)
            | Change::CreateTable { .. }
            | Change::DropTable { .. }
            | Change::RenameTable { .. } => false,
        })
    };
    let otherwise = |key: &ForeignKey| {
        columns(&paused.table, &key.columns) || columns(&key.referenced_table, &key.referenced_columns)
    };
    let ask = match key {
        Some(key) if otherwise(key) => Ask::Nothing("its text will be compared otherwise"),
        Some(key) => Ask::Orphans {
            columns: key.columns.clone(),
            schema: key.referenced_schema.clone(),
            parent: key.referenced_table.clone(),
            parent_columns: key.referenced_columns.clone(),
        },
        None => Ask::Nothing("the key has another name afterwards"),
    };
    Question { table: table.clone(), ask, counted: ORPHANS, fails: true, deletes: false, of_manifest: false }
}

/// Whether values of a column compare with others as they will: they are what they are, or whole numbers of another size.
fn compare_alike(live: &Column, desired: &Column) -> bool {
    let whole = |column: &Column| matches!(column.data_type, DataType::Integer { .. });
    live.generated == desired.generated && (live.data_type == desired.data_type || (whole(live) && whole(desired)))
}

/// Whether one of these columns is not live as it will be.
fn touches_columns(change: &TableChange, columns: &[ColumnName]) -> bool {
    if let TableChange::AddColumn { column: touched, .. } | TableChange::ReplaceColumn { desired: touched, .. } = change
    {
        columns.iter().any(|column| column.same(&touched.name))
    } else if let TableChange::ModifyColumn { live, desired, .. } = change {
        !compare_alike(live, desired) && columns.iter().any(|column| column.same(&desired.name))
    } else if let TableChange::RenameColumn { to, .. } = change {
        columns.iter().any(|column| column.same(to))
    } else {
        false
    }
}

/// Whether one of these columns will compare its text by another collation, or as bytes.
fn compares_text_otherwise(change: &TableChange, columns: &[ColumnName]) -> bool {
    if let TableChange::ModifyColumn { live, desired, .. } = change {
        live.data_type.characters() != desired.data_type.characters()
            && columns.iter().any(|column| column.same(&desired.name))
    } else {
        false
    }
}

const DUPLICATES: Counted =
    Counted { one: "value that more than one row has", many: "values that more than one row has" };
const BREAKING: Counted = Counted { one: "row that breaks it", many: "rows that break it" };
const ORPHANS: Counted = Counted { one: "row without a parent", many: "rows without a parent" };
const UNKNOWN: &str = "no query tells what this change of type does to values";
const NEW: &str = "the same plan adds the column";
const CHANGED: &str = "the same plan changes a column that it names";
