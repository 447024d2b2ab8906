//! What a server refuses of keys is told with the key, and with the way out.

use serde_json::Value;

use crate::support::{
    binary::{argument, run},
    pair::{Pair, Role, shared},
};

fn refused(pair: &Pair, name: &str, live: &str, desired: &str, said: &str) {
    let schema = pair.schema(name);
    pair.sql(Role::Primary, &schema, live);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("desired.sql");
    std::fs::write(&file, desired).expect("written");
    let url = pair.url(Role::Primary, &schema);
    let plan = run(&["plan", "-f", argument(&file), "--url", &url, "--format", "json"]).expect(3);
    assert!(plan.all().contains(said), "{name}: no `{said}` in {}", plan.all());
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
}

#[test]
fn a_refusal_around_keys_names_the_key_and_the_way_out() {
    let Some(pair) = shared("a_refusal_around_keys_names_the_key_and_the_way_out") else { return };
    let family = "CREATE TABLE p (id int NOT NULL, email int NOT NULL, PRIMARY KEY (id)); \
                  CREATE TABLE c (id int PRIMARY KEY, p_id int, CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id))";
    refused(
        pair,
        "needed",
        family,
        "CREATE TABLE p (id int NOT NULL, email int NOT NULL, PRIMARY KEY (email, id))",
        "foreign key `c_p` of table `c` refers to it by `id`: keep a UNIQUE KEY over (`id`)",
    );
    refused(
        pair,
        "types",
        family,
        "CREATE TABLE p (id bigint NOT NULL, email int NOT NULL, PRIMARY KEY (id))",
        "declare `p_id` of `c` in the same plan with the types of `id` of `p`",
    );
}

/// MySQL takes the key in second place, shows it in the first, and does not take that: neither in a dump, nor when the
/// table is altered in another way.
#[test]
fn a_table_whose_own_text_the_server_refuses_keeps_no_other_from_being_planned() {
    let Some(pair) = shared("a_table_whose_own_text_the_server_refuses") else { return };
    let schema = pair.schema("not_reloaded");
    let table = |more: &str, last: &str| {
        format!("CREATE TABLE t (a varchar(20) NOT NULL, b int NOT NULL{more}, UNIQUE KEY (a(5), b){last})")
    };
    let invisible = ", UNIQUE KEY i (a) INVISIBLE";
    pair.sql(Role::Primary, &schema, &table("", invisible));
    let shown = pair.definition(Role::Primary, &schema, "t");
    for refused in [shown.replace("`t`", "`u`"), "ALTER TABLE t ADD COLUMN c int".to_owned()] {
        let error = pair.try_sql(Role::Primary, &schema, &refused).expect_err("it is refused");
        assert!(error.contains("3522"), "{error}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("desired.sql");
    let url = pair.url(Role::Primary, &schema);
    let plan = |table: String, exit: i32| {
        std::fs::write(&file, format!("{table};\nCREATE TABLE other (id int PRIMARY KEY);")).expect("written");
        let plan = run(&["plan", "-f", argument(&file), "--url", &url, "--format", "json"]).expect(exit);
        serde_json::from_str::<Value>(&plan.stdout).expect("JSON")
    };
    let refused = plan(table(", c int", invisible), 3);
    assert_eq!(refused["refusals"][0]["table"], "t", "{refused:#}");
    assert!(
        refused["refusals"][0]["message"].as_str().is_some_and(|text| text.contains("leave it out in one plan")),
        "{refused:#}"
    );
    assert_eq!(refused["statements"][0]["table"], "other", "{refused:#}");
    // The way out is planned like everything else.
    let mended = plan(table("", ""), 0);
    assert_eq!(mended["statements"].as_array().map(Vec::len), Some(2), "{mended:#}");
    run(&["apply", "-f", argument(&file), "--url", &url, "--auto-approve"]).expect(0);
    run(&["plan", "-f", argument(&file), "--url", &url, "--detailed-exitcode"]).expect(0);
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
}
