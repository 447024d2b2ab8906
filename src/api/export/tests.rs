//! What is exported reads back the same.

use std::path::Path;

use super::*;
use crate::api::manifest;
use crate::model::{ColumnDefault, DesiredTable, Dialect};

const VERSION: Dialect = Dialect::mysql(crate::model::Version { major: 9, minor: 7, patch: 0 });

fn parsed(sql: &str) -> model::Table {
    sql::parse_create_table(sql, VERSION).unwrap_or_else(|error| panic!("{error}: {sql}"))
}

fn read_back(yaml: &str) -> DesiredTable {
    let mut manifests = manifest::read_yaml("t.yaml", yaml, VERSION);
    assert_eq!(manifests.problems, Vec::new(), "{yaml}");
    manifests.tables.remove(0)
}

/// What a manifest may leave out because MySQL fills it in again.
fn implied(mut table: model::Table) -> model::Table {
    let key: Vec<String> =
        table.primary_key.iter().flat_map(|key| &key.parts).map(|part| format!("{part:?}")).collect();
    for column in &mut table.columns {
        if column.default == Some(ColumnDefault::Null) {
            column.default = None;
        }
        let in_key = key.iter().any(|part| part.contains(&format!("{:?}", column.name)));
        if column.nullable == Some(true) || in_key {
            column.nullable = None;
        }
        if let Some(characters) = column.data_type.characters_mut()
            && characters.collation.is_some()
        {
            characters.character_set = None;
        }
        // Numbers print quoted in SHOW CREATE TABLE; in a manifest they are numbers.
        if let Some(ColumnDefault::Literal(model::Literal::Number(text))) = &column.default {
            column.default = Some(ColumnDefault::Literal(model::Literal::String(text.clone())));
        }
    }
    for index in &mut table.indexes {
        // MySQL takes the symbol of `CONSTRAINT x UNIQUE` as the index's name.
        if let (None, Some(symbol)) = (&index.name, index.constraint.take()) {
            index.name = Some(model::IndexName::new(symbol.as_str()));
        }
    }
    table.options.auto_increment = None;
    for partition in table.partitioning.iter_mut().flat_map(|partitioning| &mut partitioning.partitions) {
        partition.engine = None;
        for subpartition in &mut partition.subpartitions {
            subpartition.engine = None;
        }
    }
    table
}

#[test]
fn a_manifest_reads_like_one_that_a_person_wrote() {
    let table = parsed(
        "CREATE TABLE `users` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `email` varchar(255) COLLATE utf8mb4_bin NOT NULL COMMENT 'login: name',
  `no` enum('a','b') NOT NULL DEFAULT 'a',
  `logins` int NOT NULL DEFAULT '0',
  `price` decimal(10,2) DEFAULT '1.50',
  `flags` bit(3) DEFAULT b'101',
  `created_at` datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  `domain` varchar(255) GENERATED ALWAYS AS (substring_index(`email`,_utf8mb4'@',-(1))) STORED,
  PRIMARY KEY (`id`),
  UNIQUE KEY `users_email` (`email`(16) DESC),
  KEY `users_lower` ((lower(`email`))),
  CONSTRAINT `users_org` FOREIGN KEY (`id`) REFERENCES `orgs` (`id`) ON DELETE CASCADE,
  CONSTRAINT `users_at` CHECK ((`email` like _utf8mb4'%@%'))
) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci COMMENT='people'",
    );
    let yaml = to_yaml(&to_manifest(&table, "blog", VERSION).unwrap());
    let expected = r#"apiVersion: tablewright.dev/v1alpha1
kind: Table
metadata:
  name: users
spec:
  databaseRef: {name: blog}
  columns:
    - {name: id, type: bigint unsigned, autoIncrement: true}
    - {name: email, type: varchar(255), nullable: false, collation: utf8mb4_bin, comment: "login: name"}
    - {name: "no", type: "enum('a','b')", nullable: false, default: a}
    - {name: logins, type: int, nullable: false, default: 0}
    - {name: price, type: "decimal(10,2)", default: "1.50"}
    - {name: flags, type: bit(3), defaultExpression: "b'101'"}
    - {name: created_at, type: datetime(6), nullable: false, defaultExpression: CURRENT_TIMESTAMP(6), onUpdate: CURRENT_TIMESTAMP(6)}
    - {name: domain, type: varchar(255), generated: {expression: "substring_index(`email`,_utf8mb4'@',-(1))", kind: Stored}}
  primaryKey: {columns: [{name: id}]}
  indexes:
    - {name: users_email, kind: Unique, columns: [{name: email, length: 16, order: Desc}]}
    - {name: users_lower, columns: [{expression: "lower(`email`)"}]}
  foreignKeys:
    - {name: users_org, columns: [id], references: {table: orgs, columns: [id]}, onDelete: Cascade}
  checks:
    - {name: users_at, expression: "(`email` like _utf8mb4'%@%')"}
  options: {engine: InnoDB, characterSet: utf8mb4, collation: utf8mb4_0900_ai_ci, comment: people}
