//! Questions about expressions that are computed for every row that exists: generated columns, defaults, indexes over
//! expressions. An expression that cannot be computed from a row makes the statement fail, and mostly the question too,
//! which then is an answer.

use crate::model::{Column, DataType, Expression};
use crate::sql::quote_string;

use super::refused::range;
use super::{Ask, Counted, Live, Question};

const COMPUTED: Counted = Counted {
    one: "row (or more) of which it cannot be computed, with which the statement is sure to fail",
    many: "rows of which it cannot be computed, with which the statement is sure to fail",
};

impl Live<'_> {
    /// Rows of which a column's expression (over names as they will be) gives no value that the column takes.
    pub(in super::super) fn not_computed(&self, expression: &Expression, column: &Column) -> Question {
        self.computes(self.over_live(expression).map(|expression| {
            let mut parts = vec![computes(&expression)];
            parts.extend(misfit(&format!("({expression})"), &column.data_type));
            if column.nullable == Some(false) {
                parts.push(format!("({expression}) IS NULL"));
            }
            parts.join(" OR ")
        }))
    }

    /// Rows of which an expression in an index gives no value that the index takes.
    pub(in super::super) fn not_indexed(&self, expression: &Expression) -> Question {
        self.computes(self.over_live(expression).map(|expression| match array(&expression) {
            Some((json, element)) => no_array_of(json, element),
            None => computes(&expression),
        }))
    }

    fn computes(&self, condition: Result<String, &'static str>) -> Question {
        let ask = match condition {
            Ok(condition) => Ask::Computed(condition),
            Err(why) => Ask::Nothing(why),
        };
        Question { of_manifest: true, ..self.asks(COMPUTED, ask) }
    }
}

/// Never true, and computed for every row.
fn computes(expression: &str) -> String {
    format!("LENGTH(({expression})) < 0")
}

/// Values that the column's type surely does not take.
fn misfit(value: &str, data_type: &DataType) -> Option<String> {
    if let DataType::Integer { kind, unsigned, .. } = data_type {
        let (least, most) = range(*kind, *unsigned);
        let least = if least == 0 { "-0.5".to_owned() } else { format!("{least}.5") };
        Some(format!("{value} + 0 NOT BETWEEN {least} AND {most}.5"))
    } else if let DataType::Decimal { precision, scale, .. } = data_type {
        let limit = "0".repeat(usize::from(precision.saturating_sub(*scale)));
        Some(format!("ABS(ROUND({value} + 0, {scale})) >= 1{limit}"))
    } else if let DataType::Char { length, .. } | DataType::VarChar { length, .. } = data_type {
        Some(format!("CHAR_LENGTH(TRIM(TRAILING ' ' FROM CONVERT({value} USING utf8mb4))) > {length}"))
    } else if let DataType::Binary { length } | DataType::VarBinary { length } = data_type {
        Some(format!("LENGTH({value}) > {length}"))
    } else {
        None
    }
}

/// `cast(json as element array)`: what a multi-valued index is over.
fn array(expression: &str) -> Option<(&str, &str)> {
    let mut inner = expression.trim();
    while let Some(within) = inner.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        inner = within.trim();
    }
    let lower = inner.to_ascii_lowercase();
    let start = lower.strip_prefix("cast(").map(|_| "cast(".len())?;
    let end = lower.strip_suffix(')')?.trim_end().strip_suffix("array").map(str::len)?;
    let at = lower.get(..end)?.rfind(" as ")?;
    Some((inner.get(start..at)?, inner.get(at + " as ".len()..end)?.trim()))
}

/// What no array of such elements comes of: an element that is an array, an object or null (3903, 3908), a text that is no
/// number (3903) or too long (3907), a number below zero (3752).
fn no_array_of(json: &str, element: &str) -> String {
    let lower = element.to_ascii_lowercase();
    let text = "JSON_UNQUOTE(`e`.`v`)";
    let of_text =
        |pattern: &str| format!("(JSON_TYPE(`e`.`v`) = 'STRING' AND {text} NOT REGEXP {})", quote_string(pattern));
    let mut wrong = vec!["`e`.`v` IS NULL".to_owned(), "JSON_TYPE(`e`.`v`) IN ('ARRAY', 'OBJECT', 'NULL')".to_owned()];
    let length = lower.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(length, _)| length.trim());
    if lower.starts_with("char") || lower.starts_with("binary") {
        if let Some(length) = length.filter(|length| length.bytes().all(|byte| byte.is_ascii_digit())) {
            let measure = if lower.starts_with("char") { "CHAR_LENGTH" } else { "LENGTH" };
            wrong.push(format!("{measure}({text}) > {length}"));
        }
    } else if lower.starts_with("signed") || lower.starts_with("unsigned") || lower.starts_with("decimal") {
        wrong.push(of_text("^[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?$"));
        if lower.starts_with("unsigned") {
            wrong.push("(JSON_TYPE(`e`.`v`) = 'INTEGER' AND `e`.`v` < 0)".to_owned());
        }
    }
    format!(
        "(SELECT COUNT(*) FROM JSON_TABLE(IF(JSON_TYPE({json}) = 'ARRAY', {json}, JSON_ARRAY({json})), '$[*]' COLUMNS \
         (`v` JSON PATH '$')) AS `e` WHERE {}) > 0",
        wrong.join(" OR ")
    )
}

#[cfg(test)]
mod tests {
    use super::array;

    #[test]
    fn an_array_is_told_from_other_casts() {
        let text = "cast(json_extract(`a`,_utf8mb4'$ as ') as char(10) array)";
        assert_eq!(array(text), Some(("json_extract(`a`,_utf8mb4'$ as ')", "char(10)")));
        assert_eq!(array("(cast(`a` as unsigned array))"), Some(("`a`", "unsigned")));
        assert_eq!(array("cast(`a` as unsigned)"), None);
        assert_eq!(array("(`a` + 1)"), None);
    }
}
