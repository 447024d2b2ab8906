//! Walks over tokens: what every part of the grammar is made of.

use super::lexer::{Broken, Executable, Kind, Lexer, Token};
use super::literal;
use super::{SqlError, check_identifier};
use crate::model::Dialect;

/// Longer texts are refused before they are read.
const LONGEST: usize = 1 << 30;

/// Advice where the sentence before says it all.
pub(super) const SEE_MANUAL: &str = "compare with the page of the statement in the MySQL manual";

/// All tokens of a text.
pub(super) fn tokenize(text: &str, executable: Executable) -> Result<Vec<Token>, SqlError> {
    if text.len() > LONGEST {
        return Err(SqlError {
            line: 1,
            column: 1,
            offset: 0,
            problem: "the text is longer than 1 GiB".to_owned(),
            advice: "split it".to_owned(),
        });
    }
    let mut tokens = Vec::with_capacity(text.len() / 6 + 4);
    tokens.extend(Lexer::new(text, executable));
    Ok(tokens)
}

/// A position within the tokens of a text.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    /// The whole text.
    pub(super) text: &'a str,
    /// Whose SQL it is.
    pub(super) dialect: Dialect,
    tokens: &'a [Token],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str, tokens: &'a [Token], dialect: Dialect) -> Self {
        Self { text, dialect, tokens, at: 0 }
    }

    /// The token here.
    pub(super) fn token(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    /// The token `ahead` of here.
    pub(super) fn ahead(&self, ahead: usize) -> Option<&'a Token> {
        self.tokens.get(self.at + ahead)
    }

    /// Its kind.
    pub(super) fn kind(&self) -> Option<Kind> {
        self.token().map(|token| token.kind)
    }

    /// The index of the token here.
    pub(super) fn index(&self) -> usize {
        self.at
    }

    /// All tokens between two indexes.
    pub(super) fn between(&self, from: usize, to: usize) -> &'a [Token] {
        self.tokens.get(from..to).unwrap_or_default()
    }

    /// The source of a token.
    pub(super) fn source(&self, token: &Token) -> &'a str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    /// The source of the token here; empty at the end.
    pub(super) fn peek(&self) -> &'a str {
        self.token().map_or("", |token| self.source(token))
    }

    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    pub(super) fn at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Whether the token `ahead` is this keyword (never a quoted name).
    pub(super) fn is_word_ahead(&self, ahead: usize, word: &str) -> bool {
        self.ahead(ahead).is_some_and(|token| {
            token.kind == Kind::Word
                && token.end - token.start == word.len()
                && self.source(token).eq_ignore_ascii_case(word)
        })
    }

    /// Whether the token here is this keyword.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.is_word_ahead(0, word)
    }

    /// Whether the tokens here are these keywords.
    pub(super) fn is_words(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(ahead, word)| self.is_word_ahead(ahead, word))
    }

    /// Takes this keyword if it is here.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    /// Takes these keywords if all are here.
    pub(super) fn take_all(&mut self, words: &[&str]) -> bool {
        let found = self.is_words(words);
        if found {
            self.at += words.len();
        }
        found
    }

    /// Takes one of these keywords.
    pub(super) fn take_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.take(word))
    }

    /// Takes this keyword or complains.
    pub(super) fn expect(&mut self, word: &str) -> Result<(), SqlError> {
        if self.take(word) { Ok(()) } else { Err(self.expected(word)) }
    }

    pub(super) fn is_mark_ahead(&self, ahead: usize, mark: &str) -> bool {
        self.ahead(ahead).is_some_and(|token| token.kind == Kind::Operator && self.source(token) == mark)
    }

    /// Whether this operator or punctuation mark is here.
    pub(super) fn is_mark(&self, mark: &str) -> bool {
        self.is_mark_ahead(0, mark)
    }

    /// Takes this mark if it is here.
    pub(super) fn take_mark(&mut self, mark: &str) -> bool {
        let found = self.is_mark(mark);
        self.at += usize::from(found);
        found
    }

    /// Takes this mark or complains.
    pub(super) fn expect_mark(&mut self, mark: &str) -> Result<(), SqlError> {
        if self.take_mark(mark) { Ok(()) } else { Err(self.expected(&format!("`{mark}`"))) }
    }

    /// Whether an identifier is here (a word may be a keyword all the same).
    pub(super) fn is_identifier(&self) -> bool {
        matches!(self.kind(), Some(Kind::Word | Kind::Quoted))
    }

    /// Takes an identifier, unquoted and valid.
    pub(super) fn identifier(&mut self, what: &str) -> Result<String, SqlError> {
        let Some(token) = self.token() else { return Err(self.expected(what)) };
        let name = match token.kind {
            Kind::Word => self.source(token).to_owned(),
            Kind::Quoted => literal::unquote_identifier(self.source(token)),
            Kind::Text
            | Kind::National
            | Kind::Hex
            | Kind::Bits
            | Kind::Integer
            | Kind::Decimal
            | Kind::Operator
            | Kind::Variable
            | Kind::Broken(_) => return Err(self.expected(what)),
        };
        if let Err(problem) = check_identifier(&name) {
            return Err(self.wrong(problem.to_string(), "choose another name"));
        }
        self.at += 1;
        Ok(name)
    }

    /// Takes a string literal (adjacent ones are one), unescaped.
    pub(super) fn string(&mut self, what: &str) -> Result<String, SqlError> {
        let mut text = String::new();
        let mut found = false;
        while let Some(token) = self.token() {
            if token.kind != Kind::Text {
                break;
            }
            literal::unescape_into(&mut text, self.source(token));
            found = true;
            self.at += 1;
        }
        if found { Ok(text) } else { Err(self.expected(what)) }
    }

    /// Takes a word or a string: names of character sets, engines and the like.
    pub(super) fn word_or_string(&mut self, what: &str) -> Result<String, SqlError> {
        match self.kind() {
            Some(Kind::Text) => self.string(what),
            Some(Kind::Word | Kind::Quoted) => self.identifier(what),
            _ => Err(self.expected(what)),
        }
    }

    /// Takes an unsigned integer (also as `0x…`, as MySQL does).
    pub(super) fn integer<T: TryFrom<u64>>(&mut self, what: &str) -> Result<T, SqlError> {
        let source = self.peek();
        let number = match self.kind() {
            Some(Kind::Integer) => source.parse::<u64>().ok(),
            Some(Kind::Hex) => source.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok()),
            Some(Kind::Decimal) => source.split_once('.').and_then(|(whole, _)| whole.parse::<u64>().ok()),
            _ => return Err(self.expected(what)),
        };
        match number.and_then(|number| T::try_from(number).ok()) {
            Some(number) => {
                self.at += 1;
                Ok(number)
            }
            None => {
                Err(self
                    .wrong(format!("{source} is out of range for {what}"), "give a number that MySQL accepts there"))
            }
        }
    }

    /// Takes everything up to the parenthesis that closes the one just taken, and that parenthesis; gives the indexes.
    pub(super) fn find_closing(&mut self) -> Result<(usize, usize), SqlError> {
        let from = self.at;
        let mut depth = 0_usize;
        while let Some(token) = self.token() {
            if let Kind::Broken(_) = token.kind {
                return Err(self.expected("an expression"));
            }
            if token.kind == Kind::Operator {
                match self.source(token) {
                    "(" => depth += 1,
                    ")" if depth == 0 => {
                        self.at += 1;
                        return Ok((from, self.at - 1));
                    }
                    ")" => depth -= 1,
                    ";" => return Err(self.expected("`)`")),
                    _ => {}
                }
            }
            self.at += 1;
        }
        Err(self.expected("`)`"))
    }

    /// An error at the token here: something else was expected.
    pub(super) fn expected(&self, what: &str) -> SqlError {
        let Some(token) = self.token() else {
            return self.wrong(format!("expected {what}, found the end"), SEE_MANUAL);
        };
        let (problem, advice) = match token.kind {
            Kind::Broken(Broken::Quote) => ("a quote is opened here and never closed", "close it"),
            Kind::Broken(Broken::Comment) => ("a comment is opened and never closed", "close it with */"),
            Kind::Broken(Broken::Executable) => ("an executable comment /*! … */ cannot stand here", "take it away"),
            Kind::Broken(Broken::Character) => {
                return self.wrong(
                    format!("expected {what}, found a character that MySQL does not take here"),
                    "take it away, or quote the name with back quotes",
                );
            }
            Kind::Broken(Broken::Digits) => (
                "a hexadecimal or bit literal has wrong digits",
                "x'…' takes an even number of hexadecimal digits, b'…' 0 and 1",
            ),
            // What is within quotes may be a password or somebody's data.
            Kind::Text | Kind::National | Kind::Hex | Kind::Bits => {
                return self.wrong(format!("expected {what}, found a string"), SEE_MANUAL);
            }
            Kind::Word | Kind::Quoted | Kind::Integer | Kind::Decimal | Kind::Operator | Kind::Variable => {
                let mut found: String = self.source(token).chars().take(40).collect();
                if found.len() < token.end - token.start {
                    found.push('…');
                }
                return self.wrong(format!("expected {what}, found {found}"), SEE_MANUAL);
            }
        };
        self.wrong(problem.to_owned(), advice)
    }

    /// An error at the token here.
    pub(super) fn wrong(&self, problem: impl Into<String>, advice: &str) -> SqlError {
        let offset = match self.token() {
            Some(token) => token.start,
            None => self.tokens.last().map_or(self.text.len(), |token| token.end),
        };
        SqlError::at(self.text, offset, problem, advice)
    }
}
