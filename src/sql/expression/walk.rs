//! The grammar of expressions: MySQL's own precedence, in one pass over the tokens.
//!
//! What is made of an expression is not a tree but a postfix list of words, in which parentheses, spelling and the
//! synonyms that MySQL itself resolves have vanished: two expressions with one list mean the same. Nothing is nested, so
//! that long chains cost neither stack nor more than linear time; depth is bounded.
//!
//! Not sqlparser's expression grammar: with PostgreSQL's precedence, stored literals without backslashes and a third of
//! MySQL's special forms missing, little of it would have been left behind the hooks of a dialect, and a mistake here is a
//! change that is silently not made.

use super::super::SqlError;
use super::super::cursor::Cursor;
use super::super::lexer::{Kind, Token};
use super::super::literal;
use crate::model::Dialect;

/// Deeper nesting is refused.
const DEEPEST: usize = 200;

/// How tightly operators bind (manual: "Operator Precedence"; the grammar is stricter: LIKE, IN and BETWEEN bind
/// tighter than `=`).
pub(super) mod level {
    pub(in super::super) const OR: u8 = 5;
    pub(in super::super) const XOR: u8 = 8;
    pub(in super::super) const AND: u8 = 10;
    pub(in super::super) const NOT: u8 = 15;
    /// `IS TRUE` and its like; `IS NULL` binds as a comparison.
    pub(in super::super) const TRUTH: u8 = 16;
    pub(in super::super) const COMPARISON: u8 = 20;
    pub(in super::super) const PREDICATE: u8 = 21;
    pub(in super::super) const BIT_OR: u8 = 22;
    pub(in super::super) const BIT_AND: u8 = 23;
    pub(in super::super) const SHIFT: u8 = 24;
    pub(in super::super) const SUM: u8 = 30;
    pub(in super::super) const PRODUCT: u8 = 40;
    pub(in super::super) const BIT_XOR: u8 = 45;
    pub(in super::super) const UNARY: u8 = 46;
    pub(in super::super) const BANG: u8 = 47;
    pub(in super::super) const COLLATE: u8 = 48;
    pub(in super::super) const OPERAND: u8 = 100;
}

/// What a walk over an expression finds.
#[derive(Default)]
pub(super) struct Walked {
    /// The postfix list; left empty when it was not asked for.
    pub(super) key: String,
    /// Indexes of the tokens that name columns.
    pub(super) columns: Vec<usize>,
}

/// The state of a walk.
pub(super) struct Walk<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) found: Walked,
    pub(super) key: Keyed,
    depth: usize,
}

/// Whether the postfix list is wanted, and what it says of character sets before strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyed {
    /// It is not wanted.
    No,
    /// All of them, but for `_utf8mb4`, which is what a string without one has in our sessions.
    Exact,
    /// None before a string of ASCII, which is the same bytes in all sets that contain ASCII.
    ByColumn,
}

/// Walks over tokens that must be exactly one expression.
pub(super) fn walk(text: &str, tokens: &[Token], key: Keyed) -> Result<Walked, SqlError> {
    let mut walk = Walk { cursor: Cursor::new(text, tokens, Dialect::NEWEST), found: Walked::default(), key, depth: 0 };
    walk.expression(0)?;
    if walk.cursor.at_end() { Ok(walk.found) } else { Err(walk.expected("an operator or the end of the expression")) }
}

