//! What manifests read as, and what is said of wrong ones.

use super::*;
use crate::model::{ColumnDefault, Ensure, IndexKind, KeyTarget, Literal, PartitionManagement, ReferentialAction};

const VERSION: Dialect = Dialect::mysql(crate::model::Version { major: 9, minor: 7, patch: 0 });
const HEAD: &str =
    "apiVersion: tablewright.dev/v1alpha1\nkind: Table\nmetadata: {name: t}\nspec:\n  databaseRef: {name: blog}\n";

fn good(text: &str) -> DesiredTable {
    let mut manifests = read_yaml("t.yaml", text, VERSION);
    assert_eq!(manifests.problems, Vec::new());
    assert_eq!(manifests.tables.len(), 1);
    manifests.tables.remove(0)
}

fn spec(spec: &str) -> DesiredTable {
    good(&format!("{HEAD}{spec}"))
}

fn problems(text: &str) -> Vec<String> {
    let manifests = read_yaml("t.yaml", text, VERSION);
    assert!(manifests.tables.is_empty(), "a wrong manifest was taken: {text}");
    manifests.problems.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn wrong(spec: &str, expected: &str) {
    let found = problems(&format!("{HEAD}{spec}"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0], expected);
}

#[test]
fn a_structured_table() {
    let table = good(include_str!("../../../tests/manifests/right/03-table-structured.yaml"));
    assert_eq!(table.ensure, Ensure::Present);
    assert_eq!(table.renamed_from, [TableName::from("members")]);
    assert_eq!(table.column_renames, [(ColumnName::from("email"), vec![ColumnName::from("mail")])]);
    let Table { columns, indexes, foreign_keys, checks, options, .. } = table.table;
    assert_eq!(columns.len(), 8);
    assert!(columns[0].auto_increment);
    assert_eq!(columns[0].nullable, Some(false));
    assert_eq!(columns[1].data_type.characters().unwrap().collation.as_deref(), Some("utf8mb4_0900_ai_ci"));
    assert_eq!(columns[2].default, Some(ColumnDefault::Literal(Literal::String("active".to_owned()))));
    assert_eq!(columns[3].default, Some(ColumnDefault::Literal(Literal::Number("0".to_owned()))));
    assert_eq!(columns[6].default, Some(ColumnDefault::CurrentTimestamp(6)));
    assert_eq!(columns[6].on_update, Some(6));
    assert_eq!(columns[7].generated.as_ref().unwrap().expression.as_str(), "substring_index(email,'@',-1)");
    assert_eq!(indexes[0].kind, IndexKind::Unique);
    assert!(matches!(&indexes[1].parts[0].target, KeyTarget::Expression(text) if text.as_str() == "lower(email)"));
    assert!(indexes[2].parts[0].descending && !indexes[2].visible);
    assert_eq!(indexes[3].parser.as_deref(), Some("ngram"));
    assert_eq!(foreign_keys[0].on_delete, ReferentialAction::Cascade);
    assert_eq!(checks[0].expression.as_str(), "email like '%@%'");
    assert_eq!(options.row_format.as_deref(), Some("DYNAMIC"));
}

use crate::model::{ColumnName, Table, TableName};

#[test]
fn sql_absent_and_partitions() {
    let table = good(include_str!("../../../tests/manifests/right/04-table-sql.yaml"));
    assert_eq!(table.table.columns.len(), 1);
    let table = good(include_str!("../../../tests/manifests/right/05-table-absent.yaml"));
    assert_eq!(table.ensure, Ensure::Absent);
    let table = good(include_str!("../../../tests/manifests/right/06-table-partitioned.yaml"));
    assert_eq!(table.table.partitioning.unwrap().partitions.len(), 2);
    assert_eq!(table.partitions, PartitionManagement::All);
    let table = good(include_str!("../../../tests/manifests/right/07-table-partitioned-columns.yaml"));
    assert_eq!(table.table.partitioning.unwrap().partitions.len(), 2);
}

#[test]
fn every_right_manifest_is_read_and_every_wrong_table_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests");
    for (kind, good) in [("right", true), ("wrong", false)] {
        for entry in std::fs::read_dir(folder.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            // What changes from one version to the next only the API server sees.
            if !path.to_string_lossy().contains("-table-") || text.contains("\n---\n") {
                continue;
            }
            let manifests = read_yaml("t.yaml", &text, VERSION);
            assert_eq!(manifests.problems.is_empty(), good, "{}: {:?}", path.display(), manifests.problems);
        }
    }
}

