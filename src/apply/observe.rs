//! Reads what is there: identity, facts, names, and the live definitions of the tables in question. Bulk, and no more
//! round trips than a plain client would need.

mod definition;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tracing::Instrument;

use super::{ApplyError, Connections, Role, span};
use crate::model::{DesiredTable, Dialect, SchemaDefaults, ServerFacts, ServerUuid, TableName};
use crate::mysql::{self, ForeignKeyEdge, Server, ServerIdentity, TableKind};

pub(crate) use definition::{Context, Definition, first_difference, meaning};

/// What a primary had when it was looked at. [`super::plan`] may be called many times over one of these.
#[derive(Clone, Debug)]
pub struct Observed {
    pub(super) identity: ServerIdentity,
    pub(super) role: Role,
    pub(super) exists: bool,
    pub(super) defaults: SchemaDefaults,
    /// Kind by live name.
    pub(super) kinds: BTreeMap<TableName, TableKind>,
    /// Live names by the key under which the server compares names.
    names: BTreeMap<String, TableName>,
    base_tables: Vec<TableName>,
    pub(super) definitions: BTreeMap<TableName, Arc<Definition>>,
    pub(super) edges: Vec<ForeignKeyEdge>,
    pairs: Vec<(TableName, TableName)>,
}

impl Observed {
    /// Who answered.
    pub fn server_uuid(&self) -> &ServerUuid {
        &self.identity.server_uuid
    }

    /// Who answered, with version, GTID mode and account.
    pub fn identity(&self) -> &ServerIdentity {
        &self.identity
    }

    /// What kind of server it is.
    pub fn facts(&self) -> &ServerFacts {
        &self.identity.facts
    }

    /// Which of the four cases it is in.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The schema's defaults; `None` when the schema does not exist.
    pub fn schema_defaults(&self) -> Option<&SchemaDefaults> {
        self.exists.then_some(&self.defaults)
    }

    /// All base tables of the schema, sorted.
    pub fn base_tables(&self) -> &[TableName] {
        &self.base_tables
    }

    /// `SHOW CREATE TABLE` of a table that was read.
    pub fn definition(&self, table: &TableName) -> Option<&str> {
        let live = self.live_name(table)?;
        self.definitions.get(live).map(|definition| definition.text.as_str())
    }

    /// Foreign keys as (child, parent) within the schema, sorted: what belongs into one change group.
    pub fn foreign_key_edges(&self) -> &[(TableName, TableName)] {
        &self.pairs
    }

    /// The live name that the server takes for this one.
    pub(super) fn live_name(&self, table: &TableName) -> Option<&TableName> {
        self.names.get(&key(table, self.identity.facts.lower_case_table_names))
    }
}

/// The key under which the server compares names of tables.
pub(super) fn key(table: &TableName, lower_case_table_names: u8) -> String {
    if lower_case_table_names == 0 { table.as_str().to_owned() } else { table.as_str().to_lowercase() }
}

/// What a primary has, but for the definitions.
#[derive(Clone, Debug)]
pub struct Survey {
    identity: ServerIdentity,
    defaults: Option<SchemaDefaults>,
    tables: Vec<mysql::LiveTable>,
    edges: Vec<ForeignKeyEdge>,
}

/// Asks the primary who it is, and for the names in the schema: over two sessions, which the definitions are read over
/// afterwards.
pub async fn survey(connections: &Connections) -> Result<Survey, ApplyError> {
    let primary = connections.primary();
    let who = async { Ok((mysql::identify(primary).await?, mysql::schema_defaults(primary).await?)) };
    let what = async { Ok((mysql::list_tables(primary).await?, mysql::foreign_key_edges(primary).await?)) };
    let ((identity, defaults), (tables, edges)) =
        tokio::try_join!(who, what).map_err(ApplyError::server(doing(primary)))?;
    Ok(Survey { identity, defaults, tables, edges })
}

impl Survey {
    /// The server's SQL, by which manifests are read.
    pub fn dialect(&self) -> Dialect {
        self.identity.facts.dialect()
    }

