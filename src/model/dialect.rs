//! What the flavours and versions print, read and allow differently: one table of facts, asked by everybody else.
//!
//! Each fact says where it is written down or that it was measured (MariaDB's were, on 10.11.18). Nobody outside of this
//! file compares versions or flavours in order to decide what SQL means; that a feature is missing altogether is a fact as
//! well ([`Dialect::lacks`] with [`Feature`]).

use std::fmt;

use super::{Flavour, IntegerKind, Lock, ReferentialAction, Version};

/// The SQL of one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    flavour: Flavour,
    version: Version,
}

/// Something that tables of some servers can have, and those of others cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// `KEY ((a + 1))`.
    FunctionalIndex,
    /// `DEFAULT (uuid())`.
    ExpressionDefault,
    /// `CHECK (…)` that is more than a comment.
    Check,
    /// `CHECK (…) NOT ENFORCED`.
    UnenforcedCheck,
    /// A column that `SELECT *` leaves out.
    InvisibleColumn,
    /// `vector(3)`.
    Vector,
    /// `NOT NULL` on a generated column.
    NotNullGenerated,
    /// `SRID n` that SHOW CREATE TABLE shows.
    Srid,
    /// `COLUMN_FORMAT` and `STORAGE`.
    ColumnStorage,
    /// `ENGINE_ATTRIBUTE`, `SECONDARY_ENGINE` and their like.
    EngineAttribute,
    /// Table options `COMPRESSION`, `ENCRYPTION`, `AUTOEXTEND_SIZE`, `TABLESPACE`.
    InnodbOptions,
    /// `FULLTEXT … WITH PARSER`.
    FulltextParser,
}

impl fmt::Display for Feature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::FunctionalIndex => "indexes over expressions",
            Self::ExpressionDefault => "expressions as defaults",
            Self::Check => "CHECK constraints",
            Self::UnenforcedCheck => "CHECK constraints that are NOT ENFORCED",
            Self::InvisibleColumn => "invisible columns",
            Self::Vector => "type vector",
            Self::NotNullGenerated => "NOT NULL on generated columns",
            Self::Srid => "SRID as an attribute that SHOW CREATE TABLE shows",
            Self::ColumnStorage => "COLUMN_FORMAT and STORAGE",
            Self::EngineAttribute => "engine attributes and secondary engines",
            Self::InnodbOptions => "COMPRESSION, ENCRYPTION, AUTOEXTEND_SIZE and TABLESPACE",
            Self::FulltextParser => "WITH PARSER",
        })
    }
}

/// Where a column can be added by metadata alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstantAdd {
    /// Nowhere.
    Nowhere,
    /// As the last column.
    Last,
    /// At any place.
    Anywhere,
}

/// How SHOW CREATE TABLE says that an index is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnusedIndex {
    /// `INVISIBLE`, and `ALTER INDEX … VISIBLE`.
    Invisible,
    /// `IGNORED`, and `ALTER INDEX … NOT IGNORED`.
    Ignored,
}

impl UnusedIndex {
    /// The word for an index that is used, or not.
    pub fn word(self, used: bool) -> &'static str {
        match (self, used) {
            (Self::Invisible, true) => "VISIBLE",
            (Self::Invisible, false) => "INVISIBLE",
            (Self::Ignored, true) => "NOT IGNORED",
            (Self::Ignored, false) => "IGNORED",
        }
    }
}

const fn version(major: u16, minor: u16, patch: u16) -> Version {
    Version { major, minor, patch }
}

impl Dialect {
    /// The newest MySQL: what is assumed where no server is asked.
    pub const NEWEST: Self = Self { flavour: Flavour::Mysql, version: version(9, 7, 0) };

    /// The SQL of a server.
    pub const fn new(flavour: Flavour, version: Version) -> Self {
        Self { flavour, version }
    }

    /// The SQL of a MySQL of this version.
    pub const fn mysql(version: Version) -> Self {
        Self::new(Flavour::Mysql, version)
    }

    /// MySQL: since this version. MariaDB: as given.
    fn since(self, mysql: Version, mariadb: bool) -> bool {
        match self.flavour {
            Flavour::Mysql => self.version >= mysql,
            Flavour::Mariadb => mariadb,
        }
    }

