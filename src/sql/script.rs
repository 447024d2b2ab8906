//! `.sql` files: which tables they declare.

mod fold;
mod splitter;
mod time_zone;

pub use fold::{ScriptTable, fold_script};

use self::splitter::{Place, Splitter};
use super::cursor::Cursor;
use super::parse::{alter_table, create_index, create_table, table_name};
use super::{Located, SqlError};
use crate::model::{AlterTable, Dialect, Index, SchemaName, Table, TableName};

/// After so many errors the rest of a script is not read: it is probably not MySQL's SQL.
const MOST_ERRORS: usize = 50;

/// One statement of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptStatement {
    /// `CREATE TABLE`.
    CreateTable {
        /// The schema that qualifies the name.
        schema: Option<SchemaName>,
        /// The table.
        table: Box<Table>,
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
    },
    /// `CREATE [UNIQUE|FULLTEXT|SPATIAL] INDEX … ON table`.
    CreateIndex {
        /// The schema that qualifies the table.
        schema: Option<SchemaName>,
        /// The table.
        table: TableName,
        /// The index.
        index: Box<Index>,
    },
    /// `ALTER TABLE`.
    AlterTable {
        /// The schema that qualifies the table.
        schema: Option<SchemaName>,
        /// The change.
        alter: Box<AlterTable>,
    },
    /// `DROP TABLE`: of tables declared before it in the script, which then declares them no more; of others (as at the
    /// head of a dump) it says nothing.
    DropTables {
        /// The tables, each with the schema that qualifies it.
        tables: Vec<(Option<SchemaName>, TableName)>,
    },
    /// `USE`: the schema of what follows without one.
    Use {
        /// The schema.
        schema: SchemaName,
    },
    /// `SET TIME_ZONE`: the time zone of what follows; `None`: the server's own.
    TimeZone {
        /// As it is named.
        zone: Option<String>,
    },
    /// Not about the definition of a table.
    Skipped {
        /// Its first words, for a note.
        what: String,
        /// Why.
        reason: SkipReason,
    },
}

/// Why a statement of a script says nothing about tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// Session housekeeping of dumps: `SET`, `LOCK TABLES`, `DROP TABLE` before a `CREATE TABLE` …
    Housekeeping,
    /// Rows: `INSERT`, `UPDATE`, `SELECT` …
    Data,
    /// Objects that this project does not manage: views, triggers, routines, accounts, schemas.
    OtherObject,
}

/// Parses a script. All statements that are wrong are reported, each with its place.
pub fn parse_script(text: &str, dialect: Dialect) -> Result<Vec<Located<ScriptStatement>>, Vec<SqlError>> {
    let mut statements = Vec::new();
    let mut errors = Vec::new();
    let mut splitter = Splitter::new(text, dialect);
    let mut tokens = Vec::new();
    let mut place = Place::default();
    while let Some(limits) = splitter.next_statement(&mut tokens) {
        place.move_to(text, limits);
        let mut cursor = Cursor::new(text, &tokens, dialect);
        match statement(&mut cursor) {
            Ok(value) => {
                statements.push(Located { value, offset: limits, line: place.line, column: place.column });
            }
            Err(error) => errors.push(error),
        }
        if errors.len() >= MOST_ERRORS {
            break;
        }
    }
    if errors.is_empty() { Ok(statements) } else { Err(errors) }
}

