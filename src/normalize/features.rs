//! What a table has that this server does not know at all: said before the server says `syntax error`, or, worse, takes it
//! for a comment.

use crate::model::{ColumnDefault, DataType, Dialect, Feature, IndexKind, KeyTarget, Table};
use crate::sql;

use super::NormalizeError;

/// Refuses the first thing that the server lacks.
pub(super) fn check(table: &Table, dialect: Dialect) -> Result<(), NormalizeError> {
    let name = &table.name;
    for (path, feature) in used(table) {
        if dialect.lacks(feature) {
            return Err(NormalizeError::Invalid {
                path,
                problem: format!("{dialect} has no {feature}; leave it out for this server"),
            });
        }
    }
    if dialect.introducers_do_damage() {
        let mut copy = table.clone();
        if let Some(expression) =
            super::written::expressions(&mut copy).into_iter().find(|one| sql::has_damaged_introducer(one))
        {
            return Err(NormalizeError::Invalid {
                path: name.to_string(),
                problem: format!(
                    "{dialect} stores another text than is written in `{}`, which has a character set before a string \
                     with characters beyond ASCII, a quote or a backslash; leave the character set out",
                    expression.as_str()
                ),
            });
        }
    }
    Ok(())
}

fn used(table: &Table) -> Vec<(String, Feature)> {
    let name = &table.name;
    let mut found = Vec::new();
    for column in &table.columns {
        let mut add = |used: bool, feature: Feature| {
            if used {
                found.push((format!("{name}.{}", column.name), feature));
            }
        };
        add(matches!(column.default, Some(ColumnDefault::Expression(_))), Feature::ExpressionDefault);
        add(!column.visible, Feature::InvisibleColumn);
        add(matches!(column.data_type, DataType::Vector { .. }), Feature::Vector);
        add(matches!(column.data_type, DataType::Geometry { srid: Some(_), .. }), Feature::Srid);
        add(column.generated.is_some() && column.nullable == Some(false), Feature::NotNullGenerated);
        add(column.format.is_some() || column.storage.is_some(), Feature::ColumnStorage);
        add(
            column.engine_attribute.is_some() || column.secondary_engine_attribute.is_some() || column.not_secondary,
            Feature::EngineAttribute,
        );
    }
    for index in &table.indexes {
        let mut add = |used: bool, feature: Feature| {
            if used {
                let index = index.name.as_ref().map(|name| format!(", index {name}")).unwrap_or_default();
                found.push((format!("{name}{index}"), feature));
            }
        };
        let computed = index.parts.iter().any(|part| matches!(part.target, KeyTarget::Expression(_)));
        add(computed, Feature::FunctionalIndex);
        add(index.kind == IndexKind::Fulltext && index.parser.is_some(), Feature::FulltextParser);
        add(index.engine_attribute.is_some() || index.secondary_engine_attribute.is_some(), Feature::EngineAttribute);
    }
    for check in &table.checks {
        let feature = if check.enforced { Feature::Check } else { Feature::UnenforcedCheck };
        found.push((format!("{name}, check"), feature));
    }
    let options = &table.options;
    if options.engine_attribute.is_some()
        || options.secondary_engine_attribute.is_some()
        || options.secondary_engine.is_some()
    {
        found.push((name.to_string(), Feature::EngineAttribute));
    }
    if options.compression.is_some()
        || options.encryption.is_some()
        || options.autoextend_size.is_some()
        || options.tablespace.is_some()
        || options.storage.is_some()
    {
        found.push((name.to_string(), Feature::InnodbOptions));
    }
    found
}
