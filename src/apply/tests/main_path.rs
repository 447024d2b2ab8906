//! Create, alter, rename, drop; foreign keys in both directions; refusals before anything is touched.

use super::bench::{Bench, desired, statements};
use crate::apply::{PlanOptions, Verdict, plan, probe, verify};
use crate::model::Ensure;
use crate::plan::proposal::{Proof, RefusalReason, Risk};

#[tokio::test(flavor = "multi_thread")]
async fn create_and_alter_end_in_an_empty_plan_on_both_servers() {
    let Some(bench) = Bench::open("create").await else { return };
    let sql = bench.bring_to(&["CREATE TABLE users (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, email varchar(255) NOT NULL, UNIQUE KEY users_email (email))"]).await;
    assert_eq!(sql.len(), 1, "{sql:?}");
    let wish = "CREATE TABLE users (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, email varchar(255) NOT NULL, nick varchar(40), UNIQUE KEY users_email (email))";
    let planned = bench.planned(&[wish]).await;
    assert_eq!(planned.proposal().proof, Proof::Rehearsed);
    assert_eq!(planned.proposal().risk, Risk::Safe);
    let sql = bench.bring_to(&[wish]).await;
    assert_eq!(sql.len(), 1, "{sql:?}");
    assert!(sql[0].contains("ALGORITHM=INSTANT"), "{sql:?}");
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_key_cycle_is_created_and_dropped() {
    let Some(bench) = Bench::open("cycle").await else { return };
    let texts = [
        "CREATE TABLE a (id int NOT NULL PRIMARY KEY, b_id int, CONSTRAINT a_b FOREIGN KEY (b_id) REFERENCES b (id))",
        "CREATE TABLE b (id int NOT NULL PRIMARY KEY, a_id int, CONSTRAINT b_a FOREIGN KEY (a_id) REFERENCES a (id))",
    ];
    bench.bring_to(&texts).await;
    let mut gone = desired(&texts);
    for table in &mut gone {
        table.ensure = Ensure::Absent;
    }
    let observed = bench.observed(&gone, false).await;
    let planned = plan(&bench.connections, &observed, &gone, &PlanOptions::default()).await.expect("planned");
    assert!(planned.refusals().is_empty(), "{:#?}", planned.refusals());
    assert_eq!(planned.proposal().risk, Risk::Destructive);
    bench.apply_with(planned, &crate::apply::RunOptions::default()).await.expect("dropped");
    assert_eq!(probe(&bench.connections).await.expect("probe").tables, []);
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn renames_of_a_table_and_a_column_keep_the_rows() {
    let Some(bench) = Bench::open("rename").await else { return };
    bench.live("CREATE TABLE members (id int NOT NULL PRIMARY KEY, mail varchar(20))").await;
    bench.live("INSERT INTO members VALUES (1, 'x')").await;
    let mut wish = desired(&["CREATE TABLE users (id int NOT NULL PRIMARY KEY, email varchar(20))"]);
    wish[0].renamed_from = vec!["members".into()];
    wish[0].column_renames = vec![("email".into(), vec!["mail".into()])];
    let observed = bench.observed(&wish, false).await;
    let planned = plan(&bench.connections, &observed, &wish, &PlanOptions::default()).await.expect("planned");
    assert!(planned.refusals().is_empty(), "{:#?}", planned.refusals());
    bench.apply_with(planned, &crate::apply::RunOptions::default()).await.expect("applied");
    let count = bench.primary.value("SELECT COUNT(*) FROM apply_rename.users WHERE email = 'x'").await;
    assert_eq!(count.as_deref(), Some("1"));
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_would_refuse_is_refused_before_anything_is_touched() {
    let Some(bench) = Bench::open("refuse").await else { return };
    bench.live("CREATE VIEW v AS SELECT 1 AS one").await;
    let planned = bench
        .planned(&[
            "CREATE TABLE v (id int)",
            "CREATE TABLE unknown_parent (id int, CONSTRAINT f FOREIGN KEY (id) REFERENCES nowhere (id))",
            "CREATE TABLE unknown_charset (id varchar(10) CHARACTER SET klingon)",
            "CREATE TABLE emoji (id int COMMENT '\u{1F600}')",
            "CREATE TABLE twice (id int)",
            "CREATE TABLE twice (id bigint)",
            "CREATE TABLE bad_function (id int, g int GENERATED ALWAYS AS (no_such_function(id)))",
            "CREATE TABLE fine (id int)",
        ])
        .await;
    let reasons: Vec<(&str, RefusalReason)> =
        planned.refusals().iter().map(|refusal| (refusal.table.as_str(), refusal.reason)).collect();
    assert_eq!(
        reasons,
        [
            ("bad_function", RefusalReason::InvalidDefinition),
            ("emoji", RefusalReason::NotRepresentable),
            ("twice", RefusalReason::Conflict),
            ("unknown_charset", RefusalReason::InvalidDefinition),
            ("unknown_parent", RefusalReason::MissingReference),
            ("v", RefusalReason::NotATable),
        ],
        "{:#?}",
        planned.refusals()
    );
    assert!(planned.refusals().iter().all(|refusal| refusal.message.contains("desired.sql:")));
    assert_eq!(planned.proposal().tables, ["fine"]);
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prune_drops_what_no_manifest_names_and_leaving_out_does_not() {
    let Some(bench) = Bench::open("prune").await else { return };
    bench.live("CREATE TABLE kept (id int)").await;
    bench.live("CREATE TABLE left_over (id int)").await;
    let wish = desired(&["CREATE TABLE kept (id int)"]);
    assert!(bench.planned(&["CREATE TABLE kept (id int)"]).await.is_in_sync());
    let observed = bench.observed(&wish, true).await;
    let options = PlanOptions { prune: true, ..PlanOptions::default() };
    let planned = plan(&bench.connections, &observed, &wish, &options).await.expect("planned");
    assert_eq!(statements(&planned), ["DROP TABLE `left_over`"]);
    assert_eq!(planned.proposal().risk, Risk::Destructive);
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_tables_are_verified_and_a_moved_one_is_probed() {
    let Some(bench) = Bench::open("verify").await else { return };
    bench.live("CREATE TABLE t (id int NOT NULL AUTO_INCREMENT PRIMARY KEY)").await;
    let before = probe(&bench.connections).await.expect("probe");
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    let reports = verify(&bench.connections, &[], &[], deadline).await;
    assert_eq!(reports.iter().map(|report| report.verdict.clone()).collect::<Vec<_>>(), [Verdict::Arrived]);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    bench.live("ALTER TABLE t ADD COLUMN a int").await;
    let after = probe(&bench.connections).await.expect("probe");
    assert_eq!(after.moved_since(&before), ["t".into()]);
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_scratch_schema_the_plan_says_so_and_still_runs() {
    let Some(bench) = Bench::open("noscratch").await else { return };
    let account = format!("'{}'@'%'", bench.schema);
    bench.primary.execute(format!("REVOKE ALL PRIVILEGES ON `_tablewright\\_%`.* FROM {account}")).await;
    bench.live("CREATE TABLE t (id int NOT NULL PRIMARY KEY, a varchar(10))").await;
    let wish = "CREATE TABLE t (id int NOT NULL PRIMARY KEY, a varchar(20), b int DEFAULT (1 + 1), KEY b (b))";
    let planned = bench.planned(&[wish]).await;
    assert_eq!(planned.proposal().proof, Proof::NotProved);
    let told = planned.proposal().findings.iter().find(|finding| finding.code == "TW900").expect("the finding");
    assert!(told.instead.contains("GRANT"), "{told:?}");
    bench.bring_to(&[wish]).await;
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rest_of_an_interrupted_plan_runs_under_its_approval() {
    use crate::apply::{Approval, Remainder, RunOptions, Silent, run};
    let Some(bench) = Bench::open("rest").await else { return };
    bench.live("CREATE TABLE t (id int NOT NULL PRIMARY KEY, a text, b text)").await;
    let wish = "CREATE TABLE t (id int NOT NULL PRIMARY KEY, a text, b text, FULLTEXT KEY fa (a), FULLTEXT KEY fb (b))";
    let approved = bench.planned(&[wish]).await.proposal().clone();
    assert_eq!(approved.statements.len(), 2, "{approved:#?}");
    bench.live(&approved.statements[0].sql).await;
    let rest = bench.planned(&[wish]).await;
    let remainder = Remainder { digest: approved.digest.clone(), proposal: approved, done: vec![0] };
    let rest = rest.approve(Approval::Remainder(remainder)).expect("the rest");
    let report = run(&bench.connections, rest, &mut Silent, &RunOptions::default()).await.expect("run");
    assert_eq!((report.total, report.statements[0].statement), (2, 1));
    assert!(bench.planned(&[wish]).await.is_in_sync());
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_schema_is_made_with_its_defaults() {
    let Some(bench) = Bench::open("made").await else { return };
    bench.primary.execute(format!("DROP DATABASE {}", bench.schema)).await;
    bench.bring_to(&["CREATE TABLE t (id int, name varchar(10))"]).await;
    bench.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_equal_changes_share_one_rehearsal() {
    let Some(bench) = Bench::open("many").await else { return };
    for index in 0..40 {
        bench.live(&format!("CREATE TABLE t{index} (id int NOT NULL PRIMARY KEY, a varchar(20), KEY a (a))")).await;
    }
    let texts: Vec<String> = (0..40)
        .map(|index| format!("CREATE TABLE t{index} (id int NOT NULL PRIMARY KEY, a varchar(20), b int, KEY a (a))"))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let begun = std::time::Instant::now();
    let planned = bench.planned(&texts).await;
    let took = begun.elapsed();
    assert_eq!((planned.statements().len(), planned.proposal().proof), (40, Proof::Rehearsed));
    eprintln!("40 equal changes planned in {took:?}");
    let sql = bench.bring_to(&texts).await;
    assert!(sql.iter().all(|sql| sql.contains("ALGORITHM=INSTANT")), "{sql:?}");
    bench.close().await;
}
