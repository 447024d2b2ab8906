//! What is managed: one schema on one primary, with its replicas.

use std::time::Duration;

use super::RoleSetting;
use crate::model::{SchemaDefaults, SchemaName};
use crate::mysql::Endpoint;
use crate::plan::proposal::DatabaseReference;

/// One schema on one primary, with its replicas.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where statements run.
    pub primary: Endpoint,
    /// What is said of the primary's role; [`RoleSetting::Auto`] looks.
    pub role: RoleSetting,
    /// The schema. Slot locks and chosen GTIDs hang on it, so that every writer of one schema meets the same locks,
    /// whatever its Database is called.
    pub schema: SchemaName,
    /// Make the schema when it is missing, with these defaults.
    pub create_schema: Option<SchemaDefaults>,
    /// Where changes must arrive.
    pub replicas: Vec<ReplicaTarget>,
    /// What proposals name (on the command line: the schema's name).
    pub database: DatabaseReference,
}

/// One replica of the primary.
#[derive(Clone, Debug)]
pub struct ReplicaTarget {
    /// Its name in reports.
    pub name: String,
    /// Where it is.
    pub endpoint: Endpoint,
    /// Whether nothing starts while it is unhealthy.
    pub required: bool,
    /// The lag beyond which it counts as unhealthy.
    pub max_lag: Duration,
}
