//! What rows that exist get in a column that a plan adds.

use crate::diff::TableChange;
use crate::model::{Column, ColumnDefault, ColumnName, DataType, KeyPart, KeyTarget};

use super::{Ask, Counted, Live, Question};

const ROWS: Counted = Counted {
    one: "row, with which the statement is sure to fail",
    many: "rows, with which the statement is sure to fail",
};

impl<'a> Live<'a> {
    /// The column, where the plan adds it.
    fn added(&self, name: &ColumnName) -> Option<&'a Column> {
        self.difference.changes.iter().find_map(|change| {
            if let TableChange::AddColumn { column, .. } = change
                && column.name.same(name)
            {
                Some(column.as_ref())
            } else {
                None
            }
        })
    }

    /// Whether all rows that exist get one value in a column, which is not NULL.
    pub(super) fn gets_one_value(&self, name: &ColumnName) -> bool {
        self.added(name).is_some_and(|column| {
            column.requires_value()
                || matches!(column.default, Some(ColumnDefault::Literal(_) | ColumnDefault::CurrentTimestamp(_)))
        })
    }

    /// Whether all of these parts have one value in all rows.
    pub(in super::super) fn is_same_for_all(&self, parts: &[KeyPart]) -> bool {
        let same = |part: &KeyPart| match &part.target {
            KeyTarget::Column { name, .. } => self.gets_one_value(name),
            KeyTarget::Expression(_) => false,
        };
        parts.iter().all(same)
    }

    /// Whether there is more than one row.
    pub(in super::super) fn several(&self, counted: Counted) -> Question {
        self.asks(counted, Ask::Duplicates(vec!["1".to_owned()]))
    }

    /// Rows for which a new column that needs a value has none: no date is empty (1292), and no geometry, on MySQL (1138).
    pub(in super::super) fn without_value(&self, column: &Column) -> Option<Question> {
        // A table with a zero date for a default is changed under a mode that takes zero dates.
        let zero = self.difference.desired.has_zero_date();
        let condition = if !zero && matches!(column.data_type, DataType::Date | DataType::DateTime { .. }) {
            "TRUE"
        } else if matches!(column.data_type, DataType::Geometry { .. }) {
            "@@version NOT LIKE '%MariaDB%'"
        } else {
            return None;
        };
        Some(self.asks(ROWS, Ask::Rows(condition.to_owned())))
    }
}
