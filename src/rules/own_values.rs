//! TW030: Values that each server computes for itself.

use crate::diff::{TableChange, TableDifference};
use crate::model::{Column, ColumnDefault, ColumnName, Expression};
use crate::sql::{self, quote_identifier};

use super::question::{Counted, Live};
use super::row_order::{RowOrder, begins_to_count, order_of_rows};
use super::{Ask, Finding, Level, Review, Rule, each_difference};

pub(super) const RULE: Rule = Rule {
    code: "TW030",
    level: Level::Error,
    why: "A replica executes the statement by itself: where the new values depend on the order of rows, on the server or on chance, its rows get others, replication goes on, and later changes by these values hit other rows there",
    instead: "add the column without AUTO_INCREMENT and as NULL, fill it with UPDATE on the primary (rows are replicated as they are), then make it what it is to be",
    check,
};

const EQUAL: Counted = Counted { one: "group of rows that sort alike", many: "groups of rows that sort alike" };
const WITHOUT_NUMBER: Counted = Counted { one: "row that gets a number", many: "rows that get a number" };

fn check(review: Review<'_>) -> Vec<Finding> {
    each_difference(review, |difference, change| {
        counting(review, difference, change).or_else(|| default(difference, change))
    })
}

/// Whether rows can have NULL in a live column.
fn takes_null(difference: &TableDifference, name: &ColumnName) -> bool {
    difference.live.column(name).is_some_and(|column| column.nullable != Some(false))
}

const SORTED: &str = "Without a primary key, or a unique one without NULL, rows have an order of their own on each server; \
     sorted by these columns it is the same on all of them, and rows that agree in all of them cannot be told apart anyhow.";
const NUMBERED: &str = "A column that begins to count gives every row that has NULL there the next number.";

/// A column that begins to count.
fn counting(review: Review<'_>, difference: &TableDifference, change: &TableChange) -> Option<Finding> {
    let column = begins_to_count(change)?;
    let table = &difference.desired.name;
    let path = format!("{table}.{}", column.name);
    let name = &column.name;
    let live = Live::new(review, difference);
    let was_there = matches!(change, TableChange::ModifyColumn { .. });
    let numbers = || live.column(name, WITHOUT_NUMBER, |name| Ok(format!("{name} IS NULL"))).lossy();
    match order_of_rows(difference, column) {
        RowOrder::Key => (was_there && takes_null(difference, name)).then(|| {
            let problem = format!("rows of `{table}` whose `{name}` is NULL get a number, in the order of their key");
            let finding = Finding {
                level: Level::Note,
                why: NUMBERED.to_owned(),
                instead: String::new(),
                ..RULE.finding(path, problem)
            };
            finding.asking(numbers())
        }),
        RowOrder::Columns(columns) => {
            let finding = RULE
                .finding(path, format!("`{name}` numbers the rows of `{table}` in the order of {}", list(&columns)));
            let finding = Finding {
                level: Level::Note,
                why: if was_there { format!("{SORTED} {NUMBERED}") } else { SORTED.to_owned() },
                instead: String::new(),
                ..finding
            };
            Some(if was_there { finding.asking(numbers()) } else { finding })
        }
        RowOrder::Own(columns) => {
            let finding = RULE.finding(
                path,
                format!("`{name}` numbers the rows of `{table}` in an order that each server has of its own"),
            );
            let alike = || live.asks(EQUAL, sorting_alike(difference, &columns)).lossy();
            Some(finding.asking(if was_there { numbers() } else { alike() }))
        }
    }
}

/// Groups of rows that the columns do not tell apart; NULL is a value like others.
fn sorting_alike(difference: &TableDifference, columns: &[ColumnName]) -> Ask {
    if columns.is_empty() {
        return Ask::Nothing("no column tells its rows apart");
    }
    let keys = columns.iter().flat_map(|name| {
        let quoted = quote_identifier(name.as_str());
        let may_be_null = difference.live.column(name).is_none_or(|column| column.nullable != Some(false));
        if may_be_null { vec![format!("{quoted} IS NULL"), format!("IFNULL({quoted}, 0)")] } else { vec![quoted] }
    });
    Ask::Duplicates(keys.collect())
}

/// A default that rows which exist do not get, because each server would compute others.
fn default(difference: &TableDifference, change: &TableChange) -> Option<Finding> {
    let TableChange::AddColumn { column, .. } = change else { return None };
    if !has_own_default(column) || column.nullable == Some(false) {
        return None;
    }
    let table = &difference.desired.name;
    let name = &column.name;
    let finding = RULE.finding(
        format!("{table}.{name}"),
        format!("rows that exist get NULL in `{name}`, not its default, which each server computes for itself"),
    );
    Some(Finding {
        level: Level::Note,
        instead: "fill it with UPDATE on the primary, where they need a value".to_owned(),
        ..finding
    })
}

fn list(columns: &[ColumnName]) -> String {
    let quoted: Vec<String> = columns.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// Functions that may stand in a default and whose values depend on the server, the session or chance. MySQL refuses to
/// fill rows with most of them (error 1674; the manual: "Determination of Safe and Unsafe Statements"), but not with
/// `ps_current_thread_id` and `current_role`, and MariaDB refuses none.
const OWN: [&str; 23] = [
    // A value of the server's own settings.
    "@@",
    "aes_decrypt",
    "aes_encrypt",
    "connection_id",
    "current_role",
    "current_user",
    "des_encrypt",
    "encrypt",
    "lastval",
    "nextval",
    "ps_current_thread_id",
    "ps_thread_id",
    "rand",
    "random_bytes",
    "session_user",
    "setval",
    "sys_guid",
    "sysdate",
    "system_user",
    "user",
    "uuid",
    "uuid_short",
    "version",
];

/// Whether a column's default is computed anew on each server.
pub(crate) fn has_own_default(column: &Column) -> bool {
    match &column.default {
        Some(ColumnDefault::Expression(expression)) => calls_own(expression),
        Some(ColumnDefault::Null | ColumnDefault::Literal(_) | ColumnDefault::CurrentTimestamp(_)) | None => false,
    }
}

fn calls_own(expression: &Expression) -> bool {
    sql::calls_any(expression, &OWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_count_and_texts_and_other_names_do_not() {
        for text in
            ["(uuid())", "uuid_to_bin(UUID ( ), 1)", "concat('x', rand(3))", "ps_current_thread_id()", "@@server_id"]
        {
            assert!(calls_own(&Expression::new(text)), "{text}");
        }
        for text in ["uuid_to_bin(a)", "concat('uuid()', `rand`(1))", "json_array()", "1 + (2)", "brand(1)", "'@@x'"] {
            assert!(!calls_own(&Expression::new(text)), "{text}");
        }
    }
}
