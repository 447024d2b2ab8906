//! The main job, whole: Tables in a real API server, a controller under exactly its roles, a real primary and replica.

use std::time::Duration;

use serde_json::Value;

use crate::support::{
    cluster::{self, Cluster, Controller, User, condition},
    pair::{self, Pair, Role, eventually},
};

const LIMIT: Duration = Duration::from_secs(60);

/// A namespace, a schema and its Database, on a control plane and a pair.
struct Scene<'a> {
    cluster: &'a Cluster,
    pair: &'a Pair,
    namespace: String,
    schema: String,
}

fn scene(test: &str, extra: &str) -> Option<Scene<'static>> {
    let (cluster, pair) = (cluster::shared(test)?, pair::shared(test)?);
    Some(Scene::new(cluster, pair, test, extra))
}

/// One controller for all tests that do not lead it astray.
fn shared_controller(cluster: &'static Cluster) {
    static CONTROLLER: std::sync::OnceLock<std::sync::Mutex<Controller>> = std::sync::OnceLock::new();
    CONTROLLER.get_or_init(|| std::sync::Mutex::new(cluster.controller("shared", &[])));
}

impl<'a> Scene<'a> {
    fn new(cluster: &'a Cluster, pair: &'a Pair, test: &str, extra: &str) -> Self {
        let name = test.replace('_', "-");
        let name = &name[..name.len().min(40)];
        let namespace = cluster.namespace(name.trim_end_matches('-'));
        let schema = pair.schema("controller");
        cluster.database(&namespace, pair, &schema, &format!("  execution: {{settle: 200ms}}\n{extra}"));
        Self { cluster, pair, namespace, schema }
    }

    fn manifest(&self, name: &str, body: &str) -> String {
        format!(
            "apiVersion: tablewright.dev/v1alpha1\nkind: Table\nmetadata: {{name: {name}, namespace: {}}}\nspec:\n  databaseRef: {{name: blog}}\n{body}",
            self.namespace
        )
    }

    fn apply(&self, name: &str, body: &str) {
        self.cluster.kubectl(User::Developer, &["apply", "-f", "-"], &self.manifest(name, body));
    }

    fn users(&self, columns: &str) {
        self.apply("users", &format!("  columns:\n    - {{name: id, type: int, nullable: false}}\n{columns}  primaryKey: {{columns: [{{name: id}}]}}\n"));
    }

    fn table(&self, name: &str) -> Value {
        self.cluster.get(&self.namespace, "tables.tablewright.dev", name).unwrap_or(Value::Null)
    }

    /// Waits until the Table's condition has this status and reason, for the current generation.
    #[track_caller]
    fn wait(&self, name: &str, kind: &str, status: &str, reason: &str) {
        let mut last = Value::Null;
        eventually(&format!("{name}: {kind}={status} ({reason})"), LIMIT, || {
            last = self.table(name);
            let current = last["status"]["observedGeneration"] == last["metadata"]["generation"];
            let found = condition(&last, kind);
            let holds = current && found.is_some_and(|(s, r)| s == status && (reason.is_empty() || r == reason));
            if !holds {
                std::thread::sleep(Duration::from_millis(100));
            }
            holds
        });
    }

    #[track_caller]
    fn ready(&self, name: &str) {
        self.wait(name, "Ready", "True", "");
    }

    fn plans(&self) -> Vec<Value> {
        self.cluster.list(&self.namespace, "plans.tablewright.dev")
    }

    /// The name of the plan in this phase.
    #[track_caller]
    fn plan(&self, phase: &str) -> String {
        let mut name = None;
        eventually(&format!("a plan that is {phase}"), LIMIT, || {
            name = self
                .plans()
                .iter()
                .find(|plan| plan["status"]["phase"] == phase)
                .and_then(|plan| plan["metadata"]["name"].as_str().map(str::to_owned));
            name.is_some()
        });
        name.unwrap_or_default()
    }

    fn digest(&self, plan: &str) -> String {
        let plan = self.cluster.get(&self.namespace, "plans.tablewright.dev", plan).expect("the plan");
        plan["spec"]["proposal"]["digest"].as_str().expect("a digest").to_owned()
    }

    fn decide(&self, user: User, by: &str, plan: &str, verdict: &str, digest: &str) -> Result<String, String> {
        let patch = serde_json::json!({"spec": {"decision": {"verdict": verdict, "digest": digest, "by": by, "comment": "a test"}}});
        self.cluster.try_kubectl(
            user,
            &["-n", &self.namespace, "patch", "plans.tablewright.dev", plan, "--type=merge", "-p", &patch.to_string()],
            "",
        )
    }

