//! Waits for statements on the replicas and compares definitions there with the primary's. Only reads.

mod compare;
mod standing;

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tracing::{Instrument, Span};

use super::split::{is_split, is_written_alone};
use super::verdict::{Subject, judge_absence, judge_error, judge_filters, judge_health, judge_standing};
use super::{Connections, ReplicaTarget, Verdict, span};
use crate::model::{Gtid, TableName};
use crate::mysql::{self, GtidSet, MysqlError, MysqlErrorKind, ReplicaState, Server, WaitOutcome};
use standing::ObserveError;

/// How long one question to a replica waits at most, so that what keeps it is noticed and told.
const SLICE: Duration = Duration::from_secs(1);

/// How long something is wrong with a replica that has everything, before it is said without more waiting.
const LASTING: Duration = Duration::from_secs(2);

/// What one replica is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaReport {
    /// Its name.
    pub name: String,
    /// Its `@@server_uuid`, where it could be asked.
    pub server_uuid: Option<String>,
    /// Whether nothing starts while it is unhealthy.
    pub required: bool,
    /// What it is.
    pub verdict: Verdict,
    /// The verdict for people.
    pub message: String,
    /// The last of the awaited GTIDs under which its definitions were seen to be the primary's.
    pub verified: Option<Gtid>,
    /// When it was seen to have executed everything.
    pub reached_at: Option<Timestamp>,
    /// When its definitions were seen to be the primary's.
    pub matched_at: Option<Timestamp>,
    /// Whether it is a second primary: written on its own, with transactions that the primary lacks. `None` where its
    /// state was not read.
    pub split: Option<bool>,
}

impl ReplicaReport {
    fn new(target: &ReplicaTarget, verdict: Verdict) -> Self {
        Self {
            name: target.name.clone(),
            server_uuid: None,
            required: target.required,
            message: format!("replica {}: {verdict}", target.name),
            verdict,
            verified: None,
            reached_at: None,
            matched_at: None,
            split: None,
        }
    }
}

/// What a replica must have executed before its definitions are compared.
#[derive(Clone, Debug)]
pub(super) enum Awaited {
    /// Exactly these: a failed DDL leaves a gap, so never a range.
    Gtids(Vec<Gtid>),
    /// All that the primary had.
    Set(GtidSet),
    /// Nothing that can be named (no GTIDs): definitions are compared until they agree.
    Nothing,
}

/// Waits until every replica has executed `gtids` (all that the primary has, where none is given) and its definitions of
/// `tables` (all base tables, where none is given) are the primary's; at `deadline` says for each what it is. A deadline
/// in the past asks once.
pub async fn verify(
    connections: &Connections,
    tables: &[TableName],
    gtids: &[Gtid],
    deadline: Instant,
) -> Vec<ReplicaReport> {
    if connections.target().replicas.is_empty() {
        return Vec::new();
    }
    let awaited = awaited(connections, gtids).await;
    let waiting = connections.replicas().map(|(target, server)| {
        let awaited = awaited.clone();
        async move {
            let report = match awaited {
                Ok(awaited) => {
                    let mut following = Following::new(connections, target, server, tables, &awaited, deadline);
                    while !following.step().await {}
                    following.report
                }
                Err(error) => ReplicaReport::new(target, judge_primary(&error)),
            };
            Span::current().record("tablewright.verdict", report.verdict.reason().as_str());
            report
        }
        .instrument(span::verify(&target.name, server.address()))
    });
    futures::future::join_all(waiting).await
}

/// Looks at each replica once: `None` where a change of these tables may start.
pub(super) async fn health(connections: &Connections, tables: &[TableName]) -> Vec<(ReplicaTarget, Option<Verdict>)> {
    if connections.target().replicas.is_empty() {
        return Vec::new();
    }
    let subject = standing::subject(connections, tables).await;
    let asked = connections.replicas().map(|(target, server)| {
        let subject = &subject;
        async move {
            let verdict = match (subject, standing::observe(connections, server).await) {
                (Ok(subject), Ok(state)) => judge_health(&state, subject, target.max_lag),
                (Err(error), Ok(_)) => Some(judge_primary(error)),
                (_, Err(error)) => Some(error.verdict()),
            };
            (target.clone(), verdict)
        }
    });
    futures::future::join_all(asked).await
}

/// Tables as one server has them.
pub(super) type Definitions = Vec<(TableName, Option<String>)>;

