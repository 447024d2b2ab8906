//! Names and strings: what MySQL can hold, and how they are quoted.

use thiserror::Error;

/// Why a text cannot be an identifier of MySQL (manual: "Schema Object Names").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IdentifierProblem {
    /// No characters.
    #[error("a name cannot be empty")]
    Empty,
    /// More than 64 characters.
    #[error("a name has at most 64 characters")]
    TooLong,
    /// Contains NUL.
    #[error("a name cannot contain the character NUL")]
    Nul,
    /// Contains a character beyond U+FFFF.
    #[error("a name cannot contain characters beyond U+FFFF (emoji and the like)")]
    Supplementary,
    /// Ends with white space.
    #[error("a name cannot end with white space")]
    TrailingSpace,
}

/// Whether MySQL can hold `text` as an identifier.
pub fn check_identifier(text: &str) -> Result<(), IdentifierProblem> {
    if text.is_empty() {
        return Err(IdentifierProblem::Empty);
    }
    if text.chars().count() > 64 {
        return Err(IdentifierProblem::TooLong);
    }
    if text.contains('\0') {
        return Err(IdentifierProblem::Nul);
    }
    if text.chars().any(|character| u32::from(character) > 0xFFFF) {
        return Err(IdentifierProblem::Supplementary);
    }
    // The server looks at ASCII only here.
    if text.ends_with(|last: char| last.is_ascii_whitespace() || last == '\u{B}') {
        return Err(IdentifierProblem::TrailingSpace);
    }
    Ok(())
}

/// `text` within back quotes.
pub fn quote_identifier(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_identifier(&mut out, text);
    out
}

/// `text` as a string literal, with the escapes that SHOW CREATE TABLE uses. Right only without NO_BACKSLASH_ESCAPES,
/// which every session of ours excludes.
pub fn quote_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_string(&mut out, text);
    out
}

/// Appends `text` within back quotes.
pub(super) fn push_identifier(out: &mut String, text: &str) {
    out.push('`');
    for part in text.split_inclusive('`') {
        out.push_str(part);
        if part.ends_with('`') {
            out.push('`');
        }
    }
    out.push('`');
}

/// Appends `text` as a string literal.
pub(super) fn push_string(out: &mut String, text: &str) {
    out.push('\'');
    for character in text.chars() {
        match character {
            '\0' => out.push_str("\\0"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("''"),
            other => out.push(other),
        }
    }
    out.push('\'');
}

/// Appends a name that usually stands bare (character set, collation, engine): within back quotes unless it is a plain
/// word, so that nothing given as such a name can become SQL.
pub(super) fn push_bare(out: &mut String, name: &str) {
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$') {
        out.push_str(name);
    } else {
        push_identifier(out, name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_cannot_be_left() {
        assert_eq!(quote_identifier("a`b"), "`a``b`");
        assert_eq!(quote_identifier("`"), "````");
        assert_eq!(quote_string("it's \\ \n\0\t"), "'it''s \\\\ \\n\\0\t'");
    }

    #[test]
    fn names_that_mysql_cannot_hold() {
        assert_eq!(check_identifier(""), Err(IdentifierProblem::Empty));
        assert_eq!(check_identifier(&"é".repeat(64)), Ok(()));
        assert_eq!(check_identifier(&"é".repeat(65)), Err(IdentifierProblem::TooLong));
        assert_eq!(check_identifier("a\0"), Err(IdentifierProblem::Nul));
        assert_eq!(check_identifier("😀"), Err(IdentifierProblem::Supplementary));
        assert_eq!(check_identifier("a "), Err(IdentifierProblem::TrailingSpace));
    }
}
