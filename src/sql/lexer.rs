//! Cuts a text into tokens as MySQL's own lexer does (no ANSI_QUOTES, backslash escapes on).
//!
//! Ours and not sqlparser's, because expressions are kept as source text (byte offsets), executable comments count by
//! version, and names may begin with digits. A token is a place in the text; nothing is copied before it is needed.

use crate::model::Dialect;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or an unquoted identifier.
    Word,
    /// An identifier within back quotes.
    Quoted,
    /// `'…'` or `"…"`.
    Text,
    /// `N'…'`.
    National,
    /// `x'…'` or `0x…`.
    Hex,
    /// `b'…'` or `0b…`.
    Bits,
    /// Digits only.
    Integer,
    /// A number with a point or an exponent.
    Decimal,
    /// An operator or a punctuation mark.
    Operator,
    /// `@name`, `@@name`.
    Variable,
    /// Something that is not SQL: the reason.
    Broken(Broken),
}

/// Why a piece of text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// A quote that is never closed.
    Quote,
    /// A comment that is never closed.
    Comment,
    /// An executable comment where none may be.
    Executable,
    /// A character that begins no token.
    Character,
    /// A hexadecimal or bit literal with wrong digits.
    Digits,
}

/// One token: where it is in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// Whether a comment (or the edge of an executable one) stands between it and the token before.
    pub(super) after_comment: bool,
    /// First byte.
    pub(super) start: usize,
    /// One past its last byte.
    pub(super) end: usize,
}

/// Which executable comments count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Executable {
    /// Those that count for this server.
    For(Dialect),
    /// None may occur.
    Refused,
}

