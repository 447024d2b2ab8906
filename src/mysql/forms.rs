//! What the server makes of tables: each is created, shown and dropped, as many as there are in one message.

use super::one_statement::{Batch, qualifies_a_name};
use super::session::{Session, optional_text};
use super::{MysqlError, MysqlErrorKind};
use crate::model::TableName;
use crate::sql::quote_identifier;

const CREATE: &str = "CREATE TABLE ";
const CREATE_TEMPORARY: &str = "CREATE TEMPORARY TABLE ";

/// Statements per table.
const EACH: usize = 3;
/// Tables per message: a message has its largest size, and after a refused table the rest is sent again.
const AT_ONCE: usize = 200;

/// A table to be shown: its name and its printed `CREATE TABLE`.
pub(super) type Definition<'a> = (&'a TableName, &'a str);

/// The server's text for each table, or what it refuses in it; nothing is left behind. As temporary tables they take a
/// tenth of the time and are never on disk, but they have no foreign keys, partitions, FULLTEXT indexes and tablespaces.
/// The answers begin with `CREATE TABLE` either way.
pub(super) async fn forms(
    session: &mut Session,
    definitions: &[Definition<'_>],
    temporary: bool,
) -> Result<Vec<Result<String, MysqlError>>, MysqlError> {
    let (create, drop) = if temporary { (CREATE_TEMPORARY, "TEMPORARY ") } else { (CREATE, "") };
    let mut answers: Vec<Result<String, MysqlError>> = Vec::with_capacity(definitions.len());
    while let Some(rest) = definitions.get(answers.len()..).filter(|rest| !rest.is_empty()) {
        let rest = rest.get(..AT_ONCE).unwrap_or(rest);
        let mut batch = Batch::default();
        for (name, text) in rest {
            let quoted = quote_identifier(name.as_str());
            let definition = text.strip_prefix(CREATE).filter(|rest| rest.starts_with(&quoted));
            let definition = definition.filter(|_| temporary || !qualifies_a_name(text)).ok_or_else(|| {
                let problem = "a definition that is not a CREATE TABLE of this name alone was not sent";
                MysqlError::new(session.address(), MysqlErrorKind::Refused, problem, "").running(text)
            })?;
            batch.push(&session.statement(format!("{create}{definition}"))?);
            batch.push(&session.statement(format!("SHOW CREATE TABLE {quoted}"))?);
            batch.push(&session.statement(format!("DROP {drop}TABLE IF EXISTS {quoted}"))?);
        }
        let mut texts: Vec<Option<String>> = vec![None; rest.len()];
        let (done, result) = session
            .send_batch(batch, |statement, row| {
                if let Some(text) = texts.get_mut(statement / EACH) {
                    *text = optional_text(&row, 1).ok().flatten();
                }
            })
            .await;
        let complete = done / EACH;
        for text in texts.into_iter().take(complete) {
            let text = text.as_deref().and_then(|text| text.strip_prefix(create)).map(|rest| format!("{CREATE}{rest}"));
            answers.push(text.ok_or_else(|| MysqlError::unexpected(session.address(), "no definition of a table")));
        }
        let Err(error) = result else {
            if complete < rest.len() {
                return Err(MysqlError::unexpected(session.address(), "fewer answers than statements"));
            }
            continue;
        };
        let Some((name, text)) = rest.get(complete) else { return Err(error) };
        if !error.session_lives() {
            return Err(error);
        }
        // Once created, it must not stay: the next definition of this name would be refused.
        if done % EACH > 0 {
            let quoted = quote_identifier(name.as_str());
            session.send(session.statement(format!("DROP {drop}TABLE IF EXISTS {quoted}"))?).await?;
        }
        answers.push(Err(error.running(text)));
    }
    Ok(answers)
}
