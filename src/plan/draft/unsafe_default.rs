//! Defaults that two servers would compute differently, such as `(uuid())`.
//!
//! A statement that gives existing rows such a value is refused where a binary log is written (error 1674), and so is one
//! that sets such a default while it adds another column. The default alone is set without touching a row: it gets a
//! statement of its own, after the others. A rehearsal does not see this, since it keeps out of the binary log.

use crate::diff::{Change, ChangeSet, TableChange};
use crate::model::{Column, ColumnDefault};
use crate::plan::proposal::{Refusal, RefusalReason};

/// Functions that make a statement unsafe and may stand in a default (manual: "Determination of Safe and Unsafe
/// Statements").
const UNSAFE: [&str; 9] =
    ["connection_id", "current_user", "rand", "random_bytes", "session_user", "sysdate", "user", "uuid", "uuid_short"];

/// Whether a column's default is computed anew on each server.
fn is_unsafe(column: &Column) -> bool {
    match &column.default {
        Some(ColumnDefault::Expression(expression)) => calls_unsafe(expression.as_str()),
        Some(_) | None => false,
    }
}

fn calls_unsafe(expression: &str) -> bool {
    let text = expression.to_ascii_lowercase();
    let mut outside = String::with_capacity(text.len());
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match quote {
            Some(open) => {
                if character == '\\' && open != '`' {
                    characters.next();
                } else if character == open {
                    quote = None;
                }
            }
            None if matches!(character, '\'' | '"' | '`') => {
                quote = Some(character);
                outside.push('\'');
            }
            None => outside.push(character),
        }
    }
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    outside.match_indices('(').any(|(at, _)| {
        let before = outside[..at].trim_end();
        let start = before.rfind(|character| !is_word(character)).map_or(0, |end| end + 1);
        UNSAFE.contains(&before.get(start..).unwrap_or_default())
    })
}

/// The change, and what is to be done in a statement of its own afterwards.
#[expect(clippy::wildcard_enum_match_arm, reason = "only these two write a column's default")]
pub(super) fn deferred(change: TableChange) -> (Option<TableChange>, Option<TableChange>) {
    match change {
        TableChange::AddColumn { written, column, position } if is_unsafe(&column) => {
            let plain = |column: &Column| Column { default: without_default(column), ..column.clone() };
            let (first, first_written) = (plain(&column), plain(&written));
            let then = TableChange::ModifyColumn { live: Box::new(first.clone()), desired: column, written };
            (
                Some(TableChange::AddColumn { written: Box::new(first_written), column: Box::new(first), position }),
                Some(then),
            )
        }
        TableChange::ModifyColumn { live, desired, written } if is_unsafe(&desired) => {
            let as_live = Column { default: live.default.clone(), ..(*desired).clone() };
            if as_live == *live {
                return (None, Some(TableChange::ModifyColumn { live, desired, written }));
            }
            let first = Box::new(as_live.clone());
            let first_written = Box::new(Column { default: live.default.clone(), ..(*written).clone() });
            (
                Some(TableChange::ModifyColumn { live, desired: first, written: first_written }),
                Some(TableChange::ModifyColumn { live: Box::new(as_live), desired, written }),
            )
        }
        other => (Some(other), None),
    }
}

fn without_default(column: &Column) -> Option<ColumnDefault> {
    (column.nullable != Some(false)).then_some(ColumnDefault::Null)
}

/// Columns that may not be NULL and could only get their values from such a default.
pub(super) fn refusals(changes: &ChangeSet) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for change in &changes.changes {
        let Change::AlterTable(difference) = change else { continue };
        for change in &difference.changes {
            if let TableChange::AddColumn { column, .. } = change
                && is_unsafe(column)
                && column.nullable == Some(false)
            {
                refusals.push(Refusal {
                    table: difference.desired.name.to_string(),
                    reason: RefusalReason::NotConvertible,
                    message: format!(
                        "column `{}` is added NOT NULL with a default that each server computes anew, and MySQL cannot give \
                         the rows that exist such values (error 1674); add it as NULL, fill it, and make it NOT NULL then",
                        column.name
                    ),
                });
            }
        }
    }
    refusals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_count_and_texts_and_other_names_do_not() {
        for text in ["(uuid())", "uuid_to_bin(UUID ( ), 1)", "concat('x', rand(3))"] {
            assert!(calls_unsafe(text), "{text}");
        }
        for text in ["uuid_to_bin(a)", "concat('uuid()', `rand`(1))", "json_array()", "1 + (2)", "brand(1)"] {
            assert!(!calls_unsafe(text), "{text}");
        }
    }
}