    fn has(&self, role: Role, table: &str, text: &str) -> bool {
        self.pair.tables(role, &self.schema).iter().any(|name| name == table)
            && self.pair.definition(role, &self.schema, table).contains(text)
    }
}

#[test]
fn a_table_is_created_and_proved_on_the_replica() {
    let Some(scene) = scene("a_table_is_created_and_proved_on_the_replica", "") else { return };
    shared_controller(scene.cluster);
    scene.users("    - {name: email, type: varchar(100), nullable: false}\n");
    scene.ready("users");
    // At the moment when it is Ready, the replica has it.
    assert!(scene.has(Role::Replica, "users", "`email` varchar(100) NOT NULL"));
    scene.wait("users", "Applied", "True", "");
    scene.wait("users", "Replicated", "True", "");

    // A change below the policy's level runs by itself.
    scene.users("    - {name: email, type: varchar(100), nullable: false}\n    - {name: age, type: int}\n");
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "`age` int"));
    assert!(scene.plans().iter().all(|plan| plan["status"]["phase"] == "Succeeded"));

    // Deleting the object leaves the table.
    scene.cluster.kubectl(User::Developer, &["-n", &scene.namespace, "delete", "tables.tablewright.dev", "users"], "");
    std::thread::sleep(Duration::from_secs(2));
    assert!(scene.has(Role::Primary, "users", "`age` int"));
}

#[test]
fn who_may_approve() {
    let Some(scene) = scene("who_may_approve", "") else { return };
    shared_controller(scene.cluster);
    scene.users("    - {name: email, type: varchar(100)}\n    - {name: fax, type: varchar(20)}\n");
    scene.ready("users");
    scene.users("    - {name: email, type: varchar(100)}\n");
    scene.wait("users", "Ready", "False", "AwaitingApproval");
    let plan = scene.plan("Pending");
    let digest = scene.digest(&plan);

    let refused =
        |user, by: &str, digest: &str| scene.decide(user, by, &plan, "Approved", digest).expect_err("refused");
    refused(User::Developer, "dev", &digest);
    refused(User::Stranger, "stranger", &digest);
    refused(User::Argocd, "system:serviceaccount:argocd:argocd-application-controller", &digest);
    refused(User::Controller, "system:serviceaccount:tablewright-system:tablewright", &digest);
    assert!(refused(User::Dba, "dba", "v1:sha256:0000").contains("digest"));
    assert!(scene.has(Role::Primary, "users", "`fax`"), "a refused decision ran");

    scene.decide(User::Dba, "dba", &plan, "Approved", &digest).expect("a DBA may approve");
    scene.ready("users");
    assert!(!scene.has(Role::Replica, "users", "`fax`"));
    let decided = scene.cluster.get(&scene.namespace, "plans.tablewright.dev", &plan).expect("the plan");
    assert_eq!(decided["spec"]["decision"]["by"], "dba");
    assert_eq!(decided["status"]["phase"], "Succeeded");
    // A decision is final.
    scene.decide(User::Dba, "dba", &plan, "Rejected", &digest).expect_err("a decision is final");
}

#[test]
fn a_rejected_plan_stays_rejected_until_the_manifest_changes() {
    let Some(scene) = scene("a_rejected_plan_stays_rejected", "") else { return };
    shared_controller(scene.cluster);
    scene.users("    - {name: fax, type: varchar(20)}\n");
    scene.ready("users");
    scene.users("");
    let plan = scene.plan("Pending");
    scene.decide(User::Dba, "dba", &plan, "Rejected", &scene.digest(&plan)).expect("a DBA may reject");
    scene.wait("users", "Stalled", "True", "PlanRejected");
    assert!(scene.has(Role::Primary, "users", "`fax`"));
    scene.users("    - {name: fax, type: varchar(20)}\n");
    scene.ready("users");
}

