//! Expressions: found by their parentheses, checked to be one expression, kept as text.

use super::super::SqlError;
use super::super::cursor::Cursor;
use super::super::expression::check;
use super::super::lexer::{Kind, Token};
use crate::model::Expression;

/// Takes `(expression)`; gives what is within.
pub(super) fn in_parentheses(cursor: &mut Cursor<'_>) -> Result<Expression, SqlError> {
    cursor.expect_mark("(")?;
    to_closing(cursor)
}

/// Takes an expression and the parenthesis that closes it.
pub(super) fn to_closing(cursor: &mut Cursor<'_>) -> Result<Expression, SqlError> {
    let start = *cursor;
    let (from, to) = cursor.find_closing()?;
    expression(&start, start.between(from, to))
}

/// Takes everything to the end as one expression.
pub(super) fn to_end(cursor: &mut Cursor<'_>) -> Result<Expression, SqlError> {
    let start = *cursor;
    while !cursor.at_end() {
        cursor.advance();
    }
    expression(&start, start.between(start.index(), cursor.index()))
}

/// Takes an expression up to a comma or a closing parenthesis that is not its own.
pub(super) fn to_comma(cursor: &mut Cursor<'_>) -> Result<Expression, SqlError> {
    let start = *cursor;
    let mut depth = 0_usize;
    while let Some(token) = cursor.token() {
        if token.kind == Kind::Operator {
            match cursor.source(token) {
                "(" => depth += 1,
                ")" if depth == 0 => break,
                ")" => depth -= 1,
                "," if depth == 0 => break,
                _ => {}
            }
        }
        cursor.advance();
    }
    expression(&start, start.between(start.index(), cursor.index()))
}

/// The text of an expression made of these tokens; comments between them become a space.
pub(super) fn expression(start: &Cursor<'_>, tokens: &[Token]) -> Result<Expression, SqlError> {
    check::check(start, tokens)?;
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
        return Err(start.expected("an expression"));
    };
    if tokens.iter().skip(1).all(|token| !token.after_comment) {
        return Ok(Expression::new(start.text.get(first.start..last.end).unwrap_or_default()));
    }
    let mut text = String::with_capacity(last.end - first.start);
    let mut end = first.start;
    for token in tokens {
        if token.after_comment && token.start != first.start {
            text.push(' ');
        } else {
            text.push_str(start.text.get(end..token.start).unwrap_or_default());
        }
        text.push_str(start.source(token));
        end = token.end;
    }
    Ok(Expression::new(text))
}
