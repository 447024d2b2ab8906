//! Reads what is there: identity, facts, names, and the live definitions of the tables in question. Bulk, and no more
//! round trips than a plain client would need.

use super::{ApplyError, Connections, Role};
use crate::model::{DesiredTable, SchemaDefaults, ServerFacts, ServerUuid, TableName};

/// What a primary had when it was looked at. [`super::plan`] may be called many times over one of these.
pub struct Observed {
    server_uuid: ServerUuid,
    facts: ServerFacts,
    role: Role,
    defaults: Option<SchemaDefaults>,
}

impl Observed {
    /// Who answered.
    pub fn server_uuid(&self) -> &ServerUuid {
        &self.server_uuid
    }

    /// What kind of server it is.
    pub fn facts(&self) -> &ServerFacts {
        &self.facts
    }

    /// Which of the four cases it is in.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The schema's defaults; `None` when the schema does not exist.
    pub fn schema_defaults(&self) -> Option<&SchemaDefaults> {
        self.defaults.as_ref()
    }

    /// All base tables of the schema, sorted.
    pub fn base_tables(&self) -> &[TableName] {
        todo!()
    }

    /// `SHOW CREATE TABLE` of a table that was read.
    pub fn definition(&self, table: &TableName) -> Option<&str> {
        let _ = table;
        todo!()
    }

    /// Foreign keys as (child, parent) within the schema, sorted: what belongs into one change group.
    pub fn foreign_key_edges(&self) -> &[(TableName, TableName)] {
        todo!()
    }

    /// Privileges that are missing, each with the feature it costs and the GRANT that would help.
    pub fn missing_privileges(&self) -> &[String] {
        todo!()
    }
}

/// Looks at the primary: identity, facts, names; live definitions of the named tables, of those they may be renamed from,
/// and of their foreign-key relatives; with `prune`, of every table.
pub async fn observe(connections: &Connections, desired: &[DesiredTable], prune: bool) -> Result<Observed, ApplyError> {
    let _ = (connections, desired, prune);
    todo!()
}
