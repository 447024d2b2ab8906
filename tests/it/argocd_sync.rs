//! The real Argo CD syncs Tables from a Git repository, the real controller brings them to a primary and its replica.
//! One Argo CD for all of it: its parts share their settings, and each step stands on the one before.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    argocd::{self, record},
    support::{
        argocd::{Argocd, Repository},
        cluster::{User, condition},
        pair::{Role, eventually},
        scene::{LIMIT, Scene},
    },
};

/// How long the replica holds back what it has received, in seconds.
const DELAY: u64 = 4;
const APP: &str = "blog";
const APPROVALS: &str = "approvals.tablewright.dev";
const APPLICATIONS: &str = "applications.argoproj.io";

/// In the order in which they end.
struct Stage {
    argocd: Argocd,
    scene: Scene,
    repository: Repository,
}

/// `users`: an id and these columns.
fn users(columns: &[&str]) -> String {
    let columns: String = columns.iter().map(|name| format!("    - {{name: {name}, type: varchar(20)}}\n")).collect();
    format!(
        "apiVersion: tablewright.dev/v1alpha1\nkind: Table\nmetadata: {{name: users}}\nspec:\n  databaseRef: {{name: blog}}\n  \
         columns:\n    - {{name: id, type: int, nullable: false, autoIncrement: true}}\n{columns}  primaryKey: {{columns: [{{name: id}}]}}\n"
    )
}

