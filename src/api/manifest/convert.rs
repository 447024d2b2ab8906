//! A Table's spec to what it declares. Text that is SQL (types, expressions) goes through `sql` and comes out as data of
//! exactly one kind; everything else stays data.

use crate::model::{
    Check, ColumnName, ConstraintName, DesiredTable, Dialect, Ensure, ForeignKey, Origin, PartitionManagement,
    ReferentialAction, SchemaName, Table, TableName,
};
use crate::{normalize, sql};

use super::super::{CheckSpec, EnsureSpec, ForeignKeyActionSpec, ForeignKeySpec, PartitionManageSpec, TableSpec};

mod columns;
mod indexes;
mod names;
mod options;
mod partitions;
mod renames;

/// Something wrong in a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Where, e.g. `spec.columns[3].type`.
    pub(super) path: String,
    /// What.
    pub(super) message: String,
    /// What to do.
    pub(super) hint: String,
}

/// Collects what is wrong.
#[derive(Debug, Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        self.0.push(Fault { path: path.into(), message: message.into(), hint: hint.into() });
    }

    /// Takes the value, or notes what `sql` has against it.
    fn sql<T>(&mut self, path: impl FnOnce() -> String, text: &str, result: Result<T, sql::SqlError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                let place = if text.contains('\n') {
                    format!("line {}, column {}", error.line, error.column)
                } else {
                    format!("column {}", error.column)
                };
                self.add(path(), format!("{} (at {place} of the text)", error.problem), error.advice);
                None
            }
        }
    }

    /// Notes a name that MySQL cannot hold.
    fn name(&mut self, path: impl FnOnce() -> String, name: &str) {
        if let Err(problem) = sql::check_identifier(name) {
            self.add(path(), format!("`{name}` cannot be a name in MySQL: {problem}"), "choose another name");
        }
    }
}

/// What a spec declares; `object` is the object's name.
///
/// # Errors
/// Everything that is wrong, in the order of the fields.
pub(super) fn desired(
    spec: &TableSpec,
    object: &str,
    origin: Origin,
    dialect: Dialect,
) -> Result<DesiredTable, Vec<Fault>> {
    let mut faults = Faults::default();
    shape(spec, &mut faults);
    let name = spec.name.as_deref().unwrap_or(object);
    let name_path = if spec.name.is_some() { "spec.name" } else { "metadata.name" };
    faults.name(|| name_path.to_owned(), name);
    for (index, old) in spec.renamed_from.iter().enumerate() {
        faults.name(|| format!("spec.renamedFrom[{index}]"), old);
    }
    let mut table = match (spec.ensure, &spec.sql) {
        (EnsureSpec::Absent, _) => Table::new(TableName::new(name)),
        (EnsureSpec::Present, Some(sql)) => from_sql(sql, name, dialect, &mut faults),
        (EnsureSpec::Present, None) => structured(spec, name, &mut faults),
    };
    if !faults.0.is_empty() {
        return Err(faults.0);
    }
    if spec.sql.is_none() {
        normalize::unsaid_actions(&mut table, dialect);
    }
    normalize::in_words_of(&mut table, dialect);
    Ok(DesiredTable {
        time_zone: None,
        table,
        ensure: match spec.ensure {
            EnsureSpec::Present => Ensure::Present,
            EnsureSpec::Absent => Ensure::Absent,
        },
        renamed_from: spec.renamed_from.iter().map(TableName::new).collect(),
        column_renames: spec
            .columns
            .iter()
            .filter(|column| !column.renamed_from.is_empty())
            .map(|column| (ColumnName::new(&column.name), column.renamed_from.iter().map(ColumnName::new).collect()))
            .collect(),
        partitions: match spec.partitioning.as_ref().map(|partitioning| partitioning.manage) {
            Some(PartitionManageSpec::Scheme) => PartitionManagement::Scheme,
            Some(PartitionManageSpec::All) | None => PartitionManagement::All,
        },
        manages_counter: spec.sql.is_none(),
        origin,
    })
}

/// What the CRD's rules say of the whole, for those who have no API server at hand.
fn shape(spec: &TableSpec, faults: &mut Faults) {
    let parts = spec.primary_key.is_some()
        || !spec.indexes.is_empty()
        || !spec.foreign_keys.is_empty()
        || !spec.checks.is_empty()
        || spec.partitioning.is_some()
        || spec.options.is_some();
    let columns = !spec.columns.is_empty();
    match (spec.ensure, columns, spec.sql.is_some()) {
        (EnsureSpec::Present, true, true) => {
            faults.add("spec", "both columns and sql", "give either columns or sql, not both")
        }
        (EnsureSpec::Present, false, false) => faults.add(
            "spec",
            "neither columns nor sql",
            "give columns or sql; to have the table dropped, say ensure: Absent",
        ),
        (EnsureSpec::Absent, true, _) | (EnsureSpec::Absent, _, true) => faults.add(
            "spec",
            "a definition of a table that is to be absent",
            "with ensure: Absent remove columns, sql and everything that belongs to them",
        ),
        (EnsureSpec::Absent, false, false) if parts => faults.add(
            "spec",
            "parts of a table that is to be absent",
            "with ensure: Absent remove primaryKey, indexes, foreignKeys, checks, partitioning and options",
        ),
        (EnsureSpec::Present, false, true) if parts => faults.add(
            "spec",
            "sql, and parts of the table beside it",
            "move primaryKey, indexes, foreignKeys, checks, partitioning and options into the statement",
        ),
        (EnsureSpec::Present | EnsureSpec::Absent, _, _) => {}
    }
}

