//! The charts on a real API server: installed, used, upgraded, rolled back, uninstalled.
//!
//! The controller that works there runs with the arguments of the chart's Deployment, under a token that the API server
//! issued to the chart's account, and so with the chart's roles and no others.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde_json::{Value, json};

use super::{EVERYTHING, with_files};
use crate::support::{
    binary::argument,
    cluster::{self, Cluster, Controller, User},
    deployment,
    helm::{Helm, folder, foreign_crds, objects},
    pair::{self, Role, eventually},
    scene::{Held, LIMIT, Scene},
};

const KINDS: [&str; 4] = ["approvals", "databases", "plans", "tables"];

/// A control plane with a release of the charts, and the servers of the run.
struct Stage {
    cluster: Arc<Cluster>,
    helm: Helm,
    chart: PathBuf,
    _files: tempfile::TempDir,
}

impl Stage {
    fn new(test: &str) -> Option<Self> {
        let helm = Helm::new(test)?;
        let foreign = foreign_crds(test)?;
        let cluster = Arc::new(cluster::bare(test)?);
        let helm = helm.with_kubeconfig(cluster.kubeconfig(User::Admin));
        for project in std::fs::read_dir(foreign).unwrap() {
            let project = project.unwrap().path();
            cluster.kubectl(User::Admin, &["apply", "--server-side", "-f", argument(&project)], "");
        }
        cluster.wait_for_kinds();
        for namespace in ["gateways", "blog", "elsewhere"] {
            cluster.kubectl(User::Admin, &["create", "namespace", namespace], "");
        }
        // Who commits Tables and who approves, by the chart's roles once they are there.
        for (user, role) in [("dev", "edit"), ("dba", "approver")] {
            let (role, user) = (format!("--clusterrole=tablewright-{role}"), format!("--user={user}"));
            cluster.kubectl(User::Admin, &["-n", "blog", "create", "rolebinding", &user[7..], &role, &user], "");
        }
        let files = tempfile::tempdir().unwrap();
        let chart = with_files(files.path());
        Some(Self { cluster, helm, chart, _files: files })
    }

    fn install_kinds(&self, further: &[&str]) {
        let chart = folder("charts/tablewright-crds");
        let arguments = ["install", "kinds", argument(&chart), "-n", "tablewright-system", "--create-namespace"];
        self.helm.run(&[&arguments, further].concat(), "");
        self.cluster.wait_for_kinds();
    }

    /// `install` or `upgrade`, server-side.
    fn release(&self, verb: &str, namespace: &str, values: &str) -> String {
        let arguments = [verb, "tablewright", argument(&self.chart), "-n", namespace, "--server-side=true", "-f", "-"];
        let creating: &[&str] = if verb == "install" { &["--create-namespace"] } else { &[] };
        self.helm.run(&[&arguments, creating].concat(), values)
    }

    fn deployment(&self, namespace: &str) -> Option<Value> {
        deployment::find(&self.cluster, namespace)
    }

    /// The controller as its Pod would run it.
    fn controller(&self, namespace: &str) -> (Controller, PathBuf) {
        deployment::run(&self.cluster, namespace, &self.deployment(namespace).expect("the Deployment"))
    }

    /// A Database in namespace `blog` on the servers of the run.
    fn scene(&self, test: &str) -> Scene {
        let pair = pair::shared(test).expect("where there is a control plane there are servers");
        let schema = pair.schema("chart");
        self.cluster.database("blog", pair, &schema, "  execution: {settle: 200ms}\n");
        Scene {
            cluster: Held::Own(self.cluster.clone()),
            pair: Held::Shared(pair),
            namespace: "blog".to_owned(),
            schema,
        }
    }

    /// Every object is there, with all that was wanted.
    #[track_caller]
    fn is_live(&self, wanted: &[Value]) {
        for object in wanted {
            let namespace = object["metadata"]["namespace"].as_str().unwrap_or("default");
            let group = object["apiVersion"].as_str().unwrap().split_once('/').map_or("", |(group, _)| group);
            let kind = format!("{}.{group}", object["kind"].as_str().unwrap().to_lowercase());
            let name = object["metadata"]["name"].as_str().unwrap();
            let live = self.cluster.get(namespace, kind.trim_end_matches('.'), name);
            let live = live.unwrap_or_else(|| panic!("{kind} {name} is not there"));
            holds(&live, object, &format!("{kind} {name}"));
        }
    }