    fn is_mysql(self) -> bool {
        match self.flavour {
            Flavour::Mysql => true,
            Flavour::Mariadb => false,
        }
    }

    /// The server's version.
    pub fn version(self) -> Version {
        self.version
    }

    /// The server's name as people know it.
    pub fn product(self) -> &'static str {
        self.flavour.product()
    }

    // ------------------------------------------------------------ reading

    /// Whether `/*!NNNNN … */` counts. MySQL: up to its own version (manual, "Comments"). MariaDB: too, but for 50700 to
    /// 99999, which are MySQL's versions that it does not claim to be.
    pub fn executes(self, comment: u32) -> bool {
        comment <= self.version.number()
            && match self.flavour {
                Flavour::Mysql => true,
                Flavour::Mariadb => !(50_700..=99_999).contains(&comment),
            }
    }

    /// Whether `/*M! … */` counts.
    pub fn executes_mariadb_comments(self) -> bool {
        !self.is_mysql()
    }

    /// Whether the version of an executable comment has a sixth digit wherever one follows. MySQL reads it only where white
    /// space follows it.
    pub fn always_reads_six_digits(self) -> bool {
        !self.is_mysql()
    }

    /// Whether a column's `REFERENCES` makes a foreign key (manual, "FOREIGN KEY Constraints": since 9.0).
    pub fn inline_references(self) -> bool {
        self.since(version(9, 0, 0), true)
    }

    /// Whether both read the same of a text without executable comments.
    pub fn reads_like(self, other: Self) -> bool {
        self.flavour == other.flavour && self.inline_references() == other.inline_references()
    }

    /// What a foreign key that says nothing does; SHOW CREATE TABLE leaves it out. To InnoDB the two are the same.
    pub fn unsaid_action(self) -> ReferentialAction {
        match self.flavour {
            Flavour::Mysql => ReferentialAction::NoAction,
            Flavour::Mariadb => ReferentialAction::Restrict,
        }
    }

    /// Whether `ON DELETE SET DEFAULT` is forgotten.
    pub fn forgets_set_default(self) -> bool {
        !self.is_mysql()
    }

    /// Whether a CHECK that is written with a column stays an attribute of it: without a name, and replaced by MODIFY.
    pub fn columns_keep_checks(self) -> bool {
        !self.is_mysql()
    }

    /// Whether names of CHECK constraints are the table's own; else a schema has each of them once (error 3822).
    pub fn checks_are_named_per_table(self) -> bool {
        !self.is_mysql()
    }

    /// Whether `json` is another word for longtext with a CHECK.
    pub fn json_is_text(self) -> bool {
        !self.is_mysql()
    }

    /// Whether an introducer (`_utf8mb4'…'`) within an expression damages what follows it, which the server then stores.
    pub fn introducers_do_damage(self) -> bool {
        !self.is_mysql()
    }

    /// Whether every collation is known here by name. MariaDB has some hundreds more.
    pub fn knows_all_collations(self) -> bool {
        self.is_mysql()
    }

    /// The name that a CHECK of the table gets which has none.
    pub fn made_up_check(self, table: &str, number: u32) -> String {
        match self.flavour {
            Flavour::Mysql => format!("{table}_chk_{number}"),
            Flavour::Mariadb => format!("CONSTRAINT_{number}"),
        }
    }

    /// Whether this is a type of the server that tables here cannot have: `uuid` (10.7), `inet4` (10.10) and `inet6` (10.5)
    /// of MariaDB.
    pub fn has_unmodelled_type(self, word: &str) -> bool {
        let since = match word {
            "uuid" => version(10, 7, 0),
            "inet4" => version(10, 10, 0),
            "inet6" => version(10, 5, 0),
            _ => return false,
        };
        !self.is_mysql() && self.version >= since
    }

    /// Whether a default of a binary column is shown as text, byte for byte, whatever the bytes are.
    pub fn shows_binary_defaults_raw(self) -> bool {
        !self.is_mysql()
    }

    /// Whether tables can have it.
    pub fn lacks(self, feature: Feature) -> bool {
        let has = match feature {
            // Manual, "CREATE INDEX Statement".
            Feature::FunctionalIndex => self.since(version(8, 0, 13), false),
            // Manual, "Data Type Default Values".
            Feature::ExpressionDefault => self.since(version(8, 0, 13), true),
            // Manual, "CHECK Constraints".
            Feature::Check => self.since(version(8, 0, 16), true),
            Feature::UnenforcedCheck => self.since(version(8, 0, 16), false),
            // Manual, "Invisible Columns".
            Feature::InvisibleColumn => self.since(version(8, 0, 23), true),
            // Manual, "The VECTOR Type"; MariaDB's came with 11.7.
            Feature::Vector => match self.flavour {
                Flavour::Mysql => self.version >= version(9, 0, 0),
                Flavour::Mariadb => self.version >= version(11, 7, 1),
            },
            Feature::NotNullGenerated
            | Feature::ColumnStorage
            | Feature::EngineAttribute
            | Feature::InnodbOptions
            | Feature::FulltextParser => self.is_mysql(),
            // Manual, "Spatial Data Types".
            Feature::Srid => self.since(version(8, 0, 3), false),
        };
        !has
    }

    // ------------------------------------------------------------ SHOW CREATE TABLE

    /// Whether integers keep and print their display width (manual, "Numeric Type Attributes": not since 8.0.19, but for
    /// `tinyint(1)` and with ZEROFILL), and `year` prints as `year(4)`.
    pub fn keeps_display_widths(self) -> bool {
        !self.since(version(8, 0, 19), false)
    }

    /// The display width of an integer that names none.
    pub fn display_width(self, kind: IntegerKind, unsigned: bool) -> u32 {
        match (kind, unsigned) {
            (IntegerKind::TinyInt, false) => 4,
            (IntegerKind::TinyInt, true) => 3,
            (IntegerKind::SmallInt, false) => 6,
            (IntegerKind::SmallInt, true) => 5,
            (IntegerKind::MediumInt, false) => 9,
            (IntegerKind::MediumInt, true) => 8,
            (IntegerKind::Int, false) => 11,
            (IntegerKind::Int, true) => 10,
            (IntegerKind::BigInt, _) => 20,
        }
    }

    /// Whether what older servers do not know stands in executable comments, partitions among them.
    pub fn hides_from_older(self) -> bool {
        self.is_mysql()
    }

    /// Whether a table's ENCRYPTION stands in an executable comment. It has the number of 8.0.16; before, it stands bare
    /// (tests/recorded/mysql-8.0.15.sql).
    pub fn hides_encryption(self) -> bool {
        self.since(version(8, 0, 16), false)
    }

    /// Whether `utf8mb3` goes by that name (release notes of 8.0.28 and, for its collations, 8.0.30); `utf8` before.
    pub fn says_utf8mb3(self) -> bool {
        self.since(version(8, 0, 28), true)
    }

    /// Whether the collations of utf8mb3 are named after it (release notes of 8.0.30).
    pub fn says_utf8mb3_of_collations(self) -> bool {
        self.since(version(8, 0, 30), true)
    }

    /// Whether InnoDB forgets `USING HASH` and `KEY_BLOCK_SIZE` of indexes.
    pub fn innodb_forgets_index_options(self) -> bool {
        self.is_mysql()
    }

    /// Whether a foreign key without a name takes that of its index: `FOREIGN KEY ix (a) …` is constraint `ix`.
    pub fn names_constraints_by_index(self) -> bool {
        !self.is_mysql()
    }

    /// Whether a character of four bytes is shown within an expression. MySQL shows `?` there, and a literal DEFAULT in
    /// hexadecimal digits; MariaDB the other way round: `?` in a literal DEFAULT.
    pub fn shows_wide_characters_in_expressions(self) -> bool {
        !self.is_mysql()
    }

    /// Whether a column shows its character set because somebody named it, though the table's is the same.
    pub fn shows_named_characters(self) -> bool {
        self.is_mysql()
    }

    /// Whether numbers as defaults stand in quotes.
    pub fn quotes_number_defaults(self) -> bool {
        self.is_mysql()
    }

    /// Whether every expression as default stands in parentheses, and the current time is written as a keyword. MariaDB
    /// leaves them away around a function call, and calls `current_timestamp()`.
    pub fn parenthesises_defaults(self) -> bool {
        self.is_mysql()
    }

    /// Whether a nullable TEXT or BLOB prints `DEFAULT NULL`.
    pub fn prints_null_of_texts(self) -> bool {
        !self.is_mysql()
    }

    /// Whether `INVISIBLE` stands before DEFAULT. MariaDB moved it behind in 11.
    pub fn invisible_before_default(self) -> bool {
        match self.flavour {
            Flavour::Mysql => false,
            Flavour::Mariadb => self.version < version(11, 0, 0),
        }
    }

    /// How an index is called that is kept and not used.
    pub fn unused_index(self) -> UnusedIndex {
        match self.flavour {
            Flavour::Mysql => UnusedIndex::Invisible,
            Flavour::Mariadb => UnusedIndex::Ignored,
        }
    }

    /// Whether names within PARTITION BY are always quoted.
    pub fn quotes_partitions(self) -> bool {
        !self.is_mysql()
    }

    /// Whether `geometrycollection` is called `geomcollection` (manual, "Spatial Data Types": since 8.0.11).
    pub fn shortens_geometry_collection(self) -> bool {
        self.since(version(8, 0, 11), false)
    }

    /// The engine's own spelling of a MERGE table.
    pub fn merge_engine(self) -> &'static str {
        match self.flavour {
            Flavour::Mysql => "MRG_MYISAM",
            Flavour::Mariadb => "MRG_MyISAM",
        }
    }

    // ------------------------------------------------------------ ALTER TABLE

    /// Where a column can be added by metadata alone (manual, "Online DDL Operations": 8.0.12 last, 8.0.29 anywhere).
    pub fn instant_add(self) -> InstantAdd {
        if self.since(version(8, 0, 29), true) {
            InstantAdd::Anywhere
        } else if self.since(version(8, 0, 12), true) {
            InstantAdd::Last
        } else {
            InstantAdd::Nowhere
        }
    }

    /// Whether a column can be dropped by metadata alone (manual, "Online DDL Operations": 8.0.29).
    pub fn instant_drop(self) -> bool {
        self.since(version(8, 0, 29), true)
    }

    /// How many INSTANT row versions a table can have before it must be written anew (manual, "Online DDL Operations": 64 since
    /// 8.0.29, 255 since 9.1.0); `None` where there is no such limit: before, and in MariaDB, where the record of what was
    /// changed is bounded in bytes and the server's refusal (1845) the only sign.
    pub fn most_row_versions(self) -> Option<u32> {
        match self.flavour {
            Flavour::Mysql if self.version >= version(9, 1, 0) => Some(255),
            Flavour::Mysql => self.instant_drop().then_some(64),
            Flavour::Mariadb => None,
        }
    }

    /// Whether a column can be renamed by metadata alone (manual, "Online DDL Operations": 8.0.28).
    pub fn instant_rename(self) -> bool {
        self.since(version(8, 0, 28), true)
    }

    /// Whether columns can change places by metadata alone.
    pub fn instant_move(self) -> bool {
        !self.is_mysql()
    }

    /// Whether one INSTANT statement may move columns and add or drop others. The manual has no INSTANT for moves; the server
    /// takes them beside columns that come or go. From 8.0.29 to 8.0.36, and in 8.1 to 8.3, the redo log of such a table is
    /// then wrong, and rows are lost when the server recovers (MySQL bug 113442; its repair, Bug#35183686, is in 8.0.37, which
    /// could end with an assertion: Percona's PS-9222). Used since 9.7, where a server that was killed after such a statement
    /// recovered every row (measured on 9.7.4); the manual and the release notes do not say which version was the first.
    pub fn instant_moves_beside_others(self) -> bool {
        self.since(version(9, 7, 0), true)
    }

    /// Whether a column gets its place in a table with a virtual column by a copy alone (error 1846).
    pub fn copies_to_place_beside_virtual(self) -> bool {
        !self.is_mysql()
    }

    /// The lock to say with `ALGORITHM=INSTANT`. MySQL takes none (error 1221). MariaDB accepts INSTANT and copies the table
    /// where engine or partitioning change, and refuses only if LOCK=NONE is asked for as well.
    pub fn instant_lock(self) -> Option<Lock> {
        match self.flavour {
            Flavour::Mysql => None,
            Flavour::Mariadb => Some(Lock::None),
        }
    }

    /// Whether ADD, DROP, REORGANIZE and COALESCE PARTITION take ALGORITHM and LOCK; a syntax error in MariaDB.
    pub fn partitions_take_algorithm(self) -> bool {
        self.is_mysql()
    }

    /// Whether `ALGORITHM=COPY` reads TIMESTAMP values as the clock of the session shows them, and writes that: in a zone
    /// with summer time the second hour of two that look alike becomes the first (measured on MySQL 9.7.4 under any
    /// sql_mode; not so on MariaDB 10.11).
    pub fn copies_by_clock(self) -> bool {
        self.is_mysql()
    }

    /// Whether plain changes of a temporary table end at the definition at which they end for a table (measured on 9.7; not
    /// looked at on MariaDB).
    pub fn changes_temporary_tables_alike(self) -> bool {
        self.is_mysql()
    }

    /// Whether `ALTER COLUMN … SET INVISIBLE` exists.
    pub fn alters_visibility(self) -> bool {
        self.is_mysql()
    }

    /// Whether a CHECK goes by `DROP CONSTRAINT`; there is no DROP CHECK then.
    pub fn drops_checks_as_constraints(self) -> bool {
        !self.is_mysql()
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.product(), self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARIADB: Dialect = Dialect::new(Flavour::Mariadb, version(10, 11, 18));

    /// The borders between versions, as the manual has them.
    #[test]
    fn versions_differ_where_the_manual_says() {
        let mysql = |minor, patch| Dialect::mysql(version(8, minor, patch));
        assert_eq!(mysql(0, 11).instant_add(), InstantAdd::Nowhere);
        assert_eq!(mysql(0, 12).instant_add(), InstantAdd::Last);
        assert_eq!(mysql(0, 29).instant_add(), InstantAdd::Anywhere);
        assert!(!mysql(0, 27).instant_rename() && mysql(0, 28).instant_rename());
        assert!(!mysql(0, 28).instant_drop() && mysql(0, 29).instant_drop());
        assert!(!mysql(0, 36).instant_moves_beside_others() && !mysql(4, 11).instant_moves_beside_others());
        assert!(Dialect::NEWEST.instant_moves_beside_others());
        assert_eq!(
            [mysql(0, 28), mysql(4, 0), Dialect::mysql(version(9, 1, 0)), MARIADB].map(Dialect::most_row_versions),
            [None, Some(64), Some(255), None]
        );
        for (feature, before, since) in [
            (Feature::FunctionalIndex, version(8, 0, 12), version(8, 0, 13)),
            (Feature::ExpressionDefault, version(8, 0, 12), version(8, 0, 13)),
            (Feature::Check, version(8, 0, 15), version(8, 0, 16)),
            (Feature::UnenforcedCheck, version(8, 0, 15), version(8, 0, 16)),
            (Feature::InvisibleColumn, version(8, 0, 22), version(8, 0, 23)),
            (Feature::Vector, version(8, 4, 0), version(9, 0, 0)),
        ] {
            assert!(Dialect::mysql(before).lacks(feature), "{feature} before {since}");
            assert!(!Dialect::mysql(since).lacks(feature), "{feature} since {since}");
        }
        assert!(!mysql(4, 0).inline_references() && Dialect::mysql(version(9, 0, 0)).inline_references());
    }

    #[test]
    fn mariadb_is_called_by_its_name() {
        assert_eq!(MARIADB.to_string(), "MariaDB 10.11.18");
        assert_eq!(MARIADB.instant_lock(), Some(Lock::None));
        assert!(MARIADB.lacks(Feature::FunctionalIndex) && !MARIADB.lacks(Feature::ExpressionDefault));
    }
}
