//! The queries that count rows of user tables (beside [`super::checksum`] the only ones on rows): they count, within a bound
//! on rows and on time, and no value leaves the server. They read without locks (a consistent snapshot), on a session that
//! is fit for nothing else meanwhile.

use std::time::Duration;

use super::one_statement::OneStatement;
use super::session::Session;
use super::{MysqlError, MysqlErrorKind, Server};
use crate::model::{Flavour, ServerZone, TableName};
use crate::rules::Ask;
use crate::sql::quote_identifier;

/// What was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Rows that were looked at.
    pub rows: u64,
    /// How many of them (of their groups) it holds for.
    pub count: u64,
    /// Whether these were all there are to look at.
    pub complete: bool,
}

/// How far a count goes.
#[derive(Clone, Copy, Debug)]
pub struct CountBounds<'a> {
    /// So many rows at most.
    pub rows: u64,
    /// For so long at most.
    pub time: Duration,
    /// The time zone in which a statement would read them; `None`: UTC.
    pub zone: Option<&'a ServerZone>,
}

/// Asks about rows within these bounds. `Ok(None)`: there is nothing to ask ([`Ask::Nothing`]).
pub async fn count(
    server: &Server,
    table: &TableName,
    ask: &Ask,
    bounds: CountBounds<'_>,
) -> Result<Option<Counted>, MysqlError> {
    let CountBounds { rows, time, zone } = bounds;
    let Some(counts) = counts(server, table, ask, rows) else { return Ok(None) };
    let mut lease = server.session().await?;
    let session = lease.get()?;
    let statement = session.statement(within(time, session.flavour(), &counts))?;
    session.run_in(zone.map(|zone| zone.session.as_str())).await?;
    let counted = counted(session, statement, ask, rows).await;
    if session.usable() {
        session.leave_zone().await?;
    }
    counted.map(Some)
}

async fn counted(session: &mut Session, statement: OneStatement, ask: &Ask, rows: u64) -> Result<Counted, MysqlError> {
    let answer = session.send(statement).await?.pop();
    let row = answer.ok_or_else(|| MysqlError::unexpected(session.address(), "a count gave no row"))?;
    let (looked, mut count) = (session.number(&row, 0)?, session.number(&row, 1)?);
    if matches!(ask, Ask::Computed(_)) && count == 0 && warned_of_data(session).await? {
        count = 1;
    }
    Ok(Counted { rows: looked.min(rows), count, complete: looked <= rows })
}

/// Whether the last statement warned of data that a statement which changes rows would refuse. Only numbers are read: the
/// texts of warnings hold values.
async fn warned_of_data(session: &mut Session) -> Result<bool, MysqlError> {
    session.query("GET DIAGNOSTICS @tablewright_warnings = NUMBER", &[]).await?;
    // What the text is warned of comes first, what rows are warned of last. Where there is none, this is one (1758).
    session.query("GET DIAGNOSTICS CONDITION @tablewright_warnings @tablewright_warning = MYSQL_ERRNO", &[]).await?;
    let row = session.query_row("SELECT @tablewright_warnings, COALESCE(@tablewright_warning, 0)", &[]).await?;
    let (warnings, number) = (session.number(&row, 0)?, session.number(&row, 1)?);
    Ok(warnings > 0 && u16::try_from(number).is_ok_and(refused_in_rows))
}

/// Warnings that strict mode makes errors of: division by zero, values that are cut, out of range or no value of the type.
fn refused_in_rows(number: u16) -> bool {
    matches!(number, 1264 | 1265 | 1292 | 1365 | 1366 | 1406 | 1411 | 1441 | 1690 | 1916 | 4037 | 4038)
}

/// Whether an error says that the time was over.
pub fn time_was_over(error: &MysqlError) -> bool {
    error.kind == MysqlErrorKind::Interrupted || error.code == Some(3024)
}

/// The query, which the server ends itself after this time: MySQL by a hint (manual, "Statement Execution Time Optimizer
/// Hints"), MariaDB by a setting of this one statement.
pub(super) fn within(time: Duration, flavour: Flavour, counts: &str) -> String {
    match flavour {
        Flavour::Mysql => format!("SELECT /*+ MAX_EXECUTION_TIME({}) */ {counts}", time.as_millis().max(1)),
        Flavour::Mariadb => {
            format!("SET STATEMENT max_statement_time = {:.3} FOR SELECT {counts}", time.as_secs_f64().max(0.001))
        }
    }
}

fn rows_with(condition: &str, rows: &str, limit: u64) -> String {
    format!(
        "COUNT(*), COALESCE(SUM(COALESCE(`hit`, 0)), 0) \
         FROM (SELECT ({condition}) AS `hit` FROM {rows} LIMIT {limit}) AS `looked`"
    )
}

/// What comes behind SELECT. One row more than the bound is looked at, which tells whether these were all.
fn counts(server: &Server, table: &TableName, ask: &Ask, rows: u64) -> Option<String> {
    let limit = rows.saturating_add(1);
    let table = format!("{}.{}", quote_identifier(server.schema().as_str()), quote_identifier(table.as_str()));
    Some(match ask {
        Ask::Nothing(_) => return None,
        Ask::Rows(condition) | Ask::Computed(condition) => rows_with(condition, &table, limit),
        Ask::RowsIn { partitions, condition } => {
            let names: Vec<String> = partitions.iter().map(|name| quote_identifier(name.as_str())).collect();
            rows_with(condition, &format!("{table} PARTITION ({})", names.join(", ")), limit)
        }
        Ask::Duplicates(keys) => {
            let present: Vec<String> = keys.iter().map(|key| format!("{key} IS NOT NULL")).collect();
            let named: Vec<String> =
                keys.iter().enumerate().map(|(place, key)| format!("{key} AS `k{place}`")).collect();
            let groups: Vec<String> = (0..keys.len()).map(|place| format!("`k{place}`")).collect();
            format!(
                "COALESCE(SUM(`n`), 0), COALESCE(SUM(`n` > 1), 0) \
                 FROM (SELECT COUNT(*) AS `n` FROM (SELECT {} FROM {table} WHERE {} LIMIT {limit}) AS `looked` \
                 GROUP BY {}) AS `grouped`",
                named.join(", "),
                present.join(" AND "),
                groups.join(", ")
            )
        }
        Ask::Orphans { columns, schema, parent, parent_columns } => {
            let schema = schema.as_ref().unwrap_or(server.schema());
            let parent = format!("{}.{}", quote_identifier(schema.as_str()), quote_identifier(parent.as_str()));
            let pairs: Vec<String> = columns
                .iter()
                .zip(parent_columns)
                .map(|(own, theirs)| {
                    format!("`p`.{} = `c`.{}", quote_identifier(theirs.as_str()), quote_identifier(own.as_str()))
                })
                .collect();
            let present: Vec<String> =
                columns.iter().map(|own| format!("`c`.{} IS NOT NULL", quote_identifier(own.as_str()))).collect();
            format!(
                "COUNT(*), COALESCE(SUM(`hit`), 0) FROM (SELECT NOT EXISTS (SELECT 1 FROM {parent} AS `p` \
                 WHERE {}) AS `hit` FROM {table} AS `c` WHERE {} LIMIT {limit}) AS `looked`",
                pairs.join(" AND "),
                present.join(" AND ")
            )
        }
    })
}
