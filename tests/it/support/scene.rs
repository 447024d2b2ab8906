//! A namespace, a schema and its Database `blog`, on a control plane and a pair: where the tests of the controller play.

use std::{
    ops::Deref,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    binary,
    cluster::{self, Cluster, Controller, User, condition},
    pair::{self, Pair, Role, eventually},
};

/// How long the controller and the servers may take for anything; a test that gets so far has failed.
pub const LIMIT: Duration = Duration::from_secs(90);

const TABLES: &str = "tables.tablewright.dev";
const PLANS: &str = "plans.tablewright.dev";
const DATABASES: &str = "databases.tablewright.dev";

/// What a test shares with others, or has for itself.
#[derive(Debug)]
pub enum Held<T: 'static> {
    /// Shared by all tests of this run.
    Shared(&'static T),
    /// Of the test's own, to be led astray.
    Own(Arc<T>),
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Shared(held) => Self::Shared(held),
            Self::Own(held) => Self::Own(held.clone()),
        }
    }
}

impl<T> Deref for Held<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Shared(held) => held,
            Self::Own(held) => held,
        }
    }
}

/// The stage of one test.
#[derive(Debug)]
pub struct Scene {
    /// The Kubernetes control plane.
    pub cluster: Held<Cluster>,
    /// The MySQL servers.
    pub pair: Held<Pair>,
    /// The test's namespace.
    pub namespace: String,
    /// The Database's schema.
    pub schema: String,
}

impl Scene {
    /// On the shared control plane, pair and controller. `extra` is appended to the Database's spec.
    pub fn shared(test: &str, extra: &str) -> Option<Self> {
        let (cluster, pair) = (cluster::shared(test)?, pair::shared(test)?);
        work_on(cluster);
        Some(Self::new(Held::Shared(cluster), Held::Shared(pair), test, extra))
    }

    /// With servers of its own, on the shared control plane and controller.
    pub fn with_own_servers(test: &str, extra: &str) -> Option<Self> {
        let (cluster, pair) = (cluster::shared(test)?, pair::own(test)?);
        work_on(cluster);
        Some(Self::new(Held::Shared(cluster), Held::Own(Arc::new(pair)), test, extra))
    }

    /// With servers and a control plane of its own, and no controller.
    pub fn own(test: &str, extra: &str) -> Option<Self> {
        let (pair, cluster) = (pair::own(test)?, cluster::own(test)?);
        Some(Self::new(Held::Own(Arc::new(cluster)), Held::Own(Arc::new(pair)), test, extra))
    }

    fn new(cluster: Held<Cluster>, pair: Held<Pair>, test: &str, extra: &str) -> Self {
        let name = test.replace('_', "-");
        let namespace = cluster.namespace(name[..name.len().min(40)].trim_end_matches('-'));
        let schema = pair.schema("controller");
        cluster.database(&namespace, &pair, &schema, &format!("  execution: {{settle: 200ms}}\n{extra}"));
        Self { cluster, pair, namespace, schema }
    }

    /// The same servers and schema, seen from another namespace.
    pub fn in_namespace(&self, namespace: String) -> Self {
        Self { cluster: self.cluster.clone(), pair: self.pair.clone(), namespace, schema: self.schema.clone() }
    }

    /// Applies a Table with this name and this text as the rest of its spec.
    #[track_caller]
    pub fn apply(&self, name: &str, body: &str) {
        self.cluster.kubectl(User::Developer, &["apply", "-f", "-"], &self.manifest(name, body));
    }

    fn manifest(&self, name: &str, body: &str) -> String {
        format!(
            "apiVersion: tablewright.dev/v1alpha1\nkind: Table\nmetadata: {{name: {name}, namespace: {}}}\nspec:\n  databaseRef: {{name: blog}}\n{body}",
            self.namespace
        )
    }

    /// The Table `users`: an id and these columns, lines of YAML.
    #[track_caller]
    pub fn users(&self, columns: &str) {
        self.apply("users", &users(columns));
    }