#[test]
fn a_plan_is_superseded_by_a_new_manifest_and_by_drift() {
    let Some(scene) = scene("a_plan_is_superseded", "  drift: {interval: 1s, action: Report}\n") else { return };
    shared_controller(scene.cluster);
    scene.users("    - {name: fax, type: varchar(20)}\n");
    scene.ready("users");
    scene.users("");
    let first = scene.plan("Pending");
    scene.users("    - {name: phone, type: varchar(20)}\n");
    eventually("the first plan is superseded", LIMIT, || {
        scene
            .cluster
            .get(&scene.namespace, "plans.tablewright.dev", &first)
            .is_some_and(|plan| plan["status"]["phase"] == "Superseded")
    });
    let second = scene.plan("Pending");
    let digest = scene.digest(&second);
    // Somebody changes the table behind the plan's back.
    scene.pair.sql(Role::Primary, &scene.schema, "ALTER TABLE users ADD COLUMN surprise int");
    let _ = scene.decide(User::Dba, "dba", &second, "Approved", &digest);
    eventually("the second plan is superseded", LIMIT, || {
        scene
            .cluster
            .get(&scene.namespace, "plans.tablewright.dev", &second)
            .is_some_and(|plan| plan["status"]["phase"] == "Superseded")
    });
    assert!(scene.has(Role::Primary, "users", "`fax`"), "a plan ran on another baseline");
}

#[test]
fn drift_is_reported() {
    let Some(scene) = scene("drift_is_reported", "  drift: {interval: 1s, action: Report}\n") else { return };
    shared_controller(scene.cluster);
    scene.users("");
    scene.ready("users");
    std::thread::sleep(Duration::from_millis(1100));
    scene.pair.sql(Role::Primary, &scene.schema, "ALTER TABLE users ADD COLUMN surprise int");
    scene.wait("users", "Drifted", "True", "");
    scene.wait("users", "Ready", "False", "");
    assert!(scene.has(Role::Primary, "users", "`surprise`"));
}

#[test]
fn two_tables_for_one_table() {
    let Some(scene) = scene("two_tables_for_one_table", "") else { return };
    shared_controller(scene.cluster);
    scene.users("");
    scene.ready("users");
    scene.apply("impostor", "  name: users\n  columns: [{name: other, type: int}]\n");
    scene.wait("impostor", "Stalled", "True", "");
    assert!(scene.table("impostor")["status"]["conditions"].to_string().contains("users"));
    scene.ready("users");
    assert!(!scene.has(Role::Primary, "users", "`other`"));
}

#[test]
fn a_table_that_cannot_be_is_stalled_with_the_reason() {
    let Some(scene) = scene("a_table_that_cannot_be", "") else { return };
    shared_controller(scene.cluster);
    scene.apply("posts", "  columns: [{name: id, type: int}]\n  foreignKeys: [{name: fk, columns: [id], references: {table: nowhere, columns: [id]}}]\n");
    scene.wait("posts", "Stalled", "True", "");
    assert!(scene.table("posts")["status"]["conditions"].to_string().contains("nowhere"));
    assert!(scene.pair.tables(Role::Primary, &scene.schema).is_empty());
}

#[test]
fn a_rotated_password_is_picked_up() {
    let Some(scene) = scene("a_rotated_password_is_picked_up", "") else { return };
    let user = format!("rotating_{}", scene.schema);
    let account = |sql: &str| scene.pair.sql(Role::Primary, "", sql);
    account(&format!("CREATE USER '{user}'@'%' IDENTIFIED BY 'one'; GRANT ALL ON *.* TO '{user}'@'%'"));
    scene.pair.wait_for_replica();
    scene.cluster.secret(&scene.namespace, &user, "one");
    shared_controller(scene.cluster);
    scene.users("");
    scene.ready("users");
    account(&format!("ALTER USER '{user}'@'%' IDENTIFIED BY 'two'"));
    scene.pair.wait_for_replica();
    scene.cluster.secret(&scene.namespace, &user, "two");
    scene.users("    - {name: age, type: int}\n");
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "`age`"));
    account(&format!("DROP USER '{user}'@'%'"));
}

#[test]
fn an_author_cannot_make_plans_or_switch_approval_off() {
    let Some(scene) = scene("an_author_cannot_make_plans", "") else { return };
    let database = format!(
        "apiVersion: tablewright.dev/v1alpha1\nkind: Database\nmetadata: {{name: blog, namespace: {}}}\nspec: {{approval: {{from: None}}}}\n",
        scene.namespace
    );
    let refused = |input: &str| {
        scene
            .cluster
            .try_kubectl(
                User::Developer,
                &["apply", "--server-side", "--field-manager=dev", "--force-conflicts", "-f", "-"],
                input,
            )
            .expect_err("refused")
    };
    assert!(refused(&database).contains("forbidden"));
    let plan = format!(
        "apiVersion: tablewright.dev/v1alpha1\nkind: Plan\nmetadata: {{name: mine, namespace: {}}}\nspec: {{}}\n",
        scene.namespace
    );
    refused(&plan);
}
