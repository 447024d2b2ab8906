//! What would disturb every other test on the same servers: only with `TABLEWRIGHT_TEST_CHAOS=1`, on a pair of one's own.

use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use super::admin::execute;
use super::bench::{Bench, Diary, chain, variable};
use crate::apply::{
    Approval, Connections, Fence, Role, RunFailure, RunOptions, StatementState, Verdict, VerdictReason, resume, run,
    verify,
};
use crate::plan::proposal::Risk;

static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

async fn alone(name: &str) -> Option<(MutexGuard<'static, ()>, Bench)> {
    if variable("CHAOS").is_none() {
        eprintln!("skipped: {name} (TABLEWRIGHT_TEST_CHAOS=1 on a pair of one's own)");
        return None;
    }
    let guard = ONE_AT_A_TIME.lock().await;
    Some((guard, Bench::open(name).await?))
}

async fn verdict(connections: &Connections, within: u64) -> Verdict {
    let deadline = Instant::now() + Duration::from_secs(within);
    verify(connections, &[], &[], deadline).await.remove(0).verdict
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_applier_is_told_and_nothing_starts() {
    let Some((_alone, bench)) = alone("stopped").await else { return };
    bench.replica.execute("STOP REPLICA SQL_THREAD").await;
    bench.live("CREATE TABLE t (id int)").await;
    let seen = verdict(&bench.connections, 2).await;
    let planned = bench.hand_made(&["ALTER TABLE t ADD COLUMN a int"]).await;
    let error = bench.apply_with(planned, &RunOptions::default()).await.expect_err("unhealthy");
    bench.replica.execute("START REPLICA").await;
    assert!(matches!(seen, Verdict::ApplierStopped { number: 0, .. }), "{seen:?}");
    assert!(matches!(&error.cause, RunFailure::ReplicaUnhealthy { .. }), "{}", chain(&error));
    assert_eq!(verdict(&bench.connections, 20).await, Verdict::Arrived);
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_applier_that_failed_says_number_and_text() {
    let Some((_alone, bench)) = alone("failed").await else { return };
    bench.live("CREATE TABLE t (id int)").await;
    bench.replicated().await;
    bench.replica.execute("SET GLOBAL super_read_only = 0").await;
    bench.replica.execute(format!("DROP TABLE {}.t", bench.schema)).await;
    bench.live("ALTER TABLE t ADD COLUMN a int").await;
    let seen = verdict(&bench.connections, 5).await;
    bench.replica.execute(format!("CREATE TABLE {}.t (id int)", bench.schema)).await;
    bench.replica.execute("START REPLICA").await;
    bench.replicated().await;
    bench.replica.execute("SET GLOBAL super_read_only = 1").await;
    assert!(matches!(seen, Verdict::ApplierStopped { number: 1146, .. }), "{seen:?}");
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_late_on_purpose_lags() {
    let Some((_alone, bench)) = alone("delayed").await else { return };
    bench.replica.execute("STOP REPLICA SQL_THREAD").await;
    bench.replica.execute("CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 3600").await;
    bench.replica.execute("START REPLICA SQL_THREAD").await;
    bench.live("CREATE TABLE t (id int)").await;
    let seen = verdict(&bench.connections, 3).await;
    bench.replica.execute("STOP REPLICA SQL_THREAD").await;
    bench.replica.execute("CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 0").await;
    bench.replica.execute("START REPLICA SQL_THREAD").await;
    assert!(matches!(seen, Verdict::Lagging { delay: Some(_), .. }), "{seen:?}");
    bench.replicated().await;
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_applier_names_the_reader() {
    let Some((_alone, bench)) = alone("applier").await else { return };
    bench.live("CREATE TABLE t (id int)").await;
    bench.replicated().await;
    let mut reader = bench.replica.session().await;
    execute(&mut reader, "BEGIN").await;
    execute(&mut reader, format!("SELECT COUNT(*) FROM {}.t", bench.schema)).await;
    let planned = bench.hand_made(&["ALTER TABLE t ADD COLUMN a int"]).await;
    let options = RunOptions { verify_within: Duration::from_secs(3), ..RunOptions::default() };
    let report = bench.apply_with(planned, &options).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
    execute(&mut reader, "ROLLBACK").await;
    let seen = report.replicas[0].verdict.clone();
    assert!(matches!(&seen, Verdict::ApplierBlocked { by, .. } if !by.is_empty()), "{seen:?}");
    assert!(seen.to_string().contains("root"), "{seen}");
    let deadline = Instant::now() + Duration::from_secs(20);
    let later = verify(&bench.connections, &[], &report.gtids, deadline).await.remove(0);
    assert_eq!(later.verdict, Verdict::Arrived);
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_was_changed_by_hand_has_diverged() {
    let Some((_alone, bench)) = alone("diverged").await else { return };
    bench.live("CREATE TABLE t (id int)").await;
    bench.replicated().await;
    bench.replica.execute("SET GLOBAL super_read_only = 0").await;
    let mut session = bench.replica.session().await;
    execute(&mut session, "SET sql_log_bin = 0").await;
    let alter = |what: &str| format!("ALTER TABLE {}.t {what}", bench.schema);
    execute(&mut session, alter("ADD COLUMN by_hand int")).await;
    let seen = verdict(&bench.connections, 5).await;
    execute(&mut session, alter("DROP COLUMN by_hand, ROW_FORMAT=COMPACT")).await;
    let format = verdict(&bench.connections, 5).await;
    execute(&mut session, alter("ROW_FORMAT=DEFAULT")).await;
    bench.replica.execute("SET GLOBAL super_read_only = 1").await;
    assert!(matches!(&seen, Verdict::Diverged { tables } if tables[0].contains("by_hand")), "{seen:?}");
    assert_eq!(format.reason(), VerdictReason::Diverged, "{format:?}");
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_replica_is_unobservable() {
    let Some((_alone, bench)) = alone("unreachable").await else { return };
    let mut target = bench.connections.target().clone();
    target.replicas[0].endpoint.port = 1;
    let connections = Connections::open(&target);
    let seen = verdict(&connections, 1).await;
    assert!(matches!(&seen, Verdict::Unobservable { .. }), "{seen:?}");
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_primary_is_fenced_and_a_replica_is_a_standby() {
    let Some((_alone, bench)) = alone("fenced").await else { return };
    let planned = bench.hand_made(&["CREATE TABLE t (id int)"]).await;
    bench.primary.execute("SET GLOBAL read_only = 1").await;
    let role = bench.observed(&[], false).await.role();
    let error = bench.apply_with(planned, &RunOptions::default()).await.expect_err("read only");
    bench.primary.execute("SET GLOBAL super_read_only = 0").await;
    bench.primary.execute("SET GLOBAL read_only = 0").await;
    assert_eq!(role, Role::Fenced(Fence::ReadOnly));
    assert!(matches!(&error.cause, RunFailure::NotWritable { .. }), "{}", chain(&error));
    let mut target = bench.connections.target().clone();
    target.primary = target.replicas.remove(0).endpoint;
    let standby = Connections::open(&target);
    let observed = crate::apply::observe(&standby, &[], false).await.expect("observed");
    assert_eq!(observed.role(), Role::Standby);
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_killed_in_the_middle_of_a_copy_has_the_change_applied_once() {
    let Some((_alone, bench)) = alone("sigkill").await else { return };
    super::faults::fill(&bench, 300_000).await;
    let approved = bench
        .hand_made(&["ALTER TABLE big ADD COLUMN b int, ALGORITHM=COPY"])
        .await
        .approve(Approval::Policy { max_risk: Risk::Safe })
        .expect("approved");
    let diary = Diary::default();
    let (connections, mut journal) = (bench.connections.clone(), diary.clone());
    let options = RunOptions { reconnect_within: Duration::from_secs(120), ..RunOptions::default() };
    let running = tokio::spawn(async move { run(&connections, approved, &mut journal, &options).await });
    diary.until("intend").await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    pair("kill-primary");
    tokio::time::sleep(Duration::from_secs(1)).await;
    pair("restart-primary");
    let report = running.await.expect("joined").unwrap_or_else(|error| panic!("{}\n{}", chain(&error), diary.text()));
    assert!(diary.text().contains("Reconnecting"), "{}", diary.text());
    assert_eq!(report.statements.len(), 1);
    assert!(report.verified(), "{:#?}\n{}", report.replicas, diary.text());
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_whose_run_was_dropped_is_found_running_and_then_committed() {
    let Some((_alone, bench)) = alone("adopt").await else { return };
    super::faults::fill(&bench, 300_000).await;
    let planned = bench.hand_made(&["ALTER TABLE big ADD COLUMN b int, ALGORITHM=COPY"]).await;
    let sql = super::bench::statements(&planned).remove(0);
    let approved = planned.approve(Approval::Policy { max_risk: Risk::Safe }).expect("approved");
    let diary = Diary::default();
    let (connections, mut journal) = (bench.connections.clone(), diary.clone());
    let running = tokio::spawn(async move { run(&connections, approved, &mut journal, &RunOptions::default()).await });
    diary.until("intend").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    running.abort();
    let entry = diary.entry(&sql, "big");
    let first = resume(&bench.connections, std::slice::from_ref(&entry)).await.expect("asked").remove(0).state;
    assert!(matches!(first, StatementState::Running { .. }), "{first:?}");
    loop {
        let state = resume(&bench.connections, std::slice::from_ref(&entry)).await.expect("asked").remove(0).state;
        if state == StatementState::Committed {
            break;
        }
        assert!(matches!(state, StatementState::Running { .. }), "{state:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bench.close().await;
}

fn pair(command: &str) {
    let data = variable("PRIMARY_DATADIR").expect("a pair of scripts/mysql-pair.sh");
    let directory = std::path::Path::new(&data).parent().expect("its directory");
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/mysql-pair.sh");
    let status = std::process::Command::new(script).arg(command).arg(directory).status().expect("the script");
    assert!(status.success(), "{command}");
}
