//! Scripts as desired state: what `CREATE INDEX` and `ALTER TABLE` do to the tables declared before them.

use super::super::{Located, SqlError};
use super::ScriptStatement;
use crate::model::{
    AlterClause, AlterTable, CharacterSpec, Column, ColumnName, DataType, KeyTarget, Position, SchemaName, Table,
    TableName, TableOptions,
};

/// A table that a script declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptTable {
    /// The schema that qualifies its name, or that of the last `USE` before it; `None` without either.
    pub schema: Option<SchemaName>,
    /// The table.
    pub table: Table,
    /// The time zone that the script has set before it; `None`: the server's own.
    pub time_zone: Option<String>,
}

/// The tables that a script declares, in order: `CREATE INDEX` and `ALTER TABLE` are folded into the table they belong
/// to. An error where they belong to none, where a table is declared twice, or where two tables are of two schemas.
pub fn fold_script(statements: Vec<Located<ScriptStatement>>) -> Result<Vec<Located<ScriptTable>>, Vec<SqlError>> {
    let mut fold = Fold::default();
    for statement in statements {
        let Located { value, offset, line, column } = statement;
        let place = Located { value: (), offset, line, column };
        match value {
            ScriptStatement::CreateTable { schema, table, if_not_exists } => {
                let schema = fold.placed(schema);
                if fold.is_in_one_schema(schema.as_ref(), &table.name, &place) {
                    fold.create(schema, *table, if_not_exists, &place);
                }
            }
            ScriptStatement::CreateIndex { schema, table, index } => {
                let schema = fold.placed(schema);
                if fold.is_in_one_schema(schema.as_ref(), &table, &place)
                    && let Some(table) = fold.table(schema.as_ref(), &table, &place)
                {
                    table.indexes.push(*index);
                }
            }
            ScriptStatement::AlterTable { schema, alter } => {
                let schema = fold.placed(schema);
                if fold.is_in_one_schema(schema.as_ref(), &alter.table, &place) {
                    fold.alter(schema.as_ref(), *alter, &place);
                }
            }
            ScriptStatement::Use { schema } => fold.current = Some(schema),
            ScriptStatement::TimeZone { zone } => fold.zone = zone,
            ScriptStatement::DropTables { tables } => {
                for (schema, table) in tables {
                    let schema = fold.placed(schema);
                    fold.drop_table(schema.as_ref(), &table);
                }
            }
            ScriptStatement::Skipped { what: _, reason: _ } => {}
        }
    }
    if fold.errors.is_empty() { Ok(fold.tables.into_iter().flatten().collect()) } else { Err(fold.errors) }
}

#[derive(Default)]
struct Fold {
    /// `None`: dropped again.
    tables: Vec<Option<Located<ScriptTable>>>,
    errors: Vec<SqlError>,
    /// The schema of the last `USE`.
    current: Option<SchemaName>,
    /// The time zone of the last `SET TIME_ZONE`.
    zone: Option<String>,
    /// The first schema that a table was declared in, and the line.
    first: Option<(SchemaName, u64)>,
    /// Where a table is found by its name, so that many tables do not cost a search each.
    by_name: std::collections::BTreeMap<(Option<SchemaName>, TableName), usize>,
}

fn error(place: &Located<()>, problem: String, advice: &str) -> SqlError {
    SqlError { line: place.line, column: place.column, offset: place.offset, problem, advice: advice.to_owned() }
}

impl Fold {
    /// The schema of a name: its own, else that of the last `USE`.
    fn placed(&self, schema: Option<SchemaName>) -> Option<SchemaName> {
        schema.or_else(|| self.current.clone())
    }

    /// Whether a table is of the schema that the tables before it are of; an error where it is not: a plan is of one schema.
    fn is_in_one_schema(&mut self, schema: Option<&SchemaName>, table: &TableName, place: &Located<()>) -> bool {
        let Some(schema) = schema else { return true };
        match &self.first {
            None => {
                self.first = Some((schema.clone(), place.line));
                true
            }
            Some((first, _)) if first == schema => true,
            Some((first, line)) => {
                let problem = format!(
                    "table `{table}` is of schema `{schema}`, and the script begins with tables of `{first}` (line {line})"
                );
                self.errors.push(error(
                    place,
                    problem,
                    "give each schema a script of its own, and plan each by itself",
                ));
                false
            }
        }
    }

