//! Triggers, views, routines and events of the schema, and views of other schemas on its tables, with the names in their
//! texts. Asked only where a plan takes something away; what the account may not see is said.

use crate::model::{Dependant, DependantKind, Dependants, SchemaName, ServerFacts, UnseenDependants};
use crate::mysql::answer::Row;
use crate::mysql::grants::{Sight, sight};
use crate::mysql::session::Session;
use crate::mysql::{MysqlError, Server};
use crate::sql;

/// What names tables and columns of this schema. A refused question is no error: what it would have told is unseen.
pub async fn dependants(server: &Server, facts: &ServerFacts) -> Result<Dependants, MysqlError> {
    let schema = server.schema().as_str();
    let mut found = Dependants {
        schema: schema.to_owned(),
        lower_case_table_names: facts.lower_case_table_names,
        ..Dependants::default()
    };
    let mut lease = server.session().await?;
    let session = lease.get()?;
    let queries = session.queries();
    match session.query(queries.dependants, &[schema; 4]).await {
        Ok(rows) => take(session, &rows, facts, &mut found)?,
        Err(error) => unseen(&mut found, error, "triggers, views, routines and events")?,
    }
    if let Some(query) = queries.dependants_elsewhere {
        match session.query(query, &[schema]).await {
            Ok(rows) => take(session, &rows, facts, &mut found)?,
            // Before 8.0.13 there is no such list.
            Err(error) if error.code == Some(1109) => {}
            Err(error) => unseen(&mut found, error, "views of other schemas")?,
        }
    }
    match sight(session, server.schema()).await {
        Ok(Sight { missing }) => found.unseen.extend(missing),
        Err(error) => unseen(&mut found, error, "what this account may not see")?,
    }
    found.seen.sort();
    found.seen.dedup();
    found.unseen.sort();
    found.unseen.dedup();
    Ok(found)
}

/// A question that the server refuses tells nothing; a connection that is gone is an error.
fn unseen(found: &mut Dependants, error: MysqlError, what: &str) -> Result<(), MysqlError> {
    if !error.session_lives() {
        return Err(error);
    }
    let code = error.code.map_or_else(String::new, |code| format!(" (error {code})"));
    let remedy = format!("the server refused the question{code}; look for them by hand");
    found.unseen.push(UnseenDependants { what: what.to_owned(), remedy });
    Ok(())
}

fn take(session: &Session, rows: &[Row], facts: &ServerFacts, found: &mut Dependants) -> Result<(), MysqlError> {
    for row in rows {
        let kind = match session.text(row, 0)?.as_str() {
            "trigger" => DependantKind::Trigger {
                table: session.text(row, 4)?.as_str().into(),
                timing: session.text(row, 5)?,
                event: session.text(row, 6)?,
            },
            "view" => DependantKind::View,
            "procedure" => DependantKind::Procedure,
            "function" => DependantKind::Function,
            "event" => DependantKind::Event,
            _ => DependantKind::Routine,
        };
        let schema = session.optional(row, 1)?.map(SchemaName::new);
        let name = session.text(row, 2)?;
        // A text may hold anything, bytes that are no UTF-8 included; only its names are kept.
        let text = session.lossy(row, 3)?;
        if text.is_empty() {
            let shown = schema.as_ref().map_or_else(|| name.clone(), |schema| format!("{schema}.{name}"));
            found.unseen.push(UnseenDependants {
                what: format!("the text of `{shown}`"),
                remedy: "the account may not see it: grant SHOW VIEW and SELECT on a view, SHOW_ROUTINE on *.* for a \
                         routine; or look at it by hand"
                    .to_owned(),
            });
            continue;
        }
        let mentions = sql::mentions(&text, facts.dialect());
        found.seen.push(Dependant { kind, schema, name, mentions });
    }
    Ok(())
}
