//! `renamedFrom` that carries nothing over says so, and one that goes in a circle is refused.

use serde_json::Value;

use crate::support::{
    binary::{argument, run},
    pair::{Role, shared},
};

fn manifest(name: &str, rest: &str) -> String {
    format!(
        "apiVersion: tablewright.dev/v1alpha1\nkind: Table\nmetadata: {{name: {name}}}\n\
         spec:\n  databaseRef: {{name: blog}}\n  primaryKey: {{columns: [{{name: id}}]}}\n{rest}\n---\n"
    )
}

#[test]
fn a_column_that_is_dropped_beside_the_one_that_says_it_was_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (from, to) = (folder.path().join("from.sql"), folder.path().join("to.yaml"));
    let problem = |live: &str, columns: &str| {
        std::fs::write(&from, live).expect("written");
        std::fs::write(&to, manifest("t", columns)).expect("written");
        let diff = run(&["diff", "--from", argument(&from), "--to", argument(&to), "--format", "json"]).expect(0);
        let json: Value = serde_json::from_str(&diff.stdout).expect("JSON");
        let findings = json["findings"].as_array().cloned().unwrap_or_default();
        let finding = findings.iter().find(|finding| finding["code"] == "TW002").expect("a column is dropped");
        finding["problem"].as_str().expect("words").to_owned()
    };
    let columns = |former: &str| {
        format!(
            "  columns: [{{name: id, type: int, nullable: false}}, {{name: b, type: int, renamedFrom: [{former}]}}]"
        )
    };
    assert_eq!(
        problem("CREATE TABLE t (id int PRIMARY KEY, a int, b int)", &columns("a")),
        "column `a` is dropped; `b` says it was `a`, but `b` exists already: nothing is carried over"
    );
    assert_eq!(
        problem("CREATE TABLE t (id int PRIMARY KEY, a int, c int)", &columns("c, a")),
        "column `a` is dropped; `b` says it was `a`, but `b` comes from `c`: nothing is carried over"
    );
    assert_eq!(problem("CREATE TABLE t (id int PRIMARY KEY, a int, b int)", &columns("c")), "column `a` is dropped");
}

#[test]
fn former_names_of_columns_in_a_circle_are_refused_by_lint_and_plan() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("t.yaml");
    let text = |former: &str| {
        let columns = format!(
            "  columns: [{{name: id, type: int, nullable: false}}, {{name: a, type: int, renamedFrom: [{former}]}}, \
             {{name: b, type: int, renamedFrom: [C]}}, {{name: c, type: int, renamedFrom: [b]}}]"
        );
        manifest("t", &columns)
    };
    // The circle is `b` and `c`; `a` only leads there.
    std::fs::write(&file, text("b")).expect("written");
    let lint = run(&["lint", "-f", argument(&file)]).expect(1);
    let said = "spec.columns[2].renamedFrom: `b` says it was `c`, and `c` says it was `b`";
    assert!(lint.stdout.contains(said), "{}", lint.all());
    assert!(lint.stdout.contains("takes three changes"), "{}", lint.all());
}

#[test]
fn former_names_of_tables_in_a_circle_are_refused_though_the_tables_are_as_declared() {
    let name = "former_names_of_tables_in_a_circle_are_refused_though_the_tables_are_as_declared";
    let Some(pair) = shared(name) else { return };
    let schema = pair.schema("circle");
    pair.sql(
        Role::Primary,
        &schema,
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY)",
    );
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tables.yaml");
    let table = |name: &str, former: &str| {
        manifest(name, &format!("  renamedFrom: [{former}]\n  columns: [{{name: id, type: int, nullable: false}}]"))
    };
    let url = pair.url(Role::Primary, &schema);
    std::fs::write(&file, [table("a", "b"), table("b", "a"), table("c", "a")].concat()).expect("written");
    let plan = run(&["plan", "-f", argument(&file), "--url", &url, "--format", "json"]).expect(3);
    for said in ["`a` says it was `b`, and `b` says it was `a`", "`b` says it was `a`, and `a` says it was `b`"] {
        assert!(plan.all().contains(said), "{}", plan.all());
    }
    assert!(!plan.all().contains("`c` says"), "{}", plan.all());
    std::fs::write(&file, [table("a", "b"), table("b", "x"), table("c", "a")].concat()).expect("written");
    run(&["plan", "-f", argument(&file), "--url", &url, "--detailed-exitcode"]).expect(0);
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
}
