//! Step 2, no client required: which Table objects mean something, and what.
//!
//! What later steps get cannot fail on shape any more: a name, an owner, a definition in the model's terms.

use std::collections::BTreeMap;
use std::sync::Arc;

use kube::ResourceExt;

use super::claims::{Claim, contested};
use super::store::ObjectKey;
use crate::api::{self, Database, Reason, Table, labels, manifest};
use crate::model::{DesiredTable, Dialect, TableName};

/// A Table that may be compared with what is live.
#[derive(Clone)]
pub(crate) struct Candidate {
    pub(crate) key: ObjectKey,
    pub(crate) object: Arc<Table>,
    pub(crate) desired: Arc<DesiredTable>,
}

impl Candidate {
    /// Its name, and those that it may have now.
    pub(crate) fn names(&self) -> Vec<TableName> {
        let mut names = vec![self.desired.table.name.clone()];
        names.extend(self.desired.renamed_from.iter().cloned());
        names
    }

    pub(crate) fn generation(&self) -> i64 {
        self.object.metadata.generation.unwrap_or_default()
    }

    pub(crate) fn uid(&self) -> String {
        self.object.uid().unwrap_or_default()
    }

    pub(crate) fn label(&self) -> Option<String> {
        self.object.labels().get(labels::CHANGE_GROUP).filter(|label| !label.is_empty()).cloned()
    }
}

/// Why a Table is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unfit {
    pub(crate) reason: Reason,
    pub(crate) message: String,
}

/// The Tables of one Database.
#[derive(Default)]
pub(crate) struct Validated {
    /// Those that may be compared.
    pub(crate) candidates: BTreeMap<ObjectKey, Candidate>,
    /// Those that may not.
    pub(crate) unfit: BTreeMap<ObjectKey, Unfit>,
}

/// Conversions of manifests, kept while their generation stands: a big one is parsed once.
#[derive(Default)]
pub(crate) struct Conversions(BTreeMap<ObjectKey, Conversion>);

/// Of which object, generation and server, and what came of it.
type Conversion = (String, i64, Dialect, Result<Arc<DesiredTable>, String>);

impl Conversions {
    fn of(&mut self, key: &ObjectKey, table: &Table, dialect: Dialect) -> Result<Arc<DesiredTable>, String> {
        let uid = table.uid().unwrap_or_default();
        let generation = table.metadata.generation.unwrap_or_default();
        if let Some((known, at, of, result)) = self.0.get(key)
            && *known == uid
            && *at == generation
            && *of == dialect
        {
            return result.clone();
        }
        let result = manifest::desired_table(table, dialect).map(Arc::new).map_err(|problems| {
            let problems: Vec<String> = problems.iter().map(describe).collect();
            problems.join("\n")
        });
        self.0.insert(key.clone(), (uid, generation, dialect, result.clone()));
        result
    }

    fn keep(&mut self, tables: &BTreeMap<ObjectKey, Arc<Table>>) {
        self.0.retain(|key, _| tables.contains_key(key));
    }
}

/// A problem without the object that carries the message.
fn describe(problem: &manifest::Problem) -> String {
    api::manifest::Problem { origin: None, ..problem.clone() }.to_string()
}

/// Sorts the Tables of a Database into those that may be compared and those that may not. `server`: its SQL and
/// `lower_case_table_names`.
pub(crate) fn validate(
    database: &Database,
    tables: &BTreeMap<ObjectKey, Arc<Table>>,
    server: (Dialect, u8),
    conversions: &mut Conversions,
) -> Validated {
    let (dialect, lower_case_table_names) = server;
    conversions.keep(tables);
    let own = database.namespace().unwrap_or_default();
    let mut validated = Validated::default();
    for (key, object) in tables {
        // What is being deleted is left as it is: a table is never dropped because its object goes.
        if object.metadata.deletion_timestamp.is_some() {
            continue;
        }
        if key.namespace != own && !database.spec.allowed_namespaces.contains(&key.namespace) {
            let message = format!(
                "Database {own}/{} does not allow Tables of namespace {}; its owners can add it to spec.allowedNamespaces",
                database.name_any(),
                key.namespace
            );
            validated.unfit.insert(key.clone(), Unfit { reason: Reason::NamespaceNotAllowed, message });
            continue;
        }
        match conversions.of(key, object, dialect) {
            Ok(desired) => {
                let candidate = Candidate { key: key.clone(), object: object.clone(), desired };
                validated.candidates.insert(key.clone(), candidate);
            }
            Err(message) => {
                validated.unfit.insert(key.clone(), Unfit { reason: Reason::InvalidDefinition, message });
            }
        }
    }
    let claims = validated
        .candidates
        .values()
        .map(|candidate| Claim {
            object: candidate.key.clone(),
            created: candidate.object.creation_timestamp().map(|time| time.0),
            uid: candidate.uid(),
            tables: candidate.names(),
        })
        .collect();
    for (key, (table, owner)) in contested(claims, lower_case_table_names) {
        validated.candidates.remove(&key);
        let message =
            format!("table {table} belongs to Table {owner}, which named it first; change or delete one of them");
        validated.unfit.insert(key, Unfit { reason: Reason::Conflict, message });
    }
    validated
}
