//! An expression has two right forms. What `CREATE TABLE` prints, the server rewrites once more when the table is altered
//! later: literals take the character set of the column beside them (`_utf8mb4'x'` becomes `_latin1'x'`), constants are
//! converted (`lpad(1,8,0)` becomes `lpad(1,8,_utf8mb4'0')`). The second form then stays. A live expression in either
//! form is the desired one (measured on 9.7.4).

use super::super::observe::{Observed, meaning};
use super::anonymous::renamed;
use super::canonical::without_outside;
use super::few_partitions::Reduction;
use super::memory::{Key, Memory};
use super::stage::{Stage, StageError};
use crate::diff::{Desired, same_default};
use crate::model::{ColumnDefault, Expression, KeyTarget, Table, TableName};
use crate::sql::{self, Style};

/// Gives the desired form the live text of each expression that has but settled, asking the server where expressions
/// differ and nobody else.
pub(super) async fn settle(
    stage: &mut Stage<'_>,
    memory: &Memory,
    observed: &Observed,
    desired: &mut Desired,
    live: &Table,
) -> Result<(), StageError> {
    if !differs(&desired.canonical, live) {
        return Ok(());
    }
    // What had settled may have been made anew meanwhile.
    if let Some(fresh) = memory.canonical(&fresh_key(observed, desired)) {
        adopt(&mut desired.canonical, &fresh, live);
    }
    let key = Key::new(observed, "settled", &desired.canonical);
    let settled = match memory.canonical(&key) {
        Some(settled) => settled,
        None => {
            // Expressions do not depend on the number of partitions.
            let settled = match Reduction::of(live, &desired.canonical) {
                Some(reduction) => reduction.with(ask(stage, observed, &reduction.without(&desired.canonical)).await?),
                None => ask(stage, observed, &desired.canonical).await?,
            };
            memory.keep_canonical(key, settled.clone());
            settled
        }
    };
    adopt(&mut desired.canonical, &settled, live);
    Ok(())
}

/// Under which the server's form of a new table is remembered.
pub(super) fn fresh_key(observed: &Observed, desired: &Desired) -> Key {
    Key::new(observed, "form", &renamed(&desired.declared.table, &TableName::new("")))
}

/// The table after a change that changes nothing. A server that does not take it leaves everything as it was.
async fn ask(stage: &mut Stage<'_>, observed: &Observed, canonical: &Table) -> Result<Table, StageError> {
    let scratch = stage.scratch().await?;
    // Keys need parents, and have no expressions.
    let table = Table { foreign_keys: Vec::new(), ..without_outside(canonical) };
    scratch.foreign_key_checks(false).await?;
    let again = format!("ALTER TABLE {} FORCE, ALGORITHM=COPY", sql::quote_identifier(table.name.as_str()));
    let mut text = None;
    if scratch.make_again(&sql::print_create_table(&table, Style::Plain, observed.facts().dialect())).await.is_ok() {
        if scratch.run(&again).await.is_ok() {
            text = scratch.show_create(&table.name).await?;
        }
        scratch.drop_table(&table.name).await?;
    }
    scratch.foreign_key_checks(true).await?;
    let settled = text.and_then(|text| meaning(&text, observed.facts(), &observed.defaults).ok());
    Ok(settled.unwrap_or_else(|| canonical.clone()))
}

/// Whether the live table lacks an expression of the desired one.
fn differs(canonical: &Table, live: &Table) -> bool {
    let checks = canonical.checks.iter().any(|check| !has_check(live, &check.expression));
    let parts = expressions_of_indexes(canonical).any(|wanted| !has_part(live, wanted));
    let columns = canonical.columns.iter().any(|column| {
        live.column(&column.name).is_some_and(|found| {
            let generated = match (&column.generated, &found.generated) {
                (Some(wanted), Some(found)) => !sql::same_expression(&wanted.expression, &found.expression),
                (Some(_) | None, _) => false,
            };
            let default = matches!(
                (&column.default, &found.default),
                (Some(ColumnDefault::Expression(_)), Some(ColumnDefault::Expression(_)))
            );
            generated || (default && !same_default(found.default.as_ref(), column.default.as_ref()))
        })
    });
    checks || parts || columns
}

fn has_check(live: &Table, expression: &Expression) -> bool {
    live.checks.iter().any(|found| sql::same_expression(&found.expression, expression))
}

fn expressions_of_indexes(table: &Table) -> impl Iterator<Item = &Expression> {
    table.indexes.iter().flat_map(|index| &index.parts).filter_map(|part| match &part.target {
        KeyTarget::Expression(expression) => Some(expression),
        KeyTarget::Column { .. } => None,
    })
}

fn has_part(live: &Table, expression: &Expression) -> bool {
    expressions_of_indexes(live).any(|found| sql::same_expression(found, expression))
}

/// `canonical` and `settled` are one table: what belongs together has one name, whatever the order.
fn adopt(canonical: &mut Table, settled: &Table, live: &Table) {
    for own in &mut canonical.checks {
        let Some(settled) = settled.checks.iter().find(|check| check.name == own.name) else { continue };
        if !has_check(live, &own.expression) && has_check(live, &settled.expression) {
            own.expression = settled.expression.clone();
        }
    }
    for own in &mut canonical.indexes {
        let Some(settled) = settled.indexes.iter().find(|index| index.name == own.name) else { continue };
        for (own, settled) in own.parts.iter_mut().zip(&settled.parts) {
            if let (KeyTarget::Expression(own), KeyTarget::Expression(settled)) = (&mut own.target, &settled.target)
                && !has_part(live, own)
                && has_part(live, settled)
            {
                *own = settled.clone();
            }
        }
    }
    for (own, settled) in canonical.columns.iter_mut().zip(&settled.columns) {
        let Some(found) = live.column(&own.name) else { continue };
        if let (Some(own), Some(settled), Some(found)) = (&mut own.generated, &settled.generated, &found.generated)
            && sql::same_expression(&settled.expression, &found.expression)
        {
            own.expression = settled.expression.clone();
        }
        if let Some(ColumnDefault::Expression(_)) = &own.default
            && same_default(found.default.as_ref(), settled.default.as_ref())
        {
            own.default.clone_from(&settled.default);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Dialect;

    fn table(text: &str) -> Table {
        sql::parse_create_table(text, Dialect::NEWEST).unwrap()
    }

    #[test]
    fn only_what_the_server_itself_would_have_made_is_adopted() {
        let fresh = table("CREATE TABLE t (a int, CONSTRAINT x CHECK (a > lpad(1,8,0)), CONSTRAINT y CHECK (a > 1))");
        let settled =
            table("CREATE TABLE t (a int, CONSTRAINT x CHECK (a > lpad(1,8,'0')), CONSTRAINT y CHECK (a > 1))");
        let live = table("CREATE TABLE t (a int, CONSTRAINT x CHECK (a > lpad(1,8,'0')), CONSTRAINT y CHECK (a > 2))");
        assert!(differs(&fresh, &live) && !differs(&fresh, &fresh));
        let mut adopted = fresh.clone();
        adopt(&mut adopted, &settled, &live);
        assert_eq!(adopted.checks[0].expression, live.checks[0].expression);
        assert_eq!(adopted.checks[1].expression, fresh.checks[1].expression, "another condition stays another");
        let other = table("CREATE TABLE t (a int, CONSTRAINT x CHECK (a > lpad(1,9,'0')))");
        let mut kept = fresh.clone();
        adopt(&mut kept, &settled, &other);
        assert_eq!(kept, fresh);
    }
}