/// The definitions of these tables on each required replica.
pub(super) async fn definitions<'a>(
    connections: &'a Connections,
    tables: &[TableName],
) -> Vec<(&'a ReplicaTarget, &'a Server, Result<Definitions, MysqlError>)> {
    let asked = connections
        .replicas()
        .filter(|(target, _)| target.required)
        .map(|(target, server)| async move { (target, server, mysql::show_create_tables(server, tables).await) });
    futures::future::join_all(asked).await
}

/// Whether a replica has other definitions than `live`, the primary's, although it has executed all that the primary has:
/// `None` where it agrees, or is only late.
pub(super) async fn divergence(
    connections: &Connections,
    target: &ReplicaTarget,
    server: &Server,
    live: &Definitions,
    theirs: &Result<Definitions, MysqlError>,
) -> Option<Verdict> {
    match theirs {
        Ok(theirs) if compare::agree(live, theirs) => return None,
        // A schema that has just been made may not be there yet.
        Ok(_) | Err(MysqlError { kind: MysqlErrorKind::UnknownSchema, .. }) => {}
        Err(error) => return Some(judge_error(error)),
    }
    let tables: Vec<TableName> = live.iter().map(|(name, _)| name.clone()).collect();
    let mut following = Following::new(connections, target, server, &tables, &Awaited::Nothing, Instant::now());
    let verdict = following.look().await;
    matches!(verdict, Verdict::Diverged { .. }).then_some(verdict)
}

pub(super) async fn awaited(connections: &Connections, gtids: &[Gtid]) -> Result<Awaited, MysqlError> {
    if !gtids.is_empty() {
        return Ok(Awaited::Gtids(gtids.to_vec()));
    }
    let set = mysql::executed_gtids(connections.primary()).await?;
    Ok(if set.is_empty() { Awaited::Nothing } else { Awaited::Set(set) })
}

/// One replica that is followed until it has arrived or the deadline.
pub(super) struct Following<'a> {
    connections: &'a Connections,
    target: &'a ReplicaTarget,
    server: &'a Server,
    tables: &'a [TableName],
    awaited: &'a Awaited,
    deadline: Instant,
    report: ReplicaReport,
    /// What it is judged by, once it has been asked.
    subject: Option<Subject>,
    /// What is wrong although everything has arrived, and since when.
    standing: Option<(Instant, Verdict)>,
}

impl<'a> Following<'a> {
    pub(super) fn new(
        connections: &'a Connections,
        target: &'a ReplicaTarget,
        server: &'a Server,
        tables: &'a [TableName],
        awaited: &'a Awaited,
        deadline: Instant,
    ) -> Self {
        let report = ReplicaReport::new(target, Verdict::Lagging { behind: None, delay: None });
        Self { connections, target, server, tables, awaited, deadline, report, subject: None, standing: None }
    }

    /// Looks once more; whether this was the last word.
    pub(super) async fn step(&mut self) -> bool {
        let verdict = self.look().await;
        let done = verdict.arrived() || self.is_lasting(&verdict) || Instant::now() >= self.deadline;
        // Who it is tells a replica that was promoted from a stranger; one that did not answer is not asked again.
        if done
            && !matches!(verdict, Verdict::Unobservable { .. })
            && self.report.server_uuid.is_none()
            && let Ok(identity) = mysql::identify(self.server).await
        {
            self.report.server_uuid = Some(identity.server_uuid.0);
        }
        self.report.message = format!("replica {}: {verdict}", self.target.name);
        self.report.verdict = verdict;
        if !done {
            tokio::time::sleep_until(self.deadline.min(Instant::now() + SLICE / 5)).await;
        }
        done
    }

    /// What was seen so far.
    pub(super) fn report(&self) -> &ReplicaReport {
        &self.report
    }

    /// Whether waiting does not help: everything is there, and what is wrong besides has been so for a while.
    fn is_lasting(&mut self, verdict: &Verdict) -> bool {
        let stands = match verdict {
            Verdict::ApplierStopped { .. } | Verdict::Errant { .. } | Verdict::Filtered { .. } => {
                self.report.matched_at.is_some()
            }
            Verdict::Arrived
            | Verdict::Lagging { .. }
            | Verdict::ApplierBlocked { .. }
            | Verdict::Diverged { .. }
            | Verdict::Unobservable { .. } => false,
        };
        match &self.standing {
            Some((since, before)) if stands && before == verdict => since.elapsed() >= LASTING,
            Some(_) | None => {
                self.standing = stands.then(|| (Instant::now(), verdict.clone()));
                false
            }
        }
    }

    /// One look: has it executed, if so, does it match, and if so, is anything else wrong.
    async fn look(&mut self) -> Verdict {
        self.looked().await.unwrap_or_else(|verdict| verdict)
    }

