//! Approval through Git: a consent committed beforehand or while the plan waits, and all that it must not approve.

use std::{
    fs::File,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{
    binary,
    cluster::{User, condition},
    pair::{Role, eventually},
    scene::{LIMIT, Scene},
};

const APPROVALS: &str = "approvals.tablewright.dev";
const GIT: &str = "  approval: {via: [Git]}\n";
const FAX: &str = "    - {name: fax, type: varchar(20)}\n";

/// An Approval as a pull request brings it.
fn approval(scene: &Scene, name: &str, digest: &str) -> String {
    json!({
        "apiVersion": "tablewright.dev/v1alpha1", "kind": "Approval",
        "metadata": {"name": name, "namespace": scene.namespace},
        "spec": {"databaseRef": {"name": "blog"}, "digest": digest, "comment": "seen in review 42"},
    })
    .to_string()
}

/// Lets Argo CD's account write Approvals here, as its own roles do.
fn let_argo_cd_sync(scene: &Scene) {
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": "argocd-approvals", "namespace": scene.namespace},
        "rules": [{"apiGroups": ["tablewright.dev"], "resources": ["approvals"], "verbs": ["get", "create", "patch", "delete"]}],
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "argocd-approvals", "namespace": scene.namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "argocd-approvals"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": ARGO}],
    });
    for object in [role, binding] {
        scene.cluster.kubectl(User::Admin, &["apply", "-f", "-"], &object.to_string());
    }
}

const ARGO: &str = "system:serviceaccount:argocd:argocd-application-controller";

/// Argo CD syncs the Approval.
#[track_caller]
fn sync(scene: &Scene, name: &str, digest: &str) {
    scene.cluster.kubectl(User::Argocd, &["create", "-f", "-"], &approval(scene, name, digest));
}

/// The Approval, once the controller has said this of it.
#[track_caller]
fn said(scene: &Scene, name: &str, reason: &str) -> Value {
    let mut object = Value::Null;
    let mut get = || {
        object = scene.cluster.get(&scene.namespace, APPROVALS, name).unwrap_or(Value::Null);
        let observed = object["status"]["observedGeneration"] == object["metadata"]["generation"];
        observed && condition(&object, "Ready").is_some_and(|(_, found)| found == reason)
    };
    eventually(&format!("Approval {name} is {reason}"), LIMIT, &mut get);
    object
}

fn message(object: &Value) -> String {
    let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let ready = conditions.iter().find(|condition| condition["type"] == "Ready");
    ready.and_then(|ready| ready["message"].as_str()).unwrap_or_default().to_owned()
}

/// The digest that `tablewright plan` prints in the pull request for `users` with these columns.
#[track_caller]
fn printed(scene: &Scene, columns: &str) -> String {
    let manifest = format!(
        "apiVersion: tablewright.dev/v1alpha1\nkind: Table\nmetadata: {{name: users}}\nspec:\n  databaseRef: {{name: blog}}\n  \
         columns:\n    - {{name: id, type: int, nullable: false, autoIncrement: true}}\n{columns}  primaryKey: {{columns: [{{name: id}}]}}\n"
    );
    scene.printed(&manifest)
}

/// All states of the objects of a kind that the API server shows a watcher, one a line.
struct Watch {
    child: Child,
    file: tempfile::NamedTempFile,
}

impl Watch {
    fn begin(scene: &Scene, kind: &str) -> Self {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let columns = "{.metadata.name} {.status.phase} {.status.conditions[?(@.type==\"Ready\")].reason}{\"\\n\"}";
        let child = Command::new(scene.cluster.kubectl_path())
            .arg("--kubeconfig")
            .arg(scene.cluster.kubeconfig(User::Admin))
            .args(["-n", &scene.namespace, "get", kind, "--watch", "-o", &format!("jsonpath={columns}")])
            .stdout(File::create(file.path()).expect("a file"))
            .stderr(Stdio::null())
            .spawn()
            .expect("kubectl starts");
        let watch = Self { child, file };
        eventually("the watch has begun", LIMIT, || !watch.seen().is_empty());
        watch
    }

