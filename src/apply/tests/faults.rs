//! What goes wrong between us and the servers: locks, kills, moved baselines, cancellation.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::admin::execute;
use super::bench::{Bench, Diary, chain};
use crate::apply::{Approval, Category, RunFailure, RunOptions, run};
use crate::plan::proposal::Risk;

fn quick() -> RunOptions {
    RunOptions {
        lock_wait_timeout: Duration::from_secs(1),
        retries: 20,
        reconnect_within: Duration::from_secs(60),
        ..RunOptions::default()
    }
}

pub(super) async fn fill(bench: &Bench, rows: u32) {
    bench.live("CREATE TABLE big (id int NOT NULL PRIMARY KEY, a varchar(200))").await;
    let text = format!(
        "INSERT INTO big WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) \
         SELECT /*+ SET_VAR(cte_max_recursion_depth = 10000000) */ i, REPEAT('x', 190) FROM n"
    );
    bench.live(&text).await;
    bench.replicated().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_statement_names_who_is_in_the_way_and_is_retried() {
    let Some(bench) = Bench::open("blocked").await else { return };
    bench.live("CREATE TABLE t (id int NOT NULL PRIMARY KEY)").await;
    let mut reader = bench.within.session().await;
    execute(&mut reader, "BEGIN").await;
    execute(&mut reader, "SELECT COUNT(*) FROM t").await;
    let approved = bench
        .hand_made(&["ALTER TABLE t ADD COLUMN a int, ALGORITHM=INSTANT"])
        .await
        .approve(Approval::Policy { max_risk: Risk::Safe })
        .expect("approved");
    let diary = Diary::default();
    let (connections, mut journal) = (bench.connections.clone(), diary.clone());
    let running = tokio::spawn(async move { run(&connections, approved, &mut journal, &quick()).await });
    diary.until("WaitingForLock").await;
    diary.until("Retrying").await;
    execute(&mut reader, "ROLLBACK").await;
    let report = running.await.expect("joined").unwrap_or_else(|error| panic!("{}\n{}", chain(&error), diary.text()));
    assert!(report.statements[0].attempts > 1);
    assert!(diary.text().contains("root"), "the blocker is named: {}", diary.text());
    assert!(report.verified(), "{:#?}", report.replicas);
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_never_free_stops_with_the_blocker_and_nothing_done() {
    let Some(bench) = Bench::open("never").await else { return };
    bench.live("CREATE TABLE t (id int NOT NULL PRIMARY KEY)").await;
    let mut reader = bench.within.session().await;
    execute(&mut reader, "BEGIN").await;
    execute(&mut reader, "SELECT COUNT(*) FROM t").await;
    let planned = bench.hand_made(&["ALTER TABLE t ADD COLUMN a int, ALGORITHM=INSTANT"]).await;
    let error = bench.apply_with(planned, &RunOptions { retries: 1, ..quick() }).await.expect_err("blocked");
    assert!(
        matches!(&error.cause, RunFailure::LockTimeout { attempts: 2, blockers, .. } if !blockers.is_empty()),
        "{}",
        chain(&error)
    );
    execute(&mut reader, "ROLLBACK").await;
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_connection_in_the_middle_of_a_copy_is_found_out_and_the_statement_applied_once() {
    let Some(bench) = Bench::open("killed").await else { return };
    fill(&bench, 200_000).await;
    let approved = bench
        .hand_made(&["ALTER TABLE big ADD COLUMN b int, ALGORITHM=COPY"])
        .await
        .approve(Approval::Policy { max_risk: Risk::Safe })
        .expect("approved");
    let diary = Diary::default();
    let (connections, mut journal) = (bench.connections.clone(), diary.clone());
    let running = tokio::spawn(async move { run(&connections, approved, &mut journal, &quick()).await });
    diary.until("intend").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let connection: u64 =
        diary.text().split(" on ").nth(1).and_then(|id| id.lines().next()?.parse().ok()).expect("a connection");
    bench.primary.execute(format!("KILL CONNECTION {connection}")).await;
    let report = running.await.expect("joined").unwrap_or_else(|error| panic!("{}\n{}", chain(&error), diary.text()));
    assert!(diary.text().contains("Reconnecting"), "{}", diary.text());
    assert_eq!(report.statements.len(), 1);
    assert!(report.verified(), "{:#?}", report.replicas);
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_baseline_runs_nothing() {
    let Some(bench) = Bench::open("moved").await else { return };
    bench.live("CREATE TABLE t (id int)").await;
    let planned = bench.hand_made(&["ALTER TABLE t ADD COLUMN a int"]).await;
    bench.live("ALTER TABLE t ADD COLUMN other int").await;
    let error = bench.apply_with(planned, &quick()).await.expect_err("superseded");
    assert!(matches!(&error.cause, RunFailure::BaselineMoved { tables } if *tables == ["t"]), "{}", chain(&error));
    assert_eq!(error.cause.category(), Category::BaselineMoved);
    assert_eq!(error.statement, None);
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_stops_after_its_statement() {
    let Some(bench) = Bench::open("cancel").await else { return };
    let planned = bench.hand_made(&["CREATE TABLE a (id int)", "CREATE TABLE b (id int)"]).await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let report = bench.apply_with(planned, &RunOptions { cancel, ..quick() }).await.expect("cancelled");
    assert!(report.cancelled && report.statements.is_empty());
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_fails_says_so_and_stops_the_rest() {
    let Some(bench) = Bench::open("fails").await else { return };
    bench.live("CREATE TABLE t (id int)").await;
    bench.live("INSERT INTO t VALUES (1), (1)").await;
    let planned = bench.hand_made(&["ALTER TABLE t ADD UNIQUE KEY u (id)", "ALTER TABLE t ADD COLUMN never int"]).await;
    let error = bench.apply_with(planned, &quick()).await.expect_err("duplicates");
    assert!(matches!(&error.cause, RunFailure::StatementFailed { number: 1062, .. }), "{}", chain(&error));
    assert_eq!((error.statement, error.report.statements.len()), (Some(0), 0));
    assert!(!chain(&error).contains("'1'"), "row values never reach a message: {}", chain(&error));
    assert_eq!(bench.count("SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()").await, 1);
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_on_one_schema_do_not_meet() {
    let Some(bench) = Bench::open("two").await else { return };
    fill(&bench, 200_000).await;
    let slow = bench.hand_made(&["ALTER TABLE big ADD COLUMN b int, ALGORITHM=COPY"]).await;
    let other = bench.hand_made(&["CREATE TABLE other (id int)"]).await;
    let diary = Diary::default();
    let (connections, mut journal) = (bench.connections.clone(), diary.clone());
    let approved = slow.approve(Approval::Policy { max_risk: Risk::Safe }).expect("approved");
    let running = tokio::spawn(async move { run(&connections, approved, &mut journal, &quick()).await });
    diary.until("intend").await;
    match bench.apply_with(other, &quick()).await {
        // The first was faster than our patience.
        Ok(_) => assert!(diary.text().contains("finished"), "{}", diary.text()),
        Err(error) => assert!(matches!(&error.cause, RunFailure::SchemaBusy { .. }), "{}", chain(&error)),
    }
    running.await.expect("joined").unwrap_or_else(|error| panic!("{}", chain(&error)));
    bench.close().await;
}
