//! What the server makes of tables: each is created, changed, shown and dropped, as many in one message as fit; several
//! sessions may take messages from the same list.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::one_statement::{Batch, qualifies_a_name};
use super::session::{Session, definition_text};
use super::{MysqlError, MysqlErrorKind};
use crate::model::TableName;
use crate::sql::quote_identifier;

const CREATE: &str = "CREATE TABLE ";
const CREATE_TEMPORARY: &str = "CREATE TEMPORARY TABLE ";
const ALTER: &str = "ALTER TABLE ";

/// Bytes per message at most, if there are several tables in it: what one TLS record holds, with room for the protocol's
/// own.
const MOST: usize = 16_000;
/// Messages become smaller towards the end, so that two sessions finish together, but not smaller than this.
const LEAST: usize = 2_000;

/// A table to be made, changed and shown.
#[derive(Clone, Copy, Debug)]
pub struct Trial<'a> {
    /// Its name.
    pub name: &'a TableName,
    /// Its printed `CREATE TABLE`, of this name.
    pub definition: &'a str,
    /// Printed `ALTER TABLE` statements of this table, without `ALGORITHM` and `LOCK`. Where there is none the table is
    /// shown as it was created, else after each.
    pub changes: &'a [String],
}

impl Trial<'_> {
    /// With `shown` statements for showing the table once.
    fn statements(&self, shown: usize) -> usize {
        if self.changes.is_empty() { 2 + shown } else { 2 + (1 + shown) * self.changes.len() }
    }

    /// About: what is said besides definition and changes is short.
    fn bytes(&self) -> usize {
        let besides = self.statements(1) * (self.name.as_str().len() + 32);
        self.definition.len() + self.changes.iter().map(String::len).sum::<usize>() + besides
    }
}

/// The server's text of a table as it was created, or after each change; or what the server refuses in the first that it
/// refuses. The texts begin with `CREATE TABLE`, whatever the table was.
pub type Answer = Result<Vec<String>, MysqlError>;

/// Trials that one or more sessions answer together, message by message.
///
/// As temporary tables they take a tenth of the time and are never on disk, but they have no foreign keys, partitions,
/// FULLTEXT indexes and tablespaces, and the server always copies them, whatever it would do to a table.
#[derive(Debug)]
pub struct Trials<'t> {
    trials: &'t [Trial<'t>],
    temporary: bool,
    messages: Vec<Range<usize>>,
    taken: AtomicUsize,
    answers: Mutex<Vec<Option<Answer>>>,
}

impl<'t> Trials<'t> {
    /// Nothing is asked yet.
    pub fn new(trials: &'t [Trial<'t>], temporary: bool) -> Self {
        let mut left: usize = trials.iter().map(Trial::bytes).sum();
        let mut messages: Vec<Range<usize>> = Vec::new();
        let (mut room, mut bytes) = (0, 0);
        for (place, trial) in trials.iter().enumerate() {
            bytes += trial.bytes();
            match messages.last_mut().filter(|_| bytes <= room) {
                Some(message) => message.end = place + 1,
                None => {
                    messages.push(place..place + 1);
                    bytes = trial.bytes();
                    room = (left / 4).clamp(LEAST, MOST);
                }
            }
            left -= trial.bytes();
        }
        let answers = Mutex::new(vec![None; trials.len()]);
        Self { trials, temporary, messages, taken: AtomicUsize::new(0), answers }
    }

    /// How many messages there are: what more sessions than that could share.
    pub fn messages(&self) -> usize {
        self.messages.len()
    }

    /// Asks message by message until none is left that no other session has taken; leaves nothing behind.
    pub(super) async fn answer(&self, session: &mut Session) -> Result<(), MysqlError> {
        while let Some(message) = self.messages.get(self.taken.fetch_add(1, Ordering::Relaxed)) {
            let trials = self.trials.get(message.clone()).unwrap_or_default();
            let answers = ask(session, trials, self.temporary).await?;
            let mut all = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            for (place, answer) in all.iter_mut().skip(message.start).zip(answers) {
                *place = Some(answer);
            }
        }
        Ok(())
    }

    /// The answers, in the order of the trials, once all sessions are done.
    pub fn into_answers(self) -> Vec<Answer> {
        let answers = self.answers.into_inner().unwrap_or_else(PoisonError::into_inner);
        let missing = || Err(MysqlError::unexpected("scratch", "a table was not asked about"));
        answers.into_iter().map(|answer| answer.unwrap_or_else(missing)).collect()
    }
}

/// The server's text for one table, made as a temporary one.
pub(super) async fn form(session: &mut Session, name: &TableName, definition: &str) -> Result<String, MysqlError> {
    let answer = ask(session, &[Trial { name, definition, changes: &[] }], true).await?.pop();
    let shown = answer.transpose()?.and_then(|mut texts| texts.pop());
    shown.ok_or_else(|| MysqlError::unexpected(session.address(), "no definition of a table"))
}

