//! What a command gives back when it cannot go on, and how that is printed: the error, its causes, then hints.
//!
//! A cause is printed only where it says something that the level above has not said already.

use std::error::Error;
use std::fmt;

use super::exit::Exit;
use super::style::Style;
use super::text::visible;

/// An error on its way to the screen.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The code to exit with.
    pub(crate) exit: Exit,
    error: Box<dyn Error + Send + Sync>,
    hints: Vec<String>,
}

impl Failure {
    /// An error that ends the command with code 1.
    pub(crate) fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { exit: Exit::Failed, error: error.into(), hints: Vec::new() }
    }

    /// A refusal: code 3.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self { exit: Exit::Refused, ..Self::new(message.into()) }
    }

    /// A command line that parses but makes no sense: code 64.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::new(message.into()) }
    }

    /// The same with another exit code.
    pub(crate) fn with_exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// Adds what to do next.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The error and its causes, for a log line.
    pub(crate) fn on_one_line(&self) -> String {
        chain(self.error.as_ref())
    }

    /// The text for the terminal, ending in a newline.
    pub(crate) fn render(&self, style: Style) -> String {
        let mut text = format!("{} {}\n", style.red("error:"), indented(&self.error.to_string()));
        let mut above = self.error.to_string();
        let mut source = self.error.source();
        while let Some(cause) = source {
            let message = cause.to_string();
            if !above.contains(&message) {
                text.push_str(&format!("  caused by: {}\n", indented(&message)));
            }
            above = message;
            source = cause.source();
        }
        for hint in &self.hints {
            text.push_str(&format!("\n{} {}\n", style.cyan("hint:"), indented(hint)));
        }
        redacted(&text)
    }
}

/// An error and its causes on one line; for machine-readable reports.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    redacted(&crate::telemetry::chain(error).to_string())
}

fn indented(message: &str) -> String {
    visible(message.trim_end()).replace('\n', "\n  ")
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, formatter)
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

/// Takes the password out of everything that looks like a URL: whatever an error or a mistyped command line quotes,
/// no password reaches a screen or a log.
pub(crate) fn redacted(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        result.push_str(before);
        let end =
            after.find(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '`' | '<' | '>')).unwrap_or(after.len());
        let (address, tail) = after.split_at(end);
        match (address.rfind('@'), address.find(':')) {
            // The placeholder of a message that shows what a URL looks like.
            (Some(sign), Some(colon)) if colon < sign && address.get(colon + 1..sign) != Some("PASSWORD") => {
                result.push_str(&address[..colon]);
                result.push_str(":***");
                result.push_str(&address[sign..]);
            }
            _ => result.push_str(address),
        }
        rest = tail;
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read the schema `blog`")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("server said 1045\nsecond line")]
    struct Inner;

    #[test]
    fn prints_causes_indented_and_hints_after_a_blank_line() {
        let failure = Failure::new(Outer(Inner)).hint("check the password");
        assert_eq!(
            failure.render(Style::plain()),
            "error: cannot read the schema `blog`\n  caused by: server said 1045\n  second line\n\nhint: check the password\n"
        );
    }

    #[test]
    fn says_nothing_twice() {
        #[derive(Debug, thiserror::Error)]
        #[error("it broke: {0}")]
        struct Wrapping(#[source] Inner);
        assert!(!Failure::new(Wrapping(Inner)).render(Style::plain()).contains("caused by"));
    }

    #[test]
    fn no_password_survives() {
        assert_eq!(redacted("got 'mysql://root:s3cret@db:3306/blog' here"), "got 'mysql://root:***@db:3306/blog' here");
        assert_eq!(redacted("mysql://root:p@ss/w:ord@db/blog"), "mysql://root:***@db/blog");
        assert_eq!(redacted("https://example.com:8080/x"), "https://example.com:8080/x");
        assert_eq!(redacted("a://u:1@b c://v:2@d"), "a://u:***@b c://v:***@d");
    }
}