/// The lexer: an iterator over tokens.
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    executable: Executable,
    /// Within an executable comment that counts.
    inside: bool,
    /// The token before was a name that ends here and a dot follows: what comes next is a name whatever it looks like.
    name_ended_at: usize,
    after_dot: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, executable: Executable) -> Self {
        Self { bytes: text.as_bytes(), at: 0, executable, inside: false, name_ended_at: usize::MAX, after_dot: false }
    }

    fn byte(&self, offset: usize) -> u8 {
        self.bytes.get(self.at + offset).copied().unwrap_or(0)
    }

    /// Skips white space and comments. `Ok(true)`: a comment was among them. `Err`: a broken one that began at the offset.
    fn skip_blank(&mut self) -> Result<bool, (Broken, usize)> {
        let mut commented = false;
        loop {
            match self.byte(0) {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C => self.at += 1,
                b'#' => {
                    commented = true;
                    self.skip_line();
                }
                // `--` begins a comment only before white space, a control character or the end.
                b'-' if self.byte(1) == b'-' && (self.byte(2) <= b' ' || self.byte(2) == 0x7F) => {
                    commented = true;
                    self.skip_line();
                }
                b'*' if self.inside && self.byte(1) == b'/' => {
                    commented = true;
                    self.inside = false;
                    self.at += 2;
                }
                b'/' if self.byte(1) == b'*' => {
                    commented = true;
                    let start = self.at;
                    if self.byte(2) == b'!' {
                        let Executable::For(dialect) = self.executable else {
                            return Err((Broken::Executable, start));
                        };
                        self.at += 3;
                        if self.executes(dialect) {
                            self.inside = true;
                            continue;
                        }
                    } else if let (b'M', b'!', Executable::For(dialect)) = (self.byte(2), self.byte(3), self.executable)
                        && dialect.executes_mariadb_comments()
                    {
                        self.at += 4;
                        if self.executes(dialect) {
                            self.inside = true;
                            continue;
                        }
                    } else {
                        self.at += 2;
                    }
                    if !self.skip_block() {
                        return Err((Broken::Comment, start));
                    }
                }
                _ if self.at >= self.bytes.len() && self.inside => {
                    self.inside = false;
                    return Err((Broken::Comment, self.bytes.len()));
                }
                _ => return Ok(commented),
            }
        }
    }

    /// Takes the version of an executable comment: whether the comment counts.
    fn executes(&mut self, dialect: Dialect) -> bool {
        let digits = self.bytes[self.at..].iter().take(6).take_while(|byte| byte.is_ascii_digit()).count();
        // MySQL: six digits only where white space follows them; else five, and the sixth is text.
        let digits = match digits {
            6 if dialect.always_reads_six_digits() || self.byte(6).is_ascii_whitespace() => 6,
            5 | 6 => 5,
            _ => 0,
        };
        let needed = self.bytes[self.at..self.at + digits]
            .iter()
            .fold(0_u32, |number, digit| number * 10 + u32::from(digit - b'0'));
        self.at += digits;
        dialect.executes(needed)
    }

    fn skip_line(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |position| position + 1);
    }

    /// Skips to behind the end of a comment that has begun; comments within it nest, as in a skipped executable comment.
    fn skip_block(&mut self) -> bool {
        let mut depth = 1_u32;
        while self.at < self.bytes.len() {
            if self.byte(0) == b'*' && self.byte(1) == b'/' {
                self.at += 2;
                depth -= 1;
                if depth == 0 {
                    return true;
                }
            } else {
                self.at += 1;
            }
        }
        false
    }

    /// Skips a quoted run that begins here; a doubled quote, and (in strings) a backslash, keep it open.
    fn skip_quoted(&mut self, quote: u8, escapes: bool) -> bool {
        self.at += 1;
        while self.at < self.bytes.len() {
            let byte = self.byte(0);
            if byte == quote {
                if self.byte(1) == quote && self.at + 1 < self.bytes.len() {
                    self.at += 2;
                    continue;
                }
                self.at += 1;
                return true;
            }
            self.at += if byte == b'\\' && escapes { 2 } else { 1 };
        }
        self.at = self.bytes.len();
        false
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) -> usize {
        let count = self.bytes[self.at..].iter().take_while(|byte| wanted(**byte)).count();
        self.at += count;
        count
    }

    fn quoted(&mut self, kind: Kind, quote: u8) -> Kind {
        let escapes = quote != b'`';
        if self.skip_quoted(quote, escapes) { kind } else { Kind::Broken(Broken::Quote) }
    }

    /// `x'…'` or `b'…'`, standing at the letter.
    fn prefixed(&mut self, kind: Kind, digit: impl Fn(u8) -> bool, even: bool) -> Kind {
        self.at += 2;
        let count = self.skip_while(digit);
        if self.byte(0) != b'\'' || (even && !count.is_multiple_of(2)) {
            let rest = &self.bytes[self.at..];
            self.at += rest.iter().position(|byte| *byte == b'\'').map_or(rest.len(), |position| position + 1);
            return Kind::Broken(Broken::Digits);
        }
        self.at += 1;
        kind
    }

    /// A number, or a name that begins with a digit.
    fn number(&mut self) -> Kind {
        if self.byte(0) == b'0' && (self.byte(1) == b'x' || self.byte(1) == b'b') {
            let hex = self.byte(1) == b'x';
            let start = self.at;
            self.at += 2;
            let count =
                self.skip_while(|byte| if hex { byte.is_ascii_hexdigit() } else { matches!(byte, b'0' | b'1') });
            if count > 0 && !is_name(self.byte(0)) {
                return if hex { Kind::Hex } else { Kind::Bits };
            }
            self.at = start;
            self.skip_while(is_name);
            return Kind::Word;
        }
        self.skip_while(|byte| byte.is_ascii_digit());
        if matches!(self.byte(0), b'e' | b'E') && self.exponent() {
            return Kind::Decimal;
        }
        if is_name(self.byte(0)) {
            self.skip_while(is_name);
            return Kind::Word;
        }
        if self.byte(0) == b'.' {
            return self.fraction();
        }
        Kind::Integer
    }

    /// Behind the digits of a number, standing at the point.
    fn fraction(&mut self) -> Kind {
        self.at += 1;
        self.skip_while(|byte| byte.is_ascii_digit());
        if matches!(self.byte(0), b'e' | b'E') {
            self.exponent();
        }
        Kind::Decimal
    }

    fn exponent(&mut self) -> bool {
        let sign = usize::from(matches!(self.byte(1), b'+' | b'-'));
        if !self.byte(1 + sign).is_ascii_digit() {
            return false;
        }
        self.at += 1 + sign;
        self.skip_while(|byte| byte.is_ascii_digit());
        true
    }

    fn operator(&mut self) -> Kind {
        let rest = &self.bytes[self.at..];
        for operator in [&b"<=>"[..], b"->>", b"<=", b">=", b"<>", b"!=", b"<<", b">>", b"||", b"&&", b"->", b":="] {
            if rest.starts_with(operator) {
                self.at += operator.len();
                return Kind::Operator;
            }
        }
        let known = b"()[]{},.;=<>+-*/%!~^&|?:".contains(&self.byte(0));
        self.at += 1;
        if known { Kind::Operator } else { Kind::Broken(Broken::Character) }
    }

    fn variable(&mut self) -> Kind {
        self.skip_while(|byte| byte == b'@');
        match self.byte(0) {
            quote @ (b'\'' | b'"' | b'`') => self.quoted(Kind::Variable, quote),
            _ => {
                self.skip_while(|byte| is_name(byte) || byte == b'.');
                Kind::Variable
            }
        }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let after_comment = match self.skip_blank() {
            Ok(commented) => commented,
            Err((broken, start)) => {
                self.at = self.bytes.len();
                self.inside = false;
                return Some(Token { kind: Kind::Broken(broken), after_comment: true, start, end: self.bytes.len() });
            }
        };
        if self.at >= self.bytes.len() {
            return None;
        }
        let start = self.at;
        let after_dot = std::mem::take(&mut self.after_dot);
        let kind = match self.byte(0) {
            byte if after_dot && is_name(byte) => {
                self.skip_while(is_name);
                Kind::Word
            }
            quote @ (b'\'' | b'"') => self.quoted(Kind::Text, quote),
            b'`' => self.quoted(Kind::Quoted, b'`'),
            b'n' | b'N' if self.byte(1) == b'\'' => {
                self.at += 1;
                self.quoted(Kind::National, b'\'')
            }
            b'x' | b'X' if self.byte(1) == b'\'' => self.prefixed(Kind::Hex, |byte| byte.is_ascii_hexdigit(), true),
            b'b' | b'B' if self.byte(1) == b'\'' => {
                self.prefixed(Kind::Bits, |byte| matches!(byte, b'0' | b'1'), false)
            }
            b'0'..=b'9' => self.number(),
            b'.' if self.byte(1).is_ascii_digit() && self.name_ended_at != self.at => self.fraction(),
            b'.' => {
                self.after_dot = self.name_ended_at == self.at && is_name(self.byte(1));
                self.at += 1;
                Kind::Operator
            }
            b'@' => self.variable(),
            byte if is_name(byte) => {
                self.skip_while(is_name);
                Kind::Word
            }
            _ => self.operator(),
        };
        self.name_ended_at = if matches!(kind, Kind::Word | Kind::Quoted) { self.at } else { usize::MAX };
        self.at = self.at.min(self.bytes.len());
        Some(Token { kind, after_comment, start, end: self.at })
    }
}

