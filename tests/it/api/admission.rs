//! Who may do what, tried with real users: a matrix of user, action and outcome.

use kube::Client;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};

use super::support::{Namespace, client, folder, install_all, objects, put};

/// One row of the matrix, in the order in which the test takes it apart.
type Attempt<'a> = (&'a str, &'a [&'a str], &'a str, &'a str, &'a str, Option<&'a str>, Outcome);

const ARGO: &str = "system:serviceaccount:argocd:argocd-application-controller";

fn digest() -> String {
    format!("v1:sha256:{}", "a".repeat(64))
}

/// An undecided Plan.
pub(crate) fn plan(name: &str, via: &[&str]) -> Value {
    json!({
        "apiVersion": "tablewright.dev/v1alpha1", "kind": "Plan", "metadata": {"name": name},
        "spec": {"proposal": {
            "databaseRef": {"name": "blog"},
            "tables": ["users"],
            "statements": [{"sql": "DROP TABLE `users`", "table": "users", "summary": "drops users", "risk": "Destructive"}],
            "risk": "Destructive",
            "baseline": {"serverUuid": "5b1c2a3e-0000-11ee-be56-0242ac120002", "schema": "blog", "fingerprints": []},
            "approvalVia": via,
            "proof": "Rehearsed",
            "digest": digest(),
        }},
    })
}

fn table(name: &str) -> Value {
    json!({
        "apiVersion": "tablewright.dev/v1alpha1", "kind": "Table", "metadata": {"name": name},
        "spec": {"databaseRef": {"name": "blog"}, "columns": [{"name": "id", "type": "int"}]},
    })
}

fn database(name: &str, from: &str) -> Value {
    json!({
        "apiVersion": "tablewright.dev/v1alpha1", "kind": "Database", "metadata": {"name": name},
        "spec": {
            "primary": {"host": "mysql", "credentials": {"secretName": "blog-mysql"}},
            "approval": {"from": from},
        },
    })
}

fn approval(name: &str) -> Value {
    json!({
        "apiVersion": "tablewright.dev/v1alpha1", "kind": "Approval", "metadata": {"name": name},
        "spec": {"databaseRef": {"name": "blog"}, "digest": digest()},
    })
}

async fn patch(client: &Client, namespace: &str, manifest: &Value, change: Value) -> Result<(), String> {
    let api: Api<DynamicObject> = objects(client, namespace, manifest);
    let name = manifest["metadata"]["name"].as_str().unwrap();
    api.patch(name, &PatchParams::default(), &Patch::Merge(change)).await.map(drop).map_err(|error| error.to_string())
}

async fn patch_status(client: &Client, namespace: &str, manifest: &Value, change: Value) -> Result<(), String> {
    let api: Api<DynamicObject> = objects(client, namespace, manifest);
    let name = manifest["metadata"]["name"].as_str().unwrap();
    api.patch_status(name, &PatchParams::default(), &Patch::Merge(json!({"status": change})))
        .await
        .map(drop)
        .map_err(|error| error.to_string())
}

