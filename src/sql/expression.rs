//! Expressions: whether a text is one, which columns it names, the same with other names, surely the same.

pub(super) mod check;
mod walk;
mod words;

use self::walk::{Keyed, Walked, walk};
use super::cursor::tokenize;
use super::lexer::{Executable, Kind, Token};
use super::literal;
use super::quote_identifier;
use crate::model::{ColumnName, Expression};

/// The tokens of an expression and what a walk over them finds; `None` for a text that is no expression.
fn walked(expression: &Expression, key: Keyed) -> Option<(Vec<Token>, Walked)> {
    let tokens = tokenize(expression.as_str(), Executable::Refused).ok()?;
    let found = walk(expression.as_str(), &tokens, key).ok()?;
    Some((tokens, found))
}

fn name_at(expression: &Expression, token: &Token) -> ColumnName {
    let source = expression.as_str().get(token.start..token.end).unwrap_or_default();
    ColumnName::new(if token.kind == Kind::Quoted { literal::unquote_identifier(source) } else { source.to_owned() })
}

/// The columns that an expression names, each once (as the server compares names), in order of appearance.
pub fn expression_columns(expression: &Expression) -> Vec<ColumnName> {
    let Some((tokens, found)) = walked(expression, Keyed::No) else { return Vec::new() };
    let mut columns: Vec<ColumnName> = Vec::new();
    for token in found.columns.iter().filter_map(|index| tokens.get(*index)) {
        let name = name_at(expression, token);
        if !columns.iter().any(|column| column.same(&name)) {
            columns.push(name);
        }
    }
    columns
}

/// The expression with columns renamed, all at once (so that two names can be swapped); everything else keeps its text.
pub fn rename_columns(expression: &Expression, renames: &[(ColumnName, ColumnName)]) -> Expression {
    let Some((tokens, found)) = walked(expression, Keyed::No) else { return expression.clone() };
    let text = expression.as_str();
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for token in found.columns.iter().filter_map(|index| tokens.get(*index)) {
        let name = name_at(expression, token);
        let Some((_, to)) = renames.iter().find(|(from, _)| from.same(&name)) else { continue };
        out.push_str(text.get(copied..token.start).unwrap_or_default());
        out.push_str(&quote_identifier(to.as_str()));
        copied = token.end;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Expression::new(out)
}

/// Whether two expressions surely mean the same: the same but for white space, parentheses that change nothing, the case
/// and quoting of names, `_utf8mb4` before a string, and the synonyms that MySQL resolves when it reads (`!=`, `&&`,
/// `NOW()`, `->>`, `MOD`, `DATE_ADD` …). `false` only means that the server must be asked.
///
/// Beside a column, the character set named before a string of ASCII says nothing: the column's collation is the one that
/// counts, and MySQL writes another set there whenever it alters the table ([decision 9](docs/decisions)).
pub fn same_expression(one: &Expression, other: &Expression) -> bool {
    if one == other {
        return true;
    }
    let same = |key: Keyed| match (walked(one, key), walked(other, key)) {
        (Some((_, one)), Some((_, other))) => one.key == other.key && (key == Keyed::Exact || !one.columns.is_empty()),
        (_, _) => false,
    };
    let introduced = has_introducer(one) || has_introducer(other);
    same(Keyed::Exact) || (introduced && same(Keyed::ByColumn))
}

/// Whether a character set may be named before a string: an underscore and then, somewhere, a quote.
fn has_introducer(expression: &Expression) -> bool {
    expression.as_str().split_once('_').is_some_and(|(_, rest)| rest.contains(['\'', '"']))
}

#[cfg(test)]
mod tests;
