//! The live schema around the tables that differ: parents and children by foreign keys, whose definitions are needed for
//! locks, order and rehearsal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::observe::{Definition, Observed, read_definitions};
use super::compare::{declared, refuse};
use crate::diff::{Change, ChangeSet, Desired, History, LiveSchema, LiveTable};
use crate::model::{Dependants, ForeignKey, ForeignKeyEdge, TableName};
use crate::mysql::{self, MysqlError, Server, TableKind};
use crate::plan::proposal::{Refusal, RefusalReason};

/// Live definitions of the open tables and of their relatives.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// By live name.
    pub(super) definitions: BTreeMap<TableName, Arc<Definition>>,
    /// Live names of the open tables themselves; the others are relatives.
    pub(super) open: BTreeSet<TableName>,
}

/// Collects what was observed and reads what is missing.
pub(super) async fn surroundings(
    primary: &Server,
    observed: &Observed,
    open: &[Desired],
) -> Result<Surroundings, MysqlError> {
    let mut names: BTreeSet<TableName> = BTreeSet::new();
    for desired in open {
        let declared = &desired.declared;
        let own = std::iter::once(&declared.table.name).chain(&declared.renamed_from);
        names.extend(own.filter_map(|name| observed.live_name(name)).cloned());
    }
    let own = names.clone();
    for edge in &observed.edges {
        let (child_here, parent_here) = (edge.schema == *primary.schema(), edge.parent_schema == *primary.schema());
        if child_here && parent_here && (own.contains(&edge.child) || own.contains(&edge.parent)) {
            names.insert(edge.child.clone());
            names.insert(edge.parent.clone());
        }
    }
    for foreign_key in open.iter().flat_map(|desired| &desired.canonical.foreign_keys) {
        if foreign_key.referenced_schema.is_none() {
            names.extend(observed.live_name(&foreign_key.referenced_table).cloned());
        }
    }
    names.retain(|name| observed.kinds.get(name) == Some(&TableKind::BaseTable));
    let mut definitions: BTreeMap<TableName, Arc<Definition>> =
        names.iter().filter_map(|name| Some((name.clone(), Arc::clone(observed.definitions.get(name)?)))).collect();
    let missing: Vec<TableName> = names.iter().filter(|name| !definitions.contains_key(*name)).cloned().collect();
    if !missing.is_empty() {
        definitions.extend(read_definitions(primary, &missing, observed.facts(), &observed.defaults).await?);
    }
    Ok(Surroundings { definitions, open: own })
}

/// Tables that get a foreign key to a parent in another schema that is not there: a scratch schema cannot show that. Keys
/// that are there already are left alone: the account need not see their parents.
pub(super) async fn missing_elsewhere(
    primary: &Server,
    open: &[Desired],
    changes: &ChangeSet,
) -> Result<Vec<Refusal>, MysqlError> {
    let mut refusals = Vec::new();
    for (table, foreign_key) in changes.changes.iter().flat_map(added) {
        let schema = foreign_key.referenced_schema.as_ref().filter(|schema| *schema != primary.schema());
        let (Some(schema), Some(declared)) = (schema, declared(open, table)) else { continue };
        let parent = &foreign_key.referenced_table;
        if !mysql::is_table_elsewhere(primary, schema, parent).await? {
            let message = format!(
                "a foreign key refers to `{schema}`.`{parent}`, which does not exist, or which this account may not see; \
                 create it first, or: GRANT REFERENCES, SELECT on it"
            );
            refusals.push(refuse(declared, RefusalReason::MissingReference, &message));
        }
    }
    Ok(refusals)
}

/// The foreign keys that a change makes, with their table.
fn added(change: &Change) -> Vec<(&TableName, &ForeignKey)> {
    match change {
        Change::CreateTable { canonical, table: _ } => {
            canonical.foreign_keys.iter().map(|foreign_key| (&canonical.name, foreign_key)).collect()
        }
        Change::AlterTable(difference) => {
            let (live, desired) = (&difference.live.foreign_keys, &difference.desired);
            let leads =
                |key: &ForeignKey| (key.columns.clone(), key.referenced_schema.clone(), key.referenced_table.clone());
            let is_new = |key: &&ForeignKey| !live.iter().any(|other| leads(other) == leads(key));
            desired.foreign_keys.iter().filter(is_new).map(|foreign_key| (&desired.name, foreign_key)).collect()
        }
        Change::DropTable { .. } | Change::RenameTable { .. } => Vec::new(),
    }
}

impl Surroundings {
    /// What `diff` and `plan` look at. Foreign keys come from the definitions; those of tables in other schemas, and of
    /// tables that could not be read, from the server's list, without columns.
    pub(super) fn live_schema(&self, observed: &Observed, primary: &Server) -> LiveSchema {
        let mut tables = BTreeMap::new();
        let mut foreign_keys: Vec<ForeignKeyEdge> = Vec::new();
        for (name, definition) in &self.definitions {
            let Ok(table) = definition.table() else { continue };
            foreign_keys.extend(table.foreign_keys.iter().filter_map(|foreign_key| {
                Some(ForeignKeyEdge {
                    name: foreign_key.name.clone()?,
                    child_schema: None,
                    child: name.clone(),
                    child_columns: foreign_key.columns.clone(),
                    parent_schema: foreign_key.referenced_schema.clone(),
                    parent: foreign_key.referenced_table.clone(),
                    parent_columns: foreign_key.referenced_columns.clone(),
                })
            }));
            tables.insert(name.clone(), LiveTable { table: table.clone(), history: History::default() });
        }
        for edge in &observed.edges {
            let elsewhere = |schema: &crate::model::SchemaName| (schema != primary.schema()).then(|| schema.clone());
            let touches = (edge.parent_schema == *primary.schema() && self.open.contains(&edge.parent))
                || (edge.schema == *primary.schema() && self.open.contains(&edge.child));
            let known = elsewhere(&edge.schema).is_none() && tables.contains_key(&edge.child);
            if touches && !known {
                foreign_keys.push(ForeignKeyEdge {
                    name: edge.name.clone(),
                    child_schema: elsewhere(&edge.schema),
                    child: edge.child.clone(),
                    child_columns: Vec::new(),
                    parent_schema: elsewhere(&edge.parent_schema),
                    parent: edge.parent.clone(),
                    parent_columns: Vec::new(),
                });
            }
        }
        foreign_keys.retain(|edge| {
            (edge.child_schema.is_none() && self.open.contains(&edge.child))
                || (edge.parent_schema.is_none() && self.open.contains(&edge.parent))
        });
        foreign_keys.sort();
        LiveSchema {
            tables,
            foreign_keys,
            dependants: Dependants::default(),
            time_zone: observed.facts().time_zone.clone(),
            copies_by_clock: observed.facts().dialect().copies_by_clock(),
            replica_zones: Vec::new(),
        }
    }
}
