//! The primary key and indexes.

use super::Faults;
use super::names::{self, Columns};
use crate::api::{IndexAlgorithmSpec, IndexKindSpec, IndexSpec, KeyPartSpec, OrderSpec, PrimaryKeySpec};
use crate::model::{ColumnName, Index, IndexAlgorithm, IndexKind, IndexName, KeyPart, KeyTarget, PrimaryKey};
use crate::sql;

pub(super) fn primary_key(spec: &PrimaryKeySpec, known: &Columns, faults: &mut Faults) -> Option<PrimaryKey> {
    let path = "spec.primaryKey";
    for (index, part) in spec.columns.iter().enumerate() {
        if part.expression.is_some() {
            faults.add(
                format!("{path}.columns[{index}].expression"),
                "an expression in the primary key",
                "a part of the primary key names a column; index a generated column instead",
            );
        }
    }
    let parts = parts(path, &spec.columns, known, faults)?;
    Some(PrimaryKey {
        parts,
        algorithm: spec.algorithm.map(algorithm),
        key_block_size: spec.key_block_size.filter(|size| *size != 0),
        comment: spec.comment.clone().unwrap_or_default(),
        engine_attribute: spec.engine_attribute.clone(),
        secondary_engine_attribute: spec.secondary_engine_attribute.clone(),
    })
}

pub(super) fn indexes(specs: &[IndexSpec], known: &Columns, faults: &mut Faults) -> Vec<Index> {
    names::unique("spec.indexes", "index", specs.iter().map(|spec| spec.name.as_str()), faults);
    specs.iter().enumerate().filter_map(|(position, spec)| index(position, spec, known, faults)).collect()
}

fn index(position: usize, spec: &IndexSpec, known: &Columns, faults: &mut Faults) -> Option<Index> {
    let path = format!("spec.indexes[{position}]");
    faults.name(|| format!("{path}.name"), &spec.name);
    if spec.name.eq_ignore_ascii_case("PRIMARY") {
        faults.add(format!("{path}.name"), "an index cannot be named PRIMARY", "use spec.primaryKey, or another name");
    }
    let kind = match spec.kind {
        IndexKindSpec::Plain => IndexKind::Plain,
        IndexKindSpec::Unique => IndexKind::Unique,
        IndexKindSpec::Fulltext => IndexKind::Fulltext,
        IndexKindSpec::Spatial => IndexKind::Spatial,
    };
    if spec.parser.is_some() && kind != IndexKind::Fulltext {
        faults.add(
            format!("{path}.parser"),
            "a parser of an index that is not fulltext",
            "set kind: Fulltext, or remove it",
        );
    }
    let parts = parts(&path, &spec.columns, known, faults)?;
    let mut index = Index::new(Some(IndexName::new(&spec.name)), kind, parts);
    index.algorithm = spec.algorithm.map(algorithm);
    index.key_block_size = spec.key_block_size.filter(|size| *size != 0);
    index.parser.clone_from(&spec.parser);
    index.visible = spec.visible.unwrap_or(true);
    index.comment = spec.comment.clone().unwrap_or_default();
    index.engine_attribute.clone_from(&spec.engine_attribute);
    index.secondary_engine_attribute.clone_from(&spec.secondary_engine_attribute);
    Some(index)
}

fn parts(path: &str, specs: &[KeyPartSpec], known: &Columns, faults: &mut Faults) -> Option<Vec<KeyPart>> {
    if specs.is_empty() {
        faults.add(format!("{path}.columns"), "a key without columns", "name at least one column");
    }
    let parts: Vec<Option<KeyPart>> = specs
        .iter()
        .enumerate()
        .map(|(index, spec)| part(&format!("{path}.columns[{index}]"), spec, known, faults))
        .collect();
    parts.into_iter().collect()
}

fn part(path: &str, spec: &KeyPartSpec, known: &Columns, faults: &mut Faults) -> Option<KeyPart> {
    let descending = matches!(spec.order, Some(OrderSpec::Desc));
    let target = match (&spec.name, &spec.expression) {
        (Some(name), None) => {
            known.check(|| format!("{path}.name"), name, faults);
            KeyTarget::Column { name: ColumnName::new(name), length: spec.length }
        }
        (None, Some(text)) => {
            if spec.length.is_some() {
                faults.add(
                    format!("{path}.length"),
                    "the length of an expression",
                    "length belongs to a column: remove it",
                );
            }
            let expression = faults.sql(|| format!("{path}.expression"), text, sql::parse_key_expression(text))?;
            KeyTarget::Expression(expression)
        }
        (Some(_), Some(_)) | (None, None) => {
            faults.add(
                path,
                "a key part that is not exactly one thing",
                "a key part is either a column (name) or an expression: give exactly one of them",
            );
            return None;
        }
    };
    Some(KeyPart { target, descending })
}

fn algorithm(spec: IndexAlgorithmSpec) -> IndexAlgorithm {
    match spec {
        IndexAlgorithmSpec::Btree => IndexAlgorithm::Btree,
        IndexAlgorithmSpec::Hash => IndexAlgorithm::Hash,
    }
}
