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

/// Whether an expression calls one of these functions (lower case), or has one as a word that is a call without
/// parentheses, such as `current_timestamp`. A name beginning with `@@` stands for any value of a setting.
pub fn calls_any(expression: &Expression, functions: &[&str]) -> bool {
    let text = expression.as_str();
    let Ok(tokens) = tokenize(text, Executable::Refused) else { return false };
    let source = |token: &Token| text.get(token.start..token.end).unwrap_or_default();
    tokens.iter().enumerate().any(|(at, token)| {
        let is_call = || {
            let opens = tokens.get(at + 1).is_some_and(|next| source(next) == "(");
            opens || words::is_called_without_parentheses(source(token))
        };
        if token.kind == Kind::Variable {
            functions.contains(&"@@") && source(token).starts_with("@@")
        } else {
            token.kind == Kind::Word
                && functions.iter().any(|name| name.eq_ignore_ascii_case(source(token)))
                && is_call()
        }
    })
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

/// The expression without `_utf8mb4` before strings that are more than plain ASCII without backslash and quote. Under a
/// connection of that character set they mean the same.
pub fn without_damaged_introducers(expression: &Expression) -> Expression {
    let text = expression.as_str();
    let Ok(tokens) = tokenize(text, Executable::Refused) else { return expression.clone() };
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for pair in tokens.windows(2) {
        let [word, string] = pair else { continue };
        let source = text.get(word.start..word.end).unwrap_or_default();
        if introduces(word, string, text) && source.eq_ignore_ascii_case("_utf8mb4") {
            out.push_str(text.get(copied..word.start).unwrap_or_default());
            copied = string.start;
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Expression::new(out)
}

/// Whether the expression has a character set before a string that is more than plain ASCII without backslash and quote.
pub fn has_damaged_introducer(expression: &Expression) -> bool {
    let text = expression.as_str();
    let Ok(tokens) = tokenize(text, Executable::Refused) else { return false };
    tokens.windows(2).any(|pair| matches!(pair, [word, string] if introduces(word, string, text)))
}

/// Whether the tokens are a character set and a string that is more than plain ASCII without backslash and quote.
fn introduces(word: &Token, string: &Token, text: &str) -> bool {
    let value = text.get(string.start + 1..string.end.saturating_sub(1)).unwrap_or_default();
    word.kind == Kind::Word
        && text.get(word.start..).is_some_and(|rest| rest.starts_with('_'))
        && string.kind == Kind::Text
        && value.bytes().any(|byte| !(0x20..0x7F).contains(&byte) || matches!(byte, b'\\' | b'\'' | b'"'))
}

/// Whether the whole expression is one call: a name, and a parenthesis that closes at the end.
pub(super) fn is_function_call(expression: &Expression) -> bool {
    let text = expression.as_str();
    let Ok(tokens) = tokenize(text, Executable::Refused) else { return false };
    let source = |token: &Token| text.get(token.start..token.end).unwrap_or_default();
    let [name, open, rest @ ..] = tokens.as_slice() else { return false };
    if name.kind != Kind::Word || source(open) != "(" {
        return false;
    }
    let mut depth = 1_usize;
    for (index, token) in rest.iter().enumerate() {
        match source(token) {
            "(" if token.kind == Kind::Operator => depth += 1,
            ")" if token.kind == Kind::Operator => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index + 1 == rest.len();
        }
    }
    false
}

#[cfg(test)]
mod tests;
