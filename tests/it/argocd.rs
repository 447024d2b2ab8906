//! Argo CD's view of the four kinds: the scripts in argocd/ follow the enum of reasons, and pass the tests that lie beside
//! them in Argo CD's own format, on objects that are ours.

mod lua;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};
use tablewright::api::{Approval, Database, Disposition, Phase, Plan, Reason, Table};

use crate::support::{cluster::condition, pair::eventually, scene::LIMIT};

const KINDS: [&str; 4] = ["Table", "Database", "Plan", "Approval"];

fn folder(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("argocd/resource_customizations/tablewright.dev").join(kind)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn yaml<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    serde_saphyr::from_str(&read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Status and message.
#[track_caller]
fn health(kind: &str, object: &Value) -> (String, String) {
    let script = read(&folder(kind).join("health.lua"));
    let health = lua::run(&script, object, &[]).unwrap_or_else(|error| panic!("{kind}: {error}\n{object:#}"));
    let text = |key: &str| health[key].as_str().unwrap_or_default().to_owned();
    (text("status"), text("message"))
}

// ---------------------------------------------------------------- the enum of reasons

/// The verdict that a disposition asks for.
fn wanted(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Done => "Healthy",
        Disposition::Progressing => "Progressing",
        Disposition::Waiting => "Suspended",
        Disposition::Stalled => "Degraded",
    }
}

/// An object whose `Ready` has this reason, with the conditions that the controller writes beside it.
fn object(kind: &str, reason: Reason, message: &str) -> Value {
    let condition = |kind: &str, holds: bool| {
        json!({
            "type": kind, "status": if holds { "True" } else { "False" }, "reason": reason.as_str(), "message": message,
            "observedGeneration": 3, "lastTransitionTime": "2026-11-21T20:00:00Z",
        })
    };
    let disposition = reason.disposition();
    let mut conditions = vec![condition("Ready", disposition == Disposition::Done)];
    match disposition {
        Disposition::Progressing => conditions.push(condition("Reconciling", true)),
        Disposition::Stalled => conditions.push(condition("Stalled", true)),
        Disposition::Done | Disposition::Waiting => {}
    }
    // What Tables have besides says nothing of health.
    conditions.push(condition("Drifted", true));
    conditions.push(condition("Replicated", false));
    json!({
        "apiVersion": "tablewright.dev/v1alpha1", "kind": kind,
        "metadata": {"name": "users", "generation": 3},
        "spec": {},
        "status": {"observedGeneration": 3, "conditions": conditions},
    })
}

#[test]
fn every_reason_has_the_verdict_of_its_disposition() {
    for kind in KINDS {
        for &reason in Reason::ALL {
            let wanted = wanted(reason.disposition());
            // Whatever the message says: people's words decide nothing.
            for message in ["", "Healthy", "Degraded: Stalled", "AwaitingApproval"] {
                let (status, shown) = health(kind, &object(kind, reason, message));
                assert_eq!(status, wanted, "{kind}: {reason}");
                assert!(shown.contains(reason.as_str()) && shown.contains(message), "{kind}: {reason}: {shown}");
            }
        }
    }
}

#[test]
fn what_was_said_of_an_older_generation_does_not_count() {
    for kind in KINDS {
        for &reason in Reason::ALL {
            let mut newer = object(kind, reason, "");
            newer["metadata"]["generation"] = json!(4);
            assert_eq!(health(kind, &newer).0, "Progressing", "{kind}: {reason}");
            // A status half of which is of this generation.
            newer["status"]["observedGeneration"] = json!(4);
            assert_eq!(health(kind, &newer).0, "Progressing", "{kind}: {reason}");
        }
        let mut new = object(kind, Reason::InSync, "");
        new["status"] = json!({"observedGeneration": -1});
        assert_eq!(health(kind, &new).0, "Progressing", "{kind}: as the API server makes it");
        new["status"] = json!({"observedGeneration": 3});
        assert_eq!(health(kind, &new).0, "Progressing", "{kind}: no conditions");
        new.as_object_mut().expect("an object").remove("status");
        assert_eq!(health(kind, &new).0, "Progressing", "{kind}: no status");
    }
}

/// The one phase that ends a Plan while its Tables go on with another.
#[test]
fn a_superseded_plan_is_done_with() {
    let phases = [
        Phase::Pending,
        Phase::Approved,
        Phase::Applying,
        Phase::Verifying,
        Phase::Succeeded,
        Phase::Rejected,
        Phase::Expired,
        Phase::Superseded,
        Phase::Cancelled,
        Phase::Failed,
    ];
    for phase in phases {
        let mut plan = object("Plan", Reason::Superseded, "");
        plan["status"]["phase"] = json!(phase);
        if phase == Phase::Superseded {
            let mut said = plan["status"]["conditions"][0].clone();
            (said["type"], said["status"]) = (json!("Superseded"), json!("True"));
            plan["status"]["conditions"] = json!([said]);
        }
        let wanted = if phase == Phase::Superseded { "Healthy" } else { "Progressing" };
        assert_eq!(health("Plan", &plan).0, wanted, "{phase:?}");
    }
}

// ---------------------------------------------------------------- Argo CD's own tests

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HealthTests {
    tests: Vec<HealthTest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HealthTest {
    input_path: String,
    health_status: HealthStatus,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HealthStatus {
    status: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ActionTests {
    discovery_tests: Vec<DiscoveryTest>,
    action_tests: Vec<ActionTest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DiscoveryTest {
    input_path: String,
    result: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ActionTest {
    action: String,
    input_path: String,
    expected_output_path: String,
    #[serde(default)]
    parameters: std::collections::BTreeMap<String, String>,
}

/// The names of the files in a folder, as tests name them.
fn testdata(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join("testdata")).expect("testdata");
    let mut names: Vec<String> = entries
        .map(|entry| format!("testdata/{}", entry.expect("an entry").file_name().to_str().expect("UTF-8")))
        .collect();
    names.sort();
    names
}

#[test]
fn the_health_tests_pass() {
    for kind in KINDS {
        let folder = folder(kind);
        let tests: HealthTests = yaml(&folder.join("health_test.yaml"));
        for test in &tests.tests {
            let (status, message) = health(kind, &yaml(&folder.join(&test.input_path)));
            let wanted = (test.health_status.status.clone(), test.health_status.message.clone());
            assert_eq!((status, message), wanted, "{kind}: {}", test.input_path);
        }
        let mut used: Vec<String> = tests.tests.into_iter().map(|test| test.input_path).collect();
        used.sort();
        assert_eq!(used, testdata(&folder), "{kind}: each file is looked at once");
    }
}

#[test]
fn the_action_tests_pass() {
    let folder = folder("Plan").join("actions");
    let tests: ActionTests = yaml(&folder.join("action_test.yaml"));
    let discovery = read(&folder.join("discovery.lua"));
    let mut used = std::collections::BTreeSet::new();
    for test in tests.discovery_tests {
        used.insert(test.input_path.clone());
        let found = lua::run(&discovery, &yaml(&folder.join(&test.input_path)), &[]).expect("a table");
        let found = found.as_object().expect("actions by name").iter().map(|(name, action)| {
            let mut action = action.clone();
            action["name"] = json!(name);
            action
        });
        let mut found: Vec<Value> = found.collect();
        found.sort_by_key(|action| action["name"].to_string());
        let same = found.len() == test.result.len() && found.iter().all(|action| test.result.contains(action));
        assert!(same, "{}: {found:#?}", test.input_path);
    }
    for test in tests.action_tests {
        used.extend([test.input_path.clone(), test.expected_output_path.clone()]);
        let script = read(&folder.join(&test.action).join("action.lua"));
        let object: Value = yaml(&folder.join(&test.input_path));
        let parameters: Vec<(&str, &str)> = test.parameters.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let mut output = lua::run(&script, &object, &parameters).expect("an object");
        lua::clean(&mut output, &object);
        let expected: Value = yaml(&folder.join(&test.expected_output_path));
        assert_eq!(output, expected, "{} of {}", test.action, test.input_path);
    }
    assert_eq!(used.into_iter().collect::<Vec<_>>(), testdata(&folder), "each file is looked at");
}

// ---------------------------------------------------------------- the objects of the tests are ours

/// Everything of `part` stands in `whole` as well.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(key, value)| whole.get(key).is_some_and(|whole| contains(whole, value)))
        }
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len() && whole.iter().zip(part).all(|(whole, part)| contains(whole, part))
        }
        (whole, part) => whole == part,
    }
}

/// Reads the object by its type and writes it again: nothing that the type does not know may be lost on the way.
fn through_its_type(object: &Value) -> Result<Value, serde_json::Error> {
    fn through<K: serde::de::DeserializeOwned + serde::Serialize>(object: &Value) -> Result<Value, serde_json::Error> {
        serde_json::to_value(serde_json::from_value::<K>(object.clone())?)
    }
    match object["kind"].as_str() {
        Some("Table") => through::<Table>(object),
        Some("Database") => through::<Database>(object),
        Some("Plan") => through::<Plan>(object),
        Some("Approval") => through::<Approval>(object),
        other => panic!("no kind of ours: {other:?}"),
    }
}

#[test]
fn the_objects_of_the_tests_are_of_our_types() {
    let folders = KINDS.map(folder).into_iter().chain([folder("Plan").join("actions")]);
    let mut count = 0;
    for folder in folders {
        for name in testdata(&folder) {
            let path = folder.join(&name);
            let mut object: Value = yaml(&path);
            // What an action returns has no `by` yet: the API server writes it.
            if object["spec"]["decision"].is_object() && object["spec"]["decision"]["by"].is_null() {
                object["spec"]["decision"]["by"] = json!("system:serviceaccount:argocd:argocd-server");
            }
            let again = through_its_type(&object).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            for part in ["spec", "status"] {
                assert!(contains(&again[part], &object[part]), "{}: {:#}", path.display(), again[part]);
            }
            count += 1;
        }
    }
    assert!(count > 10, "{count} objects");
}

// ---------------------------------------------------------------- where the objects come from

/// Takes down an object as it is at this moment: with `UPDATE=1` it becomes the testdata of this name, else the
/// testdata must still say the same as the object does. `reason` is that of `Ready`, which it may take a moment to have;
/// none: nothing is said of it yet.
#[track_caller]
pub(crate) fn record(kind: &str, name: &str, get: &dyn Fn() -> Value, reason: Option<&str>) {
    let path = folder(kind).join(format!("testdata/{name}.yaml"));
    let reason_of = |object: &Value| {
        let said = condition(object, "Ready").or_else(|| condition(object, "Superseded"));
        said.map(|(_, reason)| reason)
    };
    let mut object = get();
    eventually(&format!("{kind} {name} is {reason:?}"), LIMIT, || {
        object = get();
        let seen = object["status"]["observedGeneration"] == object["metadata"]["generation"];
        reason_of(&object).as_deref() == reason && (reason.is_none() || seen)
    });
    if std::env::var_os("UPDATE").is_some() {
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
        tidy(&mut object);
        let text = serde_saphyr::to_string(&object).expect("YAML").replace(&namespace, "blog");
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    let kept: Value = yaml(&path);
    let says = |object: &Value| {
        let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
        // What decides; the others may come a moment later.
        let conditions: Vec<Value> = conditions
            .iter()
            .filter(|condition| {
                ["Ready", "Reconciling", "Stalled", "Superseded"].iter().any(|kind| condition["type"] == *kind)
            })
            .map(|condition| json!([condition["type"], condition["status"], condition["reason"]]))
            .collect();
        json!([conditions, object["status"]["phase"], object["spec"]["decision"]["verdict"]])
    };
    assert_eq!(says(&object), says(&kept), "{}: UPDATE=1 make argocd", path.display());
}

/// Without what is of this run or of other writers only.
fn tidy(object: &mut Value) {
    let metadata = object["metadata"].as_object_mut().expect("metadata");
    for key in ["managedFields", "resourceVersion", "uid", "annotations", "ownerReferences", "finalizers"] {
        metadata.remove(key);
    }
    if let Some(status) = object["status"].as_object_mut() {
        status.remove("activity");
    }
}

/// Path of the object, status and message of each health test.
pub(crate) fn health_tests() -> Vec<(String, String, String)> {
    let mut all = Vec::new();
    for kind in KINDS {
        let folder = folder(kind);
        let tests: HealthTests = yaml(&folder.join("health_test.yaml"));
        all.extend(tests.tests.into_iter().map(|test| {
            let path = folder.join(test.input_path).to_str().expect("UTF-8").to_owned();
            (path, test.health_status.status, test.health_status.message)
        }));
    }
    all
}

/// Path of the object, and name and greyness of each action.
pub(crate) fn discovery_tests() -> Vec<(String, Vec<(String, bool)>)> {
    let folder = folder("Plan").join("actions");
    let tests: ActionTests = yaml(&folder.join("action_test.yaml"));
    let action = |action: &Value| (action["name"].as_str().expect("a name").to_owned(), action["disabled"] == true);
    let tests = tests.discovery_tests.into_iter();
    tests
        .map(|test| {
            let path = folder.join(test.input_path).to_str().expect("UTF-8").to_owned();
            (path, test.result.iter().map(action).collect())
        })
        .collect()
}

// ---------------------------------------------------------------- the settings

/// The scripts as Argo CD's settings take them: key and text.
fn settings() -> Vec<(String, String)> {
    let indent = |text: &str| -> String {
        text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect()
    };
    let mut settings: Vec<(String, String)> = KINDS
        .iter()
        .map(|kind| {
            let key = format!("resource.customizations.health.tablewright.dev_{kind}");
            (key, read(&folder(kind).join("health.lua")))
        })
        .collect();
    let actions = folder("Plan").join("actions");
    let mut text = format!("discovery.lua: |\n{}definitions:\n", indent(&read(&actions.join("discovery.lua"))));
    for action in ["approve", "reject"] {
        let script = indent(&read(&actions.join(action).join("action.lua")));
        text.push_str(&format!("- name: {action}\n  action.lua: |\n{script}"));
    }
    settings.push(("resource.customizations.actions.tablewright.dev_Plan".to_owned(), text));
    settings
}

/// The settings below a key of YAML that stands at this depth.
fn below(head: &str, depth: usize) -> String {
    let mut text = head.to_owned();
    for (key, value) in settings() {
        text.push_str(&format!("{:depth$}{key}: |\n", ""));
        for line in value.lines() {
            text.push_str(&if line.is_empty() { "\n".to_owned() } else { format!("{:depth$}  {line}\n", "") });
        }
    }
    text
}

#[test]
fn the_settings_are_the_scripts() {
    let made =
        "# Made from resource_customizations/ by `UPDATE=1 cargo test the_settings_are_the_scripts`; do not edit.\n";
    let map = format!(
        "{made}apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: argocd-cm\n  namespace: argocd\n  labels:\n    app.kubernetes.io/part-of: argocd\ndata:\n"
    );
    let files =
        [("argocd-cm.yaml", below(&map, 2)), ("helm-values.yaml", below(&format!("{made}configs:\n  cm:\n"), 4))];
    for (name, text) in files {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("argocd").join(name);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &text).expect("written");
        }
        assert!(read(&path) == text, "{} is not made from the scripts: run this test with UPDATE=1", path.display());
        // What a reader of YAML makes of it are the scripts again.
        let made: Value = yaml(&path);
        let data = if name == "argocd-cm.yaml" { &made["data"] } else { &made["configs"]["cm"] };
        for kind in KINDS {
            let key = format!("resource.customizations.health.tablewright.dev_{kind}");
            assert_eq!(data[key.as_str()], json!(read(&folder(kind).join("health.lua"))));
        }
        let actions = data["resource.customizations.actions.tablewright.dev_Plan"].as_str().expect("actions");
        let actions: Value = serde_saphyr::from_str(actions).expect("YAML");
        for (index, action) in ["approve", "reject"].iter().enumerate() {
            let script = read(&folder("Plan").join("actions").join(action).join("action.lua"));
            assert_eq!(actions["definitions"][index], json!({"name": action, "action.lua": script}));
        }
    }
}

#[test]
fn the_guides_show_the_examples_as_they_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = |name: &str| read(&root.join("docs/guides").join(name));
    let examples = [
        ("argocd.md", "argocd-application.yaml"),
        ("argocd.md", "argocd-wave.yaml"),
        ("argocd.md", "argocd-consent.yaml"),
        ("argocd.md", "argocd-approver.yaml"),
        ("argocd.md", "argocd-policy.csv"),
        ("argocd.md", "argocd-notifications.yaml"),
        ("flux.md", "flux.yaml"),
    ];
    for (page, example) in examples {
        let text = read(&root.join("config/examples").join(example));
        let shown: String =
            text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect();
        assert!(guide(page).contains(&shown), "{page} shows another {example}");
    }
}
