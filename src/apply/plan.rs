//! From what is live and what is desired to a plan: compare, ask the server for its own form, rehearse, propose.
//!
//! Unchanged tables are settled by our own rules and cost no round trip. The server is asked about the others only.

mod advice;
mod alike;
mod anonymous;
mod canonical;
mod compare;
mod few_partitions;
mod followers;
mod memory;
mod names_taken;
mod rehearse;
mod relatives;
mod representable;
mod settled;
mod stage;
mod taken_out;
mod time_zones;
mod users;
mod wear;

use std::collections::BTreeMap;

use tracing::{Instrument, Span, info_span};

use super::look::{self, Asked, Looking};
use super::observe::Observed;
use super::{ApplyError, Connections, PlanOptions, Planned, span};
use crate::diff::{self, Change, ChangeSet, Desired, LiveSchema};
use crate::model::{DesiredTable, TableName};
use crate::mysql::{self, Canonicalizer, ScratchUnavailable};
use crate::plan::proposal::{Baseline, BaselineZone, Finding, Fingerprint, Level, Proof, Refusal, RefusalReason};
use crate::plan::{self, ABSENT, Chosen, Draft, DraftStatement, Proposed, Request, TableSize};

pub(super) use canonical::same_definition;
pub(super) use memory::Memory;
pub(super) use rehearse::After;
pub(super) use time_zones::reads_alike;

use canonical::Oracle;
use compare::{declared, refuse};
use rehearse::{Rehearsal, Rehearsed, not_inside};
use relatives::Surroundings;
use stage::{Stage, StageError};
use time_zones::InZone;

/// Plans one group of tables over what was observed. A table's trouble is a refusal in the result; an error means that the
/// server could not be asked.
pub async fn plan(
    connections: &Connections,
    observed: &Observed,
    desired: &[DesiredTable],
    options: &PlanOptions,
) -> Result<Planned, ApplyError> {
    let span = info_span!("plan", tables = desired.len());
    let planned = planned(connections, observed, desired, options).instrument(span.clone()).await;
    span::ended(&span, planned)
}

async fn planned(
    connections: &Connections,
    observed: &Observed,
    desired: &[DesiredTable],
    options: &PlanOptions,
) -> Result<Planned, ApplyError> {
    let primary = connections.primary();
    let doing = |what: &str| format!("{what} on {}", primary.address());
    let InZone { desired, refusals: foreign, to_utc } =
        time_zones::in_zone(primary, observed.facts().time_zone.as_ref(), desired)
            .await
            .map_err(ApplyError::server(doing("converting defaults of TIMESTAMP columns")))?;
    let compare::Compared { open, mut refusals } =
        info_span!("compare").in_scope(|| compare::compare(observed, &desired, &to_utc, options.prune));
    refusals.extend(foreign);
    if open.is_empty() {
        return finish(connections, observed, options, Work { refusals, ..Work::default() }).await;
    }
    if options.run_follows {
        connections.expect_run(open.len(), 1);
        connections.expect_replicas();
    }
    let surroundings = relatives::surroundings(primary, observed, &open)
        .await
        .map_err(ApplyError::server(doing("reading the tables that foreign keys connect")))?;
    let mut live = surroundings.live_schema(observed, primary);
    let changes = info_span!("diff", tables = open.len()).in_scope(|| diff::tables(&live, &open, observed.facts()));
    refusals.extend(changes.refusals.iter().map(|refusal| refusal_of(&open, refusal)));
    refusals.extend(
        relatives::missing_elsewhere(primary, &open, &changes)
            .await
            .map_err(ApplyError::server(doing("looking for the parents of foreign keys in other schemas")))?,
    );
    refusals.extend(
        names_taken::refusals(primary, observed, &open, &changes)
            .await
            .map_err(ApplyError::server(doing("looking for the names of new constraints")))?,
    );
    let open = only_changed(open, &changes, &refusals);
    if open.is_empty() {
        return finish(connections, observed, options, Work { refusals, ..Work::default() }).await;
    }

    let zero_dates = open.iter().any(|desired| desired.declared.table.has_zero_date())
        || live.tables.values().any(|live| live.table.has_zero_date());
    let mut stage = Stage::new(connections, observed, options, zero_dates);
    let span = if stage.allowed { info_span!("rehearse", tables = open.len()) } else { Span::none() };
    // The one scans all tables of the server, the other opens a session: neither waits for the other.
    let asking = async {
        if !stage.allowed {
            return None;
        }
        let asked = ask_in_scratch(&mut stage, connections.memory(), observed, open.clone(), refusals.clone());
        Some(asked.instrument(span.clone()).await)
    };
    let around = async {
        let worn = wear::look(&changes, primary)
            .await
            .map_err(ApplyError::server(doing("reading the row versions of tables")))?;
        let users = users::look(&changes, primary, observed.facts())
            .await
            .map_err(ApplyError::server(doing("reading triggers, views, routines and events")))?;
        Ok::<_, ApplyError>((worn, users))
    };
    let (asked, around) = tokio::join!(asking, around);
    let (worn, users) = match around {
        Ok(around) => around,
        Err(error) => {
            stage.close().await;
            return Err(error);
        }
    };
    wear::mark(&mut live, &worn, observed.facts().dialect());
    live.dependants = users;
    live.replica_zones = time_zones::of_replicas(connections, &changes, observed.facts().time_zone.as_ref()).await;
    let drafting = Drafting { connections, observed, live: &live, surroundings: &surroundings };
    let rehearsed = match asked {
        Some(Ok((asked, refusals))) => drafting.rehearsed(&mut stage, asked, refusals).instrument(span).await,
        Some(Err(error)) => Err(error),
        None => Ok(drafting.without_scratch(open.clone(), refusals.clone()).await?),
    };
    let finished = async {
        match rehearsed {
            Ok(work) => finish(connections, observed, options, work).await,
            Err(StageError::Unavailable(unavailable)) => {
                let mut work = drafting.without_scratch(open, refusals).await?;
                work.findings.push(not_rehearsed(observed, &unavailable));
                finish(connections, observed, options, work).await
            }
            Err(StageError::Server(error)) => Err(ApplyError::server(doing("rehearsing in a scratch schema"))(error)),
        }
    };
    let (finished, ()) = tokio::join!(finished, stage.close());
    finished
}