    /// The same, as another object under the same name.
    #[track_caller]
    pub fn replace_users(&self, columns: &str) {
        let arguments = ["replace", "--force", "-f", "-"];
        self.cluster.kubectl(User::Developer, &arguments, &self.manifest("users", &users(columns)));
    }

    /// Fills `users`, whose column `email` has no default, until an ALTER that copies it takes a while.
    pub fn fill(&self) {
        self.pair.sql(Role::Primary, &self.schema, "INSERT INTO users (email) VALUES ('one of these words'),('other words'),('more of them, in some rows'),('last')");
        for _ in 0..18 {
            self.pair.sql(Role::Primary, &self.schema, "INSERT INTO users (email) SELECT email FROM users");
        }
        self.pair.wait_for_replica();
    }

    /// The Table object, or null.
    pub fn table(&self, name: &str) -> Value {
        self.cluster.get(&self.namespace, TABLES, name).unwrap_or(Value::Null)
    }

    /// The Database object, or null.
    pub fn database(&self) -> Value {
        self.cluster.get(&self.namespace, DATABASES, "blog").unwrap_or(Value::Null)
    }

    /// Merges this into the Database's spec, as a platform engineer.
    #[track_caller]
    pub fn change_database(&self, spec: &Value) {
        let patch = json!({ "spec": spec }).to_string();
        let arguments = ["-n", &self.namespace, "patch", DATABASES, "blog", "--type=merge", "-p", &patch];
        self.cluster.kubectl(User::Admin, &arguments, "");
    }

    /// Waits until the Table's condition has this status and, unless it is empty, this reason, for the current
    /// generation.
    #[track_caller]
    pub fn wait(&self, name: &str, kind: &str, status: &str, reason: &str) {
        self.wait_for(&format!("{name}: {kind}={status} ({reason})"), || self.table(name), kind, status, reason);
    }

    /// The same for the Database.
    #[track_caller]
    pub fn wait_database(&self, kind: &str, status: &str, reason: &str) {
        self.wait_for(&format!("Database: {kind}={status} ({reason})"), || self.database(), kind, status, reason);
    }