    async fn looked(&mut self) -> Result<Verdict, Verdict> {
        let mut seen = None;
        if self.report.reached_at.is_none() {
            let reached = self.reached().await?;
            if !reached {
                let state = self.observe().await?;
                return Ok(judge_absence(&state, self.subject().await?));
            }
            if let Awaited::Set(set) = self.awaited {
                let state = self.observe().await?;
                if !state.executed.contains_set(set) {
                    return Ok(judge_absence(&state, self.subject().await?));
                }
                seen = Some(state);
            }
            self.report.reached_at = Some(Timestamp::now());
        }
        if self.differing().await?.is_empty() {
            return self.matched(seen).await;
        }
        // Later changes of the primary may simply not be there yet: only a replica that has all of them and still
        // differs has diverged.
        let later = mysql::executed_gtids(self.connections.primary()).await.map_err(|error| judge_primary(&error))?;
        let state = self.observe().await?;
        let subject = self.subject().await?;
        if let Some(filtered) = judge_filters(&state, subject) {
            return Ok(filtered);
        }
        if !later.is_empty() && !state.executed.contains_set(&later) {
            return Ok(judge_absence(&state, subject));
        }
        let differing = self.differing().await?;
        if differing.is_empty() { self.matched(Some(state)).await } else { Ok(Verdict::Diverged { tables: differing }) }
    }

    /// Whether it has executed what is awaited, as far as that can be waited for.
    async fn reached(&self) -> Result<bool, Verdict> {
        match self.awaited {
            Awaited::Gtids(gtids) => {
                let timeout = SLICE.min(self.deadline.saturating_duration_since(Instant::now()));
                let outcome = mysql::wait_for_gtids(self.server, gtids, timeout).await;
                outcome.map(|outcome| outcome == WaitOutcome::Reached).map_err(|error| judge_error(&error))
            }
            Awaited::Set(_) | Awaited::Nothing => Ok(true),
        }
    }

    async fn observe(&mut self) -> Result<ReplicaState, Verdict> {
        let state = standing::observe(self.connections, self.server).await.map_err(|error| error.verdict())?;
        self.met(&state).await.map_err(|error| judge_primary(&error))?;
        Ok(state)
    }

    /// What it is judged by, asked once.
    async fn subject(&mut self) -> Result<&Subject, Verdict> {
        if self.subject.is_none() {
            let subject = standing::subject(self.connections, self.tables).await;
            self.subject = Some(subject.map_err(|error| judge_primary(&error))?);
        }
        self.subject.as_ref().ok_or_else(|| Verdict::Unobservable { why: "the primary was not asked".to_owned() })
    }

    /// Takes down who it is, and whether it is written beside the primary, which is asked only where that may be.
    async fn met(&mut self, state: &ReplicaState) -> Result<(), MysqlError> {
        self.report.server_uuid = Some(state.server_uuid.0.clone());
        let split = is_written_alone(state) && {
            let primary = mysql::executed_gtids(self.connections.primary()).await?;
            is_split(state, &primary)
        };
        self.report.split = Some(split);
        Ok(())
    }

    /// Its definitions are the primary's: takes that down, and says what is wrong besides.
    async fn matched(&mut self, seen: Option<ReplicaState>) -> Result<Verdict, Verdict> {
        self.report.matched_at = Some(Timestamp::now());
        if let Awaited::Gtids(gtids) = self.awaited {
            self.report.verified = gtids.iter().max_by_key(|gtid| gtid.number).cloned();
        }
        let state = match seen {
            Some(state) => state,
            None => self.observe().await?,
        };
        if let Some(verdict) = judge_standing(&state, self.subject().await?) {
            return Ok(verdict);
        }
        let errant = standing::errant(self.connections, &state).await.map_err(|error| judge_primary(&error))?;
        Ok(errant.map_or(Verdict::Arrived, |gtids| Verdict::Errant { gtids }))
    }

    async fn differing(&self) -> Result<Vec<String>, Verdict> {
        compare::compare(self.connections.primary(), self.server, self.tables).await.map_err(|error| match error {
            compare::CompareError::Replica(error) => judge_error(&error),
            compare::CompareError::Primary(error) => judge_primary(&error),
        })
    }
}

fn judge_primary(error: &MysqlError) -> Verdict {
    Verdict::Unobservable { why: format!("the primary could not be asked: {}", error.message) }
}

impl ObserveError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Primary(error) => judge_primary(error),
            Self::Replica(error) => judge_error(error),
        }
    }
}