/// The desired tables in the server's own form, and with the refusals those that it does not take.
async fn ask_in_scratch(
    stage: &mut Stage<'_>,
    memory: &Memory,
    observed: &Observed,
    open: Vec<Desired>,
    mut refusals: Vec<Refusal>,
) -> Result<(Vec<Desired>, Vec<Refusal>), StageError> {
    let open = canonical::ask(&mut Oracle::Scratch(stage), memory, observed, open, &mut refusals).await?;
    Ok((open, refusals))
}

/// All that a proposal is made of.
#[derive(Default)]
struct Work {
    open: Vec<Desired>,
    changes: ChangeSet,
    live: LiveSchema,
    surroundings: Surroundings,
    draft: Draft,
    chosen: Vec<Chosen>,
    after: Vec<After>,
    refusals: Vec<Refusal>,
    findings: Vec<Finding>,
    rehearsed: bool,
}

/// What drafting looks at.
struct Drafting<'a> {
    connections: &'a Connections,
    observed: &'a Observed,
    live: &'a LiveSchema,
    surroundings: &'a Surroundings,
}

impl Drafting<'_> {
    /// `open` as the server has it.
    async fn rehearsed(
        &self,
        stage: &mut Stage<'_>,
        open: Vec<Desired>,
        refusals: Vec<Refusal>,
    ) -> Result<Work, StageError> {
        let memory = self.connections.memory();
        let mut work = self.drafted(open, refusals);
        // A table that fails in rehearsal is taken out and the rest rehearsed again, so that what is shown holds together.
        loop {
            if work.draft.statements.is_empty() {
                return Ok(work);
            }
            let rehearsal = Rehearsal {
                observed: self.observed,
                surroundings: &work.surroundings,
                open: &work.open,
                draft: &work.draft,
            };
            let Rehearsed { chosen, after, refusals } = rehearsal.run(stage, memory).await?;
            if refusals.is_empty() {
                work.chosen = chosen;
                work.after = after;
                work.findings.extend(not_inside(&work.draft).iter().map(reaches_outside));
                work.rehearsed = true;
                return Ok(work);
            }
            let (open, more) = taken_out::without(work.open, &refusals, self.live);
            work.refusals.extend(refusals);
            work.refusals.extend(more);
            work = self.drafted(open, work.refusals);
            stage.clear().await?;
        }
    }

    async fn without_scratch(&self, open: Vec<Desired>, mut refusals: Vec<Refusal>) -> Result<Work, ApplyError> {
        let primary = self.connections.primary();
        let doing = || format!("asking {} for its form of the desired tables", primary.address());
        // Without the privilege, or without the schema, our own rules have to do.
        let Ok(mut canonicalizer) = Canonicalizer::open(primary, self.observed.facts().time_zone.as_ref()).await else {
            return Ok(self.drafted(open, refusals));
        };
        if open.iter().any(|desired| desired.declared.table.has_zero_date()) {
            canonicalizer.allow_zero_dates().await.map_err(ApplyError::server(doing()))?;
        }
        let mut oracle = Oracle::Temporary(&mut canonicalizer);
        let memory = self.connections.memory();
        let asked = canonical::ask(&mut oracle, memory, self.observed, open.clone(), &mut refusals).await;
        canonicalizer.close().await;
        match asked {
            Ok(open) => Ok(self.drafted(open, refusals)),
            Err(StageError::Server(error)) if error.kind != mysql::MysqlErrorKind::Denied => {
                Err(ApplyError::server(doing())(error))
            }
            Err(StageError::Server(_) | StageError::Unavailable(_)) => Ok(self.drafted(open, refusals)),
        }
    }

    fn drafted(&self, open: Vec<Desired>, mut refusals: Vec<Refusal>) -> Work {
        let changes = diff::tables(self.live, &open, self.observed.facts());
        let draft = plan::draft(&changes, self.live, self.observed.facts());
        // The draft's refusals repeat those of the comparison.
        refusals.extend(draft.refusals.iter().cloned().map(|refusal| with_origin(&open, refusal)));
        let open = only_changed(open, &changes, &[]);
        let own = open
            .iter()
            .flat_map(|desired| std::iter::once(&desired.declared.table.name).chain(&desired.declared.renamed_from))
            .filter_map(|name| self.observed.live_name(name))
            .cloned()
            .collect();
        let surroundings = Surroundings { definitions: self.surroundings.definitions.clone(), open: own };
        Work { open, changes, live: self.live.clone(), surroundings, draft, refusals, ..Work::default() }
    }
}