    /// Whether whoever this kubeconfig says may do this.
    fn may(&self, kubeconfig: &Path, question: &[&str]) -> bool {
        let arguments = [&["--kubeconfig", argument(kubeconfig), "auth", "can-i"], question].concat();
        self.cluster.try_kubectl(User::Admin, &arguments, "").is_ok()
    }
}

#[test]
fn a_release_from_its_install_to_its_end() {
    let test = "a_release_from_its_install_to_its_end";
    let Some(stage) = Stage::new(test) else { return };
    let cluster = &stage.cluster;
    stage.install_kinds(&[]);
    let values = format!("{EVERYTHING}secretAccess: [{{namespace: blog, names: [mysql]}}]\n");
    let notes = stage.release("install", "tablewright-system", &values);
    assert!(notes.contains("rollout status deployment/tablewright") && notes.contains("blog: mysql"), "{notes}");

    // Every object of the release is there, with all that was wanted.
    let manifest = stage.helm.run(&["get", "manifest", "tablewright", "-n", "tablewright-system"], "");
    let wanted = objects(&manifest);
    for kind in [
        "ServiceMonitor",
        "PrometheusRule",
        "ConfigMap",
        "NetworkPolicy",
        "CiliumNetworkPolicy",
        "HTTPRoute",
        "Certificate",
        "MutatingAdmissionPolicy",
    ] {
        assert_eq!(wanted.iter().filter(|object| object["kind"] == kind).count(), 1, "{kind}");
    }
    stage.is_live(&wanted);

    // The controller does its job under the chart's roles and policies.
    let scene = stage.scene(test);
    let (mut controller, kubeconfig) = stage.controller("tablewright-system");
    scene.users("    - {name: email, type: varchar(100)}\n    - {name: fax, type: varchar(20)}\n");
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "`fax`"));
    scene.users("    - {name: email, type: varchar(100)}\n");
    let plan = scene.plan("Pending");
    let digest = scene.digest(&plan);
    scene.decide(User::Developer, "dev", &plan, "Approved", &digest).expect_err("a developer may not");
    scene
        .decide(User::Argocd, "system:serviceaccount:argocd:argocd-application-controller", &plan, "Approved", &digest)
        .expect_err("nor may Argo CD");
    scene.approve(&plan);
    scene.ready("users");
    assert!(!scene.has(Role::Replica, "users", "`fax`"));
    let events = cluster.list("blog", "events.events.k8s.io");
    assert!(!events.is_empty(), "events are written under the chart's roles");
    assert!(stage.may(&kubeconfig, &["get", "secrets/mysql", "-n", "blog"]));
    for question in [
        ["list", "secrets", "-n", "blog"],
        ["get", "secrets/other", "-n", "blog"],
        ["get", "secrets/mysql", "-n", "elsewhere"],
        ["update", "tables.tablewright.dev", "-n", "blog"],
        ["approve", "databases.tablewright.dev", "-n", "blog"],
    ] {
        assert!(!stage.may(&kubeconfig, &question), "{question:?}");
    }
    assert_eq!(controller.terminate(), 0);

    // Upgrade and rollback.
    let replicas = || stage.deployment("tablewright-system").map(|deployment| deployment["spec"]["replicas"].clone());
    assert_eq!(replicas(), Some(json!(2)));
    let values =
        "replicas: 3\nlog: {level: debug}\npodMonitor: {enabled: true, interval: 15s, labels: {team: databases}}\n";
    stage.release("upgrade", "tablewright-system", values);
    assert_eq!(replicas(), Some(json!(3)));
    // Scraped Pod by Pod instead: each Pod that the Deployment makes, on a port that it has.
    let manifest = stage.helm.run(&["get", "manifest", "tablewright", "-n", "tablewright-system"], "");
    let upgraded = objects(&manifest);
    stage.is_live(&upgraded);
    let monitor = upgraded.iter().find(|object| object["kind"] == "PodMonitor").expect("a PodMonitor");
    let pod = &stage.deployment("tablewright-system").expect("the Deployment")["spec"]["template"];
    let selected = monitor["spec"]["selector"]["matchLabels"].as_object().expect("labels");
    assert!(!selected.is_empty() && selected.iter().all(|(label, value)| pod["metadata"]["labels"][label] == *value));
    let endpoint = &monitor["spec"]["podMetricsEndpoints"][0];
    assert_eq!((&endpoint["path"], &endpoint["honorLabels"]), (&json!("/metrics"), &json!(true)));
    let ports = pod["spec"]["containers"][0]["ports"].as_array().expect("ports");
    assert!(ports.iter().any(|port| port["name"] == endpoint["port"]));
    assert!(cluster.get("tablewright-system", "servicemonitors", "tablewright").is_none(), "what is off is gone");
    assert!(cluster.get("blog", "role", "tablewright-secrets").is_none(), "Secrets are taken back");
    stage.helm.run(&["rollback", "tablewright", "1", "-n", "tablewright-system"], "");
    assert_eq!(replicas(), Some(json!(2)));
    assert!(cluster.get("tablewright-system", "servicemonitors", "tablewright").is_some());
    assert!(cluster.get("blog", "role", "tablewright-secrets").is_some());

    // The end of both releases leaves the kinds, the objects and the tables.
    let before = scene.table("users")["metadata"]["uid"].clone();
    for release in ["tablewright", "kinds"] {
        stage.helm.run(&["uninstall", release, "-n", "tablewright-system", "--wait"], "");
    }
    assert!(stage.deployment("tablewright-system").is_none());
    assert!(cluster.get("", "clusterrole", "tablewright-controller").is_none());
    for kind in KINDS {
        assert!(cluster.get("", "crd", &format!("{kind}.tablewright.dev")).is_some(), "{kind}");
    }
    assert_eq!(scene.table("users")["metadata"]["uid"], before);
    assert_eq!(scene.plans().len(), 2);
    assert!(scene.has(Role::Primary, "users", "`email`"));
    // And they are taken over again, as the chart's page says.
    stage.install_kinds(&["--take-ownership", "--force-conflicts"]);
    assert_eq!(scene.table("users")["metadata"]["uid"], before);
}

