//! Readiness as others compute it: `kubectl wait`, and the rules of kstatus by which Flux, Helm and kpt wait.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{
    binary::argument,
    cluster::{User, condition},
    helm::Helm,
    pair::Role,
    scene::{LIMIT, Scene},
};

/// What kstatus takes an object for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kstatus {
    Current,
    InProgress,
    Failed,
    Terminating,
}

/// The rules for a custom resource: deletion, then the observed generation, then Reconciling and Stalled, then Ready. An
/// object without any of these is Current: that a new Table is not relies on the -1 that the definition sets.
fn kstatus(object: &Value) -> Kstatus {
    if !object["metadata"]["deletionTimestamp"].is_null() {
        return Kstatus::Terminating;
    }
    let observed = &object["status"]["observedGeneration"];
    if !observed.is_null() && *observed != object["metadata"]["generation"] {
        return Kstatus::InProgress;
    }
    let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let status = |kind: &str| {
        let found = conditions.iter().find(|condition| condition["type"] == kind);
        found.and_then(|found| found["status"].as_str()).unwrap_or_default().to_owned()
    };
    if status("Reconciling") == "True" {
        Kstatus::InProgress
    } else if status("Stalled") == "True" {
        Kstatus::Failed
    } else if matches!(status("Ready").as_str(), "False" | "Unknown") {
        Kstatus::InProgress
    } else {
        Kstatus::Current
    }
}

/// What must hold of every status that anybody ever sees.
#[track_caller]
fn check(object: &Value) {
    let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let of = |kind: &str| conditions.iter().find(|condition| condition["type"] == kind);
    for kind in ["Reconciling", "Stalled"] {
        assert!(of(kind).is_none_or(|found| found["status"] == "True"), "{kind} stands only while true: {object:#}");
    }
    assert!(of("Reconciling").is_none() || of("Stalled").is_none(), "both at once: {object:#}");
    if of("Ready").is_some_and(|ready| ready["status"] == "True") {
        assert!(of("Reconciling").is_none() && of("Stalled").is_none(), "ready, and not: {object:#}");
    }
    for condition in &conditions {
        assert_eq!(condition["observedGeneration"], object["status"]["observedGeneration"], "{object:#}");
    }
}