/// What is to come of an action: accepted, or refused with this in the message.
#[derive(Clone, Copy, Debug)]
enum Outcome {
    Accepted,
    Refused(&'static str),
}

use Outcome::{Accepted, Refused};

fn check(failures: &mut Vec<String>, what: &str, result: Result<(), String>, outcome: Outcome) {
    match (&result, outcome) {
        (Ok(()), Accepted) => {}
        (Err(error), Refused(text)) if error.contains(text) => {}
        _ => failures.push(format!("{what}: expected {outcome:?}, got {result:?}")),
    }
}

async fn prepared(admin: &Client, test: &str) -> Namespace {
    install_all(admin).await;
    let namespace = Namespace::new(admin, test).await;
    namespace.bind(admin, "tablewright-edit", "dev").await;
    namespace.bind(admin, "tablewright-approver", "dba").await;
    // Argo CD syncs with all rights: only the policies stop it.
    namespace.bind(admin, "cluster-admin", ARGO).await;
    put(admin, &namespace.name, &database("blog", "Caution")).await.unwrap();
    namespace
}

#[tokio::test]
async fn who_may_write_which_kind() {
    let Some(folder) = folder() else { return };
    let admin = client(&folder, "admin").await;
    let namespace = prepared(&admin, "kinds").await;
    let forbidden = Refused("forbidden");
    let controller_only = Refused("only the tablewright controller creates Plans");
    #[rustfmt::skip]
    let matrix = [
        ("dev",         table("t-dev"),              Accepted),
        ("dba",         table("t-dba"),              forbidden),
        ("argocd",      table("t-argocd"),           Accepted),
        ("tablewright", table("t-tablewright"),      forbidden),
        ("stranger",    table("t-stranger"),         forbidden),
        ("dev",         database("blog", "None"),    forbidden), // an author cannot switch approval off
        ("dev",         database("mine", "None"),    forbidden), // nor go around it with a Database of their own
        ("dba",         database("blog", "None"),    forbidden),
        ("argocd",      database("blog", "Caution"), Accepted),
        ("tablewright", database("blog", "None"),    forbidden),
        ("stranger",    database("blog", "None"),    forbidden),
        ("dev",         plan("p-dev", &["Kubectl"]),         forbidden),
        ("dba",         plan("p-dba", &["Kubectl"]),         forbidden),
        ("argocd",      plan("p-argocd", &["Kubectl"]),      controller_only), // a Plan committed in Git
        ("admin",       plan("p-admin", &["Kubectl"]),       controller_only),
        ("stranger",    plan("p-stranger", &["Kubectl"]),    forbidden),
        ("tablewright", plan("p-tablewright", &["Kubectl"]), Accepted),
        ("dev",         approval("a-dev"),           forbidden),
        ("dba",         approval("a-dba"),           Accepted),
        ("argocd",      approval("a-argocd"),        Accepted),
        ("tablewright", approval("a-tablewright"),   forbidden),
        ("stranger",    approval("a-stranger"),      forbidden),
    ];
    let mut failures = Vec::new();
    for (user, manifest, outcome) in matrix {
        let what = format!("{user} writes {} {}", manifest["kind"], manifest["metadata"]["name"]);
        check(&mut failures, &what, put(&client(&folder, user).await, &namespace.name, &manifest).await, outcome);
    }
    // With its decision in it, not even the controller's.
    let mut decided = plan("p-decided", &["Kubectl"]);
    decided["spec"]["decision"] = json!({"verdict": "Approved", "digest": digest(), "by": "dba"});
    let controller = client(&folder, "tablewright").await;
    check(
        &mut failures,
        "a decided Plan",
        put(&controller, &namespace.name, &decided).await,
        Refused("created undecided"),
    );
    namespace.delete().await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test]
async fn only_the_controller_writes_status() {
    let Some(folder) = folder() else { return };
    let admin = client(&folder, "admin").await;
    let namespace = prepared(&admin, "state").await;
    let controller = client(&folder, "tablewright").await;
    put(&admin, &namespace.name, &table("t")).await.unwrap();
    put(&controller, &namespace.name, &plan("p", &["Kubectl"])).await.unwrap();
    let mut failures = Vec::new();
    for manifest in [table("t"), plan("p", &["Kubectl"]), database("blog", "Caution")] {
        for (user, outcome) in [
            ("dev", Refused("forbidden")),
            ("dba", Refused("forbidden")),
            ("stranger", Refused("forbidden")),
            ("argocd", Refused("status is what the tablewright controller has seen")),
            ("admin", Refused("status is what the tablewright controller has seen")),
            ("tablewright", Accepted),
        ] {
            let what = format!("{user} writes the status of {}", manifest["kind"]);
            let user = client(&folder, user).await;
            let change = json!({"observedGeneration": 1});
            check(&mut failures, &what, patch_status(&user, &namespace.name, &manifest, change).await, outcome);
        }
    }
    namespace.delete().await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test]
async fn who_may_decide() {
    let Some(folder) = folder() else { return };
    let admin = client(&folder, "admin").await;
    let namespace = prepared(&admin, "decide").await;
    let controller = client(&folder, "tablewright").await;
    let right = digest();
    let wrong = format!("v1:sha256:{}", "c".repeat(64));
    let kubectl: &[&str] = &["Kubectl"];
    let argo: &[&str] = &["Kubectl", "ArgoCD"];
    let git: &[&str] = &["Git"];
    // user, the Plan's approvalVia, its phase, verdict, digest, by, outcome
    #[rustfmt::skip]
    let matrix: Vec<Attempt<'_>> = vec![
        ("dba",         kubectl, "Pending",    "Approved", &right, Some("dba"), Accepted),
        ("dba",         kubectl, "Pending",    "Rejected", &right, Some("dba"), Accepted),
        ("dba",         kubectl, "Pending",    "Approved", &right, None,        Accepted), // stamped
        ("dba",         kubectl, "Pending",    "Approved", &right, Some(""),    Accepted), // stamped
        ("dba",         kubectl, "Pending",    "Approved", &right, Some("dev"), Refused("decide in your own name")),
        ("dba",         kubectl, "Pending",    "Approved", &wrong, Some("dba"), Refused("digest")),
        ("dba",         kubectl, "",           "Approved", &right, Some("dba"), Refused("not yet announced as Pending")),
        ("dba",         kubectl, "Superseded", "Approved", &right, Some("dba"), Refused("only a Pending plan can be decided on; this one is Superseded")),
        ("dba",         kubectl, "Applying",   "Rejected", &right, Some("dba"), Refused("only a Pending plan can be decided on; this one is Applying")),
        ("dba",         git,     "Pending",    "Approved", &right, Some("dba"), Refused("does not list Kubectl")),
        ("dba",         git,     "Pending",    "Rejected", &right, Some("dba"), Accepted),
        ("dev",         kubectl, "Pending",    "Approved", &right, Some("dev"), Refused("forbidden")),
        ("stranger",    kubectl, "Pending",    "Approved", &right, Some("stranger"), Refused("forbidden")),
        ("tablewright", kubectl, "Pending",    "Approved", &right, None,        Refused("takes the verb approve on databases/blog")),
        ("argocd",      kubectl, "Pending",    "Approved", &right, None,        Refused("does not list ArgoCD")),
        ("argocd",      kubectl, "Pending",    "Rejected", &right, None,        Refused("does not list ArgoCD")),
        ("argocd",      argo,    "Pending",    "Approved", &right, None,        Accepted),
        ("argocd",      argo,    "Pending",    "Approved", &right, Some("dba"), Refused("decide in your own name")),
        ("argocd",      git,     "Pending",    "Approved", &right, None,        Refused("does not list ArgoCD")),
    ];
    let mut failures = Vec::new();
    for (number, (user, via, phase, verdict, digest, by, outcome)) in matrix.into_iter().enumerate() {
        let manifest = plan(&format!("p{number}"), via);
        put(&controller, &namespace.name, &manifest).await.unwrap();
        if !phase.is_empty() {
            patch_status(&controller, &namespace.name, &manifest, json!({"phase": phase})).await.unwrap();
        }
        let mut decision = json!({"verdict": verdict, "digest": digest});
        if let Some(by) = by {
            decision["by"] = json!(by);
        }
        let what = format!("row {number}: {user}, via {via:?}, {phase}, {verdict}, by {by:?}");
        let person = client(&folder, user).await;
        let result = patch(&person, &namespace.name, &manifest, json!({"spec": {"decision": decision}})).await;
        if result.is_ok() {
            let stored = objects(&admin, &namespace.name, &manifest).get(&format!("p{number}")).await.unwrap();
            let expected = if user == "argocd" { ARGO } else { user };
            assert_eq!(stored.data["spec"]["decision"]["by"], expected, "{what}");
        }
        check(&mut failures, &what, result, outcome);
    }
    namespace.delete().await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test]
