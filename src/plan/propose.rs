//! From a draft and the chosen algorithms to the proposal.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::{Change, ChangeSet, LiveSchema};
use crate::model::{Algorithm, Dialect, Lock, Statement, Table, TableName};
use crate::rules::{self, Question, StatementCost, Work};
use crate::sql;

use super::draft::{Candidate, Draft, DraftStatement};
use super::fingerprint::hexadecimal;
use super::locks::Edges;
use super::proposal::{
    AlgorithmName, ApprovalWay, Baseline, DatabaseReference, Estimate, Finding, Level, LockName, Proof, Proposal,
    ProposedStatement, Risk,
};
use super::{risk, stall};

/// What was chosen for one statement of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Algorithm and lock.
    pub candidate: Candidate,
    /// Whether the rehearsal saw the table written anew; `None`: not known, the static expectation counts.
    pub rebuilds: Option<bool>,
}

/// A table's size, as the server estimates it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableSize {
    /// Rows.
    pub rows: u64,
    /// Bytes of data and indexes.
    pub bytes: u64,
}

/// All that goes into a proposal.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The Database (on the command line: the schema's name).
    pub database: DatabaseReference,
    /// Tables that the plan brings to their desired state, by their desired names.
    pub tables: Vec<TableName>,
    /// What differs.
    pub changes: &'a ChangeSet,
    /// What is live.
    pub live: &'a LiveSchema,
    /// The statements.
    pub draft: &'a Draft,
    /// Whose SQL the statements are.
    pub dialect: Dialect,
    /// One per statement; empty: what the draft expects.
    pub chosen: &'a [Chosen],
    /// Sizes of live tables, by live name; a table without an entry counts as empty.
    pub sizes: &'a BTreeMap<TableName, TableSize>,
    /// What the plan is computed for.
    pub baseline: Baseline,
    /// Ways in which it may be approved.
    pub approval_via: Vec<ApprovalWay>,
    /// How it was proved.
    pub proof: Proof,
    /// Findings from elsewhere (data checks, missing privileges).
    pub findings: Vec<Finding>,
}

/// Why no proposal could be made: each is a defect of ours, and nothing runs.
#[derive(Debug, thiserror::Error)]
pub enum ProposeError {
    /// The number of choices is not the number of statements.
    #[error("{chosen} algorithms were chosen for {statements} statements; this is a defect, please report it")]
    ChoiceCount {
        /// Given.
        chosen: usize,
        /// Needed.
        statements: usize,
    },
    /// A rendered statement does not parse back as the same one (invariant 4).
    #[error(
        "table `{table}`: the statement `{sql}` does not parse back as what was meant; this is a defect, please report it"
    )]
    NotParsedBack {
        /// The table.
        table: String,
        /// The rendered text.
        sql: String,
        /// What the parser says, if it could not parse it at all.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

/// A proposal, and what its findings would like to know of the rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposed {
    /// The proposal, with nothing yet known of the rows.
    pub proposal: Proposal,
    /// Each with the name of its finding.
    pub questions: Vec<(FindingName, Question)>,
}

