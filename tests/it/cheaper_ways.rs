//! Where a plan copies a table and names a cheaper way, the server takes that way.

use serde_json::Value;

use crate::support::{
    binary::{argument, run},
    pair::{Role, shared},
};

struct Case {
    name: &'static str,
    live: &'static str,
    desired: &'static str,
    /// What TW010 says; `None`: no other way.
    instead: Option<&'static str>,
    /// The same in statements of one's own.
    way: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        name: "virtual_column",
        live: "CREATE TABLE t (id int PRIMARY KEY, a int, v int AS (a + 1) VIRTUAL, b int)",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a int, v int AS (a + 2) VIRTUAL, b int)",
        instead: Some("drop `v` with one change and add it with the next, both INSTANT"),
        way: &[
            "ALTER TABLE t DROP COLUMN v, ALGORITHM=INSTANT",
            "ALTER TABLE t ADD COLUMN v int AS (a + 2) VIRTUAL AFTER a, ALGORITHM=INSTANT",
        ],
    },
    Case {
        name: "virtual_column_in_an_index",
        live: "CREATE TABLE t (id int PRIMARY KEY, a int, v int AS (a + 1) VIRTUAL, KEY v (v))",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a int, v int AS (a + 2) VIRTUAL, KEY v (v))",
        instead: None,
        way: &[],
    },
    Case {
        name: "functional_index",
        live: "CREATE TABLE t (id int PRIMARY KEY, a int, KEY f ((a + 1)))",
        desired: "CREATE TABLE t (id int PRIMARY KEY, a int, KEY f ((a + 2)))",
        instead: Some("drop index `f` with one change and add it with the next"),
        way: &[
            "ALTER TABLE t DROP KEY f, ALGORITHM=INPLACE, LOCK=NONE",
            "ALTER TABLE t ADD KEY f ((a + 2)), ALGORITHM=INPLACE, LOCK=SHARED",
        ],
    },
];

#[test]
fn the_cheaper_way_that_is_named_is_one() {
    let Some(pair) = shared("the_cheaper_way_that_is_named_is_one") else { return };
    for case in CASES {
        let schema = pair.schema(case.name);
        pair.sql(Role::Primary, &schema, case.live);
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("desired.sql");
        std::fs::write(&file, case.desired).expect("written");
        let url = pair.url(Role::Primary, &schema);
        let plan = run(&["plan", "-f", argument(&file), "--url", &url, "--format", "json"]).expect(0);
        let json: Value = serde_json::from_str(&plan.stdout).expect("JSON");
        let findings = json["findings"].as_array().expect("findings");
        let copied = findings.iter().find(|finding| finding["code"] == "TW010");
        let copied = copied.unwrap_or_else(|| panic!("{}: not copied: {}", case.name, plan.all()));
        let instead = copied["instead"].as_str().expect("words");
        match case.instead {
            Some(said) => assert!(instead.contains(said), "{}: {instead}", case.name),
            None => assert!(!instead.contains("with one change"), "{}: {instead}", case.name),
        }
        for statement in case.way {
            pair.sql(Role::Primary, &schema, statement);
        }
        if !case.way.is_empty() {
            run(&["plan", "-f", argument(&file), "--url", &url, "--detailed-exitcode"]).expect(0);
        }
        pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
    }
}