async fn an_approver_writes_the_decision_and_nothing_else() {
    let Some(folder) = folder() else { return };
    let admin = client(&folder, "admin").await;
    let namespace = prepared(&admin, "only").await;
    let controller = client(&folder, "tablewright").await;
    let dba = client(&folder, "dba").await;
    let mut manifest = plan("p", &["Kubectl"]);
    manifest["metadata"]["finalizers"] = json!(["tablewright.dev/running"]);
    put(&controller, &namespace.name, &manifest).await.unwrap();
    patch_status(&controller, &namespace.name, &manifest, json!({"phase": "Pending"})).await.unwrap();
    let mut failures = Vec::new();
    let controllers = "belong to the controller";
    for (what, change, outcome) in [
        ("the SQL", json!({"spec": {"proposal": {"risk": "Safe"}}}), Refused("proposal is immutable")),
        ("the finalizer", json!({"metadata": {"finalizers": []}}), Refused(controllers)),
        (
            "the owner",
            json!({"metadata": {"ownerReferences": [
            {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "5b1c2a3e-0000-11ee-be56-0242ac120002"}]}}),
            Refused(controllers),
        ),
        ("a label", json!({"metadata": {"labels": {"tablewright.dev/attempt": "7"}}}), Refused(controllers)),
    ] {
        let result = patch(&dba, &namespace.name, &manifest, change).await;
        check(&mut failures, what, result, outcome);
    }
    // Final: neither changed, nor taken back, by anyone.
    let approve = json!({"spec": {"decision": {"verdict": "Approved", "digest": digest(), "by": "dba"}}});
    check(&mut failures, "approve", patch(&dba, &namespace.name, &manifest, approve).await, Accepted);
    for (user, change) in [
        ("dba", json!({"spec": {"decision": {"verdict": "Rejected"}}})),
        ("dba", json!({"spec": {"decision": null}})),
        ("admin", json!({"spec": {"decision": null}})),
        ("tablewright", json!({"spec": {"decision": null}})),
    ] {
        let person = client(&folder, user).await;
        let result = patch(&person, &namespace.name, &manifest, change).await;
        check(&mut failures, &format!("{user} changes a decision"), result, Refused("a decision is final"));
    }
    // The controller lets go of the Plan, so that the namespace can.
    patch(&controller, &namespace.name, &manifest, json!({"metadata": {"finalizers": null}})).await.unwrap();
    namespace.delete().await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test]
