//! Columns.

use super::{Faults, names};
use crate::api::{ColumnFormatSpec, ColumnSpec, ColumnStorageSpec, GeneratedKindSpec, Scalar};
use crate::model::{
    Column, ColumnDefault, ColumnFormat, ColumnName, DataType, Expression, Generated, GeneratedKind, Literal, Storage,
};
use crate::sql;

pub(super) fn columns(specs: &[ColumnSpec], faults: &mut Faults) -> Vec<Column> {
    names::unique("spec.columns", "column", specs.iter().map(|spec| spec.name.as_str()), faults);
    specs.iter().enumerate().filter_map(|(index, spec)| column(index, spec, faults)).collect()
}

fn column(index: usize, spec: &ColumnSpec, faults: &mut Faults) -> Option<Column> {
    let path = |rest: &str| format!("spec.columns[{index}]{rest}");
    faults.name(|| path(".name"), &spec.name);
    for (position, old) in spec.renamed_from.iter().enumerate() {
        faults.name(|| path(&format!(".renamedFrom[{position}]")), old);
    }
    shape(&path, spec, faults);
    let mut data_type = faults.sql(|| path(".type"), &spec.data_type, sql::parse_data_type(&spec.data_type))?;
    characters(&path, spec, &mut data_type, faults);
    if let Some(srid) = spec.srid {
        if let DataType::Geometry { srid: place, .. } = &mut data_type {
            *place = Some(srid);
        } else {
            not_spatial(&path, spec, faults);
        }
    }
    let mut column = Column::new(ColumnName::new(&spec.name), data_type);
    column.nullable = spec.nullable;
    column.default = default(&path, spec, faults);
    if let Some(text) = &spec.on_update {
        column.on_update = faults.sql(|| path(".onUpdate"), text, sql::parse_on_update(text));
    }
    column.auto_increment = spec.auto_increment;
    if let Some(generated) = &spec.generated {
        let parsed = sql::parse_expression(&generated.expression);
        let expression = faults.sql(|| path(".generated.expression"), &generated.expression, parsed)?;
        let kind = match generated.kind {
            GeneratedKindSpec::Virtual => GeneratedKind::Virtual,
            GeneratedKindSpec::Stored => GeneratedKind::Stored,
        };
        column.generated = Some(Generated { expression, kind });
    }
    column.visible = spec.visible.unwrap_or(true);
    column.comment = spec.comment.clone().unwrap_or_default();
    column.format = spec.format.map(|format| match format {
        ColumnFormatSpec::Fixed => ColumnFormat::Fixed,
        ColumnFormatSpec::Dynamic => ColumnFormat::Dynamic,
    });
    column.storage = spec.storage.map(|storage| match storage {
        ColumnStorageSpec::Disk => Storage::Disk,
        ColumnStorageSpec::Memory => Storage::Memory,
    });
    column.engine_attribute.clone_from(&spec.engine_attribute);
    column.secondary_engine_attribute.clone_from(&spec.secondary_engine_attribute);
    column.not_secondary = spec.not_secondary;
    Some(column)
}

fn not_spatial(path: &dyn Fn(&str) -> String, spec: &ColumnSpec, faults: &mut Faults) {
    faults.add(
        path(".srid"),
        format!("`{}` has no spatial reference system", spec.data_type),
        "remove srid, or use a spatial type such as point",
    );
}

/// As the CRD's rules.
fn shape(path: &dyn Fn(&str) -> String, spec: &ColumnSpec, faults: &mut Faults) {
    if spec.default.is_some() && spec.default_expression.is_some() {
        faults.add(
            path(""),
            "both default and defaultExpression",
            "give either default (a literal) or defaultExpression, not both",
        );
    }
    let computed = spec.default.is_some() || spec.default_expression.is_some() || spec.on_update.is_some();
    if spec.generated.is_some() && (computed || spec.auto_increment) {
        faults.add(
            path(""),
            "a generated column with a default, onUpdate or autoIncrement",
            "a generated column has none of these: remove them",
        );
    }
    if spec.auto_increment && (spec.default.is_some() || spec.default_expression.is_some()) {
        faults.add(path(""), "a column with autoIncrement and a default", "remove the default");
    }
}