#[test]
fn each_problem_says_where_what_and_what_to_do() {
    wrong(
        "  columns: [{name: a, type: int, nulable: false}]\n",
        "t.yaml:6:34: spec.columns[0]: unknown field `nulable`; did you mean `nullable`?",
    );
    wrong(
        "  columns:\n    - {name: no, type: int}\n",
        "t.yaml:7:14: spec.columns[0].name: `no` is a boolean to kubectl, and a string belongs here; quote it: \"no\"",
    );
    wrong(
        "  columns: [{name: a, type: int, default: true}]\n",
        "t.yaml:6:43: spec.columns[0].default: boolean `true` where a string or an integer (write booleans as 1 or 0, and \
         quote other numbers) belongs",
    );
    wrong(
        "  columns: [{name: a, type: 'decimal(3,2)', default: 1.50}]\n",
        "t.yaml:6:54: spec.columns[0].default: `1.50` would not arrive as it is written; quote it: \"1.50\"",
    );
    wrong("  columns: 7\n", "t.yaml:6:12: spec.columns: a number (`7`) where a list belongs");
    wrong("  columns: [{name: a}]\n", "t.yaml:6:13: spec.columns[0]: the field `type` is missing; add it");
    wrong(
        "  columns: [{name: a, type: int}]\n  indexes: [{name: i, kind: UNIQUE, columns: [{name: a}]}]\n",
        "t.yaml:7:29: spec.indexes[0].kind: `UNIQUE` is not one of the values here; did you mean `Unique`?",
    );
    wrong(
        "  columns: [{name: email, type: int}]\n  indexes: [{name: i, columns: [{name: emial}]}]\n",
        "t.yaml:7:40: spec.indexes[0].columns[0].name: the table has no column `emial`; did you mean `email`?",
    );
    wrong(
        "  columns: [{name: a, type: int}, {name: A, type: int}]\n",
        "t.yaml:6:42: spec.columns[1].name: the column `A` stands here for the second time; the first is spec.columns[0]; \
         MySQL compares these names without regard to case: remove or rename one of them",
    );
    wrong(
        "  columns: [{name: a, type: int, renamedFrom: [b]}, {name: b, type: int, renamedFrom: [a]}]\n",
        "t.yaml:6:47: spec.columns[0].renamedFrom: `a` says it was `b`, and `b` says it was `a`: this cannot be told from \
         renames that have been done already; to exchange names takes three changes: one of them to a name that is \
         free, the other to its new name, then the first to its own, each with the rename of that step alone",
    );
    wrong(
        "  columns: [{name: a, type: int}]\n  columns: []\n",
        "t.yaml:7:3: `columns` stands here for the second time; the first is in line 6; keep one of them",
    );
    wrong(
        "  sql: CREATE TABLE u (id int)\n",
        "t.yaml:6:8: spec.sql: the statement creates `u`, but this Table is `t`; make them the same: set spec.name to the \
         table's name",
    );
    wrong(
        "",
        "t.yaml:5:3: spec: neither columns nor sql; give columns or sql; to have the table dropped, say ensure: Absent",
    );
}

#[test]
fn all_faults_of_a_table_are_reported_at_once() {
    let found = problems(&format!(
        "{HEAD}  columns: [{{name: a, type: itn}}, {{name: b, type: int, collation: x}}]\n  checks: [{{name: c, expression: '1) or (1'}}]\n"
    ));
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[0].contains("spec.columns[0].type"));
    assert!(found[1].contains("spec.columns[1].collation: `int` has no characters"));
    assert!(found[2].contains("spec.checks[0].expression"));
}

#[test]
fn injected_sql_stays_data_or_is_refused() {
    let evil = "x`); DROP TABLE users; -- '";
    let table = spec(&format!(
        "  columns:\n    - {{name: \"{evil}\", type: int, comment: \"{evil}\"}}\n    - {{name: d, type: varchar(99), default: \"{evil}\"}}\n"
    ));
    assert_eq!(table.table.columns[0].name.as_str(), evil);
    assert_eq!(table.table.columns[0].comment, evil);
    assert_eq!(table.table.columns[1].default, Some(ColumnDefault::Literal(Literal::String(evil.to_owned()))));
    for field in [
        "{name: a, type: \"int, b int\"}",
        "{name: a, type: \"int) engine=memory\"}",
        "{name: a, type: \"int default 1\"}",
        "{name: a, type: int, defaultExpression: \"1), b int default (2\"}",
        "{name: a, type: int, defaultExpression: \"1; drop table users\"}",
        "{name: a, type: datetime, onUpdate: \"now(), b int\"}",
        "{name: a, type: int, generated: {expression: \"1) stored, b int as (2\"}}",
        "{name: a, type: int, defaultExpression: \"(1) comment 'x'\"}",
        "{name: a, type: int, generated: {expression: \"@x := 1\"}}",
    ] {
        assert_eq!(problems(&format!("{HEAD}  columns: [{field}]\n")).len(), 1, "{field}");
    }
    let table = spec("  columns: [{name: a, type: int, generated: {expression: \"1 -- x\"}}]\n");
    assert_eq!(table.table.columns[0].generated.as_ref().unwrap().expression.as_str(), "1");
    let two = problems(&format!("{HEAD}  sql: \"CREATE TABLE t (id int); DROP TABLE users\"\n"));
    assert_eq!(two.len(), 1, "{two:?}");
}