    fn create(&mut self, schema: Option<SchemaName>, table: Table, if_not_exists: bool, place: &Located<()>) {
        let key = (schema.clone(), table.name.clone());
        if let Some(Some(first)) = self.by_name.get(&key).and_then(|index| self.tables.get(*index)) {
            if !if_not_exists {
                let problem = format!("table {} is declared twice, first at line {}", table.name, first.line);
                self.errors.push(error(place, problem, "keep one of the two"));
            }
            return;
        }
        self.by_name.insert(key, self.tables.len());
        let value = ScriptTable { schema, table, time_zone: self.zone.clone() };
        let Located { value: (), offset, line, column } = *place;
        self.tables.push(Some(Located { value, offset, line, column }));
    }

    fn find(&self, schema: Option<&SchemaName>, name: &TableName) -> Option<usize> {
        self.by_name.get(&(schema.cloned(), name.clone())).copied().or_else(|| {
            // A name with a schema and one without are taken for the same where only one table has the name.
            let mut same = self.by_name.iter().filter(|((other, table), _)| {
                table == name && (schema.is_none() || other.is_none() || other.as_ref() == schema)
            });
            let first = same.next();
            first.filter(|_| same.next().is_none()).map(|(_, index)| *index)
        })
    }

    fn drop_table(&mut self, schema: Option<&SchemaName>, name: &TableName) {
        if let Some(index) = self.find(schema, name) {
            self.by_name.retain(|_, other| *other != index);
            if let Some(table) = self.tables.get_mut(index) {
                *table = None;
            }
        }
    }

    fn table(&mut self, schema: Option<&SchemaName>, name: &TableName, place: &Located<()>) -> Option<&mut Table> {
        let found = self.find(schema, name);
        match found.and_then(|index| self.tables.get_mut(index)) {
            Some(Some(table)) => Some(&mut table.value.table),
            Some(None) | None => {
                let problem = format!("table {name} is not declared before this statement");
                self.errors.push(error(place, problem, "declare it with CREATE TABLE in the same script"));
                None
            }
        }
    }

    fn alter(&mut self, schema: Option<&SchemaName>, alter: AlterTable, place: &Located<()>) {
        let AlterTable { table: name, clauses, algorithm: _, lock: _ } = alter;
        let Some(table) = self.table(schema, &name, place) else { return };
        let mut problems = Vec::new();
        for clause in clauses {
            if let Err(problem) = apply(table, clause) {
                problems.push(error(place, problem, "write the table's definition as it is to be"));
            }
        }
        self.errors.extend(problems);
    }
}

