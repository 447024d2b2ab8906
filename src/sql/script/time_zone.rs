//! `SET TIME_ZONE`, with which dumps say in which time zone their TIMESTAMP values are written.

use super::super::cursor::Cursor;
use super::super::lexer::Kind;
use super::super::literal;

/// What a `SET` statement does to the session's time zone: nothing (`None`), a zone, or the server's own again
/// (`Some(None)`: `DEFAULT`, or a variable that holds what it was).
pub(super) fn set(cursor: &Cursor<'_>) -> Option<Option<String>> {
    if !cursor.is_word("SET") {
        return None;
    }
    let mut found = None;
    let mut at = 1;
    let mut global = false;
    while let Some(token) = cursor.ahead(at) {
        let source = cursor.source(token).to_ascii_lowercase();
        let is_name = matches!(token.kind, Kind::Word | Kind::Variable);
        if matches!(source.as_str(), "global" | "persist" | "persist_only") && is_name {
            global = true;
        } else if source == "," {
            global = false;
        } else if is_name && !global && names_it(&source) && is_assigned(cursor, at + 1) {
            let value = cursor.ahead(at + 2).filter(|value| value.kind == Kind::Text);
            found = Some(value.map(|value| {
                let mut zone = String::new();
                literal::unescape_into(&mut zone, cursor.source(value));
                zone
            }));
        }
        at += 1;
    }
    found
}

/// `time_zone`, or `@@time_zone` of the session; `@time_zone` is a variable of the script's own.
fn names_it(source: &str) -> bool {
    let name = source
        .strip_prefix("@@")
        .map(|name| name.strip_prefix("session.").or_else(|| name.strip_prefix("local.")).unwrap_or(name));
    name.unwrap_or(source) == "time_zone"
}

fn is_assigned(cursor: &Cursor<'_>, at: usize) -> bool {
    cursor.is_mark_ahead(at, "=") || cursor.is_mark_ahead(at, ":=")
}
