//! Operands that begin with a word: literals, functions and MySQL's special forms.

use super::super::SqlError;
use super::super::lexer::Kind;
use super::walk::{Keyed, Walk, level};

/// Character sets in which ASCII has other bytes, or no letters at all.
const WITHOUT_ASCII: [&str; 5] = ["binary", "ucs2", "utf16", "utf16le", "utf32"];

/// Words that are reserved and begin no operand.
const NEVER: [&str; 24] = [
    "AND", "OR", "XOR", "IN", "IS", "LIKE", "BETWEEN", "REGEXP", "RLIKE", "DIV", "WHEN", "THEN", "ELSE", "FROM", "AS",
    "BY", "WHERE", "GROUP", "ORDER", "HAVING", "UNION", "LIMIT", "SELECT", "DISTINCT",
];

/// The units of INTERVAL.
const UNITS: [&str; 20] = [
    "MICROSECOND",
    "SECOND",
    "MINUTE",
    "HOUR",
    "DAY",
    "WEEK",
    "MONTH",
    "QUARTER",
    "YEAR",
    "SECOND_MICROSECOND",
    "MINUTE_MICROSECOND",
    "MINUTE_SECOND",
    "HOUR_MICROSECOND",
    "HOUR_SECOND",
    "HOUR_MINUTE",
    "DAY_MICROSECOND",
    "DAY_SECOND",
    "DAY_MINUTE",
    "DAY_HOUR",
    "YEAR_MONTH",
];

/// Functions that need no parentheses.
const BARE: [&str; 9] = [
    "CURRENT_TIMESTAMP",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_USER",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "UTC_DATE",
    "UTC_TIME",
    "UTC_TIMESTAMP",
];

/// Whether this word is a call by itself.
pub(super) fn is_called_without_parentheses(word: &str) -> bool {
    BARE.iter().any(|bare| bare.eq_ignore_ascii_case(word))
}

/// The name that MySQL itself gives a function that has several.
fn resolved(name: &str) -> &str {
    match name {
        "current_timestamp" | "localtime" | "localtimestamp" => "now",
        "current_date" => "curdate",
        "current_time" => "curtime",
        "substring" | "mid" => "substr",
        "day" => "dayofmonth",
        "lcase" => "lower",
        "ucase" => "upper",
        "character_length" => "char_length",
        "power" => "pow",
        other => other,
    }
}