/// Looks at the Table until kstatus says this; all that it said on the way.
#[track_caller]
fn until(scene: &Scene, wanted: Kstatus) -> Vec<Kstatus> {
    let (start, mut seen) = (Instant::now(), Vec::new());
    loop {
        let table = scene.table("users");
        check(&table);
        let now = kstatus(&table);
        if seen.last() != Some(&now) {
            seen.push(now);
        }
        if now == wanted {
            return seen;
        }
        assert!(start.elapsed() < LIMIT, "not {wanted:?} within {LIMIT:?} but {seen:?}: {:#}", table["status"]);
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// `kubectl wait` for one Table.
fn kubectl_wait(scene: &Scene, condition: &str, timeout: &str) -> Result<String, String> {
    let (condition, timeout) = (format!("--for=condition={condition}"), format!("--timeout={timeout}"));
    let arguments = ["-n", &scene.namespace, "wait", &condition, "table/users", &timeout];
    scene.cluster.try_kubectl(User::Developer, &arguments, "")
}

#[test]
fn waiting_for_a_table_is_waiting_for_the_replica() {
    let Some(scene) = Scene::shared("waiting_for_a_table", "") else { return };
    // As the API server makes it, before anybody has looked: not done.
    let new = json!({
        "apiVersion": "tablewright.dev/v1alpha1", "kind": "Table",
        "metadata": {"name": "new", "namespace": scene.namespace},
        "spec": {"databaseRef": {"name": "blog"}, "columns": [{"name": "id", "type": "int"}]},
    });
    let made = scene.cluster.kubectl(
        User::Developer,
        &["create", "--dry-run=server", "-o", "json", "-f", "-"],
        &new.to_string(),
    );
    assert_eq!(kstatus(&serde_json::from_str(&made).expect("JSON")), Kstatus::InProgress, "{made}");

    scene.users("    - {name: fax, type: int}\n");
    kubectl_wait(&scene, "Ready", "60s").expect("it becomes ready");
    assert!(scene.has(Role::Replica, "users", "`fax`"));
    assert_eq!(until(&scene, Kstatus::Current), [Kstatus::Current]);

    // Another generation is in progress from the moment when it is written.
    let add = json!([{"op": "add", "path": "/spec/columns/-", "value": {"name": "phone", "type": "int"}}]).to_string();
    let patch = ["-n", &scene.namespace, "patch", "table/users", "--type=json", "-p", &add, "-o", "json"];
    let written = scene.cluster.kubectl(User::Developer, &patch, "");
    assert_eq!(kstatus(&serde_json::from_str(&written).expect("JSON")), Kstatus::InProgress, "{written}");
    let seen = until(&scene, Kstatus::Current);
    assert!(scene.has(Role::Replica, "users", "`phone`"), "Current, and not on the replica");
    assert!(!seen.contains(&Kstatus::Failed), "{seen:?}");

    // Waiting for a person is in progress; a no is a failure; the manifest taken back is current again.
    scene.users("    - {name: fax, type: int}\n");
    scene.wait("users", "Ready", "False", "AwaitingApproval");
    assert_eq!(kstatus(&scene.table("users")), Kstatus::InProgress);
    kubectl_wait(&scene, "Ready", "1s").expect_err("it waits for a person");
    let plan = scene.plan("Pending");
    scene.decide(User::Dba, "dba", &plan, "Rejected", &scene.digest(&plan)).expect("a DBA may reject");
    kubectl_wait(&scene, "Stalled", "60s").expect("it is stalled");
    until(&scene, Kstatus::Failed);
    scene.users("    - {name: fax, type: int}\n    - {name: phone, type: int}\n");
    assert_eq!(until(&scene, Kstatus::Current).last(), Some(&Kstatus::Current));
    check(&scene.database());
    assert_eq!(kstatus(&scene.database()), Kstatus::Current);
}

/// `helm --wait` with a chart of one Table: it ends when the replica has the change, and not while a person is waited for.
#[test]
fn helm_waits_for_the_replica_and_for_the_person() {
    let test = "helm_waits_for_the_replica";
    let (Some(scene), Some(helm)) = (Scene::shared(test, ""), Helm::new(test)) else { return };
    let helm = helm.with_kubeconfig(scene.cluster.kubeconfig(User::Admin));
    let chart = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(chart.path().join("templates")).expect("writable");
    let write = |name: &str, text: &str| std::fs::write(chart.path().join(name), text).expect("writable");
    write("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 0.1.0\n");
    write(
        "templates/table.yaml",
        "apiVersion: tablewright.dev/v1alpha1\nkind: Table\nmetadata: {name: users}\nspec:\n  databaseRef: {name: blog}\n  \
         columns:\n    - {name: id, type: int, nullable: false}\n{{- range .Values.columns }}\n    - {name: {{ . }}, type: int}\n\
         {{- end }}\n  primaryKey: {columns: [{name: id}]}\n",
    );
    let release = |verb: &str, columns: &str, timeout: &str| {
        let columns = format!("columns={{{columns}}}");
        let chart = argument(chart.path());
        helm.try_run(
            &[verb, "shop", chart, "-n", &scene.namespace, "--set", &columns, "--wait", "--timeout", timeout],
            "",
        )
    };
    release("install", "fax,phone", "60s").expect("it becomes ready");
    assert!(scene.has(Role::Replica, "users", "`phone`"), "helm is done, and the replica has no table");

    // To drop a column waits for a person, and so does helm.
    let error = release("upgrade", "fax", "4s").expect_err("nobody has approved");
    assert!(error.contains("users not ready. status: InProgress"), "{error}");
    assert!(scene.has(Role::Primary, "users", "`phone`"));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| release("upgrade", "fax", "60s"));
        scene.approve(&scene.plan("Pending"));
        waiting.join().expect("no panic").expect("a DBA has approved");
    });
    assert!(!scene.has(Role::Replica, "users", "`phone`"), "helm is done, and the replica has the column");
}

/// A Plan that nobody will do anything with any more is finished, and a superseded one is not taken for applied.
#[test]
fn a_plan_that_has_ended_is_finished() {
    let Some(scene) = Scene::shared("a_plan_that_has_ended", "") else { return };
    scene.users("    - {name: fax, type: int}\n");
    scene.ready("users");
    scene.users("");
    let plan = scene.plan("Pending");
    assert_eq!(kstatus(&scene.plan_object(&plan)), Kstatus::InProgress);
    scene.users("    - {name: phone, type: int}\n");
    scene.wait_plan(&plan, "Superseded");
    let superseded = scene.plan_object(&plan);
    check(&superseded);
    assert_eq!(kstatus(&superseded), Kstatus::Current, "{:#}", superseded["status"]);
    assert_eq!(condition(&superseded, "Ready"), None);
    assert_eq!(condition(&superseded, "Superseded"), Some(("True".into(), "Superseded".into())));

    let ended = |phase: &str, reason: &str| {
        let plan = scene.plan(phase);
        let object = scene.plan_object(&plan);
        check(&object);
        assert_eq!(kstatus(&object), Kstatus::Failed, "{phase}: {:#}", object["status"]);
        assert_eq!(condition(&object, "Stalled"), Some(("True".into(), reason.into())));
    };
    let plan = scene.plan("Pending");
    scene.decide(User::Dba, "dba", &plan, "Rejected", &scene.digest(&plan)).expect("a DBA may reject");
    ended("Rejected", "PlanRejected");
    scene.change_database(&json!({"approval": {"expiresAfter": "1s"}}));
    scene.users("    - {name: mail, type: int}\n");
    ended("Expired", "PlanExpired");
}
