//! Step 3, client required (MySQL): compares many Tables with what is live, in one look.

use std::collections::{BTreeMap, BTreeSet};

use super::store::ObjectKey;
use super::validate::Candidate;
use super::view::Live;
use crate::api::Reason;
use crate::apply::{ApplyError, Connections, Observed, PlanOptions, RowBounds, observe, plan};
use crate::model::{DesiredTable, Ensure, TableName};
use crate::plan::proposal::Risk;
use crate::plan::{ABSENT, fingerprint};

/// What one look found.
pub(crate) struct Inspection {
    /// Per Table what it is, with the fingerprint of the live definition.
    pub(crate) tables: BTreeMap<ObjectKey, (Live, Option<String>)>,
    /// What the primary had.
    pub(crate) observed: Observed,
}

/// Compares these Tables.
pub(crate) async fn inspect(connections: &Connections, candidates: &[Candidate]) -> Result<Inspection, ApplyError> {
    let desired: Vec<DesiredTable> = candidates.iter().map(|candidate| (*candidate.desired).clone()).collect();
    let observed = observe(connections, &desired, false).await?;
    let options = PlanOptions { without_rehearsal: true, rows: RowBounds::NOTHING, ..PlanOptions::default() };
    let planned = plan(connections, &observed, &desired, &options).await?;
    let mut risks: BTreeMap<&str, Risk> = BTreeMap::new();
    for statement in &planned.proposal().statements {
        let risk = risks.entry(&statement.table).or_insert(statement.risk);
        *risk = (*risk).max(statement.risk);
    }
    let case = observed.facts().lower_case_table_names;
    let mut tables = BTreeMap::new();
    for candidate in candidates {
        let names = candidate.names();
        let is = |text: &str| names.iter().any(|name| name.same(&TableName::from(text), case));
        let refusal = planned.refusals().iter().find(|refusal| is(&refusal.table));
        let live = match refusal {
            Some(refusal) => Live::Refused { reason: Reason::from(refusal.reason), message: refusal.message.clone() },
            None => match risks.iter().filter(|(table, _)| is(table)).map(|(_, risk)| *risk).max() {
                Some(risk) => Live::Differs { risk },
                None => Live::InSync,
            },
        };
        tables.insert(candidate.key.clone(), (live, Some(live_fingerprint(&observed, candidate))));
    }
    Ok(Inspection { tables, observed })
}

/// The fingerprint of the live definition, under whichever of its names the table has now.
pub(crate) fn live_fingerprint(observed: &Observed, candidate: &Candidate) -> String {
    candidate.names().iter().find_map(|name| observed.definition(name)).map_or_else(|| ABSENT.to_owned(), fingerprint)
}

/// Foreign keys as child and parent, live and desired alike.
pub(crate) fn edges<'a>(
    observed: &Observed,
    candidates: impl IntoIterator<Item = &'a Candidate>,
) -> Vec<(String, String)> {
    let live = observed
        .foreign_key_edges()
        .iter()
        .map(|(child, parent)| (child.as_str().to_owned(), parent.as_str().to_owned()));
    let mut edges: BTreeSet<(String, String)> = live.collect();
    edges.extend(desired_edges(candidates));
    edges.into_iter().collect()
}

/// Foreign keys that manifests declare.
pub(crate) fn desired_edges<'a>(candidates: impl IntoIterator<Item = &'a Candidate>) -> Vec<(String, String)> {
    let mut edges = Vec::new();
    for candidate in candidates {
        if candidate.desired.ensure == Ensure::Absent {
            continue;
        }
        let table = &candidate.desired.table;
        for key in table.foreign_keys.iter().filter(|key| key.referenced_schema.is_none()) {
            edges.push((table.name.as_str().to_owned(), key.referenced_table.as_str().to_owned()));
        }
    }
    edges
}
