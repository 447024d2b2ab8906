//! Partitioning: the scheme, and the list of partitions where a manifest manages it.
//!
//! Partitions are compared by name and values. Of two ways to the desired list the one that keeps the rows is taken: a
//! range that is missing in front of another one is merged into it, not dropped. Partitions are dropped with their rows
//! only where no desired partition takes the rows; a list that MySQL cannot reach step by step is made anew.
//! <https://dev.mysql.com/doc/refman/9.0/en/partitioning-management.html>

use std::collections::BTreeMap;

use crate::model::{
    ColumnName, Partition, PartitionBound, PartitionManagement, PartitionScheme, PartitionValue, PartitionValues,
    Partitioning, Subpartitioning, Table,
};
use crate::sql;

use super::change::{PartitionChange, TableChange};

/// Compares partitioning.
pub(super) fn changes(live: &Table, desired: &Table, written: &Table, manage: PartitionManagement) -> Vec<TableChange> {
    let steps = match (&live.partitioning, &desired.partitioning) {
        (None, None) => Vec::new(),
        (Some(live), None) => vec![PartitionChange::Remove { live: Box::new(live.clone()) }],
        (live, Some(desired)) => {
            let as_written = written.partitioning.as_ref().unwrap_or(desired);
            let anew = || {
                vec![PartitionChange::PartitionBy {
                    live: live.clone().map(Box::new),
                    desired: Box::new(as_written.clone()),
                    without_place: !has_every_place(desired)
                        && live.as_ref().is_none_or(|live| !keeps_every_place(live, desired)),
                }]
            };
            match live {
                Some(live) if same_shape(live, desired) => match manage {
                    PartitionManagement::Scheme => Vec::new(),
                    PartitionManagement::All => list(live, desired, as_written).unwrap_or_else(anew),
                },
                Some(_) | None => anew(),
            }
        }
    };
    steps.into_iter().map(TableChange::Partitions).collect()
}

/// Scheme and subpartitioning, the list apart.
fn same_shape(live: &Partitioning, desired: &Partitioning) -> bool {
    let Partitioning { scheme, count: _, subpartitioning, partitions: _ } = live;
    same_scheme(scheme, &desired.scheme)
        && match (subpartitioning, &desired.subpartitioning) {
            (None, None) => true,
            (Some(live), Some(desired)) => {
                let Subpartitioning { scheme, count } = live;
                same_scheme(scheme, &desired.scheme) && *count == desired.count
            }
            (Some(_), None) | (None, Some(_)) => false,
        }
}

fn same_scheme(live: &PartitionScheme, desired: &PartitionScheme) -> bool {
    match (live, desired) {
        (PartitionScheme::Range(live), PartitionScheme::Range(desired))
        | (PartitionScheme::List(live), PartitionScheme::List(desired)) => sql::same_expression(live, desired),
        (PartitionScheme::RangeColumns(live), PartitionScheme::RangeColumns(desired))
        | (PartitionScheme::ListColumns(live), PartitionScheme::ListColumns(desired)) => same_columns(live, desired),
        (
            PartitionScheme::Hash { linear, expression },
            PartitionScheme::Hash { linear: other, expression: desired },
        ) => linear == other && sql::same_expression(expression, desired),
        (
            PartitionScheme::Key { linear, algorithm, columns },
            PartitionScheme::Key { linear: other, algorithm: desired, columns: others },
        ) => linear == other && algorithm == desired && same_columns(columns, others),
        (
            PartitionScheme::Range(_)
            | PartitionScheme::RangeColumns(_)
            | PartitionScheme::List(_)
            | PartitionScheme::ListColumns(_)
            | PartitionScheme::Hash { .. }
            | PartitionScheme::Key { .. },
            _,
        ) => false,
    }
}

fn same_columns(live: &[ColumnName], desired: &[ColumnName]) -> bool {
    live.len() == desired.len() && live.iter().zip(desired).all(|(live, desired)| live.same(desired))
}

/// Whether two partitions are the same, name included.
fn same_partition(live: &Partition, desired: &Partition) -> bool {
    let Partition {
        name,
        values,
        engine,
        comment,
        data_directory,
        index_directory,
        max_rows,
        min_rows,
        tablespace,
        subpartitions,
    } = live;
    name.same(&desired.name)
        && same_values(values.as_ref(), desired.values.as_ref())
        && *engine == desired.engine
        && *comment == desired.comment
        && *data_directory == desired.data_directory
        && *index_directory == desired.index_directory
        && *max_rows == desired.max_rows
        && *min_rows == desired.min_rows
        && *tablespace == desired.tablespace
        && subpartitions.len() == desired.subpartitions.len()
        && subpartitions.iter().zip(&desired.subpartitions).all(|(live, desired)| same_partition(live, desired))
}