impl Walk<'_> {
    pub(super) fn expected(&self, what: &str) -> SqlError {
        let mut error = self.cursor.expected(what);
        error.advice = "give one expression as MySQL takes it".to_owned();
        error
    }

    /// Appends a leaf: its sort, and its text with the length before it, so that nothing can be mistaken.
    pub(super) fn leaf(&mut self, sort: char, text: &str) {
        if self.key != Keyed::No {
            self.found.key.push(sort);
            self.found.key.push_str(&text.len().to_string());
            self.found.key.push(':');
            self.found.key.push_str(text);
            self.found.key.push(' ');
        }
    }

    /// Appends an operation on the last `arguments` entries.
    pub(super) fn operation(&mut self, name: &str, arguments: usize) {
        if self.key != Keyed::No {
            self.found.key.push_str(name);
            self.found.key.push('/');
            self.found.key.push_str(&arguments.to_string());
            self.found.key.push(' ');
        }
    }

    /// Takes an expression of operators that bind at least as tightly as `least`; gives how tightly it is bound itself.
    pub(super) fn expression(&mut self, least: u8) -> Result<u8, SqlError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.cursor.wrong(format!("an expression nested deeper than {DEEPEST}"), "write it flatter"));
        }
        let mut left = self.operand(least)?;
        while let Some((operator, binds)) = self.operator() {
            if binds < least {
                break;
            }
            // `a LIKE b + c`: MySQL's grammar has no such thing, whatever the table of precedence says.
            let once = binds == level::PREDICATE || binds == level::TRUTH;
            if binds > left || (once && left <= binds) {
                return Err(self.expected("another operator, or parentheses around what stands before this one"));
            }
            self.infix(operator, binds)?;
            left = binds;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// The operator here, by its own name, and how tightly it binds; nothing is taken.
    fn operator(&self) -> Option<(&'static str, u8)> {
        let source = self.cursor.peek();
        let marks: &[(&str, &'static str, u8)] = &[
            ("=", "=", level::COMPARISON),
            ("+", "+", level::SUM),
            ("-", "-", level::SUM),
            ("*", "*", level::PRODUCT),
            ("/", "÷", level::PRODUCT),
            ("%", "%", level::PRODUCT),
            ("<", "<", level::COMPARISON),
            (">", ">", level::COMPARISON),
            ("<=", "<=", level::COMPARISON),
            (">=", ">=", level::COMPARISON),
            ("<>", "<>", level::COMPARISON),
            ("!=", "<>", level::COMPARISON),
            ("<=>", "<=>", level::COMPARISON),
            ("&&", "and", level::AND),
            ("||", "or", level::OR),
            ("|", "|", level::BIT_OR),
            ("&", "&", level::BIT_AND),
            ("<<", "<<", level::SHIFT),
            (">>", ">>", level::SHIFT),
            ("^", "^", level::BIT_XOR),
        ];
        let words: &[(&str, &'static str, u8)] = &[
            ("AND", "and", level::AND),
            ("OR", "or", level::OR),
            ("XOR", "xor", level::XOR),
            ("IS", "is", level::COMPARISON),
            ("IN", "in", level::PREDICATE),
            ("LIKE", "like", level::PREDICATE),
            ("BETWEEN", "between", level::PREDICATE),
            ("REGEXP", "regexp_like", level::PREDICATE),
            ("RLIKE", "regexp_like", level::PREDICATE),
            ("MEMBER", "member", level::PREDICATE),
            ("SOUNDS", "sounds", level::PREDICATE),
            ("NOT", "not", level::PREDICATE),
            ("DIV", "div", level::PRODUCT),
            ("MOD", "%", level::PRODUCT),
            ("COLLATE", "collate", level::COLLATE),
        ];
        let found = if self.cursor.kind()? == Kind::Operator {
            marks.iter().find(|(mark, _, _)| *mark == source)
        } else if self.cursor.kind()? == Kind::Word {
            words.iter().find(|(word, _, _)| word.eq_ignore_ascii_case(source))
        } else {
            None
        };
        found.map(|(_, name, binds)| {
            let null = 1 + usize::from(self.cursor.is_word_ahead(1, "NOT"));
            let truth = *name == "is" && !self.cursor.is_word_ahead(null, "NULL");
            (*name, if truth { level::TRUTH } else { *binds })
        })
    }

    fn infix(&mut self, operator: &'static str, binds: u8) -> Result<(), SqlError> {
        self.cursor.advance();
        match operator {
            "is" => self.is(),
            "not" => {
                // Between two operands NOT belongs to the predicate that follows.
                let Some((predicate, level::PREDICATE)) = self.operator().filter(|(name, _)| *name != "not") else {
                    return Err(self.expected("LIKE, IN, BETWEEN or REGEXP"));
                };
                self.cursor.advance();
                self.predicate(predicate)?;
                self.operation("not", 1);
                Ok(())
            }
            "collate" => {
                let collation = self.cursor.word_or_string("a collation")?.to_ascii_lowercase();
                self.leaf('k', &collation);
                self.operation("collate", 2);
                Ok(())
            }
            _ if binds == level::PREDICATE => self.predicate(operator),
            _ => {
                self.expression(binds + 1)?;
                self.operation(operator, 2);
                Ok(())
            }
        }
    }

    fn is(&mut self) -> Result<(), SqlError> {
        let negated = self.cursor.take("NOT");
        let Some(what) = ["NULL", "TRUE", "FALSE", "UNKNOWN"].into_iter().find(|word| self.cursor.is_word(word)) else {
            return Err(self.expected("NULL, TRUE, FALSE or UNKNOWN"));
        };
        self.cursor.advance();
        self.operation(if what == "UNKNOWN" { "is NULL" } else { what }, 1);
        self.operation("is", 1);
        if negated {
            self.operation("not", 1);
        }
        Ok(())
    }

    fn predicate(&mut self, name: &'static str) -> Result<(), SqlError> {
        match name {
            "in" => {
                self.cursor.expect_mark("(")?;
                let count = self.list()?;
                self.operation("in", count + 1);
            }
            "like" => {
                self.expression(level::UNARY)?;
                let mut arguments = 2;
                if self.cursor.take("ESCAPE") {
                    self.expression(level::UNARY)?;
                    arguments += 1;
                }
                self.operation("like", arguments);
            }
            "between" => {
                self.expression(level::BIT_OR)?;
                self.cursor.expect("AND")?;
                self.expression(level::PREDICATE)?;
                self.operation("between", 3);
            }
            "member" => {
                self.cursor.take("OF");
                self.cursor.expect_mark("(")?;
                self.expression(level::UNARY)?;
                self.cursor.expect_mark(")")?;
                self.operation("member", 2);
            }
            "sounds" => {
                self.cursor.expect("LIKE")?;
                self.expression(level::BIT_OR)?;
                self.operation("sounds", 2);
            }
            _ => {
                self.expression(level::BIT_OR)?;
                self.operation(name, 2);
            }
        }
        Ok(())
    }

    /// Takes expressions separated by commas and the closing parenthesis; gives how many.
    pub(super) fn list(&mut self) -> Result<usize, SqlError> {
        let mut count = 0;
        loop {
            self.expression(0)?;
            count += 1;
            if !self.cursor.take_mark(",") {
                self.cursor.expect_mark(")")?;
                return Ok(count);
            }
        }
    }

    /// Takes one operand with the operators before it; gives how tightly it is bound.
    fn operand(&mut self, least: u8) -> Result<u8, SqlError> {
        let Some(kind) = self.cursor.kind() else { return Err(self.expected("an operand")) };
        match kind {
            Kind::Text => {
                let text = self.cursor.string("a string")?;
                self.leaf('s', &text);
            }
            Kind::National => {
                let text = literal::unescape(self.cursor.peek().get(1..).unwrap_or_default());
                self.cursor.advance();
                self.leaf('n', &text);
            }
            Kind::Integer | Kind::Decimal => {
                let number = self.cursor.peek().to_ascii_lowercase();
                self.cursor.advance();
                self.leaf('d', &number);
            }
            Kind::Hex => {
                let bytes = literal::hex_bytes(self.cursor.peek());
                self.cursor.advance();
                self.leaf('x', &format!("{bytes:02x?}"));
            }
            Kind::Bits => {
                let digits = literal::bit_digits(self.cursor.peek());
                self.cursor.advance();
                self.leaf('b', &digits);
            }
            Kind::Operator => return self.prefix(),
            Kind::Word => return self.word(least),
            Kind::Quoted => self.column()?,
            Kind::Variable | Kind::Broken(_) => return Err(self.expected("an operand")),
        }
        Ok(level::OPERAND)
    }

    fn prefix(&mut self) -> Result<u8, SqlError> {
        if self.cursor.take_mark("(") {
            let count = self.list()?;
            if count > 1 {
                self.operation("row", count);
            }
            return Ok(level::OPERAND);
        }
        for (mark, name, binds) in [
            ("-", "negative", level::UNARY),
            ("+", "positive", level::UNARY),
            ("~", "~", level::UNARY),
            ("!", "bang", level::BANG),
        ] {
            if self.cursor.take_mark(mark) {
                self.expression(binds)?;
                self.operation(name, 1);
                return Ok(level::UNARY);
            }
        }
        if self.cursor.take_mark("{") {
            let name = self.cursor.identifier("d, t or ts")?.to_ascii_lowercase();
            self.expression(0)?;
            self.cursor.expect_mark("}")?;
            self.leaf('o', &name);
            self.operation("odbc", 2);
            return Ok(level::OPERAND);
        }
        Err(self.expected("an operand"))
    }

    /// Takes a column: `a`, `t.a`, `s.t.a`, perhaps with `->` or `->>` and a path.
    pub(super) fn column(&mut self) -> Result<(), SqlError> {
        let mut parts = vec![(self.cursor.index(), self.cursor.identifier("a column")?)];
        while parts.len() < 3 && self.cursor.take_mark(".") {
            parts.push((self.cursor.index(), self.cursor.identifier("a column")?));
        }
        let text = parts.iter().map(|(_, name)| name.to_lowercase()).collect::<Vec<_>>().join("\0");
        self.leaf('c', &text);
        self.found.columns.extend(parts.last().map(|(index, _)| *index));
        let unquoted = self.cursor.is_mark("->>");
        if unquoted || self.cursor.is_mark("->") {
            self.cursor.advance();
            let path = self.cursor.string("a path as a string")?;
            self.leaf('s', &path);
            self.operation("json_extract", 2);
            if unquoted {
                self.operation("json_unquote", 1);
            }
        }
        Ok(())
    }
}
