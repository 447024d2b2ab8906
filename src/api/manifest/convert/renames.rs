//! Former names of columns that go in a circle: nobody can tell whether it has been gone through already.

use std::collections::BTreeMap;

use super::Faults;
use crate::api::ColumnSpec;
use crate::diff::EXCHANGE;

/// Notes the first circle.
pub(super) fn circle(specs: &[ColumnSpec], faults: &mut Faults) {
    let places: BTreeMap<String, usize> =
        specs.iter().enumerate().map(|(place, spec)| (spec.name.to_lowercase(), place)).collect();
    // Per column the other columns of today that it says it was.
    let mut were: BTreeMap<usize, Vec<usize>> = specs
        .iter()
        .enumerate()
        .map(|(place, spec)| {
            let former = spec.renamed_from.iter().filter_map(|name| places.get(&name.to_lowercase()).copied());
            (place, former.filter(|former| *former != place).collect())
        })
        .collect();
    // What leads nowhere is in no circle; what is left when nothing does leads into one.
    loop {
        let before = were.len();
        let left: Vec<usize> = were.iter().filter(|(_, former)| !former.is_empty()).map(|(place, _)| *place).collect();
        were.retain(|place, _| left.binary_search(place).is_ok());
        for former in were.values_mut() {
            former.retain(|place| left.binary_search(place).is_ok());
        }
        if were.len() == before {
            break;
        }
    }
    let mut way: Vec<usize> = Vec::new();
    let mut next = were.keys().next().copied();
    while let Some(place) = next.filter(|place| !way.contains(place)) {
        way.push(place);
        next = were.get(&place).and_then(|former| former.first()).copied();
    }
    let Some(start) = next.and_then(|place| way.iter().position(|seen| *seen == place)) else { return };
    let circle = way.get(start..).unwrap_or_default();
    let name = |place: usize| specs.get(place).map(|spec| spec.name.as_str()).unwrap_or_default();
    let said: Vec<String> = circle
        .iter()
        .zip(circle.iter().cycle().skip(1))
        .map(|(new, old)| format!("`{}` says it was `{}`", name(*new), name(*old)))
        .collect();
    if let Some(first) = circle.iter().min() {
        faults.add(
            format!("spec.columns[{first}].renamedFrom"),
            format!("{}: this cannot be told from renames that have been done already", said.join(", and ")),
            EXCHANGE,
        );
    }
}
