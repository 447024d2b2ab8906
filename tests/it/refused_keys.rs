//! What a server refuses of keys is told with the key, and with the way out.

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
