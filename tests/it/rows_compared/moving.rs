//! Rows that are written while they are compared, and replicas that are late or have stopped.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{all, behind, verdicts, verify};
use crate::support::pair::{Pair, Role, own};

const ROWS: &str = "SET cte_max_recursion_depth = 100000; \
    CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, v int, w varchar(50), KEY v (v)); \
    INSERT INTO t (v, w) WITH RECURSIVE c AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM c WHERE n < 30000) \
    SELECT n, CONCAT('hunter2 ', n) FROM c; CREATE TABLE k (v int); INSERT INTO k SELECT v FROM t LIMIT 1000; \
    ANALYZE TABLE t, k";

/// Writes on the primary until it is told to stop: changes, new rows, deletions, and a table without a key.
fn write(pair: &Pair, schema: &str, stop: &AtomicBool) {
    let mut round = 0;
    while !stop.load(Ordering::Relaxed) {
        let mut text = String::new();
        for step in 0..40 {
            let id = (round * 40 + step) * 7919 % 30000;
            text.push_str(&format!(
                "UPDATE t SET v = v + 1 WHERE id = {id}; INSERT INTO t (v, w) VALUES ({id}, 'hunter2'); \
                 DELETE FROM t WHERE id = {}; UPDATE t SET w = CONCAT('hunter2 ', v) WHERE id = 1; \
                 UPDATE k SET v = v + 1 WHERE v = {id}; DO SLEEP(0.01);",
                id * 3 + 1
            ));
        }
        pair.sql(Role::Primary, schema, &text);
        round += 1;
    }
}

#[test]
fn rows_that_are_written_meanwhile_end_equal() {
    let Some(pair) = own("rows_that_are_written_meanwhile_end_equal") else { return };
    let schema = pair.schema("moving");
    pair.sql(Role::Primary, &schema, ROWS);
    pair.wait_for_replica();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| write(&pair, &schema, &stop));
        }
        let found: Vec<_> = (0..4).map(|_| verify(&pair, &schema, &[])).collect();
        // One row differs, and everything around it is written.
        behind(&pair, &schema, "UPDATE t SET w = 'other' WHERE id = 20000");
        let differs = verify(&pair, &schema, &["--table", "t"]);
        stop.store(true, Ordering::Relaxed);
        for outcome in found {
            assert_eq!(outcome.code, 0, "{}", outcome.all());
        }
        assert!(differs.expect(1).stdout.contains("RowsDiffer"));
    });
}

#[test]
fn a_replica_that_is_late_is_waited_for_and_one_that_has_stopped_is_not_equal() {
    let Some(pair) = own("a_replica_that_is_late_is_waited_for_and_one_that_has_stopped_is_not_equal") else { return };
    let schema = pair.schema("late");
    pair.sql(Role::Primary, &schema, ROWS);
    pair.wait_for_replica();
    let replica = |sql: &str| pair.sql(Role::Replica, "", sql);
    replica("STOP REPLICA SQL_THREAD; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 2; START REPLICA SQL_THREAD");
    pair.sql(Role::Primary, &schema, "UPDATE t SET v = -1 WHERE id < 100; DELETE FROM t WHERE id = 200");
    assert!(all(&verdicts(&pair, &schema, &["--table", "t"], 0), "Equal"));

    // Late by more than the wait, with rows that are not there yet.
    replica("STOP REPLICA SQL_THREAD; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 3600; START REPLICA SQL_THREAD");
    pair.sql(Role::Primary, &schema, "UPDATE t SET v = -2 WHERE id < 100");
    let late = verify(&pair, &schema, &["--table", "t", "--verify-timeout", "2s"]).expect(1);
    assert!(late.stdout.contains("Lagging") && !late.stdout.contains("Equal"), "{}", late.all());

    // With nothing left to apply its rows are the same, and yet it follows nobody.
    replica("STOP REPLICA SQL_THREAD; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 0; START REPLICA SQL_THREAD");
    pair.wait_for_replica();
    assert!(all(&verdicts(&pair, &schema, &["--table", "t"], 0), "Equal"));
    replica("STOP REPLICA SQL_THREAD");
    let stopped = verify(&pair, &schema, &["--table", "t", "--verify-timeout", "1s"]).expect(1);
    assert!(stopped.stdout.contains("NotCompared") && stopped.stdout.contains("topped"), "{}", stopped.all());
    assert!(!stopped.stdout.contains("Equal"), "{}", stopped.all());
    replica("START REPLICA SQL_THREAD");
}

#[test]
fn a_comparison_blocks_no_change_of_the_table() {
    let Some(pair) = own("a_comparison_blocks_no_change_of_the_table") else { return };
    let schema = pair.schema("unlocked");
    pair.sql(Role::Primary, &schema, ROWS);
    pair.sql(Role::Primary, &schema, "INSERT INTO t (v, w) SELECT a.v, a.w FROM t a JOIN t b ON b.id <= 20");
    pair.wait_for_replica();
    std::thread::scope(|scope| {
        let comparing = scope.spawn(|| verify(&pair, &schema, &["--table", "t"]));
        while !comparing.is_finished() {
            let held = "SELECT COUNT(*) FROM performance_schema.data_locks WHERE object_name = 't'";
            assert_eq!(pair.sql(Role::Primary, "", held).trim(), "0");
            pair.sql(
                Role::Primary,
                &schema,
                "SET lock_wait_timeout = 20; UPDATE t SET v = 1 WHERE id = 1; ALTER TABLE t COMMENT 'x'",
            );
            std::thread::sleep(Duration::from_millis(300));
        }
        // Every change of the definition is there; what it was when a chunk was read does not matter.
        comparing.join().expect("it ends").expect(0);
    });
}