/// What must not be there before its schema: in place of the Deployment that needs the new column.
fn program(version: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: program\n  annotations: {{argocd.argoproj.io/sync-wave: \"1\"}}\ndata: {{version: \"{version}\"}}\n"
    )
}

impl Stage {
    fn application(&self, name: &str) -> Value {
        self.scene.cluster.get("argocd", APPLICATIONS, name).unwrap_or(Value::Null)
    }

    /// Makes the Application of the example for a folder of the repository, deleted with all it has.
    fn make(&self, name: &str, path: &str, options: &[&str]) {
        let example = include_str!("../../config/examples/argocd-application.yaml");
        let mut application: Value = serde_saphyr::from_str(example).expect("YAML");
        application["metadata"]["name"] = json!(name);
        application["metadata"]["finalizers"] = json!(["resources-finalizer.argocd.argoproj.io"]);
        let spec = &mut application["spec"];
        spec["source"]["repoURL"] = json!(self.repository.url());
        spec["source"]["path"] = json!(path);
        spec["destination"]["namespace"] = json!(self.scene.namespace);
        spec["syncPolicy"]["syncOptions"] = json!(options);
        self.scene.cluster.kubectl(User::Admin, &["apply", "-f", "-"], &application.to_string());
    }

    /// As a webhook would.
    fn refresh(&self, name: &str) {
        let arguments =
            ["-n", "argocd", "annotate", APPLICATIONS, name, "argocd.argoproj.io/refresh=hard", "--overwrite"];
        self.scene.cluster.kubectl(User::Admin, &arguments, "");
    }

    /// Commits to the folder of the schema and has Argo CD look.
    fn commit(&self, table: Option<&str>, version: &str) -> String {
        let id = self.repository.commit(
            &format!("version {version}"),
            &[("blog/users.yaml", table), ("blog/program.yaml", Some(&program(version)))],
        );
        self.refresh(APP);
        id
    }

    /// The version of the program that runs.
    fn version(&self) -> String {
        let program = self.scene.cluster.get(&self.scene.namespace, "configmaps", "program").unwrap_or(Value::Null);
        program["data"]["version"].as_str().unwrap_or_default().to_owned()
    }

    /// Waits until it holds of the Application; refreshed now and then, as Argo CD does by itself.
    #[track_caller]
    fn wait(&self, name: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let (start, mut refreshed) = (Instant::now(), Instant::now());
        loop {
            let application = self.application(name);
            if holds(&application) {
                return application;
            }
            assert!(start.elapsed() < LIMIT, "not within {LIMIT:?}: {name}: {what}; {:#}", application["status"]);
            if refreshed.elapsed() > Duration::from_secs(10) {
                self.refresh(name);
                refreshed = Instant::now();
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until this commit is synced and all of it is healthy.
    #[track_caller]
    fn done(&self, name: &str, commit: &str) {
        self.wait(name, &format!("{commit} is synced and healthy"), |application| {
            let status = &application["status"];
            status["operationState"]["phase"] == "Succeeded"
                && status["operationState"]["syncResult"]["revision"] == commit
                && status["sync"]["status"] == "Synced"
                && status["health"]["status"] == "Healthy"
        });
    }

    /// Looks on for a while: nothing falls out of sync and nothing is synced again, whatever is written to status.
    #[track_caller]
    fn steady(&self, name: &str) {
        let finished = self.application(name)["status"]["operationState"]["finishedAt"].clone();
        assert!(finished.is_string());
        for round in 0..30 {
            if round % 10 == 0 {
                self.refresh(name);
            }
            let application = self.application(name);
            let status = &application["status"];
            assert_eq!(status["sync"]["status"], "Synced", "{name}: {:#}", status["resources"]);
            assert_eq!(status["operationState"]["finishedAt"], finished, "{name} was synced again");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Waits until the sync stands still at the Table, for this reason.
    #[track_caller]
    fn suspended(&self, commit: &str, version: &str) -> String {
        self.wait(APP, "waits for the Table", |application| {
            let status = &application["status"];
            let operation = &status["operationState"];
            operation["phase"] == "Running"
                && operation["syncResult"]["revision"] == commit
                && operation["message"].as_str().is_some_and(|message| message.contains("tablewright.dev/Table/users"))
                && status["health"]["status"] == "Suspended"
        });
        let plan = self.scene.plan("Pending");
        assert_ne!(self.version(), version, "the next wave came before the approval");
        plan
    }

    /// The person in front of Argo CD presses a button. (Its command runs actions on what is in Git only.)
    fn press(&self, action: &str, plan: &str) -> Result<(), String> {
        let body = json!({
            "name": APP, "namespace": self.scene.namespace, "resourceName": plan, "version": "v1alpha1",
            "group": "tablewright.dev", "kind": "Plan", "action": action,
            "resourceActionParameters": [{"name": "comment", "value": "seen in review 42"}],
        });
        let path = format!("/api/v1/applications/{APP}/resource/actions/v2");
        self.argocd.request("POST", &path, &body).map(drop)
    }

    /// The actions that are offered on the Plan: name, and whether it is greyed out.
    fn actions(&self, plan: &str) -> Vec<(String, bool)> {
        let path = format!(
            "/api/v1/applications/{APP}/resource/actions?namespace={}&resourceName={plan}&version=v1alpha1&group=tablewright.dev&kind=Plan",
            self.scene.namespace
        );
        let offered = self.argocd.request("GET", &path, &Value::Null).expect("a list");
        let actions = offered["actions"].as_array().expect("a list").iter();
        let mut actions: Vec<(String, bool)> = actions
            .map(|action| (action["name"].as_str().expect("a name").to_owned(), action["disabled"] == true))
            .collect();
        actions.sort();
        actions
    }

    /// Lets Argo CD's API server decide, or not any more.
    fn bind_approver(&self, bind: bool) {
        let (verb, name) = if bind { ("create", "argocd-approves") } else { ("delete", "argocd-approves") };
        let mut arguments = vec!["-n", &self.scene.namespace, verb, "rolebinding", name];
        if bind {
            arguments.extend(["--clusterrole=tablewright-approver", "--serviceaccount=argocd:argocd-server"]);
        }
        self.scene.cluster.kubectl(User::Admin, &arguments, "");
    }

    /// Commits and watches the gate: at the moment when the second wave is there, the replica has the column.
    #[track_caller]
    fn gate(&self, columns: &[&str], version: &str) {
        let newest = format!("`{}`", columns.last().expect("a column"));
        let commit = self.commit(Some(&users(columns)), version);
        let start = Instant::now();
        let mut held = 0;
        loop {
            let there = self.version() == version;
            let (primary, replica) =
                (self.scene.has(Role::Primary, "users", &newest), self.scene.has(Role::Replica, "users", &newest));
            if there {
                assert!(primary && replica, "version {version} runs: on the primary {primary}, the replica {replica}");
                break;
            }
            if primary && !replica {
                held += 1;
                if held == 1 {
                    record("Table", "replica-lagging", &|| self.scene.table("users"), Some("ReplicaLagging"));
                }
            }
            assert!(start.elapsed() < LIMIT, "no version {version}: {:#}", self.application(APP)["status"]);
        }
        // How often depends on how busy the machine is.
        assert!(held > 0, "the second wave was never held back by the replica alone");
        self.done(APP, &commit);
    }
}

fn stage() -> Option<Stage> {
    let scene = Scene::own("argocd_sync", "  drift: {interval: 1s}\n")?;
    let delay = format!(
        "STOP REPLICA SQL_THREAD; CHANGE REPLICATION SOURCE TO SOURCE_DELAY = {DELAY}; START REPLICA SQL_THREAD"
    );
    scene.pair.sql(Role::Replica, "", &delay);
    let argocd = Argocd::start(&scene.cluster);
    // As docs/guides/argocd.md has it.
    let scripts = concat!(env!("CARGO_MANIFEST_DIR"), "/argocd/argocd-cm.yaml");
    scene.cluster.kubectl(User::Admin, &["apply", "--server-side", "--field-manager=tablewright", "-f", scripts], "");
    eventually("Argo CD has made its default project", LIMIT, || {
        scene.cluster.get("argocd", "appprojects.argoproj.io", "default").is_some()
    });
    Some(Stage { argocd, scene, repository: Repository::new() })
}

#[test]
#[ignore = "builds and runs the real Argo CD: `make argocd`"]
fn argo_cd_syncs_tables_wave_by_wave() {
    let Some(stage) = stage() else { return };
    let _controller = stage.scene.cluster.controller("argocd", &[]);

    // (a) The wave gate, for a new table and for a new column.
    stage.repository.commit(
        "nothing yet",
        &[("blog/users.yaml", Some(&users(&["email"]))), ("blog/program.yaml", Some(&program("0")))],
    );
    stage.make(APP, "blog", &[]);
    stage.gate(&["email", "fax"], "1");
    stage.gate(&["email", "fax", "phone"], "2");
    stage.scene.pair.sql(Role::Primary, &stage.scene.schema, "INSERT INTO users (email) VALUES ('a@b')");
    record("Table", "in-sync", &|| stage.scene.table("users"), Some("InSync"));
    record("Database", "active", &|| stage.scene.database(), Some("Active"));
    // (e) And then it is quiet.
    stage.steady(APP);

    approvals(&stage);
    a_newer_commit(&stage);
    rejection(&stage);
    consent(&stage);
    definitions(&stage);
    nothing_is_dropped(&stage);
    other_objects(&stage);
    argo_cd_agrees_with_the_tests(&stage);
}

/// (b) The sync waits for a person; who that may be is the Database's to say, and the cluster's.
fn approvals(stage: &Stage) {
    let scene = &stage.scene;
    let commit = stage.commit(Some(&users(&["email", "fax"])), "3");
    let plan = stage.suspended(&commit, "3");
    record("Table", "awaiting-approval", &|| scene.table("users"), Some("AwaitingApproval"));
    record("Plan", "awaiting-approval", &|| scene.plan_object(&plan), Some("AwaitingApproval"));
    record("Plan/actions", "pending-kubectl", &|| scene.plan_object(&plan), Some("AwaitingApproval"));
    told(stage, true);
    // Without the verb, and with it but `via: [Kubectl]`: refused, though the button can be pressed by a command.
    let both = |disabled: bool| vec![("approve".to_owned(), disabled), ("reject".to_owned(), disabled)];
    assert_eq!(stage.actions(&plan), both(true));
    let refused = stage.press("approve", &plan).expect_err("Argo CD holds no verb approve");
    assert!(refused.contains("argocd-server") && refused.contains("may not decide on"), "{refused}");
    stage.bind_approver(true);
    for action in ["approve", "reject"] {
        let mut refused = String::new();
        eventually("the binding holds", LIMIT, || {
            refused = stage.press(action, &plan).expect_err("the Database does not list ArgoCD");
            refused.contains("does not list ArgoCD in spec.approval.via")
        });
    }
    assert!(scene.plan_object(&plan)["spec"]["decision"].is_null());
    assert!(scene.has(Role::Primary, "users", "`phone`"), "a refused decision ran");
    scene.approve(&plan);
    stage.done(APP, &commit);
    assert_eq!(stage.version(), "3");
    assert!(!scene.has(Role::Replica, "users", "`phone`"));
    record("Plan", "succeeded", &|| scene.plan_object(&plan), Some("Succeeded"));
    told(stage, false);
    stage.steady(APP);

    // With `via: [ArgoCD]` the button works, where the account holds the verb.
    stage.bind_approver(false);
    scene.change_database(&json!({"approval": {"via": ["Kubectl", "ArgoCD"]}}));
    let commit = stage.commit(Some(&users(&["email"])), "4");
    let plan = stage.suspended(&commit, "4");
    record("Plan/actions", "pending", &|| scene.plan_object(&plan), Some("AwaitingApproval"));
    assert_eq!(stage.actions(&plan), both(false));
    eventually("the binding is gone", LIMIT, || {
        let refused = stage.press("reject", &plan).expect_err("Argo CD holds no verb approve any more");
        refused.contains("may not decide on")
    });
    stage.bind_approver(true);
    eventually("the button works", LIMIT, || stage.press("approve", &plan).is_ok());
    stage.done(APP, &commit);
    assert_eq!(stage.version(), "4");
    assert!(!scene.has(Role::Replica, "users", "`fax`"));
    let decided = scene.plan_object(&plan);
    assert_eq!(decided["spec"]["decision"]["by"], "system:serviceaccount:argocd:argocd-server");
    assert_eq!(decided["spec"]["decision"]["comment"], "seen in review 42");
    assert_eq!(decided["status"]["approval"]["how"], "ArgoCD");
    // Who pressed it is Argo CD's to know.
    eventually("an Event of the Application tells of it", LIMIT, || {
        let events = scene.cluster.kubectl(User::Admin, &["-n", "argocd", "get", "events", "-o", "json"], "");
        events.contains(&format!("ran action approve on resource tablewright.dev/Plan/{plan}"))
    });
    record("Plan/actions", "decided", &|| scene.plan_object(&plan), Some("Succeeded"));
}

/// Whether the example's trigger fires for the Application as it is.
#[track_caller]
fn told(stage: &Stage, fires: bool) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("application.json");
    std::fs::write(&file, stage.application(APP).to_string()).expect("written");
    let settings = concat!(env!("CARGO_MANIFEST_DIR"), "/config/examples/argocd-notifications.yaml");
    let kubeconfig = stage.scene.cluster.kubeconfig(User::Admin);
    let of = |path: &std::path::Path| path.to_str().expect("UTF-8").to_owned();
    let said = stage.argocd.run_offline(&[
        "admin",
        "notifications",
        "trigger",
        "run",
        "on-approval-needed",
        &of(&file),
        "--config-map",
        settings,
        "--secret",
        ":empty",
        "--kubeconfig",
        &of(&kubeconfig),
        "--namespace",
        "argocd",
    ]);
    assert!(said.lines().any(|line| line.ends_with(&fires.to_string())), "{said}");
}

/// A sync that waits keeps others waiting until it is ended; the plan that nobody decided on is then superseded.
fn a_newer_commit(stage: &Stage) {
    let scene = &stage.scene;
    let commit = stage.commit(Some(&users(&[])), "5");
    let plan = stage.suspended(&commit, "5");
    let commit = stage.commit(Some(&users(&["email", "zip"])), "6");
    stage.wait(APP, "the newer commit is seen", |application| application["status"]["sync"]["revision"] == commit);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(stage.application(APP)["status"]["operationState"]["phase"], "Running");
    assert_eq!(scene.plan_object(&plan)["status"]["phase"], "Pending");
    stage.argocd.run(&["app", "terminate-op", APP]);
    stage.done(APP, &commit);
    record("Plan", "superseded", &|| scene.plan_object(&plan), Some("Superseded"));
}

/// (c) A rejected plan fails the sync at once; another commit mends it, while the failed one is retried.
fn rejection(stage: &Stage) {
    let scene = &stage.scene;
    let commit = stage.commit(Some(&users(&["email"])), "7");
    let plan = stage.suspended(&commit, "7");
    stage.press("reject", &plan).expect("the button works");
    stage.wait(APP, "Degraded, and the sync has failed", |application| {
        let status = &application["status"];
        let message = status["operationState"]["message"].as_str().unwrap_or_default();
        status["health"]["status"] == "Degraded" && message.contains("completed unsuccessfully")
    });
    assert_eq!(condition(&scene.table("users"), "Stalled"), Some(("True".into(), "PlanRejected".into())));
    record("Table", "plan-rejected", &|| scene.table("users"), Some("PlanRejected"));
    record("Plan", "rejected", &|| scene.plan_object(&plan), Some("PlanRejected"));
    assert_ne!(stage.version(), "7", "the next wave came in spite of the rejection");
    assert!(scene.has(Role::Primary, "users", "`zip`"));
    let commit = stage.commit(Some(&users(&["email", "zip", "city"])), "8");
    stage.done(APP, &commit);
    assert_eq!(stage.version(), "8");
}

/// A reviewer's consent in the same commit: the sync goes through a destructive change without a stop.
fn consent(stage: &Stage) {
    let scene = &stage.scene;
    let approval = |name: &str, database: &str, digest: &str| {
        format!(
            "apiVersion: tablewright.dev/v1alpha1\nkind: Approval\nmetadata:\n  name: {name}\n  \
             annotations: {{argocd.argoproj.io/sync-wave: \"-1\"}}\n\
             spec:\n  databaseRef: {{name: {database}}}\n  digest: {digest}\n  comment: review 42\n"
        )
    };
    let get = |name: &str| scene.cluster.get(&scene.namespace, APPROVALS, name).unwrap_or(Value::Null);
    let nothing = format!("v1:sha256:{}", "0".repeat(64));
    let create = ["-n", &scene.namespace, "create", "-o", "json", "-f", "-"];
    let made = || {
        let dry = [&create[..], &["--dry-run=server"]].concat();
        let made = scene.cluster.kubectl(User::Dba, &dry, &approval("review-42", "blog", &nothing));
        serde_json::from_str(&made).expect("JSON")
    };
    record("Approval", "new", &made, None);
    scene.cluster.kubectl(User::Dba, &create, &approval("review-40", "blog", &nothing));
    record("Approval", "way-not-allowed", &|| get("review-40"), Some("ApprovalWayNotAllowed"));
    // As an administrator: nobody approves plans of what is not there.
    scene.cluster.kubectl(User::Admin, &create, &approval("review-41", "nowhere", &nothing));
    record("Approval", "database-not-found", &|| get("review-41"), Some("DatabaseNotFound"));
    scene.change_database(&json!({"approval": {"via": ["Git"]}}));
    record("Approval", "awaiting-plan", &|| get("review-40"), Some("AwaitingPlan"));

    let table = users(&["email", "zip"]);
    let digest = scene.printed(&table);
    let commit = stage.repository.commit(
        "version 9, with the reviewer's consent",
        &[
            ("blog/users.yaml", Some(&table)),
            ("blog/approvals/review-42.yaml", Some(&approval("review-42", "blog", &digest))),
            ("blog/program.yaml", Some(&program("9"))),
        ],
    );
    stage.refresh(APP);
    let start = Instant::now();
    while stage.version() != "9" {
        let health = stage.application(APP)["status"]["health"]["status"].clone();
        assert!(health != "Suspended" && health != "Degraded", "the sync stood still: {health}");
        let waiting = scene
            .plans()
            .into_iter()
            .find(|plan| condition(plan, "Ready").is_some_and(|(_, reason)| reason == "AwaitingApproval"));
        assert!(waiting.is_none(), "{waiting:#?}");
        assert!(start.elapsed() < LIMIT, "no version 9: {:#}", stage.application(APP)["status"]);
    }
    assert!(!scene.has(Role::Replica, "users", "`city`"), "the second wave came before the replica");
    stage.done(APP, &commit);
    record("Approval", "used", &|| get("review-42"), Some("ApprovalUsed"));
    // It is synced, and stays so.
    stage.steady(APP);
}

/// (e) The definitions themselves stay in sync, applied in either way, and outlive their Application.
fn definitions(stage: &Stage) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("crds");
    let files: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("crds/")
        .map(|entry| entry.expect("an entry").path())
        // A Kustomization lies beside them, and kustomize may not be installed.
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).expect("UTF-8");
            (format!("crds/{name}"), std::fs::read_to_string(&path).expect("readable"))
        })
        .collect();
    for (name, options) in [("definitions", &[] as &[&str]), ("definitions-server-side", &["ServerSideApply=true"])] {
        // They are installed already: something must differ, or nothing is synced.
        let annotation = format!("annotations:\n    synced-as: {name}\n");
        let changed: Vec<(&str, String)> =
            files.iter().map(|(name, text)| (name.as_str(), text.replacen("annotations:\n", &annotation, 1))).collect();
        let changed: Vec<(&str, Option<&str>)> =
            changed.iter().map(|(name, text)| (*name, Some(text.as_str()))).collect();
        let commit = stage.repository.commit(name, &changed);
        stage.make(name, "crds", options);
        stage.done(name, &commit);
        stage.steady(name);
        stage.scene.cluster.kubectl(User::Admin, &["-n", "argocd", "delete", APPLICATIONS, name, "--timeout=60s"], "");
        let definition = stage.scene.cluster.get("", "customresourcedefinitions", "tables.tablewright.dev");
        assert_eq!(definition.expect("it is kept")["metadata"]["annotations"]["synced-as"], name);
    }
    assert!(!stage.scene.table("users").is_null());
}

/// (d) Neither a pruned Table nor a deleted Application drops anything.
fn nothing_is_dropped(stage: &Stage) {
    let scene = &stage.scene;
    let kept = || {
        assert!(scene.table("users").is_null());
        std::thread::sleep(Duration::from_secs(3));
        for role in [Role::Primary, Role::Replica] {
            let rows = scene.pair.sql(role, &scene.schema, "SELECT email FROM users");
            assert_eq!(rows.trim(), "a@b", "{role:?}");
        }
    };
    let commit = stage.commit(None, "9.1");
    stage.done(APP, &commit);
    eventually("the Table is pruned", LIMIT, || scene.table("users").is_null());
    kept();
    let commit = stage.commit(Some(&users(&["email", "zip"])), "10");
    stage.done(APP, &commit);
    scene.ready("users");
    scene.cluster.kubectl(User::Admin, &["-n", "argocd", "delete", APPLICATIONS, APP, "--timeout=60s"], "");
    kept();
    assert_eq!(stage.version(), "", "the Application took the rest with it");
}

/// Objects for the tests of the scripts that the steps before have not come across.
fn other_objects(stage: &Stage) {
    let scene = &stage.scene;
    // A port on which nobody listens, and a Secret that the controller may not read.
    let get = |kind: &str, name: &str| scene.cluster.get(&scene.namespace, kind, name).unwrap_or(Value::Null);
    for (name, secret) in [("away", "mysql"), ("locked", "another")] {
        let database = json!({
            "apiVersion": "tablewright.dev/v1alpha1", "kind": "Database",
            "metadata": {"name": name, "namespace": scene.namespace},
            "spec": {"schema": name, "primary": {"host": "127.0.0.1", "port": 1, "credentials": {"secretName": secret}}},
        });
        scene.cluster.kubectl(User::Admin, &["apply", "-f", "-"], &database.to_string());
    }
    let database = |name: &str| get("databases.tablewright.dev", name);
    record("Database", "primary-unreachable", &|| database("away"), Some("PrimaryUnreachable"));
    record("Database", "secret-forbidden", &|| database("locked"), Some("SecretForbidden"));
}

/// The engine that Argo CD itself runs scripts with comes to the verdicts that the tests beside the scripts name.
fn argo_cd_agrees_with_the_tests(stage: &Stage) {
    let settings = concat!(env!("CARGO_MANIFEST_DIR"), "/argocd/argocd-cm.yaml");
    let about = ["admin", "settings", "resource-overrides"];
    let with = ["--argocd-cm-path", settings, "--load-cluster-settings=false"];
    let run = |what: &[&str]| stage.argocd.run_offline(&[&about[..], what, &with[..]].concat());
    for (object, status, message) in argocd::health_tests() {
        let said = run(&["health", &object]);
        assert_eq!(said.trim(), format!("STATUS: {status}\nMESSAGE: {message}").trim(), "{object}");
    }
    for (object, actions) in argocd::discovery_tests() {
        let said = run(&["list-actions", &object]);
        for (name, disabled) in actions {
            let line = said.lines().find(|line| line.starts_with(&name)).unwrap_or_else(|| panic!("{object}: {said}"));
            assert!(line.ends_with(&disabled.to_string()), "{object}: {said}");
        }
    }

    // And the example of its own RBAC lets decide whom it should.
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/config/examples/argocd-policy.csv");
    // Which the command asks nothing, and yet wants to know.
    let kubeconfig = stage.scene.cluster.kubeconfig(User::Admin);
    let kubeconfig = kubeconfig.to_str().expect("UTF-8");
    for (who, action, allowed) in [
        ("dbas", "action/tablewright.dev/Plan/approve", true),
        ("role:dba", "action/tablewright.dev/Plan/reject", true),
        ("role:dba", "sync", false),
        ("role:developer", "sync", true),
        ("role:developer", "action/tablewright.dev/Plan/approve", false),
    ] {
        let question = ["admin", "settings", "rbac", "can", who, action, "applications", "default/blog"];
        let answer =
            stage.argocd.ask(&[&question[..], &["--policy-file", policy, "--kubeconfig", kubeconfig]].concat());
        assert_eq!(answer.trim(), if allowed { "Yes" } else { "No" }, "{who} {action}");
    }
}