fn same_values(live: Option<&PartitionValues>, desired: Option<&PartitionValues>) -> bool {
    match (live, desired) {
        (None, None) => true,
        (Some(PartitionValues::LessThan(live)), Some(PartitionValues::LessThan(desired))) => same_bounds(live, desired),
        (Some(PartitionValues::In(live)), Some(PartitionValues::In(desired))) => {
            // The order of a list means nothing.
            let found = |entry: &[PartitionValue]| live.iter().any(|other| same_entry(other, entry));
            live.len() == desired.len() && desired.iter().all(|entry| found(entry))
        }
        (Some(_) | None, _) => false,
    }
}

fn same_bounds(live: &[PartitionBound], desired: &[PartitionBound]) -> bool {
    live.len() == desired.len()
        && live.iter().zip(desired).all(|pair| match pair {
            (PartitionBound::MaxValue, PartitionBound::MaxValue) => true,
            (PartitionBound::Value(live), PartitionBound::Value(desired)) => same_value(live, desired),
            (PartitionBound::MaxValue, PartitionBound::Value(_))
            | (PartitionBound::Value(_), PartitionBound::MaxValue) => false,
        })
}

fn same_entry(live: &[PartitionValue], desired: &[PartitionValue]) -> bool {
    live.len() == desired.len() && live.iter().zip(desired).all(|(live, desired)| same_value(live, desired))
}

fn same_value(live: &PartitionValue, desired: &PartitionValue) -> bool {
    match (live, desired) {
        (PartitionValue::Null, PartitionValue::Null) => true,
        (PartitionValue::Expression(live), PartitionValue::Expression(desired)) => sql::same_expression(live, desired),
        (PartitionValue::Null, PartitionValue::Expression(_))
        | (PartitionValue::Expression(_), PartitionValue::Null) => false,
    }
}

/// The steps from one list to the other; `None`: there are none, the table must be partitioned anew.
fn list(live: &Partitioning, desired: &Partitioning, written: &Partitioning) -> Option<Vec<PartitionChange>> {
    match &live.scheme {
        PartitionScheme::Hash { .. } | PartitionScheme::Key { .. } => counted(live, desired, written),
        PartitionScheme::Range(_) | PartitionScheme::RangeColumns(_) => ranges(live, desired, written),
        PartitionScheme::List(_) | PartitionScheme::ListColumns(_) => lists(live, desired, written),
    }
}

fn number_of(partitioning: &Partitioning) -> u32 {
    if partitioning.partitions.is_empty() {
        partitioning.count.unwrap_or(1)
    } else {
        u32::try_from(partitioning.partitions.len()).unwrap_or(u32::MAX)
    }
}

/// HASH and KEY: a number, and perhaps names. Partitions made by a number are called p0, p1 …
fn counted(live: &Partitioning, desired: &Partitioning, written: &Partitioning) -> Option<Vec<PartitionChange>> {
    let (have, want) = (number_of(live), number_of(desired));
    let listed = !live.partitions.is_empty() || !desired.partitions.is_empty();
    if listed {
        let both = live.partitions.iter().zip(&desired.partitions).all(|(live, desired)| same_partition(live, desired));
        if live.partitions.is_empty() || desired.partitions.is_empty() || !both {
            return None;
        }
    }
    Some(match want.cmp(&have) {
        std::cmp::Ordering::Equal => Vec::new(),
        std::cmp::Ordering::Less => vec![PartitionChange::Coalesce(have - want)],
        std::cmp::Ordering::Greater if listed => {
            let added = desired.partitions.iter().skip(live.partitions.len());
            vec![PartitionChange::Add(added.map(|partition| as_written(partition, written)).collect())]
        }
        std::cmp::Ordering::Greater => vec![PartitionChange::AddCount(want - have)],
    })
}

/// The partition as the manifest has it.
fn as_written(canonical: &Partition, written: &Partitioning) -> Partition {
    written.partitions.iter().find(|partition| partition.name.same(&canonical.name)).unwrap_or(canonical).clone()
}

