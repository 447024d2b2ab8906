//! Cuts a script into statements, as the mysql client does: at `;`, or at what DELIMITER says.

use super::super::cursor::tokenize;
use super::super::lexer::{Executable, Kind, Lexer, Token};
use crate::model::Dialect;

/// Walks a script statement by statement.
pub(super) struct Splitter<'a> {
    text: &'a str,
    /// Where the text not yet read begins.
    at: usize,
    delimiter: String,
    executable: Executable,
}

impl<'a> Splitter<'a> {
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Self {
        let at = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
        Self { text, at, delimiter: ";".to_owned(), executable: Executable::For(dialect) }
    }

    /// Reads the next statement that has any tokens into `tokens` (offsets are those of the whole text), without what
    /// ends it; gives the offset of its first token.
    pub(super) fn next_statement(&mut self, tokens: &mut Vec<Token>) -> Option<usize> {
        loop {
            tokens.clear();
            let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
            if self.delimiter == ";" {
                self.read_to_semicolon(rest, tokens);
            } else {
                self.read_to_delimiter(rest, tokens);
            }
            if let Some(first) = tokens.first() {
                return Some(first.start);
            }
        }
    }

    fn read_to_semicolon(&mut self, rest: &str, tokens: &mut Vec<Token>) {
        let base = self.at;
        for token in Lexer::new(rest, self.executable) {
            let source = rest.get(token.start..token.end).unwrap_or_default();
            if token.kind == Kind::Word && tokens.is_empty() && source.eq_ignore_ascii_case("DELIMITER") {
                tokens.push(moved(token, base));
                return self.change_delimiter(base + token.end);
            }
            self.at = base + token.end;
            if token.kind == Kind::Operator && source == ";" {
                return;
            }
            tokens.push(moved(token, base));
        }
        self.at = self.text.len();
    }

    /// A routine's body may hold anything, so only its first words are read as tokens.
    fn read_to_delimiter(&mut self, rest: &str, tokens: &mut Vec<Token>) {
        let base = self.at;
        let trimmed = rest.trim_start();
        let skipped = rest.len() - trimmed.len();
        if trimmed.get(..9).is_some_and(|word| word.eq_ignore_ascii_case("DELIMITER")) {
            let start = base + skipped;
            tokens.push(Token { kind: Kind::Word, after_comment: false, start, end: start + 9 });
            return self.change_delimiter(start + 9);
        }
        let length = rest.find(self.delimiter.as_str()).unwrap_or(rest.len());
        let statement = rest.get(..length).unwrap_or_default();
        self.at = (base + length + self.delimiter.len()).min(self.text.len());
        let read = tokenize(statement, self.executable).unwrap_or_default();
        tokens.extend(read.into_iter().map(|token| moved(token, base)));
        if let Some(last) = tokens.last()
            && self.text.get(last.start..last.end) == Some(";")
        {
            tokens.pop();
        }
    }

    fn change_delimiter(&mut self, from: usize) {
        let rest = self.text.get(from..).unwrap_or_default();
        let line = rest.split(['\n', '\r']).next().unwrap_or_default();
        self.at = from + line.len();
        let delimiter = line.split_whitespace().next().unwrap_or(";");
        self.delimiter = delimiter.to_owned();
    }
}

fn moved(token: Token, by: usize) -> Token {
    Token { start: token.start + by, end: token.end + by, ..token }
}

/// Line and column of an offset that only grows: each line is counted once.
pub(super) struct Place {
    offset: usize,
    pub(super) line: u64,
    pub(super) column: u64,
}

impl Default for Place {
    fn default() -> Self {
        Self { offset: 0, line: 1, column: 1 }
    }
}

impl Place {
    pub(super) fn move_to(&mut self, text: &str, offset: usize) {
        for character in text.get(self.offset..offset).unwrap_or_default().chars() {
            if character == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.offset = offset;
    }
}