/// Asks about these in one message; in another about those that come after one that is refused.
async fn ask(session: &mut Session, trials: &[Trial<'_>], temporary: bool) -> Result<Vec<Answer>, MysqlError> {
    let (create, drop) = if temporary { (CREATE_TEMPORARY, "TEMPORARY ") } else { (CREATE, "") };
    // Where statements run in another time zone than UTC, the table is still shown in UTC.
    let showing = if session.has_zone() { 3 } else { 1 };
    let mut answers: Vec<Answer> = Vec::with_capacity(trials.len());
    while let Some(rest) = trials.get(answers.len()..).filter(|rest| !rest.is_empty()) {
        let mut batch = Batch::default();
        for trial in rest {
            push(session, &mut batch, trial, temporary)?;
        }
        // Where the statements of each end.
        let ends: Vec<usize> = rest
            .iter()
            .scan(0, |end, trial| {
                *end += trial.statements(showing);
                Some(*end)
            })
            .collect();
        let at = |statement: usize| ends.partition_point(|end| *end <= statement);
        let mut shown: Vec<Vec<Option<String>>> = vec![Vec::new(); rest.len()];
        let (done, result) = session
            .send_batch(batch, |statement, row| {
                if let Some(texts) = shown.get_mut(at(statement)) {
                    texts.push(definition_text(&row, 1).ok().flatten());
                }
            })
            .await;
        let complete = at(done);
        for (texts, trial) in shown.into_iter().zip(rest).take(complete) {
            let plain = |text: Option<String>| Some(format!("{CREATE}{}", text?.strip_prefix(create)?));
            let texts: Option<Vec<String>> = texts.into_iter().map(plain).collect();
            let wanted = trial.changes.len().max(1);
            answers.push(
                texts
                    .filter(|texts| texts.len() == wanted)
                    .ok_or_else(|| MysqlError::unexpected(session.address(), "no definition of a table")),
            );
        }
        let Err(error) = result else {
            if complete < rest.len() {
                return Err(MysqlError::unexpected(session.address(), "fewer answers than statements"));
            }
            continue;
        };
        let Some(trial) = rest.get(complete) else { return Err(error) };
        if !error.session_lives() {
            return Err(error);
        }
        session.set_zone().await?;
        // Once created, it must not stay: the next definition of this name would be refused.
        let begun = complete.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
        if done > begun {
            let quoted = quote_identifier(trial.name.as_str());
            session.send(session.statement(format!("DROP {drop}TABLE IF EXISTS {quoted}"))?).await?;
        }
        // CREATE comes first, then each change and what it made.
        let running = (done - begun).checked_sub(1).and_then(|since| trial.changes.get(since / (1 + showing)));
        answers.push(Err(error.running(running.map_or(trial.definition, String::as_str))));
    }
    Ok(answers)
}

fn push(session: &Session, batch: &mut Batch, trial: &Trial<'_>, temporary: bool) -> Result<(), MysqlError> {
    let Trial { name, definition, changes } = trial;
    let (create, drop) = if temporary { (CREATE_TEMPORARY, "TEMPORARY ") } else { (CREATE, "") };
    let quoted = quote_identifier(name.as_str());
    let refused = |text: &str| {
        let problem = "a definition that is not a CREATE or ALTER TABLE of this name alone was not sent";
        MysqlError::new(session.address(), MysqlErrorKind::Refused, problem, "").running(text)
    };
    let of_this_name =
        |text: &str, verb: &str| text.strip_prefix(verb).filter(|rest| rest.starts_with(&quoted)).map(str::to_owned);
    let rest = of_this_name(definition, CREATE).filter(|_| temporary || !qualifies_a_name(definition));
    let rest = rest.ok_or_else(|| refused(definition))?;
    batch.push(&session.statement(format!("{create}{rest}"))?);
    for change in *changes {
        let rest = of_this_name(change, ALTER).filter(|_| !qualifies_a_name(change)).ok_or_else(|| refused(change))?;
        batch.push(&session.statement(format!("{ALTER}{rest}"))?);
        push_shown(session, batch, &quoted)?;
    }
    if changes.is_empty() {
        push_shown(session, batch, &quoted)?;
    }
    batch.push(&session.statement(format!("DROP {drop}TABLE IF EXISTS {quoted}"))?);
    Ok(())
}

/// Shows the table, in UTC.
fn push_shown(session: &Session, batch: &mut Batch, quoted: &str) -> Result<(), MysqlError> {
    let show = session.statement(format!("SHOW CREATE TABLE {quoted}"))?;
    match session.zone_settings()? {
        Some([utc, zone]) => [utc, show, zone].iter().for_each(|statement| batch.push(statement)),
        None => batch.push(&show),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_are_cut_into_messages_that_become_smaller_and_leave_nothing_out() {
        let name = TableName::new("t");
        let definition = format!("CREATE TABLE `t` (`a` int COMMENT '{}')", "x".repeat(400));
        let trials = vec![Trial { name: &name, definition: &definition, changes: &[] }; 200];
        let cut = Trials::new(&trials, true);
        let places: Vec<usize> = cut.messages.iter().cloned().flatten().collect();
        assert_eq!(places, (0..200).collect::<Vec<_>>());
        let sizes: Vec<usize> = cut.messages.iter().map(|message| message.len() * trials[0].bytes()).collect();
        assert!(sizes.iter().all(|size| *size <= MOST), "{sizes:?}");
        assert!(sizes.is_sorted_by(|one, next| one >= next), "{sizes:?}");
        assert!(sizes.len() >= 8, "{sizes:?}");
    }

    #[test]
    fn a_table_that_fits_no_message_has_one_of_its_own() {
        let name = TableName::new("t");
        let long = format!("CREATE TABLE `t` (`a` int COMMENT '{}')", "x".repeat(2 * MOST));
        let short = "CREATE TABLE `t` (`a` int)";
        let trial = |definition| Trial { name: &name, definition, changes: &[] };
        let trials = [trial(short), trial(&long), trial(short)];
        let cut = Trials::new(&trials, true);
        assert_eq!(cut.messages, [0..1, 1..2, 2..3]);
        assert_eq!(Trials::new(&[], true).messages(), 0);
    }
}