/// One stretch of a RANGE list between partitions that both sides have.
#[derive(Default)]
struct Run<'a> {
    live: Vec<&'a Partition>,
    desired: Vec<&'a Partition>,
    /// The partition after it, which both have.
    next: Option<&'a Partition>,
}

fn ranges(live: &Partitioning, desired: &Partitioning, written: &Partitioning) -> Option<Vec<PartitionChange>> {
    let mut dropped = Vec::new();
    let mut merges = Vec::new();
    let mut steps = Vec::new();
    // Rows of a RANGE partition always have a place in a partition above it.
    let reorganize = |from, into| PartitionChange::Reorganize { from, into, lost: Vec::new() };
    for run in runs(&live.partitions, &desired.partitions)? {
        let names = |partitions: &[&Partition]| partitions.iter().map(|partition| partition.name.clone()).collect();
        let into = |partitions: &[&Partition]| -> Vec<Partition> {
            partitions.iter().map(|partition| as_written(partition, written)).collect()
        };
        match (run.live.as_slice(), run.desired.as_slice(), run.next) {
            ([], [], _) => {}
            (gone, [], None) => dropped.extend(gone.iter().map(|partition| partition.name.clone())),
            (gone, [], Some(next)) => {
                let mut from = gone.to_vec();
                from.push(next);
                merges.push(reorganize(names(&from), into(&[next])));
            }
            // Only above the last range there is room.
            ([], new, None) => steps.push(PartitionChange::Add(into(new))),
            ([], new, Some(next)) => {
                let mut whole = new.to_vec();
                whole.push(next);
                steps.push(reorganize(vec![next.name.clone()], into(&whole)));
            }
            (gone, new, next) => {
                let (before, after) = (last_bounds(gone.iter().copied()), last_bounds(new.iter().copied()));
                let same_end = same_bounds(before, after);
                match next {
                    Some(next) if !same_end => {
                        let (mut from, mut whole) = (gone.to_vec(), new.to_vec());
                        from.push(next);
                        whole.push(next);
                        steps.push(reorganize(names(&from), into(&whole)));
                    }
                    // 1520: only upwards. What lies beyond the new end is for the rows to say: partitioned anew, the
                    // statement fails where one would have no place.
                    None if !same_end && !reaches_beyond(after, before) => return None,
                    Some(_) | None => {
                        steps.push(reorganize(names(gone), into(new)));
                    }
                }
            }
        }
    }
    // What makes names free comes first: they may be used again. One drop does for all.
    let drop = (!dropped.is_empty()).then_some(PartitionChange::Drop(dropped));
    Some(drop.into_iter().chain(merges).chain(steps).collect())
}

/// The bound of the last of these.
fn last_bounds<'a>(partitions: impl IntoIterator<Item = &'a Partition>) -> &'a [PartitionBound] {
    partitions.into_iter().last().map_or(&[], Partition::bounds)
}

/// Whether one bound is surely above another, or MAXVALUE.
fn reaches_beyond(new: &[PartitionBound], gone: &[PartitionBound]) -> bool {
    for (new, gone) in new.iter().zip(gone) {
        match (new, gone) {
            (PartitionBound::MaxValue, PartitionBound::MaxValue) => {}
            (PartitionBound::MaxValue, PartitionBound::Value(_)) => return true,
            (PartitionBound::Value(_), PartitionBound::MaxValue) => return false,
            (PartitionBound::Value(new), PartitionBound::Value(gone)) => {
                if !same_value(new, gone) {
                    return above(new, gone);
                }
            }
        }
    }
    false
}

/// Whether one bound is above another: as numbers, else as texts (dates in their usual form sort so).
fn above(new: &PartitionValue, gone: &PartitionValue) -> bool {
    let (PartitionValue::Expression(new), PartitionValue::Expression(gone)) = (new, gone) else { return false };
    match (new.as_str().parse::<i128>(), gone.as_str().parse::<i128>()) {
        (Ok(new), Ok(gone)) => new > gone,
        _ => new.as_str() > gone.as_str(),
    }
}

/// Cuts both lists at the partitions that they have in common; `None` if these stand in another order.
fn runs<'a>(live: &'a [Partition], desired: &'a [Partition]) -> Option<Vec<Run<'a>>> {
    let mut runs: Vec<Run<'a>> = Vec::new();
    let mut current = Run::default();
    let mut rest = live.iter();
    for wanted in desired {
        let Some(found) = live.iter().find(|candidate| same_partition(candidate, wanted)) else {
            current.desired.push(wanted);
            continue;
        };
        loop {
            let candidate = rest.next()?;
            if candidate.name == found.name {
                break;
            }
            current.live.push(candidate);
        }
        current.next = Some(wanted);
        runs.push(std::mem::take(&mut current));
    }
    current.live.extend(rest);
    runs.push(current);
    Some(runs)
}

