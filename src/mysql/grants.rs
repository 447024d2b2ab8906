//! What the account may do, from `SHOW GRANTS`, and what each missing privilege costs.

use super::{MysqlError, Server};

/// What a server is used as; a replica needs less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerRole {
    /// The primary.
    Primary,
    /// A replica: only read.
    Replica,
}

/// Something that an account can do here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    /// Read the definitions of the schema.
    ReadDefinitions,
    /// Run DDL on the schema.
    ChangeSchema,
    /// `CREATE TEMPORARY TABLE` in the schema: the server's own normal form.
    TemporaryTables,
    /// Use the scratch schema: plans are rehearsed.
    Scratch,
    /// Choose GTIDs and keep scratch work out of the binary log.
    ChooseGtids,
    /// See other sessions.
    SeeProcesses,
    /// See replication.
    SeeReplication,
    /// Read performance_schema.
    ReadPerformanceSchema,
}

/// A privilege that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingPrivilege {
    /// What cannot be done without it.
    pub capability: Capability,
    /// Whether nothing works without it.
    pub required: bool,
    /// Its names, e.g. `ALTER, INDEX`.
    pub privileges: String,
    /// The statement that an administrator runs.
    pub grant: String,
    /// What is lost without it, one sentence.
    pub cost: String,
}

/// What an account can do, and what not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// What it can do, sorted.
    pub held: Vec<Capability>,
    /// What it cannot, sorted by capability.
    pub missing: Vec<MissingPrivilege>,
}

impl Capabilities {
    /// Whether this is held.
    pub fn can(&self, capability: Capability) -> bool {
        self.held.contains(&capability)
    }
}

/// Asks what the account may do on this server's schema.
pub async fn capabilities(_server: &Server, _role: ServerRole) -> Result<Capabilities, MysqlError> {
    todo!()
}
