//! What the server makes of tables: each is created, changed, shown and dropped, as many as there are in one message.

use super::one_statement::{Batch, qualifies_a_name};
use super::session::{Session, optional_text};
use super::{MysqlError, MysqlErrorKind};
use crate::model::TableName;
use crate::sql::quote_identifier;

const CREATE: &str = "CREATE TABLE ";
const CREATE_TEMPORARY: &str = "CREATE TEMPORARY TABLE ";
const ALTER: &str = "ALTER TABLE ";

/// Bytes per message, if there are several tables in it: what one TLS record holds, with room for the protocol's own. The
/// driver leaves Nagle's algorithm on (sqlx issue 4335), so that a second record waits for the server's delayed
/// acknowledgement of the first, 40 ms.
const MESSAGE: usize = 16_000;

/// A table to be shown: its name and its printed `CREATE TABLE`.
pub(super) type Definition<'a> = (&'a TableName, &'a str);

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
    fn statements(&self) -> usize {
        if self.changes.is_empty() { 3 } else { 2 + 2 * self.changes.len() }
    }

    /// About: what is said besides definition and changes is short.
    fn bytes(&self) -> usize {
        let besides = self.statements() * (self.name.as_str().len() + 32);
        self.definition.len() + self.changes.iter().map(String::len).sum::<usize>() + besides
    }
}

/// The server's text for each table, or what it refuses in it; nothing is left behind. As temporary tables they take a
/// tenth of the time and are never on disk, but they have no foreign keys, partitions, FULLTEXT indexes and tablespaces.
/// The answers begin with `CREATE TABLE` either way.
pub(super) async fn forms(
    session: &mut Session,
    definitions: &[Definition<'_>],
    temporary: bool,
) -> Result<Vec<Result<String, MysqlError>>, MysqlError> {
    let trials: Vec<Trial<'_>> =
        definitions.iter().map(|(name, definition)| Trial { name, definition, changes: &[] }).collect();
    let nothing = MysqlError::unexpected(session.address(), "no definition of a table");
    let answers = trial(session, &trials, temporary).await?;
    Ok(answers.into_iter().map(|shown| shown?.pop().ok_or_else(|| nothing.clone())).collect())
}

/// As [`forms`], with changes: a text for each of them, or what the server refuses in the first that it refuses.
pub(super) async fn trial(
    session: &mut Session,
    trials: &[Trial<'_>],
    temporary: bool,
) -> Result<Vec<Result<Vec<String>, MysqlError>>, MysqlError> {
    let (create, drop) = if temporary { (CREATE_TEMPORARY, "TEMPORARY ") } else { (CREATE, "") };
    let mut answers: Vec<Result<Vec<String>, MysqlError>> = Vec::with_capacity(trials.len());
    while let Some(rest) = trials.get(answers.len()..).filter(|rest| !rest.is_empty()) {
        let mut batch = Batch::default();
        let mut count = 0;
        for trial in rest {
            if count > 0 && batch.bytes() + trial.bytes() > MESSAGE {
                break;
            }
            push(session, &mut batch, trial, temporary)?;
            count += 1;
        }
        let rest = rest.get(..count).unwrap_or(rest);
        // Where the statements of each end.
        let ends: Vec<usize> = rest
            .iter()
            .scan(0, |end, trial| {
                *end += trial.statements();
                Some(*end)
            })
            .collect();
        let at = |statement: usize| ends.partition_point(|end| *end <= statement);
        let mut shown: Vec<Vec<Option<String>>> = vec![Vec::new(); rest.len()];
        let (done, result) = session
            .send_batch(batch, |statement, row| {
                if let Some(texts) = shown.get_mut(at(statement)) {
                    texts.push(optional_text(&row, 1).ok().flatten());
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
        // Once created, it must not stay: the next definition of this name would be refused.
        let begun = complete.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
        if done > begun {
            let quoted = quote_identifier(trial.name.as_str());
            session.send(session.statement(format!("DROP {drop}TABLE IF EXISTS {quoted}"))?).await?;
        }
        // CREATE comes first, then each change and what it made.
        let running = (done - begun).checked_sub(1).and_then(|since| trial.changes.get(since / 2));
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
        batch.push(&session.statement(format!("SHOW CREATE TABLE {quoted}"))?);
    }
    if changes.is_empty() {
        batch.push(&session.statement(format!("SHOW CREATE TABLE {quoted}"))?);
    }
    batch.push(&session.statement(format!("DROP {drop}TABLE IF EXISTS {quoted}"))?);
    Ok(())
}