#[test]
fn documents_of_other_kinds() {
    let text = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x}}\ndata: {{a: 1}}\n---\n---\n{HEAD}  ensure: Absent\n---\n\
         apiVersion: tablewright.dev/v1alpha1\nkind: Database\nmetadata: {{name: d}}\nspec: {{}}\n"
    );
    assert_eq!(good(&text).ensure, Ensure::Absent);
    let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: tablewright.dev/v1alpha1\n  kind: Table\n  metadata: {name: t}\n  \
                spec: {databaseRef: {name: b}, ensure: Absent}\n";
    assert_eq!(good(list).ensure, Ensure::Absent);
    let json = r#"{"apiVersion": "tablewright.dev/v1alpha1", "kind": "Table", "metadata": {"name": "t"},
        "spec": {"databaseRef": {"name": "b"}, "columns": [{"name": "a", "type": "int", "default": 1}]}}"#;
    assert_eq!(good(json).table.columns.len(), 1);
    assert!(problems(&HEAD.replace("Table", "Tabel"))[0].contains("did you mean `Table`?"));
    assert!(problems(&HEAD.replace("v1alpha1", "v1"))[0].contains("write tablewright.dev/v1alpha1"));
    assert!(problems(&HEAD.replace("spec:", "specs:"))[0].contains("did you mean `spec`?"));
    assert!(problems("kind: Table\nmetadata: {name: t}\n")[0].contains("no apiVersion"));
    assert!(problems("just text")[0].contains("no Kubernetes object"));
}

#[test]
fn a_manifest_that_is_too_large() {
    let text = format!("{HEAD}  columns:\n    - {{name: a, type: int, comment: \"{}\"}}\n", "x".repeat(5_000_000));
    let found = problems(&text);
    assert!(found[0].contains("Kubernetes takes at most 3145728") && found[0].contains(".sql file"), "{}", found[0]);
}

#[test]
fn schemahero_tables() {
    let table = good(
        "apiVersion: schemas.schemahero.io/v1alpha4\nkind: Table\nmetadata: {name: airport}\nspec:\n  database: airlinedb\n  \
         name: airport\n  schema:\n    mysql:\n      primaryKey: [code]\n      columns:\n        - {name: code, type: char(4)}\n        \
         - name: name\n          type: varchar(255)\n          constraints: {notNull: true}\n      indexes:\n        \
         - {columns: [name], isUnique: true}\n",
    );
    assert_eq!(table.table.name.as_str(), "airport");
    assert_eq!(table.table.columns[1].nullable, Some(false));
    assert_eq!(table.table.indexes[0].name.as_ref().unwrap().as_str(), "idx_airport_name");
    let found = problems(
        "apiVersion: schemas.schemahero.io/v1alpha4\nkind: Table\nmetadata: {name: a}\nspec:\n  database: d\n  name: a\n  \
         schema:\n    postgres: {columns: []}\n",
    );
    assert!(found[0].contains("unknown field `postgres`"), "{}", found[0]);
}

