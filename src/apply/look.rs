//! Looks at the rows for the findings that would like to know: counts within a bound, or says that it did not look.
//! Advisory when a plan is made; before its first statement it is done again, and what would surely fail is not begun.

use std::time::Duration;

use tokio::time::Instant;

use super::{Approved, Connections, RunFailure};
use crate::model::ServerZone;
use crate::mysql::{self, CountBounds, MysqlErrorKind};
use crate::plan::FindingName;
use crate::plan::proposal::{Evidence, Finding, Level, Proof};
use crate::rules::{Ask, Question};

/// How far plans look at rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowBounds {
    /// So many rows of a table at most, the first that the server finds; zero: none are looked at.
    pub rows: u64,
    /// So long per question.
    pub question: Duration,
    /// So long in all.
    pub all: Duration,
}

impl Default for RowBounds {
    fn default() -> Self {
        Self { rows: 1_000_000, question: Duration::from_secs(2), all: Duration::from_secs(10) }
    }
}

impl RowBounds {
    /// No row is looked at.
    pub const NOTHING: Self = Self { rows: 0, question: Duration::ZERO, all: Duration::ZERO };
}

/// A finding's question, and the finding by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) finding: FindingName,
    pub(super) question: Question,
    /// The answer of the look that was taken when the plan was made, and when.
    pub(super) answer: Option<(Instant, Option<u64>)>,
}

/// An answer younger than this is not asked for again.
const FRESH: Duration = Duration::from_secs(30);

/// How rows are looked at, and until when.
pub(super) struct Looking<'a> {
    connections: &'a Connections,
    /// The time zone in which statements will read the rows; `None`: UTC.
    zone: Option<&'a ServerZone>,
    proof: Proof,
    bounds: RowBounds,
    end: Instant,
}

impl<'a> Looking<'a> {
    /// From now on, for as long as the bounds allow.
    pub(super) fn new(
        connections: &'a Connections,
        zone: Option<&'a ServerZone>,
        proof: Proof,
        bounds: RowBounds,
    ) -> Self {
        Self { connections, zone, proof, bounds, end: Instant::now() + bounds.all }
    }
}

/// Asks every question and writes the answers into the findings. An error of the server is an answer, too: that nothing
/// was looked at, and why.
pub(super) async fn look(looking: &Looking<'_>, questions: &mut [Asked], findings: &mut [Finding]) {
    for asked in questions {
        let evidence = looking.answer(&asked.question).await;
        asked.answer = Some((Instant::now(), evidence.count));
        for finding in findings.iter_mut().filter(|finding| asked.finding.is(finding)) {
            // A note that only says what rows get stays one.
            let harms = asked.question.fails || asked.question.deletes || finding.level > Level::Note;
            if harms && evidence.count.is_some_and(|count| count > 0) {
                finding.level = Level::Error;
            }
            finding.evidence = Some(evidence.clone());
        }
    }
}

impl Looking<'_> {
    async fn answer(&self, question: &Question) -> Evidence {
        let Self { connections, zone, proof, bounds, end } = *self;
        let at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let not = |why: String| Evidence {
            counted: question.counted.words(None).to_owned(),
            count: None,
            rows: None,
            complete: false,
            at: at.clone(),
            not_looked: Some(why),
        };
        if let Ask::Nothing(why) = &question.ask {
            return not((*why).to_owned());
        }
        if bounds.rows == 0 {
            return not("looking at rows is switched off".to_owned());
        }
        if question.of_manifest && proof == Proof::NotProved {
            return not("the plan was not rehearsed, and so the server has not taken its expression yet".to_owned());
        }
        let left = end.saturating_duration_since(Instant::now()).min(bounds.question);
        if left.is_zero() {
            return not(format!("the {} s for looks at rows were used up", bounds.all.as_secs()));
        }
        let within = CountBounds { rows: bounds.rows, time: left, zone };
        match mysql::count(connections.primary(), &question.table, &question.ask, within).await {
            Ok(Some(counted)) => Evidence {
                counted: question.counted.words(Some(counted.count)).to_owned(),
                count: Some(counted.count),
                rows: Some(counted.rows),
                complete: counted.complete,
                at,
                not_looked: None,
            },
            Ok(None) => not("there is nothing to ask".to_owned()),
            Err(error) if mysql::time_was_over(&error) => {
                not(format!("it took longer than {} s", bounds.question.as_secs()))
            }
            Err(error) if error.kind == MysqlErrorKind::Denied => not("the account may not SELECT from it".to_owned()),
            // There is a row of which the server cannot compute it; how many there are it does not tell.
            Err(error) if matches!(question.ask, Ask::Computed(_)) && error.kind == MysqlErrorKind::DataRefused => {
                Evidence {
                    counted: question.counted.words(Some(1)).to_owned(),
                    count: Some(1),
                    rows: None,
                    complete: false,
                    at,
                    not_looked: None,
                }
            }
            // Never the server's words: the question is computed over rows, and its message may quote what came out.
            Err(error) => not(match error.code {
                Some(code) => format!("the server refused the question (error {code})"),
                None => "the server gave no answer to the question".to_owned(),
            }),
        }
    }
}

/// Before the first statement: whatever would surely make a statement fail is looked for once more, so that nothing is
/// begun that cannot end; and nothing is begun that deletes rows, unless a person approved exactly this plan.
pub(super) async fn stop(connections: &Connections, approved: &Approved) -> Result<(), RunFailure> {
    let planned = &approved.planned;
    let zone = planned.facts.time_zone.as_ref();
    let looking = Looking::new(connections, zone, planned.proposal.proof, planned.rows);
    if !approved.by_person {
        for asked in planned.questions.iter().filter(|asked| asked.question.deletes) {
            // What was looked at when the plan was made may be older than the rows.
            let found = looking.answer(&asked.question).await;
            let none = found.count == Some(0) && found.complete;
            if !none {
                return Err(RunFailure::RowsDeleted {
                    table: asked.question.table.to_string(),
                    finding: format!("{}: {}", asked.finding.path, asked.finding.problem),
                    count: found.count.filter(|count| *count > 0),
                    digest: planned.proposal.digest.clone(),
                });
            }
        }
    }
    for asked in planned.questions.iter().filter(|asked| asked.question.fails) {
        // Rows that stood in the way may have been corrected since: a refusal is never by an earlier look.
        let fresh = asked.answer.filter(|(at, count)| at.elapsed() < FRESH && count.is_none_or(|count| count == 0));
        let count = match fresh {
            Some((_, count)) => count,
            None => looking.answer(&asked.question).await.count,
        };
        if let Some(count @ 1..) = count {
            return Err(RunFailure::RowsInTheWay {
                table: asked.question.table.to_string(),
                finding: format!("{}: {}", asked.finding.path, asked.finding.problem),
                count,
                counted: asked.question.counted.words(Some(count)),
            });
        }
    }
    Ok(())
}