    /// Reads the live definitions of the named tables, of those they may be renamed from; with `prune`, of every table.
    pub async fn observe(
        self,
        connections: &Connections,
        desired: &[DesiredTable],
        prune: bool,
    ) -> Result<Observed, ApplyError> {
        let primary = connections.primary();
        let Self { identity, defaults, tables, edges } = self;
        let exists = defaults.is_some();
        let Some(defaults) = defaults.or_else(|| connections.target().create_schema.clone()) else {
            return Err(ApplyError::SchemaMissing {
                schema: primary.schema().as_str().to_owned(),
                server: primary.address().to_owned(),
            });
        };
        let kinds: BTreeMap<TableName, TableKind> = tables.into_iter().map(|table| (table.name, table.kind)).collect();
        let fold = identity.facts.lower_case_table_names;
        let names = kinds.keys().map(|name| (key(name, fold), name.clone())).collect();
        let base_tables: Vec<TableName> =
            kinds.iter().filter(|(_, kind)| **kind == TableKind::BaseTable).map(|(name, _)| name.clone()).collect();
        let pairs = pairs_within(&edges, primary);
        let mut observed = Observed {
            role: connections.role(&identity),
            identity,
            exists,
            defaults,
            kinds,
            names,
            base_tables,
            definitions: BTreeMap::new(),
            edges,
            pairs,
        };
        let wanted = if prune { observed.base_tables.clone() } else { named(&observed, desired) };
        observed.definitions = read_definitions(primary, &wanted, &observed.identity.facts, &observed.defaults)
            .await
            .map_err(ApplyError::server(doing(primary)))?;
        Ok(observed)
    }
}

fn doing(primary: &Server) -> String {
    format!("reading schema `{}` on {}", primary.schema(), primary.address())
}

/// Looks at the primary: identity, facts, names; live definitions of the named tables, of those they may be renamed from;
/// with `prune`, of every table. Definitions of foreign-key relatives are read by [`super::plan`] when something differs.
pub async fn observe(connections: &Connections, desired: &[DesiredTable], prune: bool) -> Result<Observed, ApplyError> {
    let span = span::introspect(connections, desired.len());
    let look = async { survey(connections).await?.observe(connections, desired, prune).await };
    let observed = span::ended(&span, look.instrument(span.clone()).await)?;
    span.record("db.system.name", span::system(observed.facts()));
    Ok(observed)
}

/// Reads the definitions of these base tables; one that vanished meanwhile is left out.
pub(super) async fn read_definitions(
    primary: &Server,
    wanted: &[TableName],
    facts: &ServerFacts,
    defaults: &SchemaDefaults,
) -> Result<BTreeMap<TableName, Arc<Definition>>, mysql::MysqlError> {
    let context = Arc::new(Context { server: facts.clone(), schema: defaults.clone() });
    let texts = mysql::show_create_tables(primary, wanted).await?;
    let read = texts.into_iter().filter_map(|(name, text)| Some((name, Definition::new(text?, Arc::clone(&context)))));
    Ok(read.map(|(name, definition)| (name, Arc::new(definition))).collect())
}

fn named(observed: &Observed, desired: &[DesiredTable]) -> Vec<TableName> {
    let names: BTreeSet<&TableName> = desired
        .iter()
        .flat_map(|desired| std::iter::once(&desired.table.name).chain(&desired.renamed_from))
        .filter_map(|name| observed.live_name(name))
        .filter(|name| observed.kinds.get(*name) == Some(&TableKind::BaseTable))
        .collect();
    names.into_iter().cloned().collect()
}

fn pairs_within(edges: &[ForeignKeyEdge], primary: &Server) -> Vec<(TableName, TableName)> {
    let mut pairs: Vec<(TableName, TableName)> = edges
        .iter()
        .filter(|edge| edge.schema == *primary.schema() && edge.parent_schema == *primary.schema())
        .map(|edge| (edge.child.clone(), edge.parent.clone()))
        .collect();
    pairs.sort();
    pairs.dedup();
    pairs
}