#[test]
fn a_controller_of_some_namespaces_works_with_roles_alone() {
    let test = "a_controller_of_some_namespaces";
    let Some(stage) = Stage::new(test) else { return };
    stage.install_kinds(&[]);
    let values = "watch: {namespaces: [blog, gateways]}\nlease: {name: blog}\nsecretAccess: [{namespace: blog, names: [mysql]}]\n";
    stage.release("install", "tenant", values);
    assert!(stage.cluster.get("", "clusterrole", "tablewright-controller").is_none());
    let scene = stage.scene(test);
    let (mut controller, kubeconfig) = stage.controller("tenant");
    scene.users("    - {name: email, type: varchar(100)}\n");
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "`email`"));
    assert!(stage.may(&kubeconfig, &["list", "tables.tablewright.dev", "-n", "gateways"]));
    for question in
        [["list", "tables.tablewright.dev", "-n", "elsewhere"], ["list", "tables.tablewright.dev", "-A", ""]]
    {
        let question: Vec<&str> = question.into_iter().filter(|word| !word.is_empty()).collect();
        assert!(!stage.may(&kubeconfig, &question), "{question:?}");
    }
    // A Secret that is not granted is named, and works once the release grants it.
    let mut other = stage.cluster.get("blog", "secret", "mysql").expect("the Secret");
    other["metadata"] = json!({"name": "rotated", "namespace": "blog"});
    stage.cluster.kubectl(User::Admin, &["apply", "-f", "-"], &other.to_string());
    scene.change_database(&json!({"primary": {"credentials": {"secretName": "rotated"}}}));
    eventually("the Database says which Secret", LIMIT, || {
        scene.database()["status"]["conditions"].to_string().contains("rotated")
    });
    stage.release("upgrade", "tenant", &values.replace("[mysql]", "[mysql, rotated]"));
    scene.wait_database("Ready", "True", "");
    scene.users("    - {name: email, type: varchar(100)}\n    - {name: age, type: int}\n");
    scene.ready("users");
    assert_eq!(controller.terminate(), 0, "{}", controller.log());
    std::thread::sleep(Duration::from_millis(100));
}

/// Whatever was wanted is in the live object, defaults and all besides.
#[track_caller]
fn holds(live: &Value, wanted: &Value, path: &str) {
    match (live, wanted) {
        (Value::Object(live), Value::Object(wanted)) => {
            for (name, wanted) in wanted {
                let empty = wanted.is_null() || wanted.as_object().is_some_and(serde_json::Map::is_empty);
                match live.get(name) {
                    Some(live) => holds(live, wanted, &format!("{path}.{name}")),
                    None => assert!(empty, "{path}.{name} was dropped by the API server"),
                }
            }
        }
        (Value::Array(live), Value::Array(wanted)) => {
            assert_eq!(live.len(), wanted.len(), "{path}");
            for (index, (live, wanted)) in live.iter().zip(wanted).enumerate() {
                holds(live, wanted, &format!("{path}[{index}]"));
            }
        }
        (live, wanted) => assert_eq!(live, wanted, "{path}"),
    }
}
