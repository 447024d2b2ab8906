//! What is wrong with a piece of SQL, and where.

use thiserror::Error;

/// SQL that is not taken: where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{line}:{column}: {problem}; {advice}")]
pub struct SqlError {
    /// Line within the text, from 1.
    pub line: u64,
    /// Column within the line, in characters, from 1.
    pub column: u64,
    /// Byte offset within the text.
    pub offset: usize,
    /// What was found and what was expected.
    pub problem: String,
    /// What to do.
    pub advice: String,
}

/// A value with the place in the text where it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Byte offset within the text.
    pub offset: usize,
    /// Line, from 1.
    pub line: u64,
    /// Column within the line, in characters, from 1.
    pub column: u64,
}

impl SqlError {
    /// An error at a byte offset of a text.
    pub(super) fn at(text: &str, offset: usize, problem: impl Into<String>, advice: impl Into<String>) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let (line, column) = line_and_column(text, offset);
        Self { line, column, offset, problem: problem.into(), advice: advice.into() }
    }
}

/// Line and column (in characters), both from 1, of a byte offset that is a character's boundary.
pub(super) fn line_and_column(text: &str, offset: usize) -> (u64, u64) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() as u64 + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (line, before.get(start..).unwrap_or_default().chars().count() as u64 + 1)
}
