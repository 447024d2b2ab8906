//! The queries that MySQL and MariaDB ask in different words: one table. What both understand alike stands at its place.

use crate::model::Flavour;

/// Of one flavour.
#[derive(Debug)]
pub(super) struct Queries {
    /// Settings of every session that only this flavour has.
    pub(super) session: Option<&'static str>,
    /// Who the server is.
    pub(super) identity: &'static str,
    /// What a DDL session asserts before each statement.
    pub(super) ddl_assert: &'static str,
    /// The transactions that the server has, as a set or as positions.
    pub(super) executed: &'static str,
    /// How these are written.
    pub(super) gtids: GtidForm,
    /// What a server has executed, by who wrote it; the last that it followed; and its own name there.
    pub(super) history: &'static str,
    /// Server UUID, number, domain and lower_case_table_names of a primary.
    pub(super) source_log: &'static str,
    /// Where the binary log stands; the second where the first is a syntax error.
    pub(super) log_status: [&'static str; 2],
    /// Name, executed transactions and read_only of a replica.
    pub(super) replica_facts: &'static str,
    /// The replica's channels, all of them; the second where the first is a syntax error.
    pub(super) replica_status: [&'static str; 2],
    /// Foreign keys that information_schema hides from the account: the schema as it is, or as its file is named.
    pub(super) foreign_keys_hidden: &'static str,
    /// Whether names there are those of files.
    pub(super) file_names: bool,
    /// INSTANT row versions, where there is a limit.
    pub(super) row_versions: Option<&'static str>,
    /// Triggers, views, routines and events of a schema, with their texts.
    pub(super) dependants: &'static str,
    /// Views of other schemas on its tables, where the server has a list of them.
    pub(super) dependants_elsewhere: Option<&'static str>,
    /// What the applier waits for.
    pub(super) applier_waits: &'static str,
    /// Who holds metadata locks: the first that the server has.
    pub(super) metadata_locks: &'static [&'static str],
    /// Whether one of these sources is fed: YES from any.
    pub(super) locks_recorded: &'static [&'static str],
    /// InnoDB's history list length.
    pub(super) history_length: &'static str,
}

/// How a server writes the transactions that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GtidForm {
    /// `uuid:1-5:7`.
    Set,
    /// `0-1-18518`: domain, server and the last number in the domain.
    Positions,
}

/// The queries of this flavour.
pub(super) fn queries(flavour: Flavour) -> &'static Queries {
    match flavour {
        Flavour::Mysql => &MYSQL,
        Flavour::Mariadb => &MARIADB,
    }
}

static MYSQL: Queries = Queries {
    session: None,
    identity: include_str!("queries/identity.sql"),
    ddl_assert: include_str!("queries/ddl_assert.sql"),
    executed: "SELECT @@GLOBAL.gtid_executed",
    gtids: GtidForm::Set,
    history: "SELECT @@GLOBAL.gtid_executed, '', @@GLOBAL.server_uuid",
    source_log: "SELECT @@GLOBAL.server_uuid, @@GLOBAL.server_id, NULL, @@GLOBAL.lower_case_table_names",
    // The second is that of MySQL before 8.2.
    log_status: ["SHOW BINARY LOG STATUS", "SHOW MASTER STATUS"],
    replica_facts: include_str!("queries/replica_facts.sql"),
    // The second is that of MySQL before 8.0.22.
    replica_status: ["SHOW REPLICA STATUS", "SHOW SLAVE STATUS"],
    foreign_keys_hidden: include_str!("queries/foreign_keys_hidden.sql"),
    file_names: false,
    row_versions: Some(include_str!("queries/row_versions.sql")),
    dependants: include_str!("queries/dependants.sql"),
    dependants_elsewhere: Some(include_str!("queries/dependants_elsewhere.sql")),
    applier_waits: include_str!("queries/applier_waits.sql"),
    metadata_locks: &[include_str!("queries/metadata_locks.sql")],
    locks_recorded: &[include_str!("queries/locks_recorded.sql")],
    history_length: include_str!("queries/history_length.sql"),
};

static MARIADB: Queries = Queries {
    session: Some(include_str!("queries/session_mariadb.sql")),
    identity: include_str!("queries/identity_mariadb.sql"),
    ddl_assert: include_str!("queries/ddl_assert_mariadb.sql"),
    // The last of each domain; empty without a binary log.
    executed: "SELECT @@GLOBAL.gtid_binlog_pos",
    gtids: GtidForm::Positions,
    history: "SELECT @@GLOBAL.gtid_binlog_state, @@GLOBAL.gtid_slave_pos, @@GLOBAL.server_id",
    source_log: "SELECT '', @@GLOBAL.server_id, @@GLOBAL.gtid_domain_id, @@GLOBAL.lower_case_table_names",
    log_status: ["SHOW MASTER STATUS", "SHOW BINLOG STATUS"],
    replica_facts: include_str!("queries/replica_facts_mariadb.sql"),
    // Without ALL, named connections are left out.
    replica_status: ["SHOW ALL REPLICAS STATUS", "SHOW ALL SLAVES STATUS"],
    foreign_keys_hidden: include_str!("queries/foreign_keys_hidden_mariadb.sql"),
    file_names: true,
    row_versions: None,
    dependants: include_str!("queries/dependants_mariadb.sql"),
    dependants_elsewhere: None,
    applier_waits: include_str!("queries/applier_waits_mariadb.sql"),
    // The plugin METADATA_LOCK_INFO, else performance_schema, which is off unless somebody switched it on.
    metadata_locks: &[include_str!("queries/metadata_locks_mariadb.sql"), include_str!("queries/metadata_locks.sql")],
    locks_recorded: &[include_str!("queries/locks_recorded_mariadb.sql"), include_str!("queries/locks_recorded.sql")],
    history_length: include_str!("queries/history_length_mariadb.sql"),
};