impl Walk<'_> {
    /// Takes an operand that begins with a word.
    pub(super) fn word(&mut self, least: u8) -> Result<u8, SqlError> {
        if self.cursor.is_word("NOT") {
            if least > level::NOT {
                return Err(self.expected("an operand (NOT stands in parentheses here)"));
            }
            self.cursor.advance();
            self.expression(level::NOT)?;
            self.operation("not", 1);
            return Ok(level::NOT);
        }
        let next = self.cursor.ahead(1).map(|token| token.kind);
        let literal_follows = matches!(next, Some(Kind::Text | Kind::Hex | Kind::Bits));
        let source = self.cursor.peek();
        if source.starts_with('_') && literal_follows {
            self.introduced()?;
            return Ok(level::OPERAND);
        }
        for constant in ["NULL", "TRUE", "FALSE"] {
            if self.cursor.take(constant) {
                self.leaf('k', constant);
                return Ok(level::OPERAND);
            }
        }
        for temporal in ["DATE", "TIME", "TIMESTAMP"] {
            if next == Some(Kind::Text) && self.cursor.take(temporal) {
                let text = self.cursor.string("a string")?;
                self.leaf('s', &text);
                self.operation(temporal, 1);
                return Ok(level::OPERAND);
            }
        }
        if self.cursor.take("BINARY") {
            self.expression(level::BANG)?;
            self.operation("binary", 1);
            return Ok(level::UNARY);
        }
        if self.cursor.take("CASE") {
            self.case()?;
        } else if self.cursor.take("INTERVAL") {
            self.interval()?;
        } else if self.cursor.is_mark_ahead(1, "(") && !NEVER.iter().any(|word| self.cursor.is_word(word)) {
            self.call()?;
        } else if BARE.iter().any(|word| self.cursor.is_word(word)) {
            let name = source.to_ascii_lowercase();
            self.cursor.advance();
            self.operation(resolved(&name), 0);
        } else if NEVER.iter().any(|word| self.cursor.is_word(word)) {
            return Err(self.expected("an operand"));
        } else {
            self.column()?;
        }
        Ok(level::OPERAND)
    }

    /// `_utf8mb4'x'`: what a literal without introducer is in our sessions, so that both are one.
    fn introduced(&mut self) -> Result<(), SqlError> {
        let character_set = self.cursor.peek().get(1..).unwrap_or_default().to_ascii_lowercase();
        self.cursor.advance();
        let text = self.cursor.kind() == Some(Kind::Text);
        let plain = text
            && match self.key {
                Keyed::No | Keyed::Exact => character_set == "utf8mb4",
                Keyed::ByColumn => self.cursor.peek().is_ascii() && !WITHOUT_ASCII.contains(&character_set.as_str()),
            };
        self.expression(level::OPERAND)?;
        if !plain {
            self.leaf('k', &character_set);
            self.operation("introduced", 2);
        }
        Ok(())
    }

    fn case(&mut self) -> Result<(), SqlError> {
        let mut arguments = 0;
        let mut form = "case";
        if !self.cursor.is_word("WHEN") {
            self.expression(0)?;
            arguments += 1;
            form = "case of";
        }
        while self.cursor.take("WHEN") {
            self.expression(0)?;
            self.cursor.expect("THEN")?;
            self.expression(0)?;
            arguments += 2;
        }
        if arguments < 2 {
            return Err(self.expected("WHEN"));
        }
        if self.cursor.take("ELSE") {
            self.expression(0)?;
            arguments += 1;
        }
        self.cursor.expect("END")?;
        self.operation(form, arguments);
        Ok(())
    }

    fn unit(&mut self) -> Option<String> {
        let found = UNITS.iter().any(|unit| self.cursor.is_word(unit));
        let unit = self.cursor.peek().to_ascii_lowercase();
        if found {
            self.cursor.advance();
        }
        Some(unit).filter(|_| found)
    }

    /// `INTERVAL 1 DAY`, or the function `INTERVAL(n, a, b)`.
    fn interval(&mut self) -> Result<(), SqlError> {
        if self.cursor.is_mark("(") && self.is_call_of_interval() {
            self.cursor.advance();
            let count = self.list()?;
            self.operation("interval()", count);
            return Ok(());
        }
        self.expression(0)?;
        let Some(unit) = self.unit() else { return Err(self.expected("a unit such as DAY")) };
        self.leaf('k', &unit);
        self.operation("interval", 2);
        Ok(())
    }

    /// Whether a comma stands in the parentheses that begin here, outside of inner ones.
    fn is_call_of_interval(&self) -> bool {
        let mut depth = 0_usize;
        let mut ahead = 0;
        while let Some(token) = self.cursor.ahead(ahead) {
            if token.kind == Kind::Operator {
                match self.cursor.source(token) {
                    "(" => depth += 1,
                    ")" if depth <= 1 => return false,
                    ")" => depth -= 1,
                    "," if depth == 1 => return true,
                    _ => {}
                }
            }
            ahead += 1;
        }
        false
    }

    /// A function with its arguments, standing at its name.
    fn call(&mut self) -> Result<(), SqlError> {
        let name = self.cursor.peek().to_ascii_lowercase();
        self.cursor.advance();
        self.cursor.advance();
        if self.cursor.take_mark(")") {
            self.operation(resolved(&name), 0);
            return Ok(());
        }
        match name.as_str() {
            "cast" => {
                self.expression(0)?;
                if self.cursor.is_word("AT") {
                    self.raw_until(Some("AS"))?;
                    self.operation("at time zone", 2);
                }
                self.cursor.expect("AS")?;
                self.raw_until(None)?;
                self.close("cast", 2)
            }
            "convert" => {
                self.expression(0)?;
                let form = if self.cursor.take("USING") {
                    "convert using"
                } else {
                    self.cursor.expect_mark(",")?;
                    "cast"
                };
                self.raw_until(None)?;
                self.close(form, 2)
            }
            "extract" => {
                let Some(unit) = self.unit() else { return Err(self.expected("a unit such as DAY")) };
                self.leaf('k', &unit);
                self.cursor.expect("FROM")?;
                self.expression(0)?;
                self.close("extract", 2)
            }
            "position" => {
                self.expression(level::BIT_OR)?;
                self.cursor.expect("IN")?;
                self.expression(0)?;
                self.close("locate", 2)
            }
            "trim" => self.trim(),
            "get_format" => {
                let what = self.cursor.identifier("DATE, TIME or DATETIME")?.to_ascii_lowercase();
                self.leaf('k', &what);
                self.arguments(&name, 1)
            }
            "timestampadd" | "timestampdiff" => {
                // SQL_TSI_DAY is DAY.
                let source = self.cursor.peek().to_ascii_lowercase();
                let unit = source.strip_prefix("sql_tsi_").unwrap_or(&source).to_owned();
                self.cursor.identifier("a unit such as DAY")?;
                self.leaf('k', &unit);
                self.arguments(&name, 1)
            }
            "date_add" | "adddate" | "date_sub" | "subdate" => self.date_arithmetic(&name),
            _ => self.ordinary(&name),
        }
    }

    fn close(&mut self, name: &str, arguments: usize) -> Result<(), SqlError> {
        self.cursor.expect_mark(")")?;
        self.operation(name, arguments);
        Ok(())
    }

    /// More arguments after `given` ones, each with its comma before it.
    fn arguments(&mut self, name: &str, given: usize) -> Result<(), SqlError> {
        let mut count = given;
        while self.cursor.take_mark(",") {
            self.expression(0)?;
            count += 1;
        }
        self.close(name, count)
    }

    fn trim(&mut self) -> Result<(), SqlError> {
        let side = ["BOTH", "LEADING", "TRAILING"].into_iter().find(|side| self.cursor.is_word(side));
        if side.is_some() {
            self.cursor.advance();
        }
        let form = match side {
            Some("LEADING") => "trim leading",
            Some("TRAILING") => "trim trailing",
            Some(_) => "trim both",
            None => "trim",
        };
        if side.is_some() && self.cursor.take("FROM") {
            self.expression(0)?;
            return self.close(form, 1);
        }
        self.expression(0)?;
        if self.cursor.take("FROM") {
            self.expression(0)?;
            return self.close(if side.is_none() { "trim both" } else { form }, 2);
        }
        self.close(form, 1)
    }

    /// `DATE_ADD(d, INTERVAL …)` is `d + INTERVAL …`.
    fn date_arithmetic(&mut self, name: &str) -> Result<(), SqlError> {
        self.expression(0)?;
        self.cursor.expect_mark(",")?;
        let interval = self.cursor.is_word("INTERVAL");
        self.expression(0)?;
        let sign = if name.ends_with("sub") || name.starts_with("sub") { "-" } else { "+" };
        self.close(if interval { sign } else { name }, 2)
    }

    fn ordinary(&mut self, name: &str) -> Result<(), SqlError> {
        let mut count = 0;
        loop {
            self.expression(0)?;
            count += 1;
            let between = match name {
                "substring" | "substr" | "mid" => self.cursor.take_any(&["FROM", "FOR"]) || self.cursor.take_mark(","),
                _ => self.cursor.take_mark(","),
            };
            if between {
                continue;
            }
            if self.cursor.is_mark(")") {
                break;
            }
            // CHAR(65 USING latin1), WEIGHT_STRING(a AS CHAR(5)), JSON_VALUE(a, '$.b' RETURNING SIGNED …)
            let clause = match name {
                "char" => "USING",
                "weight_string" => "AS",
                "json_value" => "",
                _ => return Err(self.expected("`,` or `)`")),
            };
            if !clause.is_empty() && !self.cursor.is_word(clause) {
                return Err(self.expected("`,` or `)`"));
            }
            self.raw_until(None)?;
            count += 1;
            break;
        }
        self.cursor.expect_mark(")")?;
        match (name, count) {
            // MySQL makes the operator of the function.
            ("mod", 2) => self.operation("%", 2),
            ("row", _) => self.operation("row", count),
            _ => self.operation(resolved(name), count),
        }
        Ok(())
    }

    /// Takes tokens as they are, up to a word (or, where none is given, to the closing parenthesis, which stays).
    fn raw_until(&mut self, word: Option<&str>) -> Result<(), SqlError> {
        let mut depth = 0_usize;
        let mut raw = String::new();
        loop {
            let source = self.cursor.peek();
            match self.cursor.kind() {
                None | Some(Kind::Broken(_) | Kind::Variable) => return Err(self.expected("a type or a character set")),
                Some(Kind::Operator) => match source {
                    "(" => depth += 1,
                    ")" if depth == 0 => break,
                    ")" => depth -= 1,
                    "," | "-" | "+" | "." => {}
                    _ => return Err(self.expected("a type or a character set")),
                },
                Some(Kind::Word) if depth == 0 && word.is_some_and(|word| self.cursor.is_word(word)) => break,
                Some(_) => {}
            }
            // Case means something only within quotes.
            if self.cursor.kind() == Some(Kind::Text) {
                raw.push_str(source);
            } else {
                raw.push_str(&source.to_ascii_lowercase());
            }
            raw.push(' ');
            self.cursor.advance();
        }
        if raw.is_empty() {
            return Err(self.expected("a type or a character set"));
        }
        self.leaf('r', &raw);
        Ok(())
    }
}
