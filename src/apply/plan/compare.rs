//! The first look: which tables are as desired by our own rules, which are refused at once, and which need the server.
//! Pure, and cheap per table that is unchanged.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::moments::Moments;
use super::super::observe::{Definition, Observed, key};
use super::representable::{Unshown, unrepresentable};
use crate::diff::{Desired, rename_circles};
use crate::model::{DesiredTable, Ensure, Origin, Table, TableName};
use crate::mysql::TableKind;
use crate::normalize;
use crate::plan::proposal::{Refusal, RefusalReason};

/// From how many tables on threads are worth their start.
const MANY: usize = 500;

/// What the first look finds.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// Tables that may differ, with the canonical form by our own rules, sorted by name.
    pub(super) open: Vec<Desired>,
    /// Tables that are not planned.
    pub(super) refusals: Vec<Refusal>,
}

enum Verdict {
    InSync,
    Open(Box<Desired>),
    Refused(Refusal),
}

/// Sorts the manifests; with `prune`, live base tables that none names are declared absent.
pub(super) fn compare(observed: &Observed, desired: &[DesiredTable], to_utc: &Moments, prune: bool) -> Compared {
    let fold = observed.facts().lower_case_table_names;
    let mut by_name: BTreeMap<String, Vec<&DesiredTable>> = BTreeMap::new();
    for declared in desired {
        by_name.entry(key(&declared.table.name, fold)).or_default().push(declared);
    }
    let mut compared = Compared::default();
    let groups: Vec<&[&DesiredTable]> = by_name.values().map(Vec::as_slice).collect();
    for verdict in looks(observed, to_utc, &groups) {
        match verdict {
            Verdict::InSync => {}
            Verdict::Open(desired) => compared.open.push(*desired),
            Verdict::Refused(refusal) => compared.refusals.push(refusal),
        }
    }
    // Also of tables that are as desired by now: it may be the wrong way round.
    for circle in rename_circles(desired.iter(), fold) {
        compared.open.retain(|open| open.declared.table.name != circle.table);
        compared.refusals.push(Refusal {
            table: circle.table.to_string(),
            reason: RefusalReason::InvalidDefinition,
            message: circle.refusal().message,
        });
    }
    if prune {
        compared.open.extend(pruned(observed, desired, &by_name));
    }
    compared.open.sort_by(|one, other| one.declared.table.name.cmp(&other.declared.table.name));
    compared
}