fn from_sql(text: &str, name: &str, dialect: Dialect, faults: &mut Faults) -> Table {
    let parsed = sql::parse_create_table(text, dialect);
    let Some(table) = faults.sql(|| "spec.sql".to_owned(), text, parsed) else {
        return Table::new(TableName::new(name));
    };
    if table.name.as_str() != name {
        faults.add(
            "spec.sql",
            format!("the statement creates `{}`, but this Table is `{name}`", table.name),
            "make them the same: set spec.name to the table's name",
        );
    }
    faults.0.extend(super::connection(&table, "spec.sql"));
    table
}

fn structured(spec: &TableSpec, name: &str, faults: &mut Faults) -> Table {
    let mut table = Table::new(TableName::new(name));
    table.columns = columns::columns(&spec.columns, faults);
    renames::circle(&spec.columns, faults);
    let known = names::Columns::new(&spec.columns);
    if let Some(key) = &spec.primary_key {
        table.primary_key = indexes::primary_key(key, &known, faults);
    }
    table.indexes = indexes::indexes(&spec.indexes, &known, faults);
    table.foreign_keys = foreign_keys(&spec.foreign_keys, &known, faults);
    table.checks = checks(&spec.checks, faults);
    if let Some(options) = &spec.options {
        table.options = options::options(options, faults);
    }
    if let Some(partitioning) = &spec.partitioning {
        table.partitioning = partitions::partitioning(partitioning, &known, faults);
    }
    table
}

fn foreign_keys(specs: &[ForeignKeySpec], known: &names::Columns, faults: &mut Faults) -> Vec<ForeignKey> {
    names::unique("spec.foreignKeys", "foreign key", specs.iter().map(|spec| spec.name.as_str()), faults);
    specs.iter().enumerate().map(|(index, spec)| foreign_key(index, spec, known, faults)).collect()
}

fn foreign_key(index: usize, spec: &ForeignKeySpec, known: &names::Columns, faults: &mut Faults) -> ForeignKey {
    let path = |rest: &str| format!("spec.foreignKeys[{index}]{rest}");
    faults.name(|| path(".name"), &spec.name);
    for (position, column) in spec.columns.iter().enumerate() {
        known.check(|| path(&format!(".columns[{position}]")), column, faults);
    }
    if let Some(schema) = &spec.references.schema {
        faults.name(|| path(".references.schema"), schema);
        let reserved = ["mysql", "sys", "information_schema", "performance_schema", "ndbinfo"];
        if reserved.contains(&schema.to_lowercase().as_str()) {
            faults.add(
                path(".references.schema"),
                format!("the schema `{schema}` belongs to MySQL itself"),
                "a foreign key cannot refer to it",
            );
        }
    }
    faults.name(|| path(".references.table"), &spec.references.table);
    if spec.columns.is_empty() {
        faults.add(path(".columns"), "a foreign key without columns", "name at least one column");
    }
    if spec.columns.len() != spec.references.columns.len() {
        faults.add(
            path(".references.columns"),
            format!("{} columns refer to {}", spec.columns.len(), spec.references.columns.len()),
            "a foreign key has as many columns as it references",
        );
    }
    for (position, column) in spec.references.columns.iter().enumerate() {
        faults.name(|| path(&format!(".references.columns[{position}]")), column);
    }
    ForeignKey {
        name: Some(ConstraintName::new(&spec.name)),
        index_name: None,
        columns: spec.columns.iter().map(ColumnName::new).collect(),
        referenced_schema: spec.references.schema.as_ref().map(SchemaName::new),
        referenced_table: TableName::new(&spec.references.table),
        referenced_columns: spec.references.columns.iter().map(ColumnName::new).collect(),
        on_delete: action(spec.on_delete),
        on_update: action(spec.on_update),
    }
}

fn action(spec: ForeignKeyActionSpec) -> ReferentialAction {
    match spec {
        ForeignKeyActionSpec::NoAction => ReferentialAction::NoAction,
        ForeignKeyActionSpec::Restrict => ReferentialAction::Restrict,
        ForeignKeyActionSpec::Cascade => ReferentialAction::Cascade,
        ForeignKeyActionSpec::SetNull => ReferentialAction::SetNull,
        ForeignKeyActionSpec::SetDefault => ReferentialAction::SetDefault,
    }
}

fn checks(specs: &[CheckSpec], faults: &mut Faults) -> Vec<Check> {
    names::unique("spec.checks", "check", specs.iter().map(|spec| spec.name.as_str()), faults);
    let mut checks = Vec::with_capacity(specs.len());
    for (index, spec) in specs.iter().enumerate() {
        let path = |rest: &str| format!("spec.checks[{index}]{rest}");
        faults.name(|| path(".name"), &spec.name);
        let parsed = sql::parse_expression(&spec.expression);
        let Some(expression) = faults.sql(|| path(".expression"), &spec.expression, parsed) else { continue };
        checks.push(Check {
            name: Some(ConstraintName::new(&spec.name)),
            expression,
            enforced: spec.enforced.unwrap_or(true),
        });
    }
    checks
}
