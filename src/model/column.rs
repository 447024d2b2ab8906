//! Columns, their defaults and expressions.

use super::{ColumnName, DataType};

/// One column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Column {
    /// Its name, in the case in which it was written.
    pub name: ColumnName,
    /// Its type.
    pub data_type: DataType,
    /// `NULL` / `NOT NULL`. As written `None` when nothing was said; canonical always `Some`.
    pub nullable: Option<bool>,
    /// `DEFAULT`. Canonical: `Some(Null)` on a nullable column that may have defaults and has no other; `None` where
    /// the column has no default (NOT NULL without one, AUTO_INCREMENT, generated, after `DROP DEFAULT`) and for nullable
    /// TEXT and BLOB, whose `DEFAULT NULL` SHOW CREATE TABLE leaves out.
    pub default: Option<ColumnDefault>,
    /// `ON UPDATE CURRENT_TIMESTAMP(n)`: the fractional digits.
    pub on_update: Option<u8>,
    /// `AUTO_INCREMENT`.
    pub auto_increment: bool,
    /// `GENERATED ALWAYS AS`.
    pub generated: Option<Generated>,
    /// `VISIBLE` (true) or `INVISIBLE`.
    pub visible: bool,
    /// `COMMENT`, unescaped; empty when there is none.
    pub comment: String,
    /// `CHECK` that belongs to the column alone, where the server has such (MariaDB); elsewhere it is the table's.
    pub check: Option<Expression>,
    /// `COLUMN_FORMAT`; canonical `None` for `DEFAULT`.
    pub format: Option<ColumnFormat>,
    /// `STORAGE`; canonical `None` for `DEFAULT`.
    pub storage: Option<Storage>,
    /// `ENGINE_ATTRIBUTE`, unescaped.
    pub engine_attribute: Option<String>,
    /// `SECONDARY_ENGINE_ATTRIBUTE`, unescaped.
    pub secondary_engine_attribute: Option<String>,
    /// `NOT SECONDARY`.
    pub not_secondary: bool,
}

impl Column {
    /// Whether its values are computed when they are read: nothing of it is stored.
    pub fn is_virtual(&self) -> bool {
        self.generated.as_ref().is_some_and(|generated| generated.kind == GeneratedKind::Virtual)
    }

    /// Whether an INSERT that leaves the column out is refused.
    pub fn requires_value(&self) -> bool {
        self.nullable == Some(false) && self.default.is_none() && self.generated.is_none() && !self.auto_increment
    }

    /// A column about which nothing but name and type was said.
    pub fn new(name: ColumnName, data_type: DataType) -> Self {
        Self {
            name,
            data_type,
            nullable: None,
            default: None,
            on_update: None,
            auto_increment: false,
            generated: None,
            visible: true,
            comment: String::new(),
            check: None,
            format: None,
            storage: None,
            engine_attribute: None,
            secondary_engine_attribute: None,
            not_secondary: false,
        }
    }
}

/// A column's `DEFAULT`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ColumnDefault {
    /// `DEFAULT NULL`.
    Null,
    /// A literal.
    Literal(Literal),
    /// `CURRENT_TIMESTAMP` with its fractional digits.
    CurrentTimestamp(u8),
    /// `DEFAULT (expression)`; the text without the outer parentheses.
    Expression(Expression),
}

/// A literal. Canonical (as SHOW CREATE TABLE prints): `String`, `Bits` for BIT columns, `Hex` where the server shows one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Literal {
    /// `'text'`, unescaped. Numbers print quoted in SHOW CREATE TABLE.
    String(String),
    /// A number as written, sign included. `TRUE` is 1 and `FALSE` is 0.
    Number(String),
    /// `x'…'` or `0x…`.
    Hex(Vec<u8>),
    /// `b'…'` or `0b…`: the digits, leading zeros as written.
    Bits(String),
    /// `_charset literal`.
    Introduced {
        /// Character set named by the introducer, lower case, without the underscore.
        character_set: String,
        /// The literal itself.
        literal: Box<Literal>,
    },
    /// `DATE '…'`, `TIME '…'`, `TIMESTAMP '…'`: the text within the quotes.
    Temporal {
        /// `DATE`, `TIME` or `TIMESTAMP`.
        keyword: String,
        /// The text within the quotes.
        text: String,
    },
}

/// The text of one SQL expression, as written, without surrounding white space or outer parentheses that belong to the
/// clause. `sql` guarantees that it parses as exactly one expression; comparing two by meaning is `normalize`'s and in the
/// end the server's business.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Expression(String);

impl Expression {
    /// Takes an expression's text that the caller has parsed already (only `sql` should call this).
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `GENERATED ALWAYS AS (expression) VIRTUAL|STORED`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Generated {
    /// The expression.
    pub expression: Expression,
    /// Virtual (MySQL's default) or stored.
    pub kind: GeneratedKind,
}

/// Whether a generated column is computed when read or when written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GeneratedKind {
    /// Computed when read.
    Virtual,
    /// Kept in the row.
    Stored,
}

/// `COLUMN_FORMAT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnFormat {
    /// `FIXED`
    Fixed,
    /// `DYNAMIC`
    Dynamic,
}

/// `STORAGE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Storage {
    /// `DISK`
    Disk,
    /// `MEMORY`
    Memory,
}