/// Renders, checks and rates every statement. Deterministic: the same input gives the same bytes.
pub fn propose(request: &Request<'_>) -> Result<Proposed, ProposeError> {
    let chosen = choices(request)?;
    let mut edges = Edges::new(&request.live.foreign_keys);
    let mut names = Names::default();
    let mut statements = Vec::new();
    let mut costs = Vec::new();
    let mut stalls: BTreeMap<TableName, u64> = BTreeMap::new();
    let breakages = rules::breakages(request.changes, request.live);
    let zone = request.live.time_zone.as_ref();
    let mut made: BTreeSet<&TableName> = BTreeSet::new();
    for (draft, choice) in request.draft.statements.iter().zip(&chosen) {
        // A table that this plan makes has no rows yet: whatever the algorithm, nothing is copied, and nobody waits.
        let empty = made.contains(&draft.table);
        if let Statement::CreateTable(table) = &draft.statement {
            made.insert(&table.name);
        }
        let work = if empty { Work::Metadata } else { work_of(draft, *choice) };
        let live_name = names.live(&draft.table);
        let live_table = request.live.tables.get(&live_name).map(|live| &live.table);
        let size = request.sizes.get(&live_name).copied().unwrap_or_default();
        let stall = stall::seconds(work, size);
        let sql = render(draft, choice.candidate, request.dialect)?;
        statements.push(ProposedStatement {
            sql,
            table: draft.table.to_string(),
            summary: draft.summary.clone(),
            algorithm: choice.candidate.algorithm.map(algorithm_name),
            lock: lock_name(choice.candidate),
            rebuilds: work >= Work::Rebuild,
            locks: edges.locks(draft, choice.candidate),
            risk: if empty {
                risk::of_new_table(&draft.effect)
            } else {
                risk::of_statement(&draft.effect, choice.candidate, work, stall)
            }
            .max(risk::of_breakages(&draft.table, &draft.effect, &breakages))
            .max(risk::of_time_zone(draft, work, live_table, request.live)),
            zero_dates: takes_zero_dates(draft, live_table, request.changes),
            time_zone: zone.filter(|_| draft.is_in_a_zone()).map(|zone| zone.session.clone()),
        });
        costs.push(StatementCost {
            table: draft.table.clone(),
            work,
            in_a_zone: draft.is_in_a_zone(),
            blocks_writes: !empty
                && match choice.candidate.algorithm {
                    Some(Algorithm::Copy) => true,
                    Some(Algorithm::Instant | Algorithm::Inplace) | None => {
                        matches!(choice.candidate.lock, Some(Lock::Shared | Lock::Exclusive))
                    }
                },
            replica_stall_seconds: stall,
            rows: size.rows,
        });
        if request.live.tables.contains_key(&live_name) {
            *stalls.entry(live_name).or_default() += stall;
        }
        names.follow(draft);
    }
    let estimates = stalls
        .into_iter()
        .map(|(table, replica_stall_seconds)| {
            let size = request.sizes.get(&table).copied().unwrap_or_default();
            Estimate { table: table.to_string(), rows: size.rows, bytes: size.bytes, replica_stall_seconds }
        })
        .collect();
    let found = rules::findings(rules::Review { changes: request.changes, live: request.live, costs: &costs });
    let questions = found.iter().filter_map(|found| Some((FindingName::of(found), found.question.clone()?))).collect();
    let mut findings: Vec<Finding> =
        found.into_iter().map(Finding::from).chain(request.findings.iter().cloned()).collect();
    findings
        .sort_by(|one, other| (&one.path, &one.code, &one.problem).cmp(&(&other.path, &other.code, &other.problem)));
    let risk = statements.iter().map(|statement| statement.risk).max().unwrap_or(Risk::Safe);
    let mut tables: Vec<String> = request.tables.iter().map(ToString::to_string).collect();
    tables.sort();
    let mut baseline = request.baseline.clone();
    baseline.fingerprints.sort_by(|one, other| one.table.cmp(&other.table));
    let digest = digest(&statements, &baseline, risk, request.proof);
    let proposal = Proposal {
        database_ref: request.database.clone(),
        tables,
        statements,
        estimates,
        findings,
        risk,
        baseline,
        approval_via: request.approval_via.clone(),
        proof: request.proof,
        digest,
    };
    Ok(Proposed { proposal, questions })
}

fn choices(request: &Request<'_>) -> Result<Vec<Chosen>, ProposeError> {
    let statements = &request.draft.statements;
    if request.chosen.is_empty() {
        return Ok(statements
            .iter()
            .map(|draft| Chosen { candidate: draft.expected_candidate(), rebuilds: None })
            .collect());
    }
    if request.chosen.len() != statements.len() {
        return Err(ProposeError::ChoiceCount { chosen: request.chosen.len(), statements: statements.len() });
    }
    Ok(request.chosen.to_vec())
}

/// Whether strict mode would refuse dates that stay: a default of the table, or of rows in columns that hold dates.
fn takes_zero_dates(draft: &DraftStatement, live: Option<&Table>, changes: &ChangeSet) -> bool {
    let desired = changes.changes.iter().find_map(|change| match change {
        Change::CreateTable { canonical, .. } if canonical.name == draft.table => Some(canonical.as_ref()),
        Change::AlterTable(difference) if difference.desired.name == draft.table => Some(&difference.desired),
        Change::CreateTable { .. } | Change::AlterTable(_) | Change::DropTable { .. } | Change::RenameTable { .. } => {
            None
        }
    });
    let holds_dates = |table: &Table| table.columns.iter().any(|column| column.data_type.holds_dates());
    desired.is_some_and(Table::has_zero_date)
        || live.is_some_and(|live| live.has_zero_date() || (holds_dates(live) && draft.leaves_dates_alone(live)))
}

/// How much of the table the statement touches with the chosen algorithm.
fn work_of(draft: &DraftStatement, choice: Chosen) -> Work {
    match choice.candidate.algorithm {
        Some(Algorithm::Copy) => Work::Copy,
        // Partitions that are written anew, by a server that takes no ALGORITHM for it.
        None if draft.rebuilds => Work::Copy,
        Some(Algorithm::Instant) | None => Work::Metadata,
        Some(Algorithm::Inplace) => {
            // Where less was expected than in place (INSTANT refused because of the table's history), it rebuilds.
            let expected_instant = draft.expected_candidate().algorithm == Some(Algorithm::Instant);
            if choice.rebuilds.unwrap_or(draft.rebuilds || expected_instant) {
                Work::Rebuild
            } else if draft.reads_rows() {
                Work::Index
            } else {
                Work::Metadata
            }
        }
    }
}