/// Applies one clause to a definition as written.
fn apply(table: &mut Table, clause: AlterClause) -> Result<(), String> {
    match clause {
        AlterClause::AddColumn { column, position } => insert(table, *column, position),
        AlterClause::ModifyColumn { column, position } => {
            let name = column.name.clone();
            replace(table, &name, *column, position)
        }
        AlterClause::ChangeColumn { from, column, position } => {
            if from.same(&column.name) {
                replace(table, &from, *column, position)
            } else {
                Err(format!("column {from} is renamed, which declares nothing"))
            }
        }
        AlterClause::DropColumn(name) => drop_column(table, &name),
        AlterClause::AlterColumnDefault { column, default } => {
            find(table, &column)?.default = default;
            Ok(())
        }
        AlterClause::AlterColumnVisibility { column, visible } => {
            find(table, &column)?.visible = visible;
            Ok(())
        }
        AlterClause::AddPrimaryKey(primary_key) => {
            if table.primary_key.is_some() {
                return Err(format!("table {} has a primary key already", table.name));
            }
            table.primary_key = Some(primary_key);
            Ok(())
        }
        AlterClause::DropPrimaryKey => {
            table.primary_key.take().map(|_| ()).ok_or_else(|| "there is no primary key".to_owned())
        }
        AlterClause::AddIndex(index) => {
            table.indexes.push(*index);
            Ok(())
        }
        AlterClause::DropIndex(name) => {
            let before = table.indexes.len();
            table.indexes.retain(|index| !index.name.as_ref().is_some_and(|other| other.same(&name)));
            if table.indexes.len() < before { Ok(()) } else { Err(format!("there is no index {name}")) }
        }
        AlterClause::AlterIndexVisibility { index: name, visible } => {
            let index =
                table.indexes.iter_mut().find(|index| index.name.as_ref().is_some_and(|other| other.same(&name)));
            index.map(|index| index.visible = visible).ok_or_else(|| format!("there is no index {name}"))
        }
        AlterClause::AddForeignKey(foreign_key) => {
            table.foreign_keys.push(foreign_key);
            Ok(())
        }
        AlterClause::DropForeignKey(name) => {
            let before = table.foreign_keys.len();
            table.foreign_keys.retain(|key| !key.name.as_ref().is_some_and(|other| other.same(&name)));
            if table.foreign_keys.len() < before { Ok(()) } else { Err(format!("there is no foreign key {name}")) }
        }
        AlterClause::AddCheck(check) => {
            table.checks.push(check);
            Ok(())
        }
        AlterClause::DropCheck(name) => {
            let before = table.checks.len();
            table.checks.retain(|check| !check.name.as_ref().is_some_and(|other| other.same(&name)));
            if table.checks.len() < before { Ok(()) } else { Err(format!("there is no CHECK constraint {name}")) }
        }
        AlterClause::AlterCheck { name, enforced } => {
            let check =
                table.checks.iter_mut().find(|check| check.name.as_ref().is_some_and(|other| other.same(&name)));
            check.map(|check| check.enforced = enforced).ok_or_else(|| format!("there is no CHECK constraint {name}"))
        }
        AlterClause::Options { set, reset } => set_options(&mut table.options, *set, &reset),
        AlterClause::PartitionBy(partitioning) => {
            table.partitioning = Some(*partitioning);
            Ok(())
        }
        AlterClause::RemovePartitioning => {
            table.partitioning = None;
            Ok(())
        }
        AlterClause::AddPartitions(partitions) => match &mut table.partitioning {
            Some(partitioning) => {
                partitioning.partitions.extend(partitions);
                Ok(())
            }
            None => Err("the table is not partitioned".to_owned()),
        },
        AlterClause::Force | AlterClause::OrderBy(_) => Ok(()),
        AlterClause::RenameColumn { from, to: _ } => Err(format!("column {from} is renamed, which declares nothing")),
        AlterClause::RenameIndex { from, to: _ } => Err(format!("index {from} is renamed, which declares nothing")),
        AlterClause::ConvertTo { character_set, collation } => convert(table, &character_set, &collation),
        AlterClause::AddPartitionCount(_)
        | AlterClause::DropPartitions(_)
        | AlterClause::ReorganizePartitions { from: _, into: _ }
        | AlterClause::CoalescePartitions(_) => Err("the partitions are changed after they were declared".to_owned()),
    }
}

/// `CONVERT TO`: the table's character set, and that of each column that has one. A TEXT column may become a larger type by
/// that, which depends on what it was before.
fn convert(table: &mut Table, character_set: &str, collation: &str) -> Result<(), String> {
    let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    let characters = CharacterSpec { character_set: named(character_set), collation: named(collation), binary: false };
    if let Some(column) = table.columns.iter().find(|column| matches!(column.data_type, DataType::Text { .. })) {
        return Err(format!("CONVERT TO may make column {} a larger type", column.name));
    }
    for column in &mut table.columns {
        if let Some(own) = column.data_type.characters_mut() {
            *own = characters.clone();
        }
    }
    table.options.character_set = characters.character_set;
    table.options.collation = characters.collation;
    Ok(())
}

fn find<'a>(table: &'a mut Table, name: &ColumnName) -> Result<&'a mut Column, String> {
    table.columns.iter_mut().find(|column| column.name.same(name)).ok_or_else(|| format!("there is no column {name}"))
}

fn insert(table: &mut Table, column: Column, position: Option<Position>) -> Result<(), String> {
    let at = match position {
        None => table.columns.len(),
        Some(Position::First) => 0,
        Some(Position::After(name)) => {
            let before = table.columns.iter().position(|column| column.name.same(&name));
            before.ok_or_else(|| format!("there is no column {name}"))? + 1
        }
    };
    if table.column(&column.name).is_some() {
        return Err(format!("column {} is there already", column.name));
    }
    table.columns.insert(at, column);
    Ok(())
}

