//! The one place where text becomes a statement on a connection.
//!
//! The driver lets a text hold several statements; this gate does not: [`OneStatement`] is exactly one, be it a fixed
//! query with its values put in as string literals, or DDL that `sql` has printed. [`Batch`] sends several such
//! statements in one message, which saves round trips for reading.

use super::answer::{Bounds, Row, Unanswered, ask};
use super::login::Connection;
use crate::sql::quote_string;

/// A text that is exactly one statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OneStatement(String);

/// Why a text is not one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotOneStatement {
    /// A semicolon outside of quotes.
    #[error("the text holds more than one statement")]
    Several,
    /// A quote or comment that does not end.
    #[error("the text has a quote or comment without an end")]
    Unterminated,
    /// Nothing but white space.
    #[error("the text is empty")]
    Empty,
    /// A fixed query has another number of `?` than values were given.
    #[error("the query does not have as many places as values")]
    Places,
}

impl OneStatement {
    /// Takes a text that is exactly one statement; a closing semicolon is refused too.
    pub(super) fn new(text: impl Into<String>) -> Result<Self, NotOneStatement> {
        let text = text.into();
        check(&text)?;
        Ok(Self(text))
    }

    /// A fixed query, whose `?` take these values as string literals. The `.sql` files use `?` for nothing else.
    pub(super) fn query(text: &'static str, values: &[&str]) -> Result<Self, NotOneStatement> {
        let out = Self::query_text(text.trim_end().trim_end_matches(';'), values)?;
        Self::new(out)
    }

    /// As [`OneStatement::query`], where the last `?` takes a list: `IN (?)`.
    pub(super) fn query_in(text: &'static str, values: &[&str], list: &[&str]) -> Result<Self, NotOneStatement> {
        let (head, tail) = text.trim_end().trim_end_matches(';').rsplit_once('?').ok_or(NotOneStatement::Places)?;
        let list: Vec<String> = list.iter().map(|value| quote_string(value)).collect();
        let mut out = Self::query_text(head, values)?;
        out.push_str(&list.join(", "));
        out.push_str(tail);
        Self::new(out)
    }

    fn query_text(text: &str, values: &[&str]) -> Result<String, NotOneStatement> {
        let mut out = String::with_capacity(text.len() + 64);
        let mut values = values.iter();
        for (number, part) in text.split('?').enumerate() {
            if number > 0 {
                out.push_str(&quote_string(values.next().ok_or(NotOneStatement::Places)?));
            }
            out.push_str(part);
        }
        if values.next().is_some() { Err(NotOneStatement::Places) } else { Ok(out) }
    }

    /// Sends it and collects its rows.
    pub(super) async fn send(self, connection: &mut Connection, bounds: Bounds) -> Result<Vec<Row>, Unanswered> {
        let mut rows = Vec::new();
        let (_, answered) = ask(connection, self.0, bounds, |_, row| rows.push(row)).await;
        answered.map(|()| rows)
    }
}

/// Several reading statements sent in one message.
#[derive(Clone, Debug, Default)]
pub(super) struct Batch {
    text: String,
}

impl Batch {
    /// Adds a statement.
    pub(super) fn push(&mut self, statement: &OneStatement) {
        if !self.text.is_empty() {
            self.text.push(';');
        }
        self.text.push_str(&statement.0);
    }

    /// Sends all, handing on the rows of each; stops at the first that fails. Answers how many succeeded.
    pub(super) async fn send(
        self,
        connection: &mut Connection,
        take: impl FnMut(usize, Row),
    ) -> (usize, Result<(), Unanswered>) {
        ask(connection, self.text, Bounds::READING, take).await
    }
}

/// Whether the text is one statement, under our sql_mode (backslash escapes; `"` quotes strings).
fn check(text: &str) -> Result<(), NotOneStatement> {
    if text.trim().is_empty() {
        return Err(NotOneStatement::Empty);
    }
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at = match byte {
            b'\'' | b'"' | b'`' => after_quote(bytes, at).ok_or(NotOneStatement::Unterminated)?,
            b';' => return Err(NotOneStatement::Several),
            b'#' => after(bytes, at, b"\n"),
            b'-' if bytes[at..].starts_with(b"--")
                && bytes.get(at + 2).is_none_or(|next| next.is_ascii_whitespace() || next.is_ascii_control()) =>
            {
                after(bytes, at, b"\n")
            }
            // The inside of an executable comment is scanned as what it is: part of the statement.
            b'/' if bytes[at..].starts_with(b"/*!") => at + 3,
            b'/' if bytes[at..].starts_with(b"/*") => {
                let end = after(bytes, at + 2, b"*/");
                if !bytes[..end].ends_with(b"*/") || end < at + 4 {
                    return Err(NotOneStatement::Unterminated);
                }
                end
            }
            _ => at + 1,
        };
    }
    Ok(())
}

