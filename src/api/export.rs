//! Manifests out: a table as a minimal, readable Table object. Planning an exported table is empty.
//!
//! What a manifest has no field for goes out as SQL, so that nothing is ever left out.

use std::fmt::Write;

use thiserror::Error;

use super::manifest::object_name;
use super::table::{
    CheckSpec, ForeignKeyActionSpec, ForeignKeySpec, IndexAlgorithmSpec, IndexKindSpec, IndexSpec, KeyPartSpec,
    OrderSpec, PartitionManageSpec, PrimaryKeySpec, ReferencesSpec,
};
use super::{EnsureSpec, Table, TableSpec};
use crate::model::{
    self, DesiredTable, Dialect, Ensure, IndexAlgorithm, IndexKind, KeyPart, KeyTarget, PartitionManagement,
    ReferentialAction,
};
use crate::plan::proposal::DatabaseReference;
use crate::sql::{self, Style};

mod columns;
mod options;
mod partitions;
mod yaml;

/// Why a table cannot be written as a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExportError {
    /// Something in it has no field in a manifest, and must not stand in one.
    #[error("table `{table}`: {what}; declare this table by hand, or leave it unmanaged")]
    NotRepresentable {
        /// The table.
        table: String,
        /// What.
        what: String,
    },
}

/// The table has something that the structured form has no field for.
struct NotStructured;

/// Whether a table may be written into a manifest of any form.
///
/// # Errors
/// When it holds what must not stand there: the CONNECTION of a FEDERATED table, which may hold a password.
pub fn may_be_written(table: &model::Table) -> Result<(), ExportError> {
    if let Some((column, name)) = table.unmodelled_type() {
        return Err(ExportError::NotRepresentable {
            table: table.name.to_string(),
            what: format!("its column `{column}` has the type {name}, which tablewright cannot manage"),
        });
    }
    if table.options.connection.is_none() {
        return Ok(());
    }
    Err(ExportError::NotRepresentable {
        table: table.name.to_string(),
        what: "its CONNECTION may hold a password, which belongs in no manifest".to_owned(),
    })
}

/// The Table object that declares this table in this Database: structured, or, where that has no field for something,
/// with `sql`.
///
/// # Errors
/// As [`may_be_written`].
pub fn to_manifest(table: &model::Table, database: &str, dialect: Dialect) -> Result<Table, ExportError> {
    may_be_written(table)?;
    let spec = structured(table, database, dialect).unwrap_or_else(|NotStructured| as_sql(table, database, dialect));
    Ok(named(table, spec))
}

/// The Table object that says all that was declared: whether the table is to exist, and from which names it comes.
///
/// # Errors
/// As [`to_manifest`].
pub fn to_declaration(desired: &DesiredTable, database: &str, dialect: Dialect) -> Result<Table, ExportError> {
    // Without `..`: a new part must be decided on here.
    let DesiredTable {
        table,
        ensure,
        renamed_from,
        column_renames,
        partitions,
        manages_counter: _,
        time_zone: _,
        origin: _,
    } = desired;
    let mut manifest = match ensure {
        Ensure::Present => to_manifest(table, database, dialect)?,
        Ensure::Absent => {
            let mut spec = empty(database);
            spec.ensure = EnsureSpec::Absent;
            named(table, spec)
        }
    };
    let spec = &mut manifest.spec;
    spec.renamed_from = renamed_from.iter().map(ToString::to_string).collect();
    for (column, from) in column_renames {
        if let Some(column) = spec.columns.iter_mut().find(|spec| spec.name.as_str() == column.as_str()) {
            column.renamed_from = from.iter().map(ToString::to_string).collect();
        }
    }
    if let (Some(partitioning), PartitionManagement::Scheme) = (&mut spec.partitioning, partitions) {
        partitioning.manage = PartitionManageSpec::Scheme;
    }
    Ok(manifest)
}

/// The Table object with the whole table as SQL.
///
/// # Errors
/// As [`to_manifest`].
pub fn to_sql_manifest(table: &model::Table, database: &str, dialect: Dialect) -> Result<Table, ExportError> {
    to_manifest(table, database, dialect)?;
    Ok(named(table, as_sql(table, database, dialect)))
}

/// The Table object as YAML, fields in the order of the reference.
pub fn to_yaml(table: &Table) -> String {
    let mut out = String::from("apiVersion: tablewright.dev/v1alpha1\nkind: Table\nmetadata:\n");
    let name = table.metadata.name.as_deref().unwrap_or_default();
    // Writing to a String does not fail.
    let _ = writeln!(out, "  name: {}", yaml::text(name));
    out.push_str("spec:\n");
    yaml::spec(&mut out, &table.spec);
    out
}

fn named(table: &model::Table, mut spec: TableSpec) -> Table {
    let name = object_name(table.name.as_str());
    if name != table.name.as_str() {
        spec.name = Some(table.name.to_string());
    }
    Table::new(&name, spec)
}

fn empty(database: &str) -> TableSpec {
    TableSpec::new(DatabaseReference { name: database.to_owned(), namespace: None })
}

fn as_sql(table: &model::Table, database: &str, dialect: Dialect) -> TableSpec {
    let mut spec = empty(database);
    let mut table = table.clone();
    // The counter is never managed unless somebody asks for it.
    table.options.auto_increment = None;
    spec.sql = Some(sql::print_create_table(&table, Style::Plain, dialect));
    spec
}

