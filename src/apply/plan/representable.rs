//! What MySQL cannot show back: `SHOW CREATE TABLE` turns 4-byte characters of comments, ENUM and SET members and
//! expressions into `?` (a literal DEFAULT is shown as hexadecimal digits and survives). Such a manifest would differ from
//! the live table for ever, so it is refused before anything is touched. Pure.

use crate::model::{
    Column, ColumnDefault, DataType, Dialect, Expression, KeyPart, KeyTarget, Literal, Partition, PartitionBound,
    PartitionScheme, PartitionValue, PartitionValues, Table,
};

/// Something that the server stores and cannot show back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unshown {
    /// Where, and what.
    pub(crate) what: String,
    /// How to say it so that it is shown.
    pub(crate) instead: &'static str,
}

/// Where a table has something that the server cannot show back.
pub(crate) fn unrepresentable(table: &Table, dialect: Dialect) -> Option<Unshown> {
    // What is shown as text everywhere, and what one of the servers shows.
    let mut texts: Vec<(String, &str)> = Vec::new();
    let mut expressions: Vec<(String, &str)> = Vec::new();
    let mut literals: Vec<(String, &str)> = Vec::new();
    for column in &table.columns {
        let path = |what: &str| format!("{what} of column `{}`", column.name);
        texts.push((path("the comment"), &column.comment));
        if let DataType::Enum { members, .. } | DataType::Set { members, .. } = &column.data_type {
            texts.extend(members.iter().map(|member| (path("a member"), member.as_str())));
        }
        if let Some(check) = &column.check {
            expressions.push((path("the condition"), check.as_str()));
        }
        if let Some(ColumnDefault::Literal(Literal::String(text))) = &column.default {
            literals.push((path("the default"), text));
        }
        if let Some(generated) = &column.generated {
            expressions.push((path("the expression"), generated.expression.as_str()));
        }
        if let Some(ColumnDefault::Expression(expression)) = &column.default {
            expressions.push((path("the default expression"), expression.as_str()));
        }
    }
    if let Some(key) = &table.primary_key {
        texts.push(("the comment of the primary key".to_owned(), &key.comment));
        expressions.extend(parts(&key.parts, "the primary key"));
    }
    for index in &table.indexes {
        let name = index.name.as_ref().map_or_else(|| "an unnamed index".to_owned(), |name| format!("index `{name}`"));
        texts.push((format!("the comment of {name}"), &index.comment));
        expressions.extend(parts(&index.parts, &name));
    }
    for check in &table.checks {
        let name = check.name.as_ref().map_or_else(|| "an unnamed check".to_owned(), |name| format!("check `{name}`"));
        expressions.push((format!("the condition of {name}"), check.expression.as_str()));
    }
    if let Some(comment) = &table.options.comment {
        texts.push(("the table's comment".to_owned(), comment));
    }
    if let Some(partitioning) = &table.partitioning {
        expressions.extend(scheme(&partitioning.scheme));
        expressions.extend(partitioning.subpartitioning.iter().flat_map(|sub| scheme(&sub.scheme)));
        partitions(&partitioning.partitions, &mut texts);
    }
    if dialect.shows_binary_defaults_raw()
        && let Some(column) = table.columns.iter().find(|column| has_default_that_is_no_text(column))
    {
        return Some(Unshown {
            what: format!("the default of column `{}` has bytes that are no text (UTF-8)", column.name),
            instead: "DEFAULT (unhex('00FF'))",
        });
    }
    texts.extend(if dialect.shows_wide_characters_in_expressions() { literals } else { expressions });
    texts.into_iter().find_map(|(path, text)| {
        let character = text.chars().find(|character| u32::from(*character) > 0xFFFF)?;
        Some(Unshown {
            what: format!("{path} has the character {character:?} (U+{:X})", u32::from(character)),
            instead: "CONVERT(0xF09F9880 USING utf8mb4)",
        })
    })
}

/// Whether a binary column has bytes as default that are no UTF-8.
fn has_default_that_is_no_text(column: &Column) -> bool {
    let binary =
        matches!(column.data_type, DataType::Binary { .. } | DataType::VarBinary { .. } | DataType::Blob { .. });
    let bytes = |literal: &Literal| match literal {
        Literal::Hex(bytes) => std::str::from_utf8(bytes).is_err(),
        Literal::String(_)
        | Literal::Number(_)
        | Literal::Bits(_)
        | Literal::Introduced { .. }
        | Literal::Temporal { .. } => false,
    };
    binary
        && match &column.default {
            Some(ColumnDefault::Literal(Literal::Introduced { literal, character_set: _ })) => bytes(literal),
            Some(ColumnDefault::Literal(literal)) => bytes(literal),
            // A constant is stored as one, parentheses or not.
            Some(ColumnDefault::Expression(expression)) => {
                hexadecimal(expression.as_str()).is_some_and(|bytes| std::str::from_utf8(&bytes).is_err())
            }
            Some(ColumnDefault::Null | ColumnDefault::CurrentTimestamp(_)) | None => false,
        }
}