/// Whether a quoted name is followed by a point outside of quotes: a name of another schema. Printed text quotes every
/// name, and has no qualified column names.
pub(super) fn qualifies_a_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut after_name = false;
    while let Some(&byte) = bytes.get(at) {
        at = match byte {
            b'\'' | b'"' | b'`' => {
                let Some(end) = after_quote(bytes, at) else { return true };
                after_name = byte == b'`';
                end
            }
            b'.' if after_name => return true,
            _ => {
                after_name = after_name && byte.is_ascii_whitespace();
                at + 1
            }
        };
    }
    false
}

/// The place behind the quoted text that begins at `at`; a doubled quote goes on as a new quoted text, which comes to
/// the same.
fn after_quote(bytes: &[u8], at: usize) -> Option<usize> {
    let quote = *bytes.get(at)?;
    let mut place = at + 1;
    loop {
        match *bytes.get(place)? {
            b'\\' if quote != b'`' => place += 2,
            byte if byte == quote => return Some(place + 1),
            _ => place += 1,
        }
    }
}

/// The place behind the next `end`, or the text's end.
fn after(bytes: &[u8], at: usize, end: &[u8]) -> usize {
    bytes[at.min(bytes.len())..]
        .windows(end.len())
        .position(|window| window == end)
        .map_or(bytes.len(), |found| at + found + end.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_one_statement_with_semicolons_in_quotes_and_comments() {
        for text in [
            "SELECT 1",
            "SELECT ';'",
            "SELECT 'it''s; \\'; '",
            "SELECT \";\"",
            "CREATE TABLE `a;b``;` (`c` int)",
            "SELECT 1 /* ; */",
            "SELECT 1 -- ;\n+ 1",
            "SELECT 1--1",
            "SELECT 1 # ;",
            "CREATE TABLE `t` (`a` int) /*!50100 PARTITION BY HASH (`a`) */",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn refuses_several_and_unterminated_and_empty() {
        for text in ["SELECT 1; SELECT 2", "SELECT 1;", "SELECT '\\\\'; DROP TABLE t", "SELECT 1 /*!; DROP TABLE t */"]
        {
            assert_eq!(check(text), Err(NotOneStatement::Several), "{text}");
        }
        for text in ["SELECT 'a", "SELECT `a", "SELECT \"a\\\"", "SELECT 1 /* a", "SELECT /*/"] {
            assert_eq!(check(text), Err(NotOneStatement::Unterminated), "{text}");
        }
        assert_eq!(check(" \n"), Err(NotOneStatement::Empty));
    }

    #[test]
    fn sees_qualified_names() {
        assert!(qualifies_a_name("CREATE TABLE `a`.`b` (`c` int)"));
        assert!(qualifies_a_name("ALTER TABLE `a` ADD FOREIGN KEY (`b`) REFERENCES `c` . `d` (`e`)"));
        assert!(!qualifies_a_name("CREATE TABLE `a.b` (`c` decimal(3,1) DEFAULT '`a`.`b`' CHECK ((`c` > 1.5)))"));
    }

    #[test]
    fn values_become_literals() {
        let statement = OneStatement::query("SELECT ? = ?;\n", &["a'b", "c?\\"]).unwrap();
        assert_eq!(statement.0, "SELECT 'a''b' = 'c?\\\\'");
        let list = OneStatement::query_in("SELECT ? IN (?)", &["x"], &["a", "b?"]).unwrap();
        assert_eq!(list.0, "SELECT 'x' IN ('a', 'b?')");
        assert_eq!(OneStatement::query("SELECT ?", &[]), Err(NotOneStatement::Places));
        assert_eq!(OneStatement::query("SELECT 1", &["a"]), Err(NotOneStatement::Places));
    }
}