/// The text, which must parse back as exactly this statement.
fn render(draft: &DraftStatement, candidate: Candidate, dialect: Dialect) -> Result<String, ProposeError> {
    let statement = draft.with(candidate);
    let text = sql::print_statement(&statement, dialect);
    match sql::parse_statement(&text, dialect) {
        Ok(parsed) if parsed == statement => Ok(text),
        Ok(_) => Err(ProposeError::NotParsedBack { table: draft.table.to_string(), sql: text, source: None }),
        Err(error) => Err(ProposeError::NotParsedBack {
            table: draft.table.to_string(),
            sql: text,
            source: Some(Box::new(error)),
        }),
    }
}

fn algorithm_name(algorithm: Algorithm) -> AlgorithmName {
    match algorithm {
        Algorithm::Instant => AlgorithmName::Instant,
        Algorithm::Inplace => AlgorithmName::Inplace,
        Algorithm::Copy => AlgorithmName::Copy,
    }
}

/// INSTANT takes no LOCK clause and runs with none.
fn lock_name(candidate: Candidate) -> Option<LockName> {
    match (candidate.algorithm, candidate.lock) {
        (_, Some(Lock::None)) | (Some(Algorithm::Instant), None) => Some(LockName::None),
        (_, Some(Lock::Shared)) => Some(LockName::Shared),
        (_, Some(Lock::Exclusive)) => Some(LockName::Exclusive),
        (Some(Algorithm::Inplace | Algorithm::Copy) | None, None) => None,
    }
}

/// A rule's finding as it stands in a proposal; what it asks of the rows is not answered yet.
impl From<rules::Finding> for Finding {
    fn from(finding: rules::Finding) -> Self {
        let rules::Finding { code, level, path, problem, why, instead, question: _ } = finding;
        let level = match level {
            rules::Level::Note => Level::Note,
            rules::Level::Warning => Level::Warning,
            rules::Level::Error => Level::Error,
        };
        Self { code: code.to_owned(), level, path, problem, why, instead, evidence: None }
    }
}

/// What tells one finding of a proposal from the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingName {
    /// Its code.
    pub code: String,
    /// Where.
    pub path: String,
    /// What.
    pub problem: String,
}

impl FindingName {
    fn of(found: &rules::Finding) -> Self {
        Self { code: found.code.to_owned(), path: found.path.clone(), problem: found.problem.clone() }
    }

    /// Whether it is this one.
    pub fn is(&self, finding: &Finding) -> bool {
        self.code == finding.code && self.path == finding.path && self.problem == finding.problem
    }
}

/// The digest that a proposal must have: to be compared with the one it says, and with the one that was approved.
pub fn digest_of(proposal: &Proposal) -> String {
    digest(&proposal.statements, &proposal.baseline, proposal.risk, proposal.proof)
}

/// Server, schema, time zone (where it is not UTC), proof, risk, fingerprints and statements, each with its length, so that
/// no two plans have the same text.
/// What was approved for one schema is approved for no other of the same server, whatever its definitions; and what was
/// shown as rehearsed does not run unless it is.
fn digest(statements: &[ProposedStatement], baseline: &Baseline, risk: Risk, proof: Proof) -> String {
    let Baseline { server_uuid, schema, time_zone, fingerprints } = baseline;
    let mut text = String::from("tablewright plan v1\n");
    let mut field = |name: &str, value: &str| {
        text.push_str(name);
        text.push(' ');
        text.push_str(&value.len().to_string());
        text.push(' ');
        text.push_str(value);
        text.push('\n');
    };
    field("server", server_uuid);
    field("schema", schema);
    if let Some(zone) = time_zone {
        field("time zone", &zone.session);
        field("its changes", zone.changes.as_deref().unwrap_or_default());
    }
    field("proof", proof_name(proof));
    field("risk", risk_name(risk));
    for fingerprint in fingerprints {
        field("table", &fingerprint.table);
        field("definition", &fingerprint.sha256);
    }
    for statement in statements {
        field("statement", &statement.sql);
        field("risk", risk_name(statement.risk));
        if let Some(zone) = &statement.time_zone {
            field("in time zone", zone);
        }
    }
    format!("v1:sha256:{}", hexadecimal(text.as_bytes()))
}

fn risk_name(risk: Risk) -> &'static str {
    match risk {
        Risk::Safe => "Safe",
        Risk::Caution => "Caution",
        Risk::Blocking => "Blocking",
        Risk::Destructive => "Destructive",
    }
}

fn proof_name(proof: Proof) -> &'static str {
    match proof {
        Proof::Rehearsed => "Rehearsed",
        Proof::NotProved => "NotProved",
    }
}

/// Live names of tables that the plan renames.
#[derive(Default)]
struct Names(BTreeMap<TableName, TableName>);

impl Names {
    fn live(&self, name: &TableName) -> TableName {
        self.0.get(name).unwrap_or(name).clone()
    }

    fn follow(&mut self, draft: &DraftStatement) {
        if let Statement::RenameTable { from, to } = &draft.statement {
            let live = self.live(from);
            self.0.insert(to.clone(), live);
        }
    }
}