fn replace(table: &mut Table, name: &ColumnName, column: Column, position: Option<Position>) -> Result<(), String> {
    if position.is_none() {
        *find(table, name)? = column;
        return Ok(());
    }
    find(table, name)?;
    table.columns.retain(|other| !other.name.same(name));
    insert(table, column, position)
}

/// As the server does: keys lose the column, and vanish with their last one.
fn drop_column(table: &mut Table, name: &ColumnName) -> Result<(), String> {
    find(table, name)?;
    table.columns.retain(|column| !column.name.same(name));
    let keeps = |part: &crate::model::KeyPart| match &part.target {
        KeyTarget::Column { name: other, length: _ } => !other.same(name),
        KeyTarget::Expression(_) => true,
    };
    for index in &mut table.indexes {
        index.parts.retain(keeps);
    }
    table.indexes.retain(|index| !index.parts.is_empty());
    if let Some(primary_key) = &mut table.primary_key {
        primary_key.parts.retain(keeps);
    }
    table.primary_key = table.primary_key.take().filter(|primary_key| !primary_key.parts.is_empty());
    Ok(())
}

fn set_options(options: &mut TableOptions, set: TableOptions, reset: &[String]) -> Result<(), String> {
    for name in reset {
        reset_option(options, name);
    }
    let TableOptions {
        engine,
        character_set,
        collation,
        comment,
        auto_increment,
        row_format,
        key_block_size,
        compression,
        encryption,
        tablespace,
        storage,
        autoextend_size,
        data_directory,
        index_directory,
        stats_persistent,
        stats_auto_recalc,
        stats_sample_pages,
        avg_row_length,
        min_rows,
        max_rows,
        pack_keys,
        checksum,
        delay_key_write,
        insert_method,
        union,
        connection,
        engine_attribute,
        secondary_engine_attribute,
        secondary_engine,
    } = set;
    if character_set.is_some() || collation.is_some() {
        return Err("the table's character set is changed after its columns were declared".to_owned());
    }
    macro_rules! take {
        ($($field:ident),*) => {
            $(if $field.is_some() { options.$field = $field; })*
        };
    }
    take!(
        engine,
        comment,
        auto_increment,
        row_format,
        key_block_size,
        compression,
        encryption,
        tablespace,
        storage,
        autoextend_size,
        data_directory,
        index_directory,
        stats_persistent,
        stats_auto_recalc,
        stats_sample_pages,
        avg_row_length,
        min_rows,
        max_rows,
        pack_keys,
        checksum,
        delay_key_write,
        insert_method,
        connection,
        engine_attribute,
        secondary_engine_attribute,
        secondary_engine
    );
    if !union.is_empty() {
        options.union = union;
    }
    Ok(())
}

fn reset_option(options: &mut TableOptions, name: &str) {
    match name {
        "COMMENT" => options.comment = None,
        "ROW_FORMAT" => options.row_format = None,
        "KEY_BLOCK_SIZE" => options.key_block_size = None,
        "COMPRESSION" => options.compression = None,
        "ENCRYPTION" => options.encryption = None,
        "AUTOEXTEND_SIZE" => options.autoextend_size = None,
        "STATS_PERSISTENT" => options.stats_persistent = None,
        "STATS_AUTO_RECALC" => options.stats_auto_recalc = None,
        "STATS_SAMPLE_PAGES" => options.stats_sample_pages = None,
        "AVG_ROW_LENGTH" => options.avg_row_length = None,
        "MIN_ROWS" => options.min_rows = None,
        "MAX_ROWS" => options.max_rows = None,
        "PACK_KEYS" => options.pack_keys = None,
        "CHECKSUM" => options.checksum = None,
        "DELAY_KEY_WRITE" => options.delay_key_write = None,
        "INSERT_METHOD" => options.insert_method = None,
        "CONNECTION" => options.connection = None,
        "ENGINE_ATTRIBUTE" => options.engine_attribute = None,
        "SECONDARY_ENGINE_ATTRIBUTE" => options.secondary_engine_attribute = None,
        "SECONDARY_ENGINE" => options.secondary_engine = None,
        _ => {}
    }
}