fn structured(table: &model::Table, database: &str, dialect: Dialect) -> Result<TableSpec, NotStructured> {
    // Without `..`: a new part must be decided on here.
    let model::Table { name: _, columns, primary_key, indexes, foreign_keys, checks, options, partitioning } = table;
    let mut spec = empty(database);
    spec.columns = columns.iter().map(|column| columns::column(column, table)).collect::<Result<_, _>>()?;
    spec.primary_key = primary_key.as_ref().map(primary_key_spec).transpose()?;
    spec.indexes = indexes.iter().map(index).collect::<Result<_, _>>()?;
    spec.foreign_keys = foreign_keys.iter().map(|key| foreign_key(key, dialect)).collect::<Result<_, _>>()?;
    spec.checks = checks.iter().map(check).collect::<Result<_, _>>()?;
    spec.options = options::options(options)?;
    spec.partitioning = partitioning.as_ref().map(partitions::partitioning).transpose()?;
    Ok(spec)
}

fn not_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn primary_key_spec(key: &model::PrimaryKey) -> Result<PrimaryKeySpec, NotStructured> {
    let model::PrimaryKey { parts, algorithm, key_block_size, comment, engine_attribute, secondary_engine_attribute } =
        key;
    Ok(PrimaryKeySpec {
        columns: parts.iter().map(part).collect(),
        algorithm: algorithm.map(index_algorithm).transpose()?,
        key_block_size: *key_block_size,
        comment: not_empty(comment),
        engine_attribute: engine_attribute.clone(),
        secondary_engine_attribute: secondary_engine_attribute.clone(),
    })
}

fn index(index: &model::Index) -> Result<IndexSpec, NotStructured> {
    let model::Index {
        name,
        kind,
        parts,
        algorithm,
        key_block_size,
        parser,
        visible,
        comment,
        engine_attribute,
        secondary_engine_attribute,
        constraint,
    } = index;
    let name = match (name, constraint) {
        (Some(name), _) => name.to_string(),
        (None, Some(constraint)) => constraint.to_string(),
        (None, None) => return Err(NotStructured),
    };
    Ok(IndexSpec {
        name,
        kind: match kind {
            IndexKind::Plain => IndexKindSpec::Plain,
            IndexKind::Unique => IndexKindSpec::Unique,
            IndexKind::Fulltext => IndexKindSpec::Fulltext,
            IndexKind::Spatial => IndexKindSpec::Spatial,
        },
        columns: parts.iter().map(part).collect(),
        algorithm: algorithm.map(index_algorithm).transpose()?,
        parser: parser.clone(),
        visible: (!visible).then_some(false),
        comment: not_empty(comment),
        key_block_size: *key_block_size,
        engine_attribute: engine_attribute.clone(),
        secondary_engine_attribute: secondary_engine_attribute.clone(),
    })
}

fn part(part: &KeyPart) -> KeyPartSpec {
    let order = part.descending.then_some(OrderSpec::Desc);
    match &part.target {
        KeyTarget::Column { name, length } => {
            KeyPartSpec { name: Some(name.to_string()), length: *length, order, expression: None }
        }
        KeyTarget::Expression(expression) => {
            KeyPartSpec { name: None, length: None, order, expression: Some(expression.as_str().to_owned()) }
        }
    }
}

fn index_algorithm(algorithm: IndexAlgorithm) -> Result<IndexAlgorithmSpec, NotStructured> {
    match algorithm {
        IndexAlgorithm::Btree => Ok(IndexAlgorithmSpec::Btree),
        IndexAlgorithm::Hash => Ok(IndexAlgorithmSpec::Hash),
        IndexAlgorithm::Rtree => Err(NotStructured),
    }
}

fn foreign_key(key: &model::ForeignKey, dialect: Dialect) -> Result<ForeignKeySpec, NotStructured> {
    let model::ForeignKey {
        name,
        index_name,
        columns,
        referenced_schema,
        referenced_table,
        referenced_columns,
        on_delete,
        on_update,
    } = key;
    let (Some(name), None) = (name, index_name) else { return Err(NotStructured) };
    Ok(ForeignKeySpec {
        name: name.to_string(),
        columns: columns.iter().map(ToString::to_string).collect(),
        references: ReferencesSpec {
            schema: referenced_schema.as_ref().map(ToString::to_string),
            table: referenced_table.to_string(),
            columns: referenced_columns.iter().map(ToString::to_string).collect(),
        },
        on_delete: action(*on_delete, dialect)?,
        on_update: action(*on_update, dialect)?,
    })
}

fn action(action: ReferentialAction, dialect: Dialect) -> Result<ForeignKeyActionSpec, NotStructured> {
    // In a manifest it may as well be unsaid.
    if action == ReferentialAction::NoAction && action != dialect.unsaid_action() {
        return Err(NotStructured);
    }
    Ok(match action {
        ReferentialAction::NoAction => ForeignKeyActionSpec::NoAction,
        ReferentialAction::Restrict => ForeignKeyActionSpec::Restrict,
        ReferentialAction::Cascade => ForeignKeyActionSpec::Cascade,
        ReferentialAction::SetNull => ForeignKeyActionSpec::SetNull,
        ReferentialAction::SetDefault => ForeignKeyActionSpec::SetDefault,
    })
}

fn check(check: &model::Check) -> Result<CheckSpec, NotStructured> {
    let model::Check { name, expression, enforced } = check;
    let Some(name) = name else { return Err(NotStructured) };
    Ok(CheckSpec {
        name: name.to_string(),
        expression: expression.as_str().to_owned(),
        enforced: (!enforced).then_some(false),
    })
}

#[cfg(test)]
mod tests;