    #[track_caller]
    fn wait_for(&self, what: &str, get: impl Fn() -> Value, kind: &str, status: &str, reason: &str) {
        let mut last = Value::Null;
        let holds = |object: &Value| {
            object["status"]["observedGeneration"] == object["metadata"]["generation"]
                && condition(object, kind).is_some_and(|(s, r)| s == status && (reason.is_empty() || r == reason))
        };
        let start = std::time::Instant::now();
        while start.elapsed() < LIMIT {
            last = get();
            if holds(&last) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("not within {LIMIT:?}: {what}; the status is {:#}", last["status"]);
    }

    /// The message of the Database's condition `Ready`.
    #[track_caller]
    pub fn database_message(&self) -> String {
        let conditions = self.database()["status"]["conditions"].as_array().cloned().expect("conditions");
        let ready = conditions.iter().find(|condition| condition["type"] == "Ready").expect("Ready");
        ready["message"].as_str().expect("a message").to_owned()
    }

    /// Types the command that the Database's message ends with, as a platform engineer.
    #[track_caller]
    pub fn do_as_told(&self) {
        let message = self.database_message();
        let (_, command) = message.split_once(": kubectl ").unwrap_or_else(|| panic!("no command: {message}"));
        let words: Vec<String> = command.split_whitespace().map(|word| word.replace('\'', "")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.cluster.kubectl(User::Admin, &words, "");
    }

    /// Waits until the Table is Ready for its current generation.
    #[track_caller]
    pub fn ready(&self, name: &str) {
        self.wait(name, "Ready", "True", "");
    }

    /// The message of a Table's condition.
    #[track_caller]
    pub fn message(&self, name: &str, kind: &str) -> String {
        let table = self.table(name);
        let conditions = table["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let found = conditions.iter().find(|condition| condition["type"] == kind);
        found.and_then(|found| found["message"].as_str()).unwrap_or_default().to_owned()
    }

    /// All Plans.
    pub fn plans(&self) -> Vec<Value> {
        self.cluster.list(&self.namespace, PLANS)
    }

    /// One Plan.
    #[track_caller]
    pub fn plan_object(&self, name: &str) -> Value {
        self.cluster.get(&self.namespace, PLANS, name).expect("the plan")
    }

    /// Waits for a plan in this phase: its name.
    #[track_caller]
    pub fn plan(&self, phase: &str) -> String {
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

    /// Waits until this plan is in this phase.
    #[track_caller]
    pub fn wait_plan(&self, name: &str, phase: &str) {
        let get = || self.cluster.get(&self.namespace, PLANS, name);
        eventually(&format!("plan {name} is {phase}"), LIMIT, || {
            get().is_some_and(|plan| plan["status"]["phase"] == phase)
        });
    }

    /// A plan's digest.
    #[track_caller]
    pub fn digest(&self, plan: &str) -> String {
        self.plan_object(plan)["spec"]["proposal"]["digest"].as_str().expect("a digest").to_owned()
    }

    /// The digest that `tablewright plan` prints for these manifests, as in a pull request.
    #[track_caller]
    pub fn printed(&self, manifests: &str) -> String {
        let url = self.pair.url(Role::Primary, &self.schema);
        let planned =
            binary::run_with_input(&["plan", "-f", "-", "--url", &url, "--format", "json"], manifests).expect(0);
        let planned: Value = serde_json::from_str(&planned.stdout).expect("JSON");
        planned["digest"].as_str().expect("a digest").to_owned()
    }

    /// Writes a decision as this user: what kubectl printed, or its error.
    pub fn decide(&self, user: User, by: &str, plan: &str, verdict: &str, digest: &str) -> Result<String, String> {
        let patch =
            json!({"spec": {"decision": {"verdict": verdict, "digest": digest, "by": by, "comment": "a test"}}});
        let patch = patch.to_string();
        let arguments = ["-n", &self.namespace, "patch", PLANS, plan, "--type=merge", "-p", &patch];
        self.cluster.try_kubectl(user, &arguments, "")
    }

    /// A DBA approves this plan as it is.
    #[track_caller]
    pub fn approve(&self, plan: &str) {
        self.decide(User::Dba, "dba", plan, "Approved", &self.digest(plan)).expect("a DBA may approve");
    }

    /// Whether the table is there and its definition contains the text.
    pub fn has(&self, role: Role, table: &str, text: &str) -> bool {
        self.pair.tables(role, &self.schema).iter().any(|name| name == table)
            && self.pair.definition(role, &self.schema, table).contains(text)
    }

    /// Waits until `users` is being copied on the primary: the connection that does. (Its rehearsal copies, too, elsewhere.)
    #[track_caller]
    pub fn copying(&self) -> String {
        let query = format!(
            "SELECT id FROM information_schema.processlist WHERE state LIKE 'copy to tmp table%' AND db = '{}'",
            self.schema
        );
        let mut connection = String::new();
        eventually("the ALTER copies", LIMIT, || {
            self.pair.sql(Role::Primary, "", &query).trim().clone_into(&mut connection);
            !connection.is_empty()
        });
        connection
    }
}

/// The rest of the spec of the Table `users`.
fn users(columns: &str) -> String {
    format!(
        "  columns:\n    - {{name: id, type: int, nullable: false, autoIncrement: true}}\n{columns}  primaryKey: {{columns: [{{name: id}}]}}\n"
    )
}

/// One controller for all tests that do not lead it astray.
pub fn work_on(cluster: &'static Cluster) {
    static CONTROLLER: OnceLock<Mutex<Controller>> = OnceLock::new();
    CONTROLLER.get_or_init(|| Mutex::new(cluster.controller("shared", &[])));
}
