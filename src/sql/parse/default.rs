//! `DEFAULT` and `ON UPDATE`.

use super::super::cursor::Cursor;
use super::super::lexer::Kind;
use super::super::{SqlError, literal};

use crate::model::{ColumnDefault, Expression, Literal};

/// The names under which CURRENT_TIMESTAMP goes.
const NOW: [&str; 4] = ["CURRENT_TIMESTAMP", "NOW", "LOCALTIME", "LOCALTIMESTAMP"];

/// Parses what follows `DEFAULT`.
pub(super) fn column_default(cursor: &mut Cursor<'_>) -> Result<ColumnDefault, SqlError> {
    if cursor.take("NULL") {
        return Ok(ColumnDefault::Null);
    }
    if cursor.take_mark("(") {
        return Ok(ColumnDefault::Expression(super::expression::to_closing(cursor)?));
    }
    if NOW.iter().any(|word| cursor.is_word(word)) {
        return Ok(ColumnDefault::CurrentTimestamp(current_timestamp(cursor)?));
    }
    if !cursor.dialect.parenthesises_defaults()
        && cursor.kind() == Some(Kind::Word)
        && cursor.ahead(1).is_some_and(|token| cursor.source(token) == "(")
    {
        return function_call(cursor).map(ColumnDefault::Expression);
    }
    literal(cursor).map(ColumnDefault::Literal)
}

/// `uuid()`: a function call, up to the parenthesis that closes it.
fn function_call(cursor: &mut Cursor<'_>) -> Result<Expression, SqlError> {
    let start = *cursor;
    cursor.advance();
    cursor.advance();
    let (_, to) = cursor.find_closing()?;
    super::expression::expression(&start, start.between(start.index(), to + 1))
}

/// Parses `CURRENT_TIMESTAMP[(n)]` or a synonym; gives the fractional digits.
pub(super) fn current_timestamp(cursor: &mut Cursor<'_>) -> Result<u8, SqlError> {
    if !cursor.take_any(&NOW) {
        return Err(cursor.expected("CURRENT_TIMESTAMP"));
    }
    if !cursor.take_mark("(") || cursor.take_mark(")") {
        return Ok(0);
    }
    let here = *cursor;
    let digits: u8 = cursor.integer("a number of fractional digits")?;
    if digits > 6 {
        return Err(here.wrong("the number of fractional digits is at most 6", "choose a smaller one"));
    }
    cursor.expect_mark(")")?;
    Ok(digits)
}

/// Parses a literal as DEFAULT takes it.
fn literal(cursor: &mut Cursor<'_>) -> Result<Literal, SqlError> {
    if cursor.take("TRUE") {
        return Ok(Literal::Number("1".to_owned()));
    }
    if cursor.take("FALSE") {
        return Ok(Literal::Number("0".to_owned()));
    }
    if let Some(temporal) = temporal(cursor)? {
        return Ok(temporal);
    }
    if cursor.is_mark("-") || cursor.is_mark("+") {
        let sign = cursor.peek();
        cursor.advance();
        if !matches!(cursor.kind(), Some(Kind::Integer | Kind::Decimal)) {
            return Err(cursor.expected("a number"));
        }
        let number = format!("{sign}{}", cursor.peek());
        cursor.advance();
        return Ok(Literal::Number(number));
    }
    if cursor.kind() == Some(Kind::Word)
        && cursor.peek().starts_with('_')
        && matches!(cursor.ahead(1).map(|token| token.kind), Some(Kind::Text | Kind::Hex | Kind::Bits))
    {
        let character_set = cursor.peek()[1..].to_ascii_lowercase();
        cursor.advance();
        return Ok(Literal::Introduced { character_set, literal: Box::new(bare(cursor)?) });
    }
    bare(cursor)
}

fn temporal(cursor: &mut Cursor<'_>) -> Result<Option<Literal>, SqlError> {
    if cursor.ahead(1).map(|token| token.kind) != Some(Kind::Text) {
        return Ok(None);
    }
    for keyword in ["DATE", "TIME", "TIMESTAMP"] {
        if cursor.take(keyword) {
            return Ok(Some(Literal::Temporal { keyword: keyword.to_owned(), text: cursor.string("a string")? }));
        }
    }
    Ok(None)
}

fn bare(cursor: &mut Cursor<'_>) -> Result<Literal, SqlError> {
    let source = cursor.peek();
    let value = match cursor.kind() {
        Some(Kind::Text) => return cursor.string("a string").map(Literal::String),
        Some(Kind::National) => {
            let mut text = literal::unescape(&source[1..]);
            cursor.advance();
            if cursor.kind() == Some(Kind::Text) {
                text.push_str(&cursor.string("a string")?);
            }
            return Ok(Literal::String(text));
        }
        Some(Kind::Integer | Kind::Decimal) => Literal::Number(source.to_owned()),
        Some(Kind::Hex) => Literal::Hex(literal::hex_bytes(source)),
        Some(Kind::Bits) => Literal::Bits(literal::bit_digits(source)),
        _ => return Err(cursor.expected_default()),
    };
    cursor.advance();
    Ok(value)
}

impl Cursor<'_> {
    fn expected_default(&self) -> SqlError {
        let mut error = self.expected("a literal, CURRENT_TIMESTAMP or an expression in parentheses");
        error.advice = "an expression as DEFAULT stands in parentheses: DEFAULT (uuid())".to_owned();
        error
    }
}

/// Parses a whole `defaultExpression` of a manifest, from its first token to the end.
pub(super) fn default_expression(cursor: &mut Cursor<'_>) -> Result<ColumnDefault, SqlError> {
    let mut ahead = *cursor;
    if NOW.iter().any(|word| cursor.is_word(word))
        && let Ok(digits) = current_timestamp(&mut ahead)
        && ahead.at_end()
    {
        *cursor = ahead;
        return Ok(ColumnDefault::CurrentTimestamp(digits));
    }
    Ok(ColumnDefault::Expression(super::expression::to_end(cursor)?))
}