fn characters(path: &dyn Fn(&str) -> String, spec: &ColumnSpec, data_type: &mut DataType, faults: &mut Faults) {
    for (field, value) in [("characterSet", &spec.character_set), ("collation", &spec.collation)] {
        let Some(value) = value else { continue };
        let Some(characters) = data_type.characters_mut() else {
            faults.add(
                path(&format!(".{field}")),
                format!("`{}` has no characters, and so no {field}", spec.data_type),
                format!("remove {field}"),
            );
            continue;
        };
        let place = if field == "characterSet" { &mut characters.character_set } else { &mut characters.collation };
        if place.is_some() {
            faults.add(
                path(&format!(".{field}")),
                format!("`{}` says it already", spec.data_type),
                format!("say it in type or in {field}, not in both"),
            );
        }
        *place = Some(value.to_lowercase());
    }
}

fn default(path: &dyn Fn(&str) -> String, spec: &ColumnSpec, faults: &mut Faults) -> Option<ColumnDefault> {
    match (&spec.default, &spec.default_expression) {
        (Some(Scalar::Integer(number)), _) => Some(ColumnDefault::Literal(Literal::Number(number.to_string()))),
        (Some(Scalar::String(text)), _) => Some(ColumnDefault::Literal(Literal::String(text.clone()))),
        (None, Some(text)) => match bits_or_hex(text) {
            Some(literal) => Some(ColumnDefault::Literal(literal)),
            None => match within_parentheses(text) {
                Some(expression) => Some(ColumnDefault::Expression(expression)),
                None => faults.sql(|| path(".defaultExpression"), text, sql::parse_default_expression(text)),
            },
        },
        (None, None) => None,
    }
}

/// The expression within the parentheses that `DEFAULT (…)` has anyway. `(a) + (b)` is not one.
fn within_parentheses(text: &str) -> Option<Expression> {
    let inner = text.trim().strip_prefix('(')?.strip_suffix(')')?;
    sql::parse_expression(inner).ok()
}

/// `b'101'`, `0b101`, `x'1F'` or `0x1F`: literals that YAML has no scalar for.
fn bits_or_hex(text: &str) -> Option<Literal> {
    let body = |quoted: [&str; 2], plain: &str| {
        let quoted = quoted.into_iter().find_map(|prefix| text.strip_prefix(prefix)?.strip_suffix('\''));
        quoted.or_else(|| text.strip_prefix(plain).filter(|digits| !digits.is_empty())).map(str::to_owned)
    };
    if let Some(digits) = body(["b'", "B'"], "0b") {
        return digits.bytes().all(|digit| matches!(digit, b'0' | b'1')).then_some(Literal::Bits(digits));
    }
    let digits = body(["x'", "X'"], "0x")?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let digits = if digits.len() % 2 == 1 { format!("0{digits}") } else { digits };
    let bytes = (0..digits.len()).step_by(2).map(|start| u8::from_str_radix(digits.get(start..start + 2)?, 16).ok());
    bytes.collect::<Option<Vec<u8>>>().map(Literal::Hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_and_hex_are_literals() {
        assert_eq!(bits_or_hex("b'101'"), Some(Literal::Bits("101".to_owned())));
        assert_eq!(bits_or_hex("0b01"), Some(Literal::Bits("01".to_owned())));
        assert_eq!(bits_or_hex("x'00fF'"), Some(Literal::Hex(vec![0, 255])));
        assert_eq!(bits_or_hex("0xF"), Some(Literal::Hex(vec![15])));
        for text in ["(b'1')", "b'2'", "x'1'; DROP", "0x", "now()", "x'g'"] {
            assert_eq!(bits_or_hex(text), None, "{text}");
        }
    }
}
