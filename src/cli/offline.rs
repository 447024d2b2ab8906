//! A plan without a server: what `apply::plan` does, less everything that a server would be asked.

use crate::diff::{self, Desired, History, LiveSchema, LiveTable};
use crate::model::{
    DesiredTable, Dialect, Ensure, ForeignKey, ForeignKeyEdge, SchemaDefaults, ServerFacts, Table, TableName, Version,
};
use crate::normalize::{self, NormalizeError};
use crate::plan::proposal::{Baseline, DatabaseReference, Fingerprint, Proof, Proposal, Refusal, RefusalReason};
use crate::plan::{ABSENT, Proposed, Request, draft, fingerprint, propose};
use crate::sql::{Style, print_create_table};

use super::failure::Failure;

/// What was planned.
pub(super) struct Offline {
    pub(super) proposal: Proposal,
    pub(super) refusals: Vec<Refusal>,
}

/// A manifest that is taken for live cannot be one.
#[derive(Debug, thiserror::Error)]
#[error("{origin}: table `{table}` cannot be live")]
struct NotLive {
    origin: String,
    table: String,
    #[source]
    source: NormalizeError,
}

/// Plans from one set of manifests to the other, on a server of this version with MySQL's default settings.
pub(super) fn plan(
    from: &[DesiredTable],
    to: &[DesiredTable],
    version: Version,
    prune: bool,
) -> Result<Offline, Failure> {
    let server = ServerFacts::mysql_defaults(version);
    let defaults = schema_defaults();
    let live = live_schema(from, &server, &defaults)?;
    let (desired, mut refusals) = desired_tables(to, &live, prune, &server, &defaults);
    let mut changes = diff::tables(&live, &desired, &server);
    let draft = draft(&changes, &live, &server);
    changes.paused = draft.paused();
    refusals.extend(changes.refusals.iter().map(from_diff));
    refusals.extend(draft.refusals.iter().cloned());
    refusals.sort_by(|a, b| a.table.cmp(&b.table));
    let mut tables: Vec<_> = draft.statements.iter().map(|statement| statement.table.clone()).collect();
    tables.sort();
    tables.dedup();
    let fingerprints = tables
        .iter()
        .map(|table| Fingerprint {
            table: table.to_string(),
            sha256: live
                .tables
                .get(table)
                .map_or_else(|| ABSENT.to_owned(), |live| printed(&live.table, server.dialect())),
        })
        .collect();
    let Proposed { mut proposal, questions: _ } = propose(&Request {
        database: DatabaseReference { name: "diff".to_owned(), namespace: None },
        tables,
        changes: &changes,
        live: &live,
        draft: &draft,
        dialect: server.dialect(),
        chosen: &[],
        sizes: &std::collections::BTreeMap::new(),
        baseline: Baseline { server_uuid: String::new(), schema: String::new(), time_zone: None, fingerprints },
        approval_via: Vec::new(),
        proof: Proof::NotProved,
        findings: Vec::new(),
    })?;
    // Nobody was asked how large the tables are.
    proposal.estimates.clear();
    Ok(Offline { proposal, refusals })
}

/// What a schema has when nobody said anything.
pub(super) fn schema_defaults() -> SchemaDefaults {
    SchemaDefaults { character_set: "utf8mb4".to_owned(), collation: "utf8mb4_0900_ai_ci".to_owned() }
}

fn printed(table: &Table, dialect: Dialect) -> String {
    fingerprint(&print_create_table(table, Style::ShowCreate, dialect))
}

fn live_schema(from: &[DesiredTable], server: &ServerFacts, defaults: &SchemaDefaults) -> Result<LiveSchema, Failure> {
    let mut live = LiveSchema::default();
    for declared in from.iter().filter(|declared| declared.ensure == Ensure::Present) {
        let table = normalize::desired(&declared.table, server, defaults).map_err(|source| NotLive {
            origin: declared.origin.to_string(),
            table: declared.table.name.to_string(),
            source,
        })?;
        live.foreign_keys.extend(table.foreign_keys.iter().filter_map(|key| edge(&table, key)));
        live.tables.insert(table.name.clone(), LiveTable { table, history: History::default() });
    }
    Ok(live)
}

/// A canonical key has a name; one without has no edge that anybody could refer to.
fn edge(table: &Table, key: &ForeignKey) -> Option<ForeignKeyEdge> {
    Some(ForeignKeyEdge {
        name: key.name.clone()?,
        child_schema: None,
        child: table.name.clone(),
        child_columns: key.columns.clone(),
        parent_schema: key.referenced_schema.clone(),
        parent: key.referenced_table.clone(),
        parent_columns: key.referenced_columns.clone(),
    })
}

fn desired_tables(
    to: &[DesiredTable],
    live: &LiveSchema,
    prune: bool,
    server: &ServerFacts,
    defaults: &SchemaDefaults,
) -> (Vec<Desired>, Vec<Refusal>) {
    let mut desired = Vec::new();
    let mut refusals = Vec::new();
    for declared in to {
        let canonical = match declared.ensure {
            Ensure::Absent => Ok(declared.table.clone()),
            Ensure::Present => normalize::desired(&declared.table, server, defaults),
        };
        match canonical {
            Ok(canonical) => desired.push(Desired { declared: declared.clone(), canonical }),
            Err(error) => refusals.push(Refusal {
                table: declared.table.name.to_string(),
                reason: RefusalReason::InvalidDefinition,
                message: error.to_string(),
            }),
        }
    }
    if prune {
        let kept = |name: &TableName| to.iter().any(|one| one.table.name == *name || one.renamed_from.contains(name));
        for (_, table) in live.tables.iter().filter(|(name, _)| !kept(name)) {
            let mut declared = DesiredTable::present(table.table.clone(), crate::model::Origin::Prune);
            declared.ensure = Ensure::Absent;
            desired.push(Desired { declared, canonical: table.table.clone() });
        }
    }
    (desired, refusals)
}

fn from_diff(refusal: &diff::Refusal) -> Refusal {
    Refusal {
        table: refusal.table.to_string(),
        reason: match refusal.reason {
            diff::RefusalReason::InvalidDefinition => RefusalReason::InvalidDefinition,
            diff::RefusalReason::MissingReference => RefusalReason::MissingReference,
            diff::RefusalReason::NotConvertible => RefusalReason::NotConvertible,
            diff::RefusalReason::Conflict => RefusalReason::Conflict,
        },
        message: refusal.message.clone(),
    }
}