/// Whether a byte can be part of an unquoted name: all of UTF-8 beyond ASCII can.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    const MYSQL: Dialect = Dialect::mysql(crate::model::Version { major: 9, minor: 7, patch: 4 });

    fn pieces(text: &str, executable: Executable) -> Vec<(Kind, &str)> {
        Lexer::new(text, executable).map(|token| (token.kind, &text[token.start..token.end])).collect()
    }

    #[test]
    fn numbers_and_names_that_look_like_numbers() {
        let kinds: Vec<_> = pieces("1 1.5 .5 1e3 1e-3 1st 1e 0x1F 0b01 0xg 1.", Executable::Refused);
        assert_eq!(
            kinds,
            [
                (Kind::Integer, "1"),
                (Kind::Decimal, "1.5"),
                (Kind::Decimal, ".5"),
                (Kind::Decimal, "1e3"),
                (Kind::Decimal, "1e-3"),
                (Kind::Word, "1st"),
                (Kind::Word, "1e"),
                (Kind::Hex, "0x1F"),
                (Kind::Bits, "0b01"),
                (Kind::Word, "0xg"),
                (Kind::Decimal, "1."),
            ]
        );
    }

    #[test]
    fn executable_comments_count_by_version() {
        let text = "a /*!80023 b */ c /*!99999 d /* x */ e /*!f*/ /* g */ h -- i\n# j\n--k";
        let words: Vec<_> = pieces(text, Executable::For(MYSQL)).into_iter().map(|piece| piece.1).collect();
        assert_eq!(words, ["a", "b", "c", "e", "f", "h", "-", "-", "k"]);
        let text = "a /*!80023b */ /*!506012*/ /*!506012 c */ /*!080000 d*/";
        let words: Vec<_> = pieces(text, Executable::For(MYSQL)).into_iter().map(|piece| piece.1).collect();
        assert_eq!(words, ["a", "b", "2", "d"]);
        assert_eq!(pieces("a /*! b */", Executable::Refused)[1].0, Kind::Broken(Broken::Executable));
        assert_eq!(pieces("a /*!b", Executable::For(MYSQL))[2].0, Kind::Broken(Broken::Comment));
    }

    #[test]
    fn quotes_escape_and_nest() {
        assert_eq!(
            pieces(r#"'it''s' 'a\'b' "c'd" `e``f` N'g' x'0F' b'1'"#, Executable::Refused)
                .into_iter()
                .map(|piece| piece.0)
                .collect::<Vec<_>>(),
            [Kind::Text, Kind::Text, Kind::Text, Kind::Quoted, Kind::National, Kind::Hex, Kind::Bits]
        );
        assert_eq!(pieces("'a\\'", Executable::Refused)[0].0, Kind::Broken(Broken::Quote));
    }
}