"#;
    assert_eq!(yaml, expected);
    assert_eq!(implied(read_back(&yaml).table), implied(table));
}

#[test]
fn sql_goes_out_as_a_block_and_comes_back() {
    let table = parsed("CREATE TABLE `a b` (`id` int DEFAULT NULL, `t` text COMMENT 'x\\ny')");
    let manifest = to_sql_manifest(&table, "blog", VERSION).unwrap();
    assert_eq!(manifest.spec.name.as_deref(), Some("a b"));
    let yaml = to_yaml(&manifest);
    assert!(yaml.contains("  sql: |-\n    CREATE TABLE `a b` ("), "{yaml}");
    assert_eq!(implied(read_back(&yaml).table), implied(table));
}

#[test]
fn a_connection_is_never_shown() {
    let table = parsed("CREATE TABLE f (id int) ENGINE=FEDERATED CONNECTION='mysql://u:secret@h/d/t'");
    for refused in [to_manifest(&table, "blog", VERSION), to_sql_manifest(&table, "blog", VERSION)] {
        let message = refused.unwrap_err().to_string();
        assert!(message.contains("may hold a password") && !message.contains("secret"), "{message}");
    }
}

/// Every table of the corpus survives the way out and back, in both forms.
#[test]
fn the_corpus_comes_back_as_it_was() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !corpus.is_dir() {
        eprintln!("skipped: no corpus at {}", corpus.display());
        return;
    }
    let mut paths = vec![corpus.join("torture.sql")];
    paths.extend(std::fs::read_dir(corpus.join("real")).unwrap().map(|entry| entry.unwrap().path()));
    let mut tables = 0;
    let mut structured_tables = 0;
    let mut differing = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        // The last three of the torture set are no declarations: TEMPORARY, LIKE and SELECT; a CONNECTION is refused.
        let text: String = text
            .lines()
            .filter(|line| {
                !["to_temp", "to_external_like", "to_as_select", "to_connection"].iter().any(|name| line.contains(name))
            })
            .fold(String::new(), |text, line| text + line + "\n");
        let manifests = manifest::read_sql(&path.display().to_string(), &text, VERSION);
        // Kamailio really declares one table twice.
        if manifests.problems.len() == 1 && path.ends_with("kamailio.sql") {
            continue;
        }
        assert_eq!(manifests.problems, Vec::new(), "{}", path.display());
        for desired in manifests.tables {
            let table = desired.table;
            tables += 1;
            let manifest = to_manifest(&table, "blog", VERSION).unwrap();
            structured_tables += usize::from(manifest.spec.sql.is_none());
            for manifest in [manifest, to_sql_manifest(&table, "blog", VERSION).unwrap()] {
                let yaml = to_yaml(&manifest);
                let (back, there) = (implied(read_back(&yaml).table), implied(table.clone()));
                if back != there {
                    differing.push(format!(
                        "{}\n  out  {}\n  back {}",
                        path.display(),
                        sql::print_create_table(&there, Style::Plain, VERSION),
                        sql::print_create_table(&back, Style::Plain, VERSION)
                    ));
                }
            }
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    assert!(tables > 300 && structured_tables > 200, "{tables} tables, {structured_tables} structured");
}

#[test]
fn a_declaration_keeps_renames_absence_and_what_is_managed() {
    for yaml in [
        "ensure: Absent",
        "renamedFrom: [people, members]\n  columns: [{name: a, type: int, renamedFrom: [b]}, {name: c, type: int}]",
        "columns: [{name: a, type: int}]\n  partitioning: {by: Range, expression: a, manage: Scheme, partitions: [{name: p, lessThan: \"1\"}]}",
    ] {
        let text = format!(
            "apiVersion: tablewright.dev/v1alpha1\nkind: Table\nmetadata: {{name: users}}\nspec:\n  databaseRef: {{name: db}}\n  {yaml}\n"
        );
        let declared = read_back(&text);
        let written = to_yaml(&to_declaration(&declared, "db", VERSION).unwrap());
        let again = read_back(&written);
        assert_eq!(again, DesiredTable { origin: again.origin.clone(), ..declared }, "{written}");
    }
}