    fn seen(&self) -> String {
        std::fs::read_to_string(self.file.path()).expect("a file")
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_plan_with_consent_is_approved_on_arrival() {
    let Some(scene) = Scene::shared("a_plan_with_consent", GIT) else { return };
    let_argo_cd_sync(&scene);
    scene.users(FAX);
    scene.ready("users");
    // The pull request drops a column; its check prints the digest, and the reviewer adds the Approval.
    let digest = printed(&scene, "");
    sync(&scene, "review-42", &digest);
    let before = said(&scene, "review-42", "AwaitingPlan");
    let wait = ["-n", &scene.namespace, "wait", "--for=condition=Ready", "approval/review-42", "--timeout=10s"];
    scene.cluster.kubectl(User::Developer, &wait, "");
    assert!(message(&before).contains("no plan of Database"), "{}", message(&before));
    let (tables, plans) =
        (Watch::begin(&scene, "tables.tablewright.dev"), Watch::begin(&scene, "plans.tablewright.dev"));
    scene.users("");
    let used = said(&scene, "review-42", "ApprovalUsed");
    let plan = used["status"]["plan"].as_str().expect("a plan").to_owned();
    scene.ready("users");
    assert!(!scene.has(Role::Replica, "users", "`fax`"));
    let object = scene.plan_object(&plan);
    assert_eq!(
        object["spec"]["proposal"]["digest"],
        digest.as_str(),
        "the controller computes what the command printed"
    );
    assert_eq!(object["status"]["approval"]["how"], "Git");
    assert_eq!(object["status"]["approval"]["by"], format!("Approval {}/review-42", scene.namespace));
    assert!(object["spec"]["decision"].is_null(), "nobody decided on the Plan itself");
    assert_eq!(used["status"]["planUid"], object["metadata"]["uid"]);

    // Nobody ever saw it wait: the sync went on.
    eventually("the watches have seen the end", LIMIT, || {
        plans.seen().contains(&format!("{plan} Succeeded")) && tables.seen().trim_end().ends_with("InSync")
    });
    for seen in [tables.seen(), plans.seen()] {
        assert!(!seen.contains("AwaitingApproval"), "{seen}");
    }
    assert!(!plans.seen().contains(&format!("{plan} Pending")), "{}", plans.seen());

    // It says what became of it, for ever, and in an event.
    scene.change_database(&json!({"approval": {"via": ["Kubectl"]}}));
    scene.users(FAX);
    scene.ready("users");
    assert_eq!(said(&scene, "review-42", "ApprovalUsed")["status"]["plan"], plan.as_str());
    let note = format!("Approval {}/review-42 approved the plan (Git): seen in review 42", scene.namespace);
    eventually("an event says so", LIMIT, || {
        let events = scene.cluster.list(&scene.namespace, "events.events.k8s.io");
        let of = |kind: &str, name: &str, reason: &str, said: &str| {
            events.iter().any(|event| {
                event["regarding"]["kind"] == kind
                    && event["regarding"]["name"] == name
                    && event["reason"] == reason
                    && event["note"].as_str().is_some_and(|note| note.contains(said))
            })
        };
        of("Plan", &plan, "Approved", &note) && of("Approval", "review-42", "ApprovalUsed", &plan)
    });
    let asked = |arguments: &[&str]| {
        let mut command = binary::command();
        command.env("KUBECONFIG", scene.cluster.kubeconfig(User::Dba)).args(arguments).args(["-n", &scene.namespace]);
        binary::outcome(&mut command).expect(0).stdout
    };
    let listed = asked(&["get", "approvals", "-o", "wide"]);
    let row = listed.lines().find(|line| line.starts_with("review-42")).expect("it is listed");
    assert!(["ApprovalUsed", &plan, &digest].iter().all(|part| row.contains(part)), "{row}");
    let described = asked(&["describe", "approval", "review-42"]);
    assert!(["seen in review 42", &plan, &digest].iter().all(|part| described.contains(part)), "{described}");
    // Events are not for DBAs to read; the journal of the Plan is.
    let told = asked(&["logs", "approval", "review-42"]);
    assert!(told.contains("ReplicaMatched"), "{told}");
    // The audit log has who put it there.
    let log = std::fs::read_to_string(scene.cluster.directory().join("audit.log")).expect("the audit log");
    let annotation = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["objectRef"]["namespace"] == scene.namespace.as_str() && line["verb"] == "create")
        .find_map(|line| line["annotations"]["approvals.tablewright.dev/approval"].as_str().map(str::to_owned));
    assert_eq!(annotation, Some(format!("{ARGO} Approved {digest} of Database {}/blog", scene.namespace)));
}

#[test]
fn a_plan_that_waits_is_approved_by_its_own_digest_only() {
    let Some(scene) = Scene::shared("a_plan_that_waits_is_approved_by", GIT) else { return };
    let_argo_cd_sync(&scene);
    scene.users(FAX);
    scene.ready("users");
    scene.users("");
    let plan = scene.plan("Pending");
    let digest = scene.digest(&plan);
    let other = format!("v1:sha256:{}", "0".repeat(64));
    sync(&scene, "wrong", &other);
    let wrong = said(&scene, "wrong", "AwaitingPlan");
    assert!(message(&wrong).contains(&format!("{plan} with {digest}")), "{}", message(&wrong));
    // A person cannot decide here, because the Database lists Git alone.
    let refused = scene.decide(User::Dba, "dba", &plan, "Approved", &digest).expect_err("via: [Git]");
    assert!(refused.contains("Kubectl"), "{refused}");
    assert_eq!(scene.plan_object(&plan)["status"]["phase"], "Pending");
    sync(&scene, "right", &digest);
    scene.ready("users");
    assert_eq!(scene.plan_object(&plan)["status"]["approval"]["how"], "Git");
    assert_eq!(said(&scene, "right", "ApprovalUsed")["status"]["plan"], plan.as_str());
    let wrong = said(&scene, "wrong", "AwaitingPlan");
    assert!(wrong["status"]["plan"].is_null());
    eventually("it no longer names what waited", LIMIT, || {
        !message(&said(&scene, "wrong", "AwaitingPlan")).contains(&plan)
    });
}

#[test]
fn an_approval_approves_nothing_where_git_is_not_listed() {
    let Some(scene) = Scene::shared("an_approval_approves_nothing", "") else { return };
    let_argo_cd_sync(&scene);
    scene.users(FAX);
    scene.ready("users");
    sync(&scene, "review-42", &printed(&scene, ""));
    let refused = said(&scene, "review-42", "ApprovalWayNotAllowed");
    assert_eq!(condition(&refused, "Stalled").map(|(status, _)| status).as_deref(), Some("True"));
    scene.users("");
    scene.wait("users", "Ready", "False", "AwaitingApproval");
    let plan = scene.plan("Pending");
    assert_eq!(scene.digest(&plan), refused["spec"]["digest"].as_str().expect("a digest"));
    // What the Plan says of its ways holds, whatever the Database says afterwards.
    scene.change_database(&json!({"approval": {"via": ["Kubectl", "Git"]}}));
    eventually("the Approval is told of the Plan", LIMIT, || {
        message(&said(&scene, "review-42", "ApprovalWayNotAllowed")).contains(&plan)
    });
    assert!(scene.has(Role::Primary, "users", "`fax`"));
    scene.approve(&plan);
    scene.ready("users");
    let approved = scene.plan_object(&plan);
    assert_eq!(
        (&approved["status"]["approval"]["how"], &approved["status"]["approval"]["by"]),
        (&json!("Kubectl"), &json!("dba"))
    );
    // Done without it: no fault of the Approval's, and none of the next plan's.
    said(&scene, "review-42", "ApprovalObsolete");
}

#[test]
fn a_consent_to_what_the_table_was_does_not_count_for_what_it_has_become() {
    let Some(scene) = Scene::shared("a_consent_to_what_the_table_was", GIT) else { return };
    let_argo_cd_sync(&scene);
    scene.users(FAX);
    scene.ready("users");
    let digest = printed(&scene, "");
    sync(&scene, "review-42", &digest);
    said(&scene, "review-42", "AwaitingPlan");
    // The probe tells changes by the second.
    std::thread::sleep(Duration::from_millis(1100));
    scene.pair.sql(Role::Primary, &scene.schema, "ALTER TABLE users ADD COLUMN surprise int");
    scene.users("");
    let plan = scene.plan("Pending");
    assert_ne!(scene.digest(&plan), digest);
    eventually("the Approval says what waits", LIMIT, || {
        message(&said(&scene, "review-42", "AwaitingPlan")).contains(&scene.digest(&plan))
    });
    assert!(scene.has(Role::Primary, "users", "`fax`") && scene.has(Role::Primary, "users", "`surprise`"));
}

#[test]
fn an_approval_counts_once() {
    let Some(scene) = Scene::shared("an_approval_counts_once", GIT) else { return };
    let_argo_cd_sync(&scene);
    scene.users(FAX);
    scene.ready("users");
    let digest = printed(&scene, "");
    sync(&scene, "first", &digest);
    scene.users("");
    scene.ready("users");
    let used = said(&scene, "first", "ApprovalUsed");
    // The same table, the same change, the same server: the same digest, and another attempt.
    scene.users(FAX);
    scene.ready("users");
    assert_eq!(printed(&scene, ""), digest);
    scene.users("");
    scene.wait("users", "Ready", "False", "AwaitingApproval");
    let again = scene.plan("Pending");
    assert_eq!(scene.digest(&again), digest);
    assert_ne!(used["status"]["plan"], again.as_str());
    // Taken away and synced again, as self-healing would: the same consent still.
    scene.cluster.kubectl(User::Argocd, &["-n", &scene.namespace, "delete", APPROVALS, "first"], "");
    sync(&scene, "first", &digest);
    assert_eq!(said(&scene, "first", "ApprovalUsed")["status"]["plan"], used["status"]["plan"]);
    assert_eq!(scene.plan_object(&again)["status"]["phase"], "Pending");
    assert!(scene.has(Role::Primary, "users", "`fax`"));
    sync(&scene, "second", &digest);
    scene.ready("users");
    assert!(!scene.has(Role::Replica, "users", "`fax`"));
    assert_eq!(said(&scene, "second", "ApprovalUsed")["status"]["plan"], again.as_str());
}

#[test]
fn an_approval_reaches_no_further_than_its_namespace() {
    let Some(scene) = Scene::shared("an_approval_reaches", GIT) else { return };
    let elsewhere = scene.in_namespace(scene.cluster.namespace("approval-elsewhere"));
    let_argo_cd_sync(&elsewhere);
    scene.users(FAX);
    scene.ready("users");
    scene.users("");
    let plan = scene.plan("Pending");
    let mut object: Value = serde_json::from_str(&approval(&elsewhere, "mine", &scene.digest(&plan))).expect("JSON");
    object["spec"]["databaseRef"]["namespace"] = json!(scene.namespace);
    scene.cluster.kubectl(User::Argocd, &["create", "-f", "-"], &object.to_string());
    said(&elsewhere, "mine", "NamespaceNotAllowed");
    // Whose Tables are allowed may consent to the plans of these, and to no other's.
    scene.change_database(&json!({"allowedNamespaces": [elsewhere.namespace]}));
    said(&elsewhere, "mine", "AwaitingPlan");
    assert_eq!(scene.plan_object(&plan)["status"]["phase"], "Pending");
    assert!(scene.has(Role::Primary, "users", "`fax`"));
}

#[test]
fn a_consent_outlives_the_controller() {
    let Some(scene) = Scene::own("a_consent_outlives", GIT) else { return };
    let_argo_cd_sync(&scene);
    let mut first = scene.cluster.controller("first", &[]);
    scene.users("    - {name: fax, type: int}\n    - {name: phone, type: int}\n    - {name: email, type: int}\n");
    scene.ready("users");
    let two = "    - {name: phone, type: int}\n    - {name: email, type: int}\n";
    sync(&scene, "one", &printed(&scene, two));
    said(&scene, "one", "AwaitingPlan");
    // Given before; the plan comes out under the next controller.
    first.kill();
    scene.users(two);
    let mut second = scene.cluster.controller("second", &[]);
    scene.ready("users");
    said(&scene, "one", "ApprovalUsed");
    // Given while nobody looks, for a plan that waits.
    let one = "    - {name: email, type: int}\n";
    scene.users(one);
    let plan = scene.plan("Pending");
    second.kill();
    sync(&scene, "two", &scene.digest(&plan));
    let mut third = scene.cluster.controller("third", &[]);
    scene.ready("users");
    assert_eq!(said(&scene, "two", "ApprovalUsed")["status"]["plan"], plan.as_str());
    // Killed between the two writes: the Approval is spent on the Plan, which does not say so yet. It counts for that one;
    // one that was spent on another Plan, of the same name even, does not.
    scene.users("");
    let plan = scene.plan("Pending");
    third.kill();
    let uid = scene.plan_object(&plan)["metadata"]["uid"].clone();
    for (name, uid) in [("three", json!("ffffffff-0000-0000-0000-000000000000")), ("four", uid)] {
        sync(&scene, name, &scene.digest(&plan));
        let status = json!({"status": {"plan": plan, "planUid": uid}}).to_string();
        let arguments =
            ["-n", &scene.namespace, "patch", APPROVALS, name, "--subresource=status", "--type=merge", "-p", &status];
        scene.cluster.kubectl(User::Controller, &arguments, "");
    }
    let _fourth = scene.cluster.controller("fourth", &[]);
    scene.ready("users");
    assert_eq!(scene.plan_object(&plan)["status"]["approval"]["by"], format!("Approval {}/four", scene.namespace));
}

/// What changes together is consented to together: the command and the controller make the same plan of it.
#[test]
fn tables_that_change_together_have_one_digest() {
    let Some(scene) = Scene::shared("tables_that_change_together", "  approval: {from: Safe, via: [Git]}\n") else {
        return;
    };
    let_argo_cd_sync(&scene);
    let table = |name: &str| {
        format!(
            "apiVersion: tablewright.dev/v1alpha1\nkind: Table\nmetadata:\n  name: {name}\n  namespace: {}\n  \
             labels: {{tablewright.dev/change-group: release-7}}\nspec:\n  databaseRef: {{name: blog}}\n  \
             columns: [{{name: id, type: int, nullable: false}}]\n  primaryKey: {{columns: [{{name: id}}]}}\n",
            scene.namespace
        )
    };
    // In another order than the controller finds them.
    let both = format!("{}---\n{}", table("users"), table("posts"));
    sync(&scene, "release-7", &scene.printed(&both));
    said(&scene, "release-7", "AwaitingPlan");
    scene.cluster.kubectl(User::Developer, &["apply", "-f", "-"], &both);
    scene.ready("users");
    scene.ready("posts");
    let plans = scene.plans();
    assert_eq!(plans.len(), 1, "{plans:#?}");
    assert_eq!(said(&scene, "release-7", "ApprovalUsed")["status"]["planUid"], plans[0]["metadata"]["uid"]);
}
