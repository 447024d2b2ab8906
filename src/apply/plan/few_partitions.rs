//! Tables of many partitions are tried with few of them.
//!
//! To make 1,024 partitions takes the server seconds, and as long to drop them; a change of the table itself does the same
//! to each of them. Which ALGORITHM and LOCK a change may use, and what a definition becomes, does not depend on their
//! number. So copies in the scratch schema leave out partitions that are alike before and after; the first two, the last
//! one, those that change and the neighbours of these stay. What is left out is put back into every definition that was
//! read, so that all that follows compares whole tables. Pure.

use crate::diff::untouched_partitions;
use crate::model::{ColumnName, Partition, PartitionName, PartitionScheme, Partitioning, Table};
use crate::sql;

/// Tables with fewer partitions, subpartitions included, are tried whole.
const MIN_PARTITIONS: usize = 64;
/// Partitions that stay where only their number is given.
const KEPT_BY_NUMBER: u32 = 4;

/// Partitions that a copy does without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reduction {
    /// These, in the order of the live table, each with the one before it.
    Listed(Vec<(PartitionName, Partition)>),
    /// So many of those that are but a number.
    Counted(u32),
}

impl Reduction {
    /// What a change from `live` to `desired`, both canonical and of one name, can be tried without; `None`: nothing, or
    /// the partitions are too few to matter.
    pub(super) fn of(live: &Table, desired: &Table) -> Option<Self> {
        let (before, after) = (live.partitioning.as_ref()?, desired.partitioning.as_ref()?);
        let same_columns = columns_of(before).iter().all(|name| {
            live.column(name)
                .is_some_and(|column| desired.column(name).is_some_and(|other| column.data_type == other.data_type))
        });
        if live.name != desired.name || !same_columns {
            return None;
        }
        let untouched = untouched_partitions(before, after)?;
        let per_partition = before.subpartitioning.as_ref().and_then(|sub| sub.count).unwrap_or(1).max(1);
        let few = |number: usize| number.saturating_mul(per_partition as usize) < MIN_PARTITIONS;
        if before.partitions.is_empty() {
            let common = before.count.unwrap_or(1).min(after.count.unwrap_or(1));
            return (!few(common as usize) && common > KEPT_BY_NUMBER).then(|| Self::Counted(common - KEPT_BY_NUMBER));
        }
        let is_untouched = |at: usize| untouched.get(at).copied().unwrap_or(false);
        let last = before.partitions.len() - 1;
        let removed: Vec<(PartitionName, Partition)> = (2..last)
            .filter(|at| is_untouched(*at - 1) && is_untouched(*at) && is_untouched(*at + 1))
            .filter_map(|at| Some((before.partitions.get(at - 1)?.name.clone(), before.partitions.get(at)?.clone())))
            .collect();
        (!few(removed.len())).then_some(Self::Listed(removed))
    }

    /// The table without these partitions.
    pub(super) fn without(&self, table: &Table) -> Table {
        let mut table = table.clone();
        if let Some(partitioning) = &mut table.partitioning {
            match self {
                Self::Listed(removed) => {
                    let gone =
                        |partition: &Partition| removed.iter().any(|(_, other)| other.name.same(&partition.name));
                    partitioning.partitions.retain(|partition| !gone(partition));
                }
                Self::Counted(number) => {
                    partitioning.count = partitioning.count.map(|count| count.saturating_sub(*number));
                }
            }
        }
        table
    }

    /// The table with them again.
    pub(super) fn with(&self, mut table: Table) -> Table {
        if let Some(partitioning) = &mut table.partitioning {
            match self {
                Self::Listed(removed) => {
                    let mut rest = removed.iter().peekable();
                    let mut whole = Vec::with_capacity(partitioning.partitions.len() + removed.len());
                    for partition in partitioning.partitions.drain(..) {
                        let mut name = partition.name.clone();
                        whole.push(partition);
                        while let Some((_, next)) = rest.next_if(|(before, _)| before.same(&name)) {
                            name = next.name.clone();
                            whole.push(next.clone());
                        }
                    }
                    partitioning.partitions = whole;
                }
                Self::Counted(number) => {
                    partitioning.count = Some(partitioning.count.unwrap_or(1).saturating_add(*number));
                }
            }
        }
        table
    }
}

/// The columns by which rows are divided, subpartitions included.
fn columns_of(partitioning: &Partitioning) -> Vec<ColumnName> {
    let of = |scheme: &PartitionScheme| match scheme {
        PartitionScheme::Range(expression)
        | PartitionScheme::List(expression)
        | PartitionScheme::Hash { linear: _, expression } => sql::expression_columns(expression),
        PartitionScheme::RangeColumns(columns)
        | PartitionScheme::ListColumns(columns)
        | PartitionScheme::Key { linear: _, algorithm: _, columns } => columns.clone(),
    };
    let mut columns = of(&partitioning.scheme);
    columns.extend(partitioning.subpartitioning.iter().flat_map(|sub| of(&sub.scheme)));
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Dialect;

    fn table(partitions: impl Iterator<Item = (String, String)>) -> Table {
        let list: Vec<String> =
            partitions.map(|(name, bound)| format!("PARTITION {name} VALUES LESS THAN ({bound})")).collect();
        let text = format!("CREATE TABLE t (id int, a int) PARTITION BY RANGE (id) ({})", list.join(", "));
        sql::parse_create_table(&text, Dialect::NEWEST).unwrap()
    }

    fn ranges(number: usize) -> impl Iterator<Item = (String, String)> {
        (0..number).map(|at| (format!("p{at}"), (at * 10).to_string()))
    }

    fn number(table: &Table) -> usize {
        table.partitioning.as_ref().unwrap().partitions.len()
    }

    #[test]
    fn what_is_left_out_comes_back_in_its_place() {
        let live = table(ranges(1024));
        let reduction = Reduction::of(&live, &live).unwrap();
        let few = reduction.without(&live);
        assert_eq!(number(&few), 3);
        assert_eq!(reduction.with(few), live);
        assert_eq!(Reduction::of(&table(ranges(40)), &table(ranges(40))), None);
    }

    #[test]
    fn what_changes_and_its_neighbours_stay() {
        let live = table(ranges(1024));
        // One is cut in two, one is added at the end.
        let mut all: Vec<(String, String)> = ranges(1024).collect();
        all.insert(500, ("half".to_owned(), "4995".to_owned()));
        all.push(("last".to_owned(), "99999".to_owned()));
        let desired = table(all.into_iter());
        let reduction = Reduction::of(&live, &desired).unwrap();
        let few = reduction.without(&desired);
        let names: Vec<String> =
            few.partitioning.as_ref().unwrap().partitions.iter().map(|partition| partition.name.to_string()).collect();
        assert_eq!(names, ["p0", "p1", "p498", "p499", "half", "p500", "p501", "p1022", "p1023", "last"]);
        assert_eq!(reduction.with(few), desired);
        let few = reduction.without(&live);
        assert_eq!(reduction.with(few), live);
    }

    #[test]
    fn nothing_is_left_out_where_a_dividing_column_changes() {
        let live = table(ranges(1024));
        let mut desired = live.clone();
        desired.columns[0].data_type =
            sql::parse_create_table("CREATE TABLE t (id bigint)", Dialect::NEWEST).unwrap().columns[0]
                .data_type
                .clone();
        assert_eq!(Reduction::of(&live, &desired), None);
    }
}