/// The bytes of `0x…` or `x'…'`.
fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let quoted = || text.strip_prefix(['x', 'X'])?.strip_prefix('\'')?.strip_suffix('\'');
    let digits = text.strip_prefix("0x").or_else(quoted)?;
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let odd = if digits.len().is_multiple_of(2) { digits.to_owned() } else { format!("0{digits}") };
    odd.as_bytes()
        .chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => Some(value(*high)? << 4 | value(*low)?),
            _ => None,
        })
        .collect()
}

fn parts<'a>(parts: &'a [KeyPart], of: &str) -> Vec<(String, &'a str)> {
    parts
        .iter()
        .filter_map(|part| match &part.target {
            KeyTarget::Expression(expression) => Some((format!("an expression of {of}"), expression.as_str())),
            KeyTarget::Column { .. } => None,
        })
        .collect()
}

fn scheme(scheme: &PartitionScheme) -> Option<(String, &str)> {
    let expression: &Expression = match scheme {
        PartitionScheme::Range(expression)
        | PartitionScheme::List(expression)
        | PartitionScheme::Hash { expression, .. } => expression,
        PartitionScheme::RangeColumns(_) | PartitionScheme::ListColumns(_) | PartitionScheme::Key { .. } => {
            return None;
        }
    };
    Some(("the partitioning expression".to_owned(), expression.as_str()))
}

fn partitions<'a>(list: &'a [Partition], texts: &mut Vec<(String, &'a str)>) {
    for partition in list {
        let path = || format!("partition `{}`", partition.name);
        texts.push((format!("the comment of {}", path()), &partition.comment));
        let values: Vec<&PartitionValue> = match &partition.values {
            None => Vec::new(),
            Some(PartitionValues::LessThan(bounds)) => bounds
                .iter()
                .filter_map(|bound| match bound {
                    PartitionBound::Value(value) => Some(value),
                    PartitionBound::MaxValue => None,
                })
                .collect(),
            Some(PartitionValues::In(rows)) => rows.iter().flatten().collect(),
        };
        for value in values {
            if let PartitionValue::Expression(expression) = value {
                texts.push((format!("a value of {}", path()), expression.as_str()));
            }
        }
        partitions(&partition.subpartitions, texts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CharacterSpec, Flavour, IntegerKind, Version};

    fn table() -> Table {
        let mut table = Table::new("t".into());
        let integer = DataType::Integer { kind: IntegerKind::Int, unsigned: false, zerofill: false, width: None };
        table.columns.push(Column::new("a".into(), integer));
        table
    }

    #[test]
    fn emoji_in_a_comment_or_member_is_named() {
        let mut commented = table();
        commented.columns[0].comment = "ok \u{1F600}".to_owned();
        assert_eq!(
            unrepresentable(&commented, Dialect::NEWEST).map(|unshown| unshown.what).as_deref(),
            Some("the comment of column `a` has the character '\u{1F600}' (U+1F600)")
        );
        let mut members = table();
        members.columns[0].data_type =
            DataType::Enum { members: vec!["\u{1F600}".to_owned()], characters: CharacterSpec::default() };
        assert!(unrepresentable(&members, Dialect::NEWEST).is_some());
    }

    /// MariaDB shows such a default as it is stored; MySQL in hexadecimal digits.
    #[test]
    fn bytes_that_are_no_text_are_no_default_on_mariadb() {
        let mariadb = Dialect::new(Flavour::Mariadb, Version { major: 10, minor: 11, patch: 18 });
        let table = |default: &str| {
            let text = format!("CREATE TABLE t (a varbinary(4) DEFAULT {default})");
            crate::sql::parse_create_table(&text, mariadb).unwrap()
        };
        for default in ["0x00FF", "x'CAFE'", "(0x00FF)", "(x'ff')"] {
            assert!(unrepresentable(&table(default), mariadb).is_some(), "{default}");
            assert_eq!(unrepresentable(&table(default), Dialect::NEWEST), None, "{default}");
        }
        for default in ["0x41", "x'C3A4'", "'abc'", "(unhex('00FF'))", "NULL"] {
            assert_eq!(unrepresentable(&table(default), mariadb), None, "{default}");
        }
    }

    #[test]
    fn three_bytes_and_literal_defaults_are_fine() {
        let mut fine = table();
        fine.columns[0].comment = "Grüße, 你好".to_owned();
        fine.columns[0].default = Some(ColumnDefault::Literal(Literal::String("\u{1F600}".to_owned())));
        assert_eq!(unrepresentable(&fine, Dialect::NEWEST), None);
    }
}
