//! An error with its causes on one line: each `Display` names its own level only, so the edge has to print them all.

use std::error::Error;
use std::fmt;

/// Prints an error and its causes, separated by `: `.
pub struct ErrorChain<'a>(&'a (dyn Error + 'a));

/// The error and its causes, to be printed.
pub fn chain<'a>(error: &'a (dyn Error + 'a)) -> ErrorChain<'a> {
    ErrorChain(error)
}

impl fmt::Display for ErrorChain<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = self.0.to_string();
        formatter.write_str(&last)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Foreign errors often repeat their cause in their own text; a person needs it once.
            if !last.contains(&text) {
                write!(formatter, ": {text}")?;
                last = text;
            }
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read the replica's status")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("access denied")]
    struct Inner;

    #[derive(Debug, thiserror::Error)]
    #[error("service: {0}")]
    struct Repeating(#[source] Inner);

    #[test]
    fn every_level_is_printed_once() {
        assert_eq!(chain(&Outer(Inner)).to_string(), "cannot read the replica's status: access denied");
        assert_eq!(chain(&Repeating(Inner)).to_string(), "service: access denied");
    }
}
