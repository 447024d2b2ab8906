//! The primary key that MySQL makes where a table has none (`sql_generate_invisible_primary_key`, since 8.0.30, and
//! `REQUIRE_TABLE_PRIMARY_KEY_CHECK=GENERATE` on a replica).
//!
//! It is a column of a fixed name and form, the first of the table, and nothing but this form tells it from one that a
//! person declared: so does `show_gipk_in_create_table_and_information_schema=OFF`, which hides both.
//! <https://dev.mysql.com/doc/refman/9.7/en/create-table-gipks.html>

use crate::model::{Column, DataType, IntegerKind, KeyPart, KeyTarget, PrimaryKey, ServerFacts, Table};

/// The column's name.
const NAME: &str = "my_row_id";

/// The column, in canonical form.
fn column() -> Column {
    let data_type = DataType::Integer { kind: IntegerKind::BigInt, unsigned: true, zerofill: false, width: None };
    let mut column = Column::new(NAME.into(), data_type);
    column.nullable = Some(false);
    column.auto_increment = true;
    column.visible = false;
    column
}

fn key() -> PrimaryKey {
    PrimaryKey {
        parts: vec![KeyPart { target: KeyTarget::Column { name: NAME.into(), length: None }, descending: false }],
        algorithm: None,
        key_block_size: None,
        comment: String::new(),
        engine_attribute: None,
        secondary_engine_attribute: None,
    }
}

/// Whether a live table, in canonical form, has a primary key as the server makes it.
fn has_generated_key(live: &Table) -> bool {
    live.columns.first() == Some(&column()) && live.primary_key == Some(key())
}

/// Gives a declared table the server's key where it says none of its own: `live` has it already, or the table is new and
/// the server would make one. `None`: it stays as declared.
pub fn with_generated_key(declared: &Table, live: Option<&Table>, server: &ServerFacts) -> Option<Table> {
    if declared.primary_key.is_some() || declared.column(&NAME.into()).is_some() {
        return None;
    }
    let wanted = match live {
        Some(live) => has_generated_key(live),
        None => server.generates_primary_keys && would_be_given(declared, server),
    };
    wanted.then(|| {
        let mut table = declared.clone();
        table.columns.insert(0, column());
        table.primary_key = Some(key());
        table
    })
}

/// Whether the server makes a key for a new table: not beside another AUTO_INCREMENT column (4109), not for a partitioned
/// table (1235), and in InnoDB alone.
fn would_be_given(declared: &Table, server: &ServerFacts) -> bool {
    let engine = declared.options.engine.as_deref().unwrap_or(&server.default_storage_engine);
    engine.eq_ignore_ascii_case("InnoDB")
        && declared.partitioning.is_none()
        && !declared.columns.iter().any(|column| column.auto_increment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dialect, SchemaDefaults, Version};
    use crate::sql;

    /// As MySQL 9.7 prints the table `g (a int)` that it has given a key.
    const SHOWN: &str = "CREATE TABLE `g` (\n  `my_row_id` bigint unsigned NOT NULL AUTO_INCREMENT /*!80023 INVISIBLE \
                         */,\n  `a` int DEFAULT NULL,\n  PRIMARY KEY (`my_row_id`)\n) ENGINE=InnoDB DEFAULT \
                         CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci";

    fn server(generates_primary_keys: bool) -> ServerFacts {
        let version = Version { major: 9, minor: 7, patch: 4 };
        ServerFacts { generates_primary_keys, ..ServerFacts::mysql_defaults(version) }
    }

    fn parsed(text: &str) -> Table {
        sql::parse_create_table(text, Dialect::NEWEST).unwrap()
    }

    fn live(text: &str) -> Table {
        let schema = SchemaDefaults { character_set: "utf8mb4".to_owned(), collation: "utf8mb4_0900_ai_ci".to_owned() };
        crate::normalize::live(&parsed(text), &server(false), &schema)
    }

    #[test]
    fn a_key_that_the_server_made_is_kept_and_one_of_another_form_is_not_its_own() {
        let declared = parsed("CREATE TABLE g (a int)");
        let kept = with_generated_key(&declared, Some(&live(SHOWN)), &server(false)).unwrap();
        let printed = sql::print_create_table(&kept, sql::Style::Plain, Dialect::NEWEST);
        assert!(printed.contains("`my_row_id` bigint unsigned NOT NULL AUTO_INCREMENT"), "{printed}");
        for other in [
            SHOWN.replace(" /*!80023 INVISIBLE */", ""),
            SHOWN.replace("bigint unsigned", "bigint"),
            SHOWN.replace("PRIMARY KEY (`my_row_id`)", "PRIMARY KEY (`my_row_id`,`a`)"),
            SHOWN.replace("INVISIBLE */", "INVISIBLE */ COMMENT 'ours'"),
        ] {
            assert_eq!(with_generated_key(&declared, Some(&live(&other)), &server(true)), None, "{other}");
        }
        // A manifest that has a key of its own, or names the column, is taken as it is.
        for said in ["CREATE TABLE g (a int primary key)", "CREATE TABLE g (my_row_id int, a int)"] {
            assert_eq!(with_generated_key(&parsed(said), Some(&live(SHOWN)), &server(true)), None, "{said}");
        }
    }

    #[test]
    fn a_new_table_gets_one_where_the_server_would_give_one() {
        let asked = |text: &str, generates| with_generated_key(&parsed(text), None, &server(generates)).is_some();
        assert!(asked("CREATE TABLE g (a int)", true) && asked("CREATE TABLE g (a int, unique key (a))", true));
        assert!(!asked("CREATE TABLE g (a int)", false));
        for text in [
            "CREATE TABLE g (a int) ENGINE=MyISAM",
            "CREATE TABLE g (a int) PARTITION BY HASH (a)",
            "CREATE TABLE g (a int auto_increment, key (a))",
            "CREATE TABLE g (a int primary key)",
        ] {
            assert!(!asked(text, true), "{text}");
        }
    }
}