fn not_rehearsed(observed: &Observed, unavailable: &ScratchUnavailable) -> Finding {
    Finding {
        code: "TW900".to_owned(),
        level: Level::Warning,
        path: observed.identity.account.clone(),
        problem: format!("the plan was not rehearsed: {}", unavailable.why),
        why: "algorithms and locks are expected, not confirmed by the server; a wrong one is refused at run time"
            .to_owned(),
        instead: unavailable
            .grant
            .as_ref()
            .map_or_else(|| "allow a scratch schema on the primary".to_owned(), |grant| format!("run {grant}")),
        evidence: None,
    }
}

fn reaches_outside(table: &TableName) -> Finding {
    Finding {
        code: "TW900".to_owned(),
        level: Level::Note,
        path: table.to_string(),
        problem: "what reaches outside of the schema was not rehearsed".to_owned(),
        why: "a foreign key to another schema, a tablespace or a directory has no place in a scratch schema: what the \
              server says of it is known when it runs"
            .to_owned(),
        instead: String::new(),
        evidence: None,
    }
}

/// Keeps the desired tables that some change is about and that are not refused.
fn only_changed(open: Vec<Desired>, changes: &ChangeSet, refusals: &[Refusal]) -> Vec<Desired> {
    let changed: std::collections::BTreeSet<&TableName> = changes.changes.iter().map(change_of).collect();
    open.into_iter()
        .filter(|desired| {
            let name = &desired.declared.table.name;
            changed.contains(name) && !refusals.iter().any(|refusal| refusal.table == name.as_str())
        })
        .collect()
}

/// The desired name of the table that a change is about.
fn change_of(change: &Change) -> &TableName {
    match change {
        Change::CreateTable { table, .. } => &table.name,
        Change::DropTable { live } => &live.name,
        Change::RenameTable { to, .. } => to,
        Change::AlterTable(difference) => &difference.desired.name,
    }
}

fn refusal_of(open: &[Desired], refusal: &diff::Refusal) -> Refusal {
    let reason = match refusal.reason {
        diff::RefusalReason::InvalidDefinition => RefusalReason::InvalidDefinition,
        diff::RefusalReason::MissingReference => RefusalReason::MissingReference,
        diff::RefusalReason::NotConvertible => RefusalReason::NotConvertible,
        diff::RefusalReason::Conflict => RefusalReason::Conflict,
    };
    with_origin(open, Refusal { table: refusal.table.as_str().to_owned(), reason, message: refusal.message.clone() })
}

fn with_origin(open: &[Desired], refusal: Refusal) -> Refusal {
    match declared(open, &TableName::new(refusal.table.as_str())) {
        Some(declared) if !refusal.message.starts_with(&declared.origin.to_string()) => {
            refuse(declared, refusal.reason, &refusal.message)
        }
        Some(_) | None => refusal,
    }
}

