//! Reads a table back after its statement: a server that skips a statement, or changes nothing, reports success too.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::super::observe::{first_difference, meaning};
use super::super::plan::{After, same_definition};
use super::super::{Category, RunFailure};
use super::Shared;
use super::attempt::Errand;
use crate::diff::{self, History, LiveSchema, LiveTable};
use crate::model::{Statement, Table, TableName};
use crate::mysql;
use crate::sql::{self, Style};

/// Between two tries to reach a server that is away.
const PAUSE: Duration = Duration::from_millis(300);

/// Whether the table is what the rehearsal said; without one, whether it exists as it should.
pub(super) async fn check<J>(shared: &Shared<'_, J>, errand: &Errand<'_>) -> Result<(), RunFailure> {
    let primary = shared.connections.primary();
    let name = resulting(errand.statement);
    // The server may be restarting: what it executed is executed, and can be read a little later.
    let deadline = Instant::now() + shared.options.reconnect_within;
    let text = loop {
        match mysql::show_create_table(primary, name).await {
            Ok(text) => break text,
            Err(error) if Category::of(&error) == Category::Unreachable && Instant::now() < deadline => {
                sleep(PAUSE).await;
            }
            Err(source) => {
                let doing = format!("reading {name} back on {}; its statement was executed", primary.address());
                return Err(RunFailure::Server { doing, source });
            }
        }
    };
    match verdict(shared, errand, text) {
        None => Ok(()),
        Some(difference) => Err(RunFailure::UnexpectedResult { table: name.as_str().to_owned(), difference }),
    }
}

/// What differs from what is expected after the statement.
pub(super) fn verdict<J>(shared: &Shared<'_, J>, errand: &Errand<'_>, text: Option<String>) -> Option<String> {
    let planned = &shared.approved.planned;
    let expect_absent = matches!(errand.statement, Statement::DropTable(_));
    let Some(text) = text else {
        return (!expect_absent).then(|| "it does not exist".to_owned());
    };
    if expect_absent {
        return Some("it still exists".to_owned());
    }
    let After::Definition(expected) = errand.after else { return None };
    match meaning(&text, &planned.facts, &planned.defaults) {
        Ok(live) if same_definition(&live, expected) || is_wanted(shared, errand, &live) => None,
        Ok(_) | Err(_) => Some(first_difference(
            &text,
            &sql::print_create_table(expected, Style::ShowCreate, planned.facts.dialect()),
        )),
    }
}

/// Whether the table is what its manifest declares, although not what the rehearsal said, and no further statement is
/// about it: an index that MySQL made for a foreign key is replaced by a later one, its copy in the rehearsal is not.
fn is_wanted<J>(shared: &Shared<'_, J>, errand: &Errand<'_>, live: &Table) -> bool {
    let planned = &shared.approved.planned;
    let name = resulting(errand.statement);
    let last = planned.statements.iter().rev().find(|statement| resulting(statement) == name);
    let wanted = planned.wanted.iter().find(|wanted| wanted.declared.table.name == *name);
    let (true, Some(wanted)) = (last == Some(errand.statement), wanted) else { return false };
    let tables = [(name.clone(), LiveTable { table: live.clone(), history: History::default() })].into_iter().collect();
    let live = LiveSchema { tables, ..LiveSchema::default() };
    let left = diff::tables(&live, std::slice::from_ref(wanted), &planned.facts);
    left.changes.is_empty() && left.refusals.is_empty()
}

/// The table that there is after a statement (for a DROP: that there is no more).
pub(super) fn resulting(statement: &Statement) -> &TableName {
    match statement {
        Statement::CreateTable(table) => &table.name,
        Statement::AlterTable(alter) => &alter.table,
        Statement::DropTable(name) => name,
        Statement::RenameTable { to, .. } => to,
    }
}
