//! What makes a run of tokens one expression that cannot leave its place.
//!
//! Containment is held by our own lexer: parentheses balance and never close more than they open; no semicolon,
//! placeholder, variable or assignment; words that begin statements or queries are refused. That holds even if the
//! grammar of expressions, which comes after it, should take too much.

use super::super::SqlError;
use super::super::cursor::Cursor;
use super::super::lexer::{Kind, Token};

/// Deeper nesting is refused.
const DEEPEST: usize = 200;

/// Words (reserved in MySQL, so never plain names) that no expression of a table definition holds.
const STATEMENTS: [&str; 14] = [
    "SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "CALL", "LOAD",
    "RENAME", "INTO",
];

/// Checks that `tokens`, which begin at `start`, are one expression.
pub(in super::super) fn check(start: &Cursor<'_>, tokens: &[Token]) -> Result<(), SqlError> {
    if tokens.is_empty() {
        return Err(start.expected("an expression"));
    }
    let wrong =
        |token: &Token, problem: String, advice: &str| Err(SqlError::at(start.text, token.start, problem, advice));
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        let source = start.source(token);
        match token.kind {
            Kind::Broken(_) => {
                let mut here = *start;
                while here.token().is_some_and(|other| other.start < token.start) {
                    here.advance();
                }
                return Err(here.expected("an expression"));
            }
            Kind::Variable => {
                return wrong(
                    token,
                    format!("a variable ({source}) cannot stand in a definition"),
                    "use a literal or a column",
                );
            }
            Kind::Operator => match source {
                "(" => {
                    depth += 1;
                    if depth > DEEPEST {
                        return wrong(
                            token,
                            format!("more than {DEEPEST} parentheses within one another"),
                            "write it flatter",
                        );
                    }
                }
                ")" => match depth.checked_sub(1) {
                    Some(less) => depth = less,
                    None => {
                        return wrong(token, "a parenthesis is closed that was not opened".to_owned(), "take it away");
                    }
                },
                ";" => return wrong(token, "an expression ends at `;`".to_owned(), "give one expression only"),
                "?" | ":=" | ":" | "[" | "]" => {
                    return wrong(
                        token,
                        format!("{source} cannot stand in an expression of a definition"),
                        "take it away",
                    );
                }
                "," if depth == 0 => {
                    return wrong(
                        token,
                        "found a comma, which begins a second expression".to_owned(),
                        "give one expression only",
                    );
                }
                _ => {}
            },
            Kind::Word if is_statement(start, tokens, index) => {
                return wrong(
                    token,
                    format!("{source} cannot stand in an expression of a definition"),
                    "subqueries and statements are not taken by MySQL there either",
                );
            }
            Kind::Word
            | Kind::Quoted
            | Kind::Text
            | Kind::National
            | Kind::Hex
            | Kind::Bits
            | Kind::Integer
            | Kind::Decimal => {}
        }
    }
    if depth > 0 {
        let last = tokens.last().map_or(0, |token| token.end);
        return Err(SqlError::at(start.text, last, "a parenthesis is never closed", "close it"));
    }
    super::walk::walk(start.text, tokens, super::walk::Keyed::No).map(|_| ())
}

/// `REPLACE(…)` and `INSERT(…)` are functions too, and a column may carry any name behind a dot.
fn is_statement(start: &Cursor<'_>, tokens: &[Token], index: usize) -> bool {
    let Some(token) = tokens.get(index) else { return false };
    let source = start.source(token);
    if !STATEMENTS.iter().any(|word| source.eq_ignore_ascii_case(word)) {
        return false;
    }
    let called = tokens.get(index + 1).is_some_and(|next| start.source(next) == "(");
    let qualified = index > 0 && tokens.get(index - 1).is_some_and(|before| start.source(before) == ".");
    let function = called && ["REPLACE", "INSERT"].iter().any(|word| source.eq_ignore_ascii_case(word));
    !qualified && !function
}