#[test]
fn files_directories_and_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let read_at = |path: &Path| read(&[path.to_owned()], &mut std::io::empty(), VERSION);
    let only = |manifests: Manifests| {
        assert_eq!(manifests.problems.len(), 1, "{:?}", manifests.problems);
        manifests.problems[0].to_string()
    };
    assert!(only(read_at(&path)).contains("no Table manifest and no CREATE TABLE found in"));
    assert!(only(read_at(&path.join("missing"))).contains("cannot be read"));
    assert!(only(read(&[], &mut std::io::empty(), VERSION)).contains("no manifest is named"));
    std::fs::create_dir_all(path.join("b/deep")).unwrap();
    std::fs::create_dir_all(path.join(".git")).unwrap();
    std::fs::write(path.join("b/deep/t.yml"), format!("{HEAD}  ensure: Absent\n")).unwrap();
    std::fs::write(
        path.join("a.sql"),
        "CREATE TABLE u (id int);\nINSERT INTO u VALUES (1);\nCREATE TABLE v (id int);\n",
    )
    .unwrap();
    std::fs::write(path.join(".git/x.yaml"), "{{{").unwrap();
    std::fs::write(path.join("README.md"), "text").unwrap();
    let found = read_at(&path);
    assert_eq!(found.problems, Vec::new());
    let names: Vec<&str> = found.tables.iter().map(|table| table.table.name.as_str()).collect();
    assert_eq!(names, ["u", "v", "t"]);
    assert!(found.tables[1].origin.to_string().ends_with("a.sql:3:1"), "{}", found.tables[1].origin);
    assert!(only(read_at(&path.join("README.md"))).contains("a file of this kind is not understood"));
    std::fs::write(path.join("c.yaml"), [0xff, 0xfe, 0x00]).unwrap();
    assert!(only(read_at(&path.join("c.yaml"))).contains("not UTF-8 text (byte 0)"));
    std::fs::write(path.join("d.yaml"), "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n").unwrap();
    assert!(only(read_at(&path.join("d.yaml"))).contains("no Table manifest"));
    let dash = [PathBuf::from("-")];
    let sql = read(&dash, &mut "CREATE TABLE u (id int)".as_bytes(), VERSION);
    assert_eq!(sql.tables[0].origin.to_string(), "-:1:1");
    let yaml = read(&dash, &mut format!("# a comment\n{HEAD}  ensure: Absent\n").as_bytes(), VERSION);
    assert_eq!(yaml.tables.len(), 1);
    assert!(only(read(&dash, &mut std::io::empty(), VERSION)).contains("no Table manifest"));
}

#[test]
fn many_files_come_in_the_order_of_their_names() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..200 {
        let text = HEAD.replace("{name: t}", &format!("{{name: t{number:03}}}"));
        std::fs::write(folder.path().join(format!("{number:03}.yaml")), format!("{text}  ensure: Absent\n")).unwrap();
    }
    let found = read(&[folder.path().to_owned()], &mut std::io::empty(), VERSION);
    let names: Vec<String> = found.tables.iter().map(|table| table.table.name.to_string()).collect();
    let expected: Vec<String> = (0..200).map(|number| format!("t{number:03}")).collect();
    assert_eq!(names, expected);
}

#[test]
fn a_link_in_a_circle_ends() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.yaml"), format!("{HEAD}  ensure: Absent\n")).unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
    let found = read(&[folder.path().to_owned()], &mut std::io::empty(), VERSION);
    assert_eq!(found.tables.len(), 1);
}

#[test]
fn objects_and_their_problems() {
    let mut spec = super::super::TableSpec::new(crate::plan::proposal::DatabaseReference {
        name: "blog".to_owned(),
        namespace: None,
    });
    spec.sql = Some("CREATE TABLE users (id int)".to_owned());
    let mut table = super::super::Table::new("users", spec);
    table.metadata.namespace = Some("team".to_owned());
    let desired = desired_table(&table, VERSION).unwrap();
    assert_eq!(desired.origin.to_string(), "Table team/users");
    table.spec.name = Some("people".to_owned());
    let problems = desired_table(&table, VERSION).unwrap_err();
    assert!(problems[0].to_string().starts_with("Table team/users: spec.sql: the statement creates `users`"));
}

#[test]
fn object_names_are_valid_and_differ() {
    assert_eq!(object_name("user_roles"), "user-roles");
    let names =
        ["user_roles", "user-roles", "User_Roles", "user roles", "_user_roles", "é", "日本", ""].map(object_name);
    for (index, name) in names.iter().enumerate() {
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{name}");
        assert!(!name.is_empty() && !name.starts_with('-') && !name.ends_with('-'), "{name}");
        assert!(!names[..index].contains(name), "{name}");
    }
}

#[test]
fn an_approval_beside_tables_is_looked_at_too() {
    let approval = include_str!("../../../tests/manifests/right/08-approval.yaml");
    assert_eq!(problems(approval), Vec::<String>::new());
    let object = |spec: &str| {
        format!(
            "apiVersion: tablewright.dev/v1alpha1\nkind: Approval\nmetadata: {{name: a}}\nspec:\n  databaseRef: {{name: blog}}\n{spec}"
        )
    };
    let digits = "0".repeat(64);
    for wrong in ["v1:sha256:00".to_owned(), format!("v1:sha256:{}", "G".repeat(64)), digits.clone()] {
        let found = problems(&object(&format!("  digest: \"{wrong}\"\n")));
        assert_eq!(found.len(), 1, "{wrong}: {found:?}");
        assert!(found[0].starts_with("t.yaml:6:") && found[0].contains("spec.digest"), "{found:?}");
    }
    let found = problems(&object(&format!("  digest: v1:sha256:{digits}\n  plan: users-1\n")));
    assert!(found.len() == 1 && found[0].contains("unknown field `plan`"), "{found:?}");
    assert_eq!(problems(&object(&format!("  digest: v1:sha256:{digits}\n"))), Vec::<String>::new());
}
