//! One change after another on real servers, under a controller with JSON logs whose traces go to a real collector; and
//! then everything that is to be seen of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

use serde_json::{Value, json};
use tablewright::telemetry::{FamilyKind, Metrics};

use super::{
    delivery,
    promtool::promtool,
    scrape::{self, Scrape},
};
use crate::support::{
    cluster::{Controller, User},
    collector::{self, Collector, Span},
    pair::{Role, account, eventually},
    reader::Reader,
    scene::{LIMIT, Scene},
};

const TEST: &str = "what_is_to_be_seen_of_a_change";
const TEXT: &str = "text/plain";
/// A literal that must be seen nowhere but in statements.
const LITERAL: &str = "literal-4711";

/// The stage, with what looks at it.
pub(super) struct Stage {
    pub(super) scene: Scene,
    collector: Option<Collector>,
    _directory: tempfile::TempDir,
}

impl Stage {
    /// A controller that sends its traces this way; nowhere, where there is no collector.
    pub(super) fn controller(
        &self,
        name: &str,
        way: impl FnOnce(&Collector) -> Vec<(&'static str, String)>,
    ) -> Controller {
        let mut environment = self.collector.as_ref().map(way).unwrap_or_default();
        environment.push(("OTEL_BSP_SCHEDULE_DELAY", "200".to_owned()));
        let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.scene.cluster.controller_with(name, &["--log-format", "json"], &environment)
    }

    /// Waits until a scrape is as it should be.
    #[track_caller]
    fn until(&self, address: &str, what: &str, holds: impl Fn(&Scrape) -> bool) -> Scrape {
        let mut last = None;
        let start = std::time::Instant::now();
        while start.elapsed() < LIMIT {
            let scrape = scrape::get(address, TEXT);
            if holds(&scrape) {
                return scrape;
            }
            last = Some(scrape);
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("not within {LIMIT:?}: {what}\n{}", last.map(|scrape| scrape.text).unwrap_or_default());
    }
}

fn is(scrape: &Scrape, name: &str, labels: &[(&str, &str)], value: f64) -> bool {
    scrape.sum(name, labels) == Some(value)
}

#[test]
fn what_is_to_be_seen_of_a_change() {
    let Some(scene) = Scene::own(TEST, "  drift: {interval: 1s, action: Report}\n") else { return };
    let directory = tempfile::tempdir().expect("a folder");
    let collector = collector::start(TEST, directory.path());
    let stage = Stage { scene, collector, _directory: directory };
    let scene = &stage.scene;
    scene.change_database(&json!({"execution": {"lockWaitTimeout": "1s"}}));
    let mut first = stage.controller("first", delivery::plain);
    let address = first.address();

    // A change that runs by itself, on the replica too.
    let comment = format!("comment: \"{LITERAL}\"");
    scene.users(&format!(
        "    - {{name: email, type: varchar(100), {comment}}}\n    - {{name: fax, type: varchar(20)}}\n"
    ));
    scene.ready("users");
    let users = [("namespace", scene.namespace.as_str()), ("name", "users")];
    let database = [("namespace", scene.namespace.as_str()), ("name", "blog")];
    let replica = [database[0], database[1], ("replica", "failover")];
    let scrape = stage.until(&address, "the Table is counted as Ready", |scrape| {
        is(scrape, "tablewright_table_ready", &users, 1.0)
            && is(scrape, "tablewright_table_replicated", &users, 1.0)
            && is(
                scrape,
                "tablewright_replica_verdict",
                &[replica[0], replica[1], replica[2], ("verdict", "Arrived")],
                1.0,
            )
    });
    assert!(is(&scrape, "tablewright_table_drifted", &users, 0.0));
    assert!(scrape.all("tablewright_table_not_ready_reason", &users).is_empty());
    assert!(is(&scrape, "tablewright_database_ready", &database, 1.0));
    assert!(is(&scrape, "tablewright_database_state", &[database[0], database[1], ("state", "Active")], 1.0));
    assert!(is(&scrape, "tablewright_ddl_duration_seconds_count", &[("algorithm", "None")], 1.0), "{}", scrape.text);
    assert!(is(&scrape, "leader_election_master_status", &[("name", "tablewright")], 1.0));
    assert!(is(&scrape, "tablewright_drift_detected_total", &database, 0.0));
    assert!(scrape.sum("rest_client_requests_total", &[("code", "201"), ("method", "POST")]) >= Some(1.0));
    assert!(scrape.sum("rest_client_requests_total", &[("code", "200"), ("method", "GET")]) >= Some(3.0));

    // A lock is waited for, and the statement tried again.
    let reader = Reader::open(&scene.pair, Role::Primary, &scene.schema, "users");
    scene.users(&format!("    - {{name: email, type: varchar(100), {comment}}}\n    - {{name: fax, type: varchar(20)}}\n    - {{name: age, type: int}}\n"));
    scene.wait("users", "Ready", "False", "LockWaitTimeout");
    stage.until(&address, "the failed attempts are counted", |scrape| {
        scrape.sum("tablewright_ddl_failures_total", &[("reason", "LockWaitTimeout")]) >= Some(1.0)
            && is(
                scrape,
                "tablewright_table_not_ready_reason",
                &[users[0], users[1], ("reason", "LockWaitTimeout"), ("disposition", "Progressing")],
                1.0,
            )
    });
    reader.end();
    scene.ready("users");

    // A change that waits for a person; the controller is replaced meanwhile.
    scene.users(&format!("    - {{name: email, type: varchar(100), {comment}}}\n    - {{name: age, type: int}}\n"));
    scene.wait("users", "Ready", "False", "AwaitingApproval");
    let plan = scene.plan("Pending");
    let pending = [users[0], ("name", plan.as_str()), ("reason", "AwaitingApproval")];
    let before = stage.until(&address, "the Plan is counted as waiting", |scrape| {
        is(scrape, "tablewright_plans", &[database[0], database[1], ("phase", "Pending"), ("risk", "Destructive")], 1.0)
            && !scrape.all("tablewright_plan_pending_seconds", &pending).is_empty()
    });
    stage.until(&address, "it waits for longer by itself", |scrape| {
        scrape.sum("tablewright_plan_pending_seconds", &pending)
            > before.sum("tablewright_plan_pending_seconds", &pending)
    });
    let traceparent = scene.plan_object(&plan)["metadata"]["annotations"]["tablewright.dev/traceparent"].clone();
    let trace = traceparent.as_str().and_then(|text| text.split('-').nth(1)).expect("a traceparent").to_owned();
    assert_eq!(first.terminate(), 0);
    let mut second = stage.controller("second", delivery::tls);
    let address = second.address();
    scene.decide(User::Dba, "somebody", &plan, "Approved", &scene.digest(&plan)).expect_err("not in another's name");
    scene.approve(&plan);
    scene.ready("users");
    stage.until(&address, "the Plan waits no longer", |scrape| {
        scrape.all("tablewright_plan_pending_seconds", &[]).is_empty()
            && is(
                scrape,
                "tablewright_plans",
                &[database[0], database[1], ("phase", "Succeeded"), ("risk", "Destructive")],
                1.0,
            )
    });

    // One that is rejected.
    scene.users(&format!("    - {{name: email, type: varchar(100), {comment}}}\n"));
    let rejected = scene.plan("Pending");
    scene.decide(User::Dba, "dba", &rejected, "Rejected", &scene.digest(&rejected)).expect("a DBA may reject");
    scene.wait("users", "Stalled", "True", "PlanRejected");
    stage.until(&address, "the Table is counted as stalled", |scrape| {
        is(
            scrape,
            "tablewright_table_not_ready_reason",
            &[users[0], users[1], ("reason", "PlanRejected"), ("disposition", "Stalled")],
            1.0,
        )
    });
    scene.users(&format!("    - {{name: email, type: varchar(100), {comment}}}\n    - {{name: age, type: int}}\n"));
    scene.ready("users");

    // Drift.
    std::thread::sleep(Duration::from_millis(1100));
    scene.pair.sql(Role::Primary, &scene.schema, "ALTER TABLE users ADD COLUMN surprise int");
    scene.wait("users", "Drifted", "True", "");
    stage.until(&address, "drift is counted", |scrape| {
        is(scrape, "tablewright_table_drifted", &users, 1.0)
            && is(scrape, "tablewright_drift_detected_total", &database, 1.0)
    });
    // MySQL tells of a change by the second: one in the second of the last look is seen with the next reading only.
    std::thread::sleep(Duration::from_millis(1100));
    scene.pair.sql(Role::Primary, &scene.schema, "ALTER TABLE users DROP COLUMN surprise");
    scene.ready("users");

    // A replica that stops.
    scene.pair.sql(Role::Replica, "", "STOP REPLICA SQL_THREAD");
    scene.pair.sql(Role::Primary, &scene.schema, "CREATE TABLE elsewhere (id int)");
    scene.wait_database("Replicated", "False", "ReplicaStopped");
    stage.until(&address, "the replica is counted as stopped", |scrape| {
        is(
            scrape,
            "tablewright_replica_verdict",
            &[replica[0], replica[1], replica[2], ("verdict", "ApplierStopped"), ("required", "true")],
            1.0,
        ) && scrape.all("tablewright_replica_lag_seconds", &replica).is_empty()
    });
    scene.pair.sql(Role::Replica, "", "START REPLICA SQL_THREAD");
    scene.wait_database("Replicated", "True", "");

    // A Database that cannot be worked on.
    let broken = format!(
        "apiVersion: tablewright.dev/v1alpha1\nkind: Database\nmetadata: {{name: broken, namespace: {}}}\nspec:\n  schema: broken\n  primary: {{host: 127.0.0.1, port: 1, credentials: {{secretName: mysql}}}}\n",
        scene.namespace
    );
    scene.cluster.kubectl(User::Admin, &["apply", "-f", "-"], &broken);
    let broken = [database[0], ("name", "broken")];
    stage.until(&address, "the trouble is counted by its reason", |scrape| {
        is(
            scrape,
            "tablewright_database_not_ready_reason",
            &[broken[0], broken[1], ("reason", "PrimaryUnreachable"), ("disposition", "Progressing")],
            1.0,
        ) && scrape.sum("tablewright_reconcile_errors_total", &[("reason", "PrimaryUnreachable")]) >= Some(1.0)
            && scrape.sum("controller_runtime_reconcile_errors_total", &[]) >= Some(1.0)
            && scrape.sum("workqueue_retries_total", &[]) >= Some(1.0)
    });
    // A Plan that waits: its numbers are to be there, too. (The one that was rejected would not be made again.)
    scene.users("    - {name: age, type: int}\n");
    scene.plan("Pending");

    whole_scrape(&stage, &address);
    log_lines(&[&first, &second], &plan, &trace);
    if let Some(collector) = &stage.collector {
        traces(collector, &trace);
    }
    events(scene, &plan);
    audit(scene, &plan);

    // Traces that go nowhere are no reason not to work.
    assert_eq!(second.terminate(), 0);
    if let Some(collector) = &stage.collector {
        delivery::wrong(&stage, collector);
    }
    let third = stage.controller("third", delivery::plain);
    let address = third.address();

    // What is gone is counted no more.
    scene.cluster.kubectl(User::Developer, &["-n", &scene.namespace, "delete", "tables.tablewright.dev", "users"], "");
    stage.until(&address, "the Table's numbers go with it", |scrape| {
        scrape.all("tablewright_table_ready", &users).is_empty()
            && scrape.all("tablewright_table_not_ready_reason", &users).is_empty()
            && scrape.all("tablewright_plan_pending_seconds", &[]).is_empty()
    });
    scene.cluster.kubectl(User::Admin, &["-n", &scene.namespace, "delete", "databases.tablewright.dev", "--all"], "");
    stage.until(&address, "the Databases' numbers go with them", |scrape| {
        let of_objects =
            scrape.text.lines().filter(|line| line.contains(&format!("namespace=\"{}\"", scene.namespace)));
        of_objects.count() == 0
    });
}

/// Every family is there with its labels, in both formats, and promtool finds nothing wrong with it.
fn whole_scrape(stage: &Stage, address: &str) {
    let metrics = Metrics::new("test");
    let registered: BTreeSet<String> = metrics.families().iter().map(|family| family.name.to_owned()).collect();
    let scrape = stage.until(address, "every family is there", |scrape| scrape.families() == registered);
    scrape.assert_labels();
    // Counters and histograms have moved, but for what must not happen here.
    for family in metrics.families() {
        let name = match family.kind {
            FamilyKind::Counter => family.name.to_owned(),
            FamilyKind::Histogram => format!("{}_count", family.name),
            FamilyKind::Gauge => continue,
        };
        // Statements failed under the first controller, which has been asked.
        if !["tablewright_events_dropped_total", "tablewright_ddl_failures_total"].contains(&family.name) {
            assert!(scrape.sum(&name, &[]) > Some(0.0), "{name} has not moved\n{}", scrape.text);
        }
    }
    assert_eq!(scrape.sum("tablewright_build_info", &[("version", env!("CARGO_PKG_VERSION"))]), Some(1.0));
    promtool(TEST, &PathBuf::from("/"), &["check", "metrics"], &scrape.text);
    let open = scrape::get(address, "application/openmetrics-text; version=1.0.0");
    assert!(open.text.ends_with("# EOF\n") && open.text.contains("# TYPE workqueue_adds counter\n"), "{}", open.text);
}

/// Every line is JSON and says no secret; what was done for the plan says to which trace it belongs.
fn log_lines(controllers: &[&Controller], plan: &str, trace: &str) {
    let mut of_plan: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for controller in controllers {
        let log = controller.log();
        for (_, password) in [account(Role::Primary), account(Role::Replica)] {
            assert!(!log.contains(password), "a password is in the log");
        }
        assert!(!log.contains(LITERAL), "a literal is in the log");
        for line in log.lines() {
            let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            for key in ["timestamp", "level", "message", "target"] {
                assert!(line[key].as_str().is_some_and(|text| !text.is_empty()), "{key} is missing in {line}");
            }
            if line["plan"].as_str().is_some_and(|name| name.ends_with(plan)) {
                let ids = [line["trace_id"].as_str(), line["span_id"].as_str()].map(Option::unwrap_or_default);
                assert_eq!((ids[0].len(), ids[1].len()), (32, 16), "{line}");
                of_plan
                    .entry(line["message"].as_str().unwrap_or_default().to_owned())
                    .or_default()
                    .insert(ids[0].to_owned());
            }
        }
    }
    // Proposed by the first controller, approved and run under the second.
    for message in ["proposed", "approved", "running", "run ended"] {
        let traces = of_plan.get(message).unwrap_or_else(|| panic!("nothing says {message}: {of_plan:?}"));
        assert_eq!(traces, &BTreeSet::from([trace.to_owned()]), "{message}");
    }
}

/// From the manifest to the replica in one trace, though two controllers had to do with it.
fn traces(collector: &Collector, trace: &str) {
    let mut spans = Vec::new();
    let names = |spans: &[Span]| spans.iter().map(|span| span.name.clone()).collect::<BTreeSet<_>>();
    let expected = [
        "reconcile",
        "introspect",
        "diff",
        "plan",
        "rehearse",
        "approve",
        "run plan",
        "apply",
        "ALTER TABLE users",
        "verify",
    ];
    eventually("the whole change has been traced", LIMIT, || {
        spans = collector.spans().into_iter().filter(|span| span.trace == trace).collect();
        let there = names(&spans);
        expected.iter().all(|name| there.contains(*name))
    });
    // Nobody hangs in the air: every span but the first is the child of one that is there.
    let ids: BTreeSet<&str> = spans.iter().map(|span| span.id.as_str()).collect();
    let roots: Vec<&Span> = spans.iter().filter(|span| !ids.contains(span.parent.as_str())).collect();
    assert_eq!(roots.iter().map(|span| span.name.as_str()).collect::<Vec<_>>(), ["reconcile"], "{spans:#?}");
    assert_eq!(roots[0].parent, "");
    let of = |name: &str| spans.iter().find(|span| span.name == name).expect("it is there");
    let statement = of("ALTER TABLE users");
    for (key, value) in [
        ("db.system.name", "mysql"),
        ("db.collection.name", "users"),
        ("db.operation.name", "ALTER TABLE"),
        ("tablewright.algorithm", "Instant"),
    ] {
        assert_eq!(statement.attributes.get(key).map(String::as_str), Some(value), "{statement:#?}");
    }
    assert!(statement.attributes.get("tablewright.gtid").is_some_and(|gtid| gtid.contains(':')), "{statement:#?}");
    assert_eq!(of("verify").attributes.get("tablewright.verdict").map(String::as_str), Some("Arrived"));
    assert_eq!(of("approve").attributes.get("by").map(String::as_str), Some("dba"));
    let text = collector.text();
    assert!(!text.contains(LITERAL), "a literal is in a trace");
    for (_, password) in [account(Role::Primary), account(Role::Replica)] {
        assert!(!text.contains(password), "a password is in a trace");
    }
}

/// Whoever asks `kubectl get events` finds what they must know and what to do.
fn events(scene: &Scene, plan: &str) {
    let expected = [
        ("Plan", plan, "AwaitingApproval", "Normal", "kubectl tablewright approve"),
        ("Plan", plan, "Approved", "Normal", "dba approved the plan"),
        ("Plan", plan, "Succeeded", "Normal", "every required replica"),
        ("Plan", "", "PlanRejected", "Warning", "dba rejected the plan"),
        ("Table", "users", "AwaitingApproval", "Normal", "kubectl tablewright approve"),
        ("Table", "users", "LockWaitTimeout", "Warning", "metadata lock"),
        ("Table", "users", "Drifted", "Warning", "put the change into the manifest or undo it"),
        ("Table", "users", "InSync", "Normal", "required replica"),
        ("Database", "blog", "ReplicaStopped", "Warning", "failover"),
        ("Database", "blog", "Replicated", "Normal", ""),
        ("Database", "broken", "PrimaryUnreachable", "Warning", "127.0.0.1"),
    ];
    let mut missing = Vec::new();
    eventually(&format!("every event is there ({expected:?})"), Duration::from_secs(20), || {
        let events = scene.cluster.list(&scene.namespace, "events.events.k8s.io");
        let is = |event: &Value, (kind, name, reason, class, says): (&str, &str, &str, &str, &str)| {
            event["regarding"]["kind"] == kind
                && (name.is_empty() || event["regarding"]["name"] == name)
                && event["reason"] == reason
                && event["type"] == class
                && event["note"].as_str().unwrap_or_default().contains(says)
        };
        missing = expected.into_iter().filter(|wanted| !events.iter().any(|event| is(event, *wanted))).collect();
        if !missing.is_empty() {
            eprintln!("missing: {missing:?}");
        }
        missing.is_empty()
    });
}

/// The API server's audit log says who decided what, and who was refused.
fn audit(scene: &Scene, plan: &str) {
    let text = std::fs::read_to_string(scene.cluster.directory().join("audit.log")).expect("the audit log");
    let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of_plan = |line: &&Value| line["objectRef"]["name"] == plan && line["stage"] == "ResponseComplete";
    let digest = scene.digest(plan);
    let decision = lines
        .iter()
        .filter(of_plan)
        .find_map(|line| line["annotations"]["decisions.tablewright.dev/decision"].as_str());
    assert_eq!(decision, Some(format!("dba Approved {digest}").as_str()));
    // What the controller took for the approval of each plan: a person's word, or the Database's policy.
    let noted: Vec<&str> = lines
        .iter()
        .filter(|line| line["objectRef"]["namespace"] == *scene.namespace && line["stage"] == "ResponseComplete")
        .filter_map(|line| line["annotations"]["status.tablewright.dev/approval"].as_str())
        .collect();
    assert_eq!(
        noted.iter().filter(|line| **line == format!("Kubectl by dba approved {digest}")).count(),
        1,
        "{noted:?}"
    );
    assert!(noted.iter().any(|line| line.starts_with("Policy by policy: approval from ")), "{noted:?}");
    // Who was refused by the policy is there with the rule.
    let failure =
        |line: &&Value| line["annotations"]["validation.policy.admission.k8s.io/validation_failure"].is_string();
    let by_policy = lines.iter().filter(of_plan).find(failure).expect("the one that the policy refused");
    assert_eq!(by_policy["user"]["username"], "dba");
    assert!(by_policy["annotations"].to_string().contains("decide in your own name"), "{by_policy:#}");
}
