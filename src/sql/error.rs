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
