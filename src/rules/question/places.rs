//! Questions about the partition that a row is in, or would have.
//!
//! A row whose value is NULL is in the lowest RANGE partition, and in the LIST partition that names NULL (manual: "How
//! MySQL Partitioning Handles NULL"). Rows of HASH and KEY partitions always have a place.

use crate::model::{
    ColumnName, Partition, PartitionBound, PartitionName, PartitionScheme, PartitionValue, Partitioning,
};
use crate::sql::quote_identifier;

use super::{Ask, CHANGED, Counted, Live, NEW, Question};

/// Bytes of a condition, at most: a message to the server is bounded, and so is what a plan asks.
const MAX_CONDITION_BYTES: usize = 256 * 1024;
const TOO_MANY: &str = "the partitions have too many values for one question";

impl Live<'_> {
    /// Rows of live partitions that go with them.
    pub(in super::super) fn rows_in(&self, partitions: &[PartitionName], counted: Counted) -> Question {
        let ask = Ask::RowsIn { partitions: partitions.to_vec(), condition: "TRUE".to_owned() };
        Question { deletes: true, ..self.asks(counted, ask).lossy() }
    }

    /// Rows of live partitions for which the desired partitioning has no place, and which go therefore.
    pub(in super::super) fn rows_that_lose_their_place(
        &self,
        partitions: &[PartitionName],
        desired: &Partitioning,
        counted: Counted,
    ) -> Question {
        let ask = match self.without_place(desired) {
            Ok(condition) => Ask::RowsIn { partitions: partitions.to_vec(), condition },
            Err(why) => Ask::Nothing(why),
        };
        Question { deletes: true, of_manifest: true, ..self.asks(counted, ask).lossy() }
    }

    /// Rows of the table for which the desired partitioning has no place: the statement fails on one of them (1526).
    pub(in super::super) fn rows_without_place(&self, desired: &Partitioning, counted: Counted) -> Question {
        let ask = match self.without_place(desired) {
            Ok(condition) => Ask::Rows(condition),
            Err(why) => Ask::Nothing(why),
        };
        Question { of_manifest: true, ..self.asks(counted, ask) }
    }

    /// The condition that holds for rows without a place.
    fn without_place(&self, desired: &Partitioning) -> Result<String, &'static str> {
        let columns = |names: &[ColumnName]| -> Result<Vec<String>, &'static str> {
            let live = |name: &ColumnName| {
                if self.is_changed(name) {
                    return Err(CHANGED);
                }
                Ok(quote_identifier(self.name_of(name).ok_or(NEW)?.as_str()))
            };
            names.iter().map(live).collect()
        };
        let place = match &desired.scheme {
            PartitionScheme::Range(expression) => below(&[format!("({})", self.over_live(expression)?)], desired),
            PartitionScheme::RangeColumns(names) => below(&columns(names)?, desired),
            PartitionScheme::List(expression) => among(&[format!("({})", self.over_live(expression)?)], desired),
            PartitionScheme::ListColumns(names) => among(&columns(names)?, desired),
            PartitionScheme::Hash { .. } | PartitionScheme::Key { .. } => "TRUE".to_owned(),
        };
        if place.len() > MAX_CONDITION_BYTES { Err(TOO_MANY) } else { Ok(format!("NOT ({place})")) }
    }
}

/// Whether a tuple is below the last bound: column by column, as rows are compared.
fn below(tuple: &[String], desired: &Partitioning) -> String {
    let bounds = desired.partitions.last().map_or(&[][..], Partition::bounds);
    if bounds.is_empty() {
        return "TRUE".to_owned();
    }
    let mut place = "FALSE".to_owned();
    for (value, bound) in tuple.iter().zip(bounds).rev() {
        place = match bound {
            PartitionBound::MaxValue => "TRUE".to_owned(),
            // NULL is no bound.
            PartitionBound::Value(PartitionValue::Null) => place,
            PartitionBound::Value(PartitionValue::Expression(bound)) => {
                let bound = bound.as_str();
                format!("({value} IS NULL OR {value} < ({bound}) OR ({value} = ({bound}) AND {place}))")
            }
        };
    }
    place
}

/// Whether a tuple is one of the values of the partitions.
fn among(tuple: &[String], desired: &Partitioning) -> String {
    let entries = desired.partitions.iter().flat_map(Partition::listed);
    let equal = |(value, wanted): (&String, &PartitionValue)| match wanted {
        PartitionValue::Null => format!("{value} IS NULL"),
        PartitionValue::Expression(wanted) => format!("{value} <=> ({})", wanted.as_str()),
    };
    let any: Vec<String> = entries
        .map(|entry| format!("({})", tuple.iter().zip(entry).map(equal).collect::<Vec<_>>().join(" AND ")))
        .collect();
    if any.is_empty() { "FALSE".to_owned() } else { any.join(" OR ") }
}