async fn approval_is_granted_per_database() {
    let Some(folder) = folder() else { return };
    let admin = client(&folder, "admin").await;
    install_all(&admin).await;
    let namespace = Namespace::new(&admin, "named").await;
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "approve-shop"},
        "rules": [
            {"apiGroups": ["tablewright.dev"], "resources": ["databases"], "resourceNames": ["shop"], "verbs": ["approve"]},
            {"apiGroups": ["tablewright.dev"], "resources": ["plans"], "verbs": ["get", "patch"]},
        ],
    });
    put(&admin, &namespace.name, &role).await.unwrap();
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "approve-shop"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "approve-shop"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "dba"}],
    });
    put(&admin, &namespace.name, &binding).await.unwrap();
    // Who writes Databases does not thereby approve.
    namespace.bind(&admin, "tablewright-admin", "dev").await;
    let controller = client(&folder, "tablewright").await;
    let decision = |by: &str| json!({"spec": {"decision": {"verdict": "Approved", "digest": digest(), "by": by}}});
    let mut failures = Vec::new();
    for (database, user, outcome) in [
        ("blog", "dba", Refused("dba may not decide on plans of Database")),
        ("shop", "dba", Accepted),
        ("shop", "dev", Refused("forbidden")),
    ] {
        let mut manifest = plan(&format!("p-{database}-{user}"), &["Kubectl"]);
        manifest["spec"]["proposal"]["databaseRef"]["name"] = json!(database);
        put(&controller, &namespace.name, &manifest).await.unwrap();
        patch_status(&controller, &namespace.name, &manifest, json!({"phase": "Pending"})).await.unwrap();
        let person = client(&folder, user).await;
        let result = patch(&person, &namespace.name, &manifest, decision(user)).await;
        check(&mut failures, &format!("{user} on {database}"), result, outcome);
    }
    let dev = client(&folder, "dev").await;
    check(&mut failures, "admin role", put(&dev, &namespace.name, &database("blog", "Safe")).await, Accepted);
    namespace.delete().await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A role that is generous with Approvals, as one with a wildcard is, makes nobody an approver.