/// Looks at each name, over a few threads where there are many.
fn looks(observed: &Observed, to_utc: &Moments, groups: &[&[&DesiredTable]]) -> Vec<Verdict> {
    let look_at = |group: &&[&DesiredTable]| match group {
        [one] => look(observed, to_utc, one),
        several => Verdict::Refused(conflict(several)),
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    if groups.len() < MANY || threads == 1 {
        return groups.iter().map(look_at).collect();
    }
    std::thread::scope(|scope| {
        let working: Vec<_> = groups
            .chunks(groups.len().div_ceil(threads))
            .map(|part| scope.spawn(move || part.iter().map(look_at).collect::<Vec<_>>()))
            .collect();
        working
            .into_iter()
            .flat_map(|thread| match thread.join() {
                Ok(verdicts) => verdicts,
                // A panic is a defect of ours: let it be seen as one.
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}

fn look(observed: &Observed, to_utc: &Moments, declared: &DesiredTable) -> Verdict {
    let name = &declared.table.name;
    let live = observed.live_name(name);
    if let Some(kind) = live.and_then(|live| observed.kinds.get(live))
        && *kind != TableKind::BaseTable
    {
        let what = if *kind == TableKind::View { "a view" } else { "not a base table" };
        return Verdict::Refused(refuse(
            declared,
            RefusalReason::NotATable,
            &format!("`{name}` is {what} on the server; choose another name, or remove it there first"),
        ));
    }
    let source = live.or_else(|| declared.renamed_from.iter().find_map(|from| observed.live_name(from)));
    let definition = source.and_then(|source| observed.definitions.get(source));
    let started = declared.table.options.auto_increment.is_some() && !declared.manages_counter && definition.is_some();
    let without_counter = started.then(|| {
        let mut without = declared.clone();
        without.table.options.auto_increment = None;
        without
    });
    let declared = without_counter.as_ref().unwrap_or(declared);
    let keyed = with_generated_key(observed, declared, definition.map(Arc::as_ref));
    let declared = keyed.as_ref().unwrap_or(declared);
    let unreadable = |why: &str| Verdict::Refused(refuse(declared, RefusalReason::Unsupported, &unsupported(why)));
    if declared.ensure == Ensure::Absent {
        return match definition.map(|definition| definition.table()) {
            None => Verdict::InSync,
            Some(Ok(_)) => {
                Verdict::Open(Box::new(Desired { canonical: declared.table.clone(), declared: declared.clone() }))
            }
            Some(Err(why)) => unreadable(why),
        };
    }
    if let Some((column, name)) = declared.table.unmodelled_type() {
        let product = observed.facts().flavour.product();
        return Verdict::Refused(refuse(
            declared,
            RefusalReason::Unsupported,
            &format!(
                "column `{column}` has {product}'s type {name}, which tablewright cannot manage; create the table by hand \
                 and take it out of the manifests, or give the column another type, such as binary(16)"
            ),
        ));
    }
    let mut canonical = normalize::desired(&declared.table, observed.facts(), &observed.defaults);
    if let Ok(canonical) = &mut canonical {
        to_utc.write(canonical);
    }
    if let (Some(definition), Ok(canonical)) = (definition, &canonical)
        && definition.prints(canonical)
    {
        return Verdict::InSync;
    }
    let live = match definition.map(|definition| definition.table()).transpose() {
        Ok(live) => live,
        Err(why) => return unreadable(why),
    };
    let canonical = match canonical {
        Ok(canonical) => canonical,
        Err(error) => return Verdict::Refused(refuse(declared, RefusalReason::InvalidDefinition, &error.to_string())),
    };
    if live.is_some_and(|live| same(live, &canonical)) {
        return Verdict::InSync;
    }
    if let Some(Unshown { what, instead }) = unrepresentable(&declared.table, observed.facts().dialect()) {
        return Verdict::Refused(refuse(
            declared,
            RefusalReason::NotRepresentable,
            &format!(
                "{what}, which {} stores but cannot show back: the table would differ for ever; leave it out, or say it \
                 in an expression as {instead}, which is shown",
                observed.facts().flavour.product()
            ),
        ));
    }
    Verdict::Open(Box::new(Desired { declared: declared.clone(), canonical }))
}

/// The declared table with the primary key that the server has made, or would make, where it says none.
fn with_generated_key(
    observed: &Observed,
    declared: &DesiredTable,
    definition: Option<&Definition>,
) -> Option<DesiredTable> {
    if declared.ensure == Ensure::Absent || declared.table.primary_key.is_some() {
        return None;
    }
    if definition.is_some_and(|definition| !definition.text.contains("my_row_id")) {
        return None;
    }
    let live = definition.map(Definition::table).transpose().ok()?;
    let table = normalize::with_generated_key(&declared.table, live, observed.facts())?;
    Some(DesiredTable { table, ..declared.clone() })
}

/// Equal in everything but a counter that the manifest does not give. Cheap; what only names differently is for `diff`.
fn same(live: &Table, canonical: &Table) -> bool {
    let Table { name, columns, primary_key, indexes, foreign_keys, checks, options, partitioning } = canonical;
    let counters_agree = |counter: Option<u64>| options.auto_increment.is_none() || options.auto_increment == counter;
    *name == live.name
        && *columns == live.columns
        && *primary_key == live.primary_key
        && *indexes == live.indexes
        && *foreign_keys == live.foreign_keys
        && *checks == live.checks
        && *partitioning == live.partitioning
        && counters_agree(live.options.auto_increment)
        && {
            let mut without = live.options.clone();
            without.auto_increment = options.auto_increment;
            without == *options
        }
}

fn pruned(
    observed: &Observed,
    desired: &[DesiredTable],
    by_name: &BTreeMap<String, Vec<&DesiredTable>>,
) -> Vec<Desired> {
    let fold = observed.facts().lower_case_table_names;
    let renamed: Vec<String> = desired
        .iter()
        .filter(|declared| observed.live_name(&declared.table.name).is_none())
        .filter_map(|declared| declared.renamed_from.iter().find(|from| observed.live_name(from).is_some()))
        .map(|from| key(from, fold))
        .collect();
    observed
        .base_tables()
        .iter()
        .filter(|live| !by_name.contains_key(&key(live, fold)) && !renamed.contains(&key(live, fold)))
        .map(|live| {
            let mut declared = DesiredTable::present(Table::new(live.clone()), Origin::Prune);
            declared.ensure = Ensure::Absent;
            Desired { canonical: declared.table.clone(), declared }
        })
        .collect()
}

fn conflict(several: &[&DesiredTable]) -> Refusal {
    let origins: Vec<String> = several.iter().map(|declared| declared.origin.to_string()).collect();
    let name = several.first().map(|declared| declared.table.name.as_str()).unwrap_or_default();
    Refusal {
        table: name.to_owned(),
        reason: RefusalReason::Conflict,
        message: format!("table `{name}` is declared {} times ({}); keep one", several.len(), origins.join(", ")),
    }
}

/// A refusal that says where the table was declared.
pub(super) fn refuse(declared: &DesiredTable, reason: RefusalReason, message: &str) -> Refusal {
    Refusal {
        table: declared.table.name.as_str().to_owned(),
        reason,
        message: format!("{}: {message}", declared.origin),
    }
}

/// The sentence for a live table that the model does not have.
pub(super) fn unsupported(why: &str) -> String {
    format!(
        "the live table has something that cannot be read back exactly, so it is left alone ({why}); change it by hand, \
         or report it"
    )
}

/// The declared table of a desired name.
pub(super) fn declared<'a>(open: &'a [Desired], name: &TableName) -> Option<&'a DesiredTable> {
    open.iter().map(|desired| &desired.declared).find(|declared| declared.table.name == *name)
}
