//! What a plan says of tables that it does not change: refused ones are counted as refused, and tables of another schema are
//! not taken for those of this one.

use crate::support::{
    binary::{Outcome, run, run_with_input},
    pair::{Pair, Role, shared},
};

fn plan(url: &str, sql: &str, more: &[&str]) -> Outcome {
    let mut arguments = vec!["plan", "-f", "-", "--url", url];
    arguments.extend(more);
    run_with_input(&arguments, sql)
}

/// A parent whose child refers to a part of its key, as the server makes it with the setting OFF.
fn partial(pair: &Pair) -> String {
    let schema = pair.schema("said");
    pair.sql(
        Role::Primary,
        &schema,
        "SET restrict_fk_on_non_standard_key = OFF;
         CREATE TABLE p (a int, b int, n int, PRIMARY KEY (a, b));
         CREATE TABLE k (id int PRIMARY KEY, a int, CONSTRAINT kf FOREIGN KEY (a) REFERENCES p (a));
         CREATE TABLE other (id int PRIMARY KEY);
         INSERT INTO p VALUES (1, 1, 1), (1, 2, 2); INSERT INTO k VALUES (1, 1); INSERT INTO other VALUES (1)",
    );
    schema
}

const P: &str = "CREATE TABLE p (a int, b int, n int, PRIMARY KEY (a, b));";
const K: &str = "CREATE TABLE k (id int PRIMARY KEY, a int, CONSTRAINT kf FOREIGN KEY (a) REFERENCES p (a));";
const OTHER: &str = "CREATE TABLE other (id int PRIMARY KEY);";

#[test]
fn a_parent_of_a_key_on_a_part_is_refused_and_counted() {
    let Some(pair) = shared("a_parent_of_a_key_on_a_part") else { return };
    let schema = partial(pair);
    let url = pair.url(Role::Primary, &schema);
    // The server's word: every change of the parent fails.
    let refused = pair.try_sql(Role::Primary, &schema, "ALTER TABLE p COMMENT = 'x'").unwrap_err();
    assert!(refused.contains("1553"), "{refused}");

    let parent = P.replace("n int", "n bigint");
    let told = plan(&url, &format!("{parent} {K} {OTHER}"), &[]).expect(3);
    assert!(
        told.stdout.contains("No change is planned; 1 table is refused; 2 tables are as declared."),
        "{}",
        told.all()
    );
    for word in ["`kf`", "table `k`", "restrict_fk_on_non_standard_key", "118151"] {
        assert!(told.stdout.contains(word), "{word}: {}", told.all());
    }
    // What has nothing to do with it is planned.
    let other = OTHER.replace("KEY)", "KEY, n int)");
    let told = plan(&url, &format!("{parent} {K} {other}"), &[]).expect(3);
    assert!(
        told.stdout.contains("1 statement changes 1 table; 1 table is refused; 1 table is as declared."),
        "{}",
        told.all()
    );
    for format in ["markdown", "sql"] {
        let told = plan(&url, &format!("{parent} {K} {other}"), &["--format", format]).expect(3);
        assert!(told.stdout.contains("1 table is refused"), "{}", told.all());
    }
    // The child and the parent that stays take their changes.
    let child = K.replace("a int,", "a int, more int,");
    let apply = |sql: &str| run_with_input(&["apply", "-f", "-", "--url", &url, "--auto-approve"], sql);
    let told = apply(&format!("{P} {child} {other}")).expect(0);
    assert!(pair.definition(Role::Primary, &schema, "k").contains("`more`"), "{}", told.all());
    // The way out: the key goes, and the parent can be changed.
    let without = "CREATE TABLE k (id int PRIMARY KEY, a int, more int, KEY kf (a));";
    apply(&format!("{P} {without} {other}")).expect(0);
    apply(&format!("{parent} {without} {other}")).expect(0);
    assert_eq!(pair.sql(Role::Primary, &schema, "SELECT COUNT(*) FROM p"), "2\n");
}

#[test]
fn a_script_of_another_schema_is_refused_with_file_and_line() {
    let Some(pair) = shared("a_script_of_another_schema") else { return };
    let schema = pair.schema("scripts");
    let other = pair.schema("scripts_other");
    let url = pair.url(Role::Primary, &schema);
    pair.sql(Role::Primary, &schema, "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dump.sql");
    let path = file.to_str().unwrap();
    let a = "CREATE TABLE a (id int PRIMARY KEY);";
    // A dump of this schema.
    let dump = format!(
        "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `{schema}` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;\n\
         USE `{schema}`;\nDROP TABLE IF EXISTS `a`;\n{a}\nCREATE TABLE `{schema}`.b (id int PRIMARY KEY);\n"
    );
    std::fs::write(&file, &dump).unwrap();
    let told = run(&["plan", "-f", path, "--url", &url]).expect(0);
    assert!(told.stdout.contains("1 statement changes 1 table; 1 table is as declared."), "{}", told.all());
    // Tables of another one, however it is said.
    for (more, line) in [
        (format!("CREATE TABLE `{other}`.x (id int PRIMARY KEY);"), 6),
        (format!("USE {other};\nCREATE TABLE x (id int PRIMARY KEY);"), 7),
        (format!("USE `{other}`;\nALTER TABLE a ADD n int;"), 7),
    ] {
        std::fs::write(&file, format!("{dump}{more}\n")).unwrap();
        for command in
            [&["plan", "--url", &url][..], &["lint"], &["convert"], &["apply", "--auto-approve", "--url", &url]]
        {
            let arguments: Vec<&str> = command.iter().copied().chain(["-f", path]).collect();
            let told = run(&arguments).expect(1);
            let all = told.all();
            assert!(all.contains(&format!("dump.sql:{line}:")) && all.contains(&other), "{command:?}: {all}");
        }
    }
    for (text, line) in
        [(format!("{a}\n\nCREATE TABLE {other}.x (id int PRIMARY KEY);"), 3), (format!("USE {other};\n{a}"), 2)]
    {
        std::fs::write(&file, text).unwrap();
        for command in ["plan", "verify"] {
            let told = run(&[command, "-f", path, "--url", &url]).expect(1);
            let all = told.all();
            assert!(all.contains(&format!("dump.sql:{line}:")) && all.contains(&other), "{command}: {all}");
        }
    }
    // A parent in another schema is nothing new.
    pair.sql(Role::Primary, &other, "CREATE TABLE p (id int PRIMARY KEY)");
    let child = format!("{a} CREATE TABLE c (id int PRIMARY KEY, FOREIGN KEY (id) REFERENCES {other}.p (id));");
    std::fs::write(&file, child).unwrap();
    let told = run(&["plan", "-f", path, "--url", &url, "--format", "sql"]);
    assert!(told.code != 1 && !told.all().contains("is of schema"), "{}", told.all());
    // A Table belongs to its Database's schema.
    let manifest = format!(
        "apiVersion: tablewright.dev/v1alpha1\nkind: Table\nmetadata: {{name: x}}\nspec:\n  databaseRef: {{name: d}}\n  \
         sql: CREATE TABLE {other}.x (id int PRIMARY KEY)\n"
    );
    let file = folder.path().join("x.yaml");
    std::fs::write(&file, manifest).unwrap();
    let told = run(&["plan", "-f", file.to_str().unwrap(), "--url", &url]).expect(1);
    assert!(told.all().contains("spec.sql") && told.all().contains(&other), "{}", told.all());
    assert_eq!(pair.tables(Role::Primary, &schema), ["a"]);
}