/// Sizes, baseline, proposal.
async fn finish(
    connections: &Connections,
    observed: &Observed,
    options: &PlanOptions,
    work: Work,
) -> Result<Planned, ApplyError> {
    let Work { open, mut changes, live, surroundings, draft, chosen, after, mut refusals, findings, rehearsed } = work;
    refusals.sort_by(|one, other| (&one.table, one.reason as u8).cmp(&(&other.table, other.reason as u8)));
    refusals.dedup();
    changes.paused = draft.paused();
    let sizes = sizes(connections, &draft, &surroundings).await?;
    let mut tables: Vec<TableName> = open.iter().map(|desired| desired.declared.table.name.clone()).collect();
    tables.sort();
    tables.dedup();
    let zone = observed.facts().time_zone.as_ref();
    let in_a_zone = draft.statements.iter().any(DraftStatement::is_in_a_zone);
    let request = Request {
        database: connections.target().database.clone(),
        tables,
        changes: &changes,
        live: &live,
        draft: &draft,
        dialect: observed.facts().dialect(),
        chosen: &chosen,
        sizes: &sizes,
        baseline: Baseline {
            time_zone: zone.filter(|_| in_a_zone).map(BaselineZone::from),
            ..baseline(connections, observed, &open, &surroundings)
        },
        approval_via: options.approval_via.clone(),
        proof: if rehearsed { Proof::Rehearsed } else { Proof::NotProved },
        findings,
    };
    let Proposed { mut proposal, questions } =
        plan::propose(&request).map_err(|error| ApplyError::Bug { what: error.to_string() })?;
    let asked = |(finding, question)| Asked { finding, question, answer: None };
    let mut questions: Vec<Asked> = questions.into_iter().map(asked).collect();
    let looking = Looking::new(connections, zone, proposal.proof, options.rows);
    look::look(&looking, &mut questions, &mut proposal.findings).await;
    let statements = draft
        .statements
        .iter()
        .enumerate()
        .map(|(index, statement)| {
            let expected = statement.candidates.get(statement.expected);
            match chosen.get(index).map(|chosen| &chosen.candidate).or(expected) {
                Some(candidate) => statement.with(*candidate),
                None => statement.statement.clone(),
            }
        })
        .collect::<Vec<_>>();
    let after = if after.len() == statements.len() { after } else { vec![After::Unknown; statements.len()] };
    Ok(Planned {
        proposal,
        statements,
        after,
        wanted: open,
        refusals,
        questions,
        rows: options.rows,
        create_schema: !observed.exists,
        facts: observed.facts().clone(),
        in_a_zone,
        defaults: observed.defaults.clone(),
    })
}

async fn sizes(
    connections: &Connections,
    draft: &Draft,
    surroundings: &Surroundings,
) -> Result<BTreeMap<TableName, TableSize>, ApplyError> {
    let names: Vec<TableName> =
        if draft.statements.is_empty() { Vec::new() } else { surroundings.open.iter().cloned().collect() };
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let primary = connections.primary();
    let sizes = mysql::sizes(primary, &names)
        .await
        .map_err(ApplyError::server(format!("reading table sizes on {}", primary.address())))?;
    Ok(sizes
        .into_iter()
        .map(|size| {
            let bytes = size.data_bytes.saturating_add(size.index_bytes);
            (size.name, TableSize { rows: size.rows, bytes })
        })
        .collect())
}

fn baseline(connections: &Connections, observed: &Observed, open: &[Desired], surroundings: &Surroundings) -> Baseline {
    let mut fingerprints: Vec<Fingerprint> = Vec::new();
    for desired in open {
        let declared = &desired.declared;
        for name in std::iter::once(&declared.table.name).chain(&declared.renamed_from) {
            let live = observed.live_name(name);
            let definition = live.and_then(|live| surroundings.definitions.get(live));
            if definition.is_none() && name != &declared.table.name {
                continue;
            }
            fingerprints.push(Fingerprint {
                table: live.unwrap_or(name).as_str().to_owned(),
                sha256: definition.map_or_else(|| ABSENT.to_owned(), |definition| plan::fingerprint(&definition.text)),
            });
        }
    }
    fingerprints.sort_by(|one, other| one.table.cmp(&other.table));
    fingerprints.dedup();
    Baseline {
        server_uuid: observed.server_uuid().0.clone(),
        schema: connections.target().schema.as_str().to_owned(),
        time_zone: None,
        fingerprints,
    }
}