/// For each live partition whether it is the same in the desired list and stands between the same ones; `None` where the
/// tables are divided otherwise.
pub(crate) fn untouched_partitions(live: &Partitioning, desired: &Partitioning) -> Option<Vec<bool>> {
    if !same_shape(live, desired) {
        return None;
    }
    let places: BTreeMap<String, usize> =
        desired.partitions.iter().enumerate().map(|(place, partition)| (partition.name.folded(), place)).collect();
    let name = |list: &[Partition], at: Option<usize>| Some(list.get(at?)?.name.folded());
    let untouched = live.partitions.iter().enumerate().map(|(at, partition)| {
        let Some(place) = places.get(&partition.name.folded()).copied() else { return false };
        desired.partitions.get(place).is_some_and(|other| same_partition(partition, other))
            && name(&live.partitions, at.checked_sub(1)) == name(&desired.partitions, place.checked_sub(1))
            && name(&live.partitions, Some(at + 1)) == name(&desired.partitions, Some(place + 1))
    });
    Some(untouched.collect())
}

/// Whether one of these LIST partitions has the value.
fn is_listed(partitions: &[Partition], entry: &[PartitionValue]) -> bool {
    partitions.iter().flat_map(Partition::listed).any(|other| same_entry(other, entry))
}

/// Whether there is no value without a partition.
fn has_every_place(desired: &Partitioning) -> bool {
    match &desired.scheme {
        PartitionScheme::Hash { .. } | PartitionScheme::Key { .. } => true,
        PartitionScheme::Range(_) | PartitionScheme::RangeColumns(_) => {
            desired.partitions.last().is_none_or(|last| last.bounds().first() == Some(&PartitionBound::MaxValue))
        }
        PartitionScheme::List(_) | PartitionScheme::ListColumns(_) => false,
    }
}

/// Whether every row that has a place in the live partitions has one in the desired ones, by the values that are written
/// down. `false` also where the two cannot be compared.
fn keeps_every_place(live: &Partitioning, desired: &Partitioning) -> bool {
    if !same_scheme(&live.scheme, &desired.scheme) {
        return false;
    }
    match &desired.scheme {
        PartitionScheme::Range(_) | PartitionScheme::RangeColumns(_) => {
            let (before, after) = (last_bounds(&live.partitions), last_bounds(&desired.partitions));
            same_bounds(before, after) || reaches_beyond(after, before)
        }
        PartitionScheme::List(_) | PartitionScheme::ListColumns(_) => {
            live.partitions.iter().flat_map(Partition::listed).all(|entry| is_listed(&desired.partitions, entry))
        }
        PartitionScheme::Hash { .. } | PartitionScheme::Key { .. } => true,
    }
}

fn lists(live: &Partitioning, desired: &Partitioning, written: &Partitioning) -> Option<Vec<PartitionChange>> {
    let lacks = |partitions: &[Partition], wanted: &Partition| {
        !partitions.iter().any(|partition| same_partition(partition, wanted))
    };
    let gone: Vec<(usize, &Partition)> =
        live.partitions.iter().enumerate().filter(|(_, partition)| lacks(&desired.partitions, partition)).collect();
    let new: Vec<Partition> = desired
        .partitions
        .iter()
        .filter(|partition| lacks(&live.partitions, partition))
        .map(|partition| as_written(partition, written))
        .collect();
    let names = gone.iter().map(|(_, partition)| partition.name.clone()).collect();
    Some(match (gone.is_empty(), new.is_empty()) {
        (true, true) => Vec::new(),
        (true, false) => vec![PartitionChange::Add(new)],
        (false, true) => vec![PartitionChange::Drop(names)],
        (false, false) => {
            // 1519: only neighbours can be reorganised.
            let neighbours = gone.windows(2).all(|pair| matches!(pair, [(one, _), (other, _)] if other - one == 1));
            if !neighbours {
                return None;
            }
            let listed = gone.iter().flat_map(|(_, partition)| partition.listed());
            let lost = listed.filter(|entry| !is_listed(&desired.partitions, entry));
            vec![PartitionChange::Reorganize { from: names, lost: lost.cloned().collect(), into: new }]
        }
    })
}