#[tokio::test]
async fn who_may_consent() {
    let Some(folder) = folder() else { return };
    let admin = client(&folder, "admin").await;
    let namespace = prepared(&admin, "consent").await;
    let other = Namespace::new(&admin, "consent-other").await;
    let role = |name: &str, user: &str, groups: &[&str], resources: &[&str]| {
        let rules = json!([{"apiGroups": groups, "resources": resources, "verbs": ["*"]}]);
        let api = "rbac.authorization.k8s.io";
        [
            json!({"apiVersion": format!("{api}/v1"), "kind": "Role", "metadata": {"name": name}, "rules": rules}),
            json!({
                "apiVersion": format!("{api}/v1"), "kind": "RoleBinding", "metadata": {"name": name},
                "roleRef": {"apiGroup": api, "kind": "Role", "name": name},
                "subjects": [{"apiGroup": api, "kind": "User", "name": user}],
            }),
        ]
    };
    // A developer with every verb on Approvals, and everything in a namespace of their own.
    for object in role("generous", "dev", &["tablewright.dev"], &["approvals", "approvals/status"]) {
        put(&admin, &namespace.name, &object).await.unwrap();
    }
    for object in role("everything", "dev", &["*"], &["*"]) {
        put(&admin, &other.name, &object).await.unwrap();
    }
    let of = |name: &str, database: Option<&str>| {
        let mut object = approval(name);
        if let Some(namespace) = database {
            object["spec"]["databaseRef"]["namespace"] = json!(namespace);
        }
        object
    };
    let not_approver = Refused("dev may not approve plans of Database");
    #[rustfmt::skip]
    let matrix = [
        ("dev",    &namespace, of("plain", None),                        not_approver),
        ("dev",    &namespace, of("named", Some(&namespace.name)),       not_approver),
        ("dev",    &other,     of("from-outside", Some(&namespace.name)), not_approver),
        // Who may do everything with the Databases of a namespace may approve there.
        ("dev",    &other,     of("own", None),                          Accepted),
        ("dba",    &namespace, of("dba", None),                          Accepted),
        ("argocd", &namespace, of("argocd", None),                       Accepted),
        ("admin",  &namespace, of("admin", None),                        Accepted),
    ];
    let mut failures = Vec::new();
    for (user, place, manifest, outcome) in matrix {
        let what = format!("{user} makes Approval {}", manifest["metadata"]["name"]);
        check(&mut failures, &what, put(&client(&folder, user).await, &place.name, &manifest).await, outcome);
    }
    let dev = client(&folder, "dev").await;
    let applied = objects(&dev, &namespace.name, &approval("applied"))
        .patch("applied", &PatchParams::apply("dev"), &Patch::Apply(approval("applied")))
        .await;
    check(&mut failures, "server-side apply", applied.map(drop).map_err(|error| error.to_string()), not_approver);
    // What a consent was spent on is not to be forgotten, nor the consent to be turned to something else.
    let given = approval("dba");
    let controller = client(&folder, "tablewright").await;
    patch_status(&controller, &namespace.name, &given, json!({"plan": "p", "planUid": "u"})).await.unwrap();
    for user in ["dev", "argocd", "admin"] {
        let person = client(&folder, user).await;
        let forgotten = patch_status(&person, &namespace.name, &given, json!({"planUid": null})).await;
        check(&mut failures, &format!("{user} writes status"), forgotten, Refused("status is what the tablewright"));
        let turned = json!({"spec": {"digest": format!("v1:sha256:{}", "b".repeat(64))}});
        let turned = patch(&person, &namespace.name, &given, turned).await;
        check(&mut failures, &format!("{user} turns it"), turned, Refused("an Approval is immutable"));
    }
    namespace.delete().await;
    other.delete().await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
