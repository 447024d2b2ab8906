//! Ranges of a key, and their boundaries: values of key columns, as literals. Pure.

use std::fmt;

use crate::sql::quote_identifier;

/// How the value of a key column is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// As digits.
    Number,
    /// As the quoted text of a date or time.
    Time,
    /// As its bytes, with the column's character set.
    Characters,
    /// As its bytes.
    Bytes,
}

/// A column of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyColumn {
    /// Its name, quoted.
    pub(super) name: String,
    pub(super) kept: Kept,
    pub(super) descending: bool,
}

/// A key along which a table is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// The index's name.
    pub(super) index: String,
    pub(super) columns: Vec<KeyColumn>,
}

/// The key of one row, as literals. It holds values of rows: it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Boundary(Vec<String>);

impl fmt::Debug for Boundary {
    /// Without the values.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Boundary")
    }
}

/// The rows behind one boundary, up to and with another; without boundaries all rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRange {
    /// The last row before the range.
    pub after: Option<Boundary>,
    /// The last row of the range.
    pub through: Option<Boundary>,
}

impl Key {
    /// The key of a row: what comes behind SELECT.
    pub(super) fn selected(&self) -> String {
        let columns = self.columns.iter().map(|KeyColumn { name, kept, descending: _ }| match kept {
            Kept::Number | Kept::Time => name.clone(),
            Kept::Characters => format!("HEX(CAST({name} AS BINARY)), CHARSET({name})"),
            Kept::Bytes => format!("HEX({name})"),
        });
        columns.collect::<Vec<_>>().join(", ")
    }

    /// Reads what [`Key::selected`] gave; `None` where that is not what such a column can have.
    pub(super) fn read(&self, row: &[Option<String>]) -> Option<Boundary> {
        let mut values = row.iter();
        let mut next = || values.next()?.as_deref();
        let literals = self.columns.iter().map(|column| match column.kept {
            Kept::Number => next().filter(|text| is_of(text, b"0123456789.-")).map(str::to_owned),
            Kept::Time => next().filter(|text| is_of(text, b"0123456789.-: ")).map(|text| format!("'{text}'")),
            Kept::Characters => {
                let digits = next().filter(|text| is_hexadecimal(text))?;
                let set = next().filter(|set| set.bytes().all(|byte| byte.is_ascii_alphanumeric()))?;
                Some(format!("_{set} X'{digits}'"))
            }
            Kept::Bytes => next().filter(|text| is_hexadecimal(text)).map(|digits| format!("X'{digits}'")),
        });
        literals.collect::<Option<Vec<_>>>().map(Boundary)
    }

    /// The order of the index.
    pub(super) fn order(&self) -> String {
        let columns = self
            .columns
            .iter()
            .map(|column| format!("{}{}", column.name, if column.descending { " DESC" } else { "" }));
        columns.collect::<Vec<_>>().join(", ")
    }

    /// The index and the condition of a range.
    pub(super) fn within(&self, range: &KeyRange) -> String {
        let conditions: Vec<String> = [
            range.after.as_ref().map(|boundary| self.beyond(boundary, true)),
            range.through.as_ref().map(|boundary| self.beyond(boundary, false)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let index = format!(" FORCE INDEX ({})", quote_identifier(&self.index));
        match conditions.is_empty() {
            true => index,
            false => format!("{index} WHERE {}", conditions.join(" AND ")),
        }
    }

    /// The rows behind a boundary, or those up to and with it. Comparisons of single columns, since the server has no range
    /// for a comparison of row constructors.
    fn beyond(&self, boundary: &Boundary, behind: bool) -> String {
        let mut condition = String::new();
        for (at, (column, literal)) in self.columns.iter().zip(&boundary.0).enumerate().rev() {
            let name = &column.name;
            let further = if behind == column.descending { '<' } else { '>' };
            condition = match condition.is_empty() {
                true if behind => format!("{name} {further} {literal}"),
                true => format!("{name} {further}= {literal}"),
                false => format!("({name} {further} {literal} OR ({name} = {literal} AND {condition}))"),
            };
            // Bounds the first column plainly, too: the range is found without the rest.
            if at == 0 && self.columns.len() > 1 {
                condition = format!("{name} {further}= {literal} AND {condition}");
            }
        }
        condition
    }
}

fn is_of(text: &str, allowed: &[u8]) -> bool {
    !text.is_empty() && text.bytes().all(|byte| allowed.contains(&byte))
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        let column = |name: &str, kept, descending| KeyColumn { name: name.to_owned(), kept, descending };
        Key {
            index: "PRIMARY".to_owned(),
            columns: vec![column("`a`", Kept::Number, false), column("`b`", Kept::Characters, true)],
        }
    }

    fn row(values: &[&str]) -> Vec<Option<String>> {
        values.iter().map(|value| Some((*value).to_owned())).collect()
    }

    #[test]
    fn a_range_is_conditions_on_single_columns() {
        let after = key().read(&row(&["5", "C3A4", "utf8mb4"]));
        let range = KeyRange { after: after.clone(), through: None };
        assert_eq!(
            key().within(&range),
            " FORCE INDEX (`PRIMARY`) WHERE `a` >= 5 AND (`a` > 5 OR (`a` = 5 AND `b` < _utf8mb4 X'C3A4'))"
        );
        let range = KeyRange { after: None, through: after };
        assert_eq!(
            key().within(&range),
            " FORCE INDEX (`PRIMARY`) WHERE `a` <= 5 AND (`a` < 5 OR (`a` = 5 AND `b` >= _utf8mb4 X'C3A4'))"
        );
        assert_eq!(key().order(), "`a`, `b` DESC");
    }

    #[test]
    fn what_is_no_literal_is_not_taken_and_none_is_shown() {
        assert_eq!(key().read(&row(&["5 OR 1", "C3A4", "utf8mb4"])), None);
        assert_eq!(key().read(&row(&["5", "C3A4'", "utf8mb4"])), None);
        assert_eq!(key().read(&row(&["5"])), None);
        let range = KeyRange { after: key().read(&row(&["4711", "C3A4", "utf8mb4"])), through: None };
        assert!(!format!("{range:?}").contains("4711"), "{range:?}");
    }
}