fn statement(cursor: &mut Cursor<'_>) -> Result<ScriptStatement, SqlError> {
    let statement = if cursor.is_words(&["CREATE", "TABLE"]) || cursor.is_words(&["CREATE", "TEMPORARY"]) {
        let parsed = create_table(cursor)?;
        ScriptStatement::CreateTable {
            schema: parsed.schema,
            table: Box::new(parsed.table),
            if_not_exists: parsed.if_not_exists,
        }
    } else if cursor.is_words(&["CREATE", "INDEX"])
        || (cursor.is_word("CREATE")
            && ["UNIQUE", "FULLTEXT", "SPATIAL"].iter().any(|word| cursor.is_word_ahead(1, word)))
    {
        let (schema, table, index) = create_index(cursor)?;
        ScriptStatement::CreateIndex { schema, table, index: Box::new(index) }
    } else if switches_keys(cursor) {
        return Ok(ScriptStatement::Skipped { what: first_words(cursor), reason: SkipReason::Housekeeping });
    } else if cursor.is_words(&["ALTER", "TABLE"]) {
        let (schema, alter) = alter_table(cursor)?;
        ScriptStatement::AlterTable { schema, alter: Box::new(alter) }
    } else if cursor.is_words(&["DROP", "TABLE"]) || cursor.is_words(&["DROP", "TABLES"]) {
        drop_tables(cursor)?
    } else if cursor.is_word("USE") {
        cursor.expect("USE")?;
        ScriptStatement::Use { schema: SchemaName::new(cursor.identifier("a schema name")?) }
    } else if let Some(zone) = time_zone::set(cursor) {
        return Ok(ScriptStatement::TimeZone { zone });
    } else if let Some(reason) = skipped(cursor) {
        return Ok(ScriptStatement::Skipped { what: first_words(cursor), reason });
    } else {
        return Err(refused(cursor));
    };
    if cursor.at_end() { Ok(statement) } else { Err(cursor.expected("the end of the statement")) }
}

/// `DROP TABLE [IF EXISTS] a, b`.
fn drop_tables(cursor: &mut Cursor<'_>) -> Result<ScriptStatement, SqlError> {
    cursor.expect("DROP")?;
    if !cursor.take("TABLES") {
        cursor.expect("TABLE")?;
    }
    cursor.take_all(&["IF", "EXISTS"]);
    let mut tables = Vec::new();
    loop {
        tables.push(table_name(cursor)?);
        if !cursor.take_mark(",") {
            break;
        }
    }
    cursor.take_any(&["RESTRICT", "CASCADE"]);
    Ok(ScriptStatement::DropTables { tables })
}

/// `ALTER TABLE t DISABLE KEYS` and `ENABLE KEYS`, with which dumps frame their rows.
fn switches_keys(cursor: &Cursor<'_>) -> bool {
    let mut cursor = *cursor;
    cursor.take_all(&["ALTER", "TABLE"])
        && table_name(&mut cursor).is_ok()
        && cursor.take_any(&["DISABLE", "ENABLE"])
        && cursor.is_word("KEYS")
}

fn skipped(cursor: &Cursor<'_>) -> Option<SkipReason> {
    let first = |words: &[&str]| words.iter().any(|word| cursor.is_word(word));
    let second = |words: &[&str]| words.iter().any(|word| cursor.is_word_ahead(1, word));
    if first(&[
        "SET",
        "LOCK",
        "UNLOCK",
        "START",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "DELIMITER",
        "FLUSH",
        "SHOW",
        "ANALYZE",
        "OPTIMIZE",
    ]) || (first(&["DROP"]) && second(&["TEMPORARY"]))
    {
        return Some(SkipReason::Housekeeping);
    }
    if first(&[
        "INSERT", "REPLACE", "UPDATE", "DELETE", "SELECT", "LOAD", "TRUNCATE", "WITH", "CALL", "DO", "VALUES", "IMPORT",
    ]) {
        return Some(SkipReason::Data);
    }
    if first(&["GRANT", "REVOKE", "INSTALL", "UNINSTALL", "CHANGE"]) {
        return Some(SkipReason::OtherObject);
    }
    let object = [
        "DATABASE",
        "SCHEMA",
        "VIEW",
        "TRIGGER",
        "PROCEDURE",
        "FUNCTION",
        "EVENT",
        "USER",
        "ROLE",
        "DEFINER",
        "OR",
        "SQL",
        "ALGORITHM",
        "AGGREGATE",
        "SERVER",
        "TABLESPACE",
        "UNDO",
        "LOGFILE",
        "SPATIAL",
        "INSTANCE",
        "RESOURCE",
        "LIBRARY",
        "JSON",
    ];
    if first(&["CREATE", "ALTER", "DROP"]) && second(&object) {
        return Some(SkipReason::OtherObject);
    }
    None
}

