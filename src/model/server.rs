//! Facts about a server and a schema on which plans depend.

use std::fmt;

use super::{Dialect, ServerZone};

/// A server's `@@server_uuid`, lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerUuid(pub String);

impl fmt::Display for ServerUuid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One transaction: `source:number`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gtid {
    /// The UUID, lower case: our own choice, see DDL under chosen GTIDs.
    pub source: String,
    /// Its number, from 1.
    pub number: u64,
}

impl fmt::Display for Gtid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.source, self.number)
    }
}

/// Whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// MySQL, Percona Server, RDS, Aurora.
    Mysql,
    /// MariaDB.
    Mariadb,
}

impl Flavour {
    /// The name as people know it.
    pub fn product(self) -> &'static str {
        match self {
            Self::Mysql => "MySQL",
            Self::Mariadb => "MariaDB",
        }
    }
}

/// A server's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 9 in 9.7.4
    pub major: u16,
    /// 7 in 9.7.4
    pub minor: u16,
    /// 4 in 9.7.4
    pub patch: u16,
}

impl Version {
    /// As in `/*!80023 … */`: 90704 for 9.7.4.
    pub fn number(self) -> u32 {
        u32::from(self.major) * 10_000 + u32::from(self.minor) * 100 + u32::from(self.patch)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// What normalisation and planning need to know of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFacts {
    /// Whose.
    pub flavour: Flavour,
    /// Which version.
    pub version: Version,
    /// `@@lower_case_table_names`.
    pub lower_case_table_names: u8,
    /// `@@default_storage_engine`, as SHOW CREATE TABLE spells it.
    pub default_storage_engine: String,
    /// The collation that `utf8mb4` alone means here (`@@default_collation_for_utf8mb4`).
    pub default_collation_for_utf8mb4: String,
    /// `@@innodb_page_size`, bytes.
    pub page_size: u32,
    /// `@@global.sql_generate_invisible_primary_key`: a new table without a primary key is given one.
    pub generates_primary_keys: bool,
    /// `@@global.time_zone`, where it is not UTC.
    pub time_zone: Option<ServerZone>,
}

impl ServerFacts {
    /// The SQL that this server prints and takes.
    pub fn dialect(&self) -> Dialect {
        Dialect::new(self.flavour, self.version)
    }

    /// What a server of this version has when nobody changed its settings; for work without a server.
    pub fn mysql_defaults(version: Version) -> Self {
        Self {
            flavour: Flavour::Mysql,
            version,
            lower_case_table_names: 0,
            default_storage_engine: "InnoDB".to_owned(),
            default_collation_for_utf8mb4: "utf8mb4_0900_ai_ci".to_owned(),
            page_size: 16_384,
            generates_primary_keys: false,
            time_zone: None,
        }
    }
}

/// A schema's defaults for tables that say nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaDefaults {
    /// `DEFAULT CHARACTER SET`
    pub character_set: String,
    /// `COLLATE`
    pub collation: String,
}
