//! todo
use super::super::SqlError;
use super::super::cursor::Cursor;
use super::super::lexer::Token;
pub(super) fn check(start: &Cursor<'_>, tokens: &[Token]) -> Result<(), SqlError> {
    let _ = (start, tokens);
    Ok(())
}