fn refused(cursor: &Cursor<'_>) -> SqlError {
    if cursor.is_words(&["DROP", "INDEX"]) || cursor.is_words(&["RENAME", "TABLE"]) {
        return cursor.wrong(
            format!("{} changes a table instead of declaring it", first_words(cursor)),
            "write the definition as it is to be, and take this statement away",
        );
    }
    let mut error = cursor.expected("a statement of MySQL");
    error.advice = "a script holds CREATE TABLE, CREATE INDEX and ALTER TABLE; take anything else away".to_owned();
    error
}

/// The first words of a statement, for a note; never more, since what follows may be data.
fn first_words(cursor: &Cursor<'_>) -> String {
    let mut words = Vec::new();
    for ahead in 0..3 {
        match cursor.ahead(ahead) {
            Some(token) if token.kind == super::lexer::Kind::Word => words.push(cursor.source(token)),
            Some(_) | None => break,
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::IndexKind;

    const VERSION: Dialect = Dialect::mysql(crate::model::Version { major: 9, minor: 7, patch: 4 });

    #[test]
    fn a_dump_gives_its_tables() {
        let text = "/*!40101 SET NAMES utf8 */;\n-- a dump\nDROP TABLE IF EXISTS `t`;\nCREATE TABLE shop.`t` (\n  a int\n) ENGINE=InnoDB;\n\
            LOCK TABLES `t` WRITE;\n/*!40000 ALTER TABLE `t` DISABLE KEYS */;\nINSERT INTO t VALUES (1),('a;b');\nUNLOCK TABLES;\n\
            DELIMITER //\nCREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW BEGIN SET a = 1; END//\nDELIMITER ;\n\
            CREATE UNIQUE INDEX u ON t (a);\nALTER TABLE t ADD COLUMN b int AFTER a, ADD KEY (b), COMMENT='x';\n";
        let statements = parse_script(text, VERSION).unwrap();
        let what: Vec<_> = statements
            .iter()
            .map(|statement| match &statement.value {
                ScriptStatement::CreateTable { schema, .. } => {
                    format!("table in {:?}", schema.as_ref().map(SchemaName::as_str))
                }
                ScriptStatement::CreateIndex { .. } => "index".to_owned(),
                ScriptStatement::AlterTable { .. } => "alter".to_owned(),
                ScriptStatement::DropTables { .. } => "drop".to_owned(),
                ScriptStatement::Use { schema } => format!("use {schema}"),
                ScriptStatement::TimeZone { zone } => format!("zone {zone:?}"),
                ScriptStatement::Skipped { what, .. } => what.clone(),
            })
            .collect();
        assert_eq!(
            what,
            [
                "SET NAMES utf8",
                "drop",
                "table in Some(\"shop\")",
                "LOCK TABLES",
                "ALTER TABLE",
                "INSERT INTO t",
                "UNLOCK TABLES",
                "DELIMITER",
                "CREATE TRIGGER x",
                "DELIMITER",
                "index",
                "alter"
            ]
        );
        assert_eq!((statements[2].line, statements[2].column), (4, 1));
        let tables = fold_script(statements).unwrap();
        assert_eq!(tables.len(), 1);
        let ScriptTable { schema, table, time_zone: _ } = &tables[0].value;
        assert_eq!(schema.as_ref().map(SchemaName::as_str), Some("shop"));
        assert_eq!(table.columns.len(), 2);
        assert_eq!(table.indexes[0].kind, IndexKind::Unique);
        assert_eq!(table.indexes.len(), 2);
        assert_eq!(table.options.comment.as_deref(), Some("x"));
    }

    #[test]
    fn a_table_has_the_time_zone_that_is_set_before_it() {
        for (set, zone) in [
            ("/*!40103 SET TIME_ZONE='+00:00' */", Some("+00:00")),
            ("SET NAMES utf8mb4, @@session.time_zone := 'Europe/Berlin'", Some("Europe/Berlin")),
            ("SET SESSION time_zone = \"+02:00\"", Some("+02:00")),
            ("SET @OLD_TIME_ZONE=@@TIME_ZONE", None),
            ("SET time_zone='+01:00'; SET TIME_ZONE=@OLD_TIME_ZONE", None),
            ("SET time_zone='+01:00'; SET time_zone = DEFAULT", None),
            ("SET GLOBAL time_zone = '+02:00'", None),
            ("SET @@GLOBAL.time_zone = '+02:00'", None),
            ("SET @time_zone = '+02:00'", None),
        ] {
            let tables =
                parse_script(&format!("{set};\nCREATE TABLE t (a int);"), VERSION).and_then(fold_script).unwrap();
            assert_eq!(tables[0].value.time_zone.as_deref(), zone, "{set}");
        }
    }

    /// `schema.table` for each table, or the lines and texts of the errors.
    fn placed(text: &str) -> Result<Vec<String>, Vec<String>> {
        let told = |errors: Vec<SqlError>| -> Vec<String> {
            errors.iter().map(|error| format!("{}: {}", error.line, error.problem)).collect()
        };
        let tables = parse_script(text, VERSION).and_then(fold_script).map_err(told)?;
        let name = |ScriptTable { schema, table, time_zone: _ }: &ScriptTable| {
            format!("{}.{}", schema.as_ref().map_or("", SchemaName::as_str), table.name)
        };
        Ok(tables.iter().map(|table| name(&table.value)).collect())
    }

    #[test]
    fn tables_have_the_schema_that_a_script_gives_them() {
        let dump = "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop`;\nUSE `shop`;\nCREATE TABLE a (i int);\n\
            CREATE TABLE shop.b (i int, FOREIGN KEY (i) REFERENCES other.t (i));\nUSE shop;\nALTER TABLE a ADD j int;";
        assert_eq!(placed(dump), Ok(vec!["shop.a".to_owned(), "shop.b".to_owned()]));
        assert_eq!(placed("CREATE TABLE a (i int);"), Ok(vec![".a".to_owned()]));
        // A schema that is only named, or made, has no table here.
        let elsewhere = "USE mysql; SELECT 1; CREATE DATABASE other; USE shop; CREATE TABLE a (i int); USE other;";
        assert_eq!(placed(elsewhere), Ok(vec!["shop.a".to_owned()]));
    }

    #[test]
    fn a_script_with_tables_of_two_schemas_is_refused_with_the_place() {
        for (second, line) in [
            ("USE other;\nCREATE TABLE b (i int);", 4),
            ("CREATE TABLE `other`.`b` (i int);", 3),
            ("ALTER TABLE other.a ADD j int;", 3),
            ("CREATE INDEX k ON other.a (i);", 3),
            ("/*!40000 USE other */;\n\nCREATE TABLE a (i int);", 5),
        ] {
            let errors = placed(&format!("USE shop;\nCREATE TABLE a (i int);\n{second}")).unwrap_err();
            assert_eq!(errors.len(), 1, "{errors:?}");
            assert!(errors[0].starts_with(&format!("{line}: ")) && errors[0].contains("`other`"), "{errors:?}");
        }
        // Without its semicolon USE would swallow the statement that follows.
        assert!(placed("USE shop\nCREATE TABLE a (i int);").is_err());
    }

    #[test]
    fn every_error_has_its_place() {
        let text =
            "CREATE TABLE a (\n  b itn\n);\nCREATE TABLE c (d int;\nDROP INDEX x ON y;\nCREATE TABLE ok (a int);";
        let errors = parse_script(text, VERSION).unwrap_err();
        let places: Vec<_> = errors.iter().map(|error| (error.line, error.column)).collect();
        assert_eq!(places, [(2, 5), (4, 22), (5, 1)]);
    }
}
