//! Locks that a plan names are those that the server takes.

use std::time::Duration;

use serde_json::Value;

use crate::support::{
    binary::{argument, run},
    pair::{Role, eventually, shared},
    reader::Reader,
};

/// A copy of a child locks the rows that it refers to, whatever the change: they can be neither changed nor deleted until it
/// ends.
#[test]
fn rows_of_a_parent_are_kept_while_its_child_is_copied() {
    let Some(pair) = shared("rows_of_a_parent_are_kept_while_its_child_is_copied") else { return };
    let schema = pair.schema("locks");
    let child = |quantity: &str, key: &str| {
        format!(
            "CREATE TABLE c (id int PRIMARY KEY, p int, quantity {quantity}, KEY p (p){key}, \
             CONSTRAINT c_p FOREIGN KEY (p) REFERENCES p (id));\n"
        )
    };
    let parent = "CREATE TABLE p (id int PRIMARY KEY, price int);\n";
    let rows = "INSERT INTO p VALUES (1, 10), (2, 20); INSERT INTO c VALUES (1, 1, 5), (2, 2, 5);";
    pair.sql(Role::Primary, &schema, &format!("{parent}{}{rows}", child("int", "")));

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("desired.sql");
    let planned = |child: &str| -> Value {
        std::fs::write(&file, format!("{parent}{child}")).expect("writable");
        let url = pair.url(Role::Primary, &schema);
        let plan = run(&["plan", "-f", argument(&file), "--url", &url, "--format", "json"]).expect(0);
        let plan: Value = serde_json::from_str(&plan.stdout).expect("JSON");
        assert_eq!(plan["statements"].as_array().map(Vec::len), Some(1), "{plan:#}");
        plan["statements"][0].clone()
    };
    let of_parent = |statement: &Value| {
        let locks = statement["locks"].as_array().expect("locks");
        locks.iter().find(|lock| lock["table"] == "p").map(|lock| lock["mode"].clone())
    };
    let (copied, indexed) = (planned(&child("bigint", "")), planned(&child("int", ", KEY q (quantity)")));
    assert_eq!((&copied["algorithm"], of_parent(&copied)), (&"COPY".into(), Some("BlocksWrites".into())));
    assert_eq!((&indexed["algorithm"], of_parent(&indexed)), (&"INPLACE".into(), None));

    // The copy gets as far as a row whose parent somebody changes, and keeps the parents of those before it.
    let change = |price: u32| {
        let text = format!("SET innodb_lock_wait_timeout = 1; UPDATE p SET price = {price} WHERE id = 1");
        pair.try_sql(Role::Primary, &schema, &text)
    };
    let holder = Reader::after(pair, Role::Primary, &schema, "UPDATE p SET price = 21 WHERE id = 2");
    change(11).expect("nobody has a lock on this row");
    let statement = copied["sql"].as_str().expect("a statement");
    std::thread::scope(|scope| {
        let copy = scope.spawn(|| pair.try_sql(Role::Primary, &schema, statement));
        let waits = format!(
            "SELECT COUNT(*) FROM performance_schema.data_locks WHERE object_schema = '{schema}' AND object_name = 'p' \
             AND lock_status = 'WAITING'"
        );
        eventually("the copy waits for the second row", Duration::from_secs(60), || {
            pair.sql(Role::Primary, "", &waits).trim() == "1"
        });
        let refused = change(12).expect_err("the copy has a lock on this row");
        assert!(refused.contains("ERROR 1205"), "{refused}");
        holder.end();
        copy.join().expect("no panic").expect("nobody holds the row");
    });
}
