//! The Kubernetes control plane of this run, its users, and controllers that run against it.

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use serde_json::Value;

use super::{
    binary, env_file,
    pair::{Pair, Role, account, eventually},
};

/// Whose kubeconfig a command uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// system:masters: makes namespaces, roles, Databases.
    Admin,
    /// A developer: holds tablewright-edit.
    Developer,
    /// A DBA: holds tablewright-approver.
    Dba,
    /// Argo CD's application controller.
    Argocd,
    /// The controller's own service account.
    Controller,
    /// Nobody in particular.
    Stranger,
}

impl User {
    fn file(self) -> &'static str {
        match self {
            Self::Admin => "kubeconfig-admin",
            Self::Developer => "kubeconfig-dev",
            Self::Dba => "kubeconfig-dba",
            Self::Argocd => "kubeconfig-argocd",
            Self::Controller => "kubeconfig-tablewright",
            Self::Stranger => "kubeconfig-stranger",
        }
    }
}

/// A control plane that ends with this process.
#[derive(Debug)]
pub struct Cluster {
    directory: PathBuf,
    environment: BTreeMap<String, String>,
}

/// The control plane that all tests of this run share, or `None` (said by name) where there is none.
pub fn shared(test: &str) -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(|| start("shared"));
    if cluster.is_none() {
        eprintln!("SKIPPED {test}: no Kubernetes control plane; `make test` brings it");
    }
    cluster.as_ref()
}

/// A control plane of the test's own, to be killed.
pub fn own(test: &str) -> Option<Cluster> {
    let cluster = start(test);
    if cluster.is_none() {
        eprintln!("SKIPPED {test}: no Kubernetes control plane; `make test` brings it");
    }
    cluster
}

/// A control plane of the test's own, on which nothing of tablewright is installed.
#[allow(dead_code, reason = "the benchmark shares this file and has no use for it")]
pub fn bare(test: &str) -> Option<Cluster> {
    let cluster = start_bare(test);
    if cluster.is_none() {
        eprintln!("SKIPPED {test}: no Kubernetes control plane; `make test` brings it");
    }
    cluster
}

fn start(name: &str) -> Option<Cluster> {
    let cluster = start_bare(name)?;
    cluster.install();
    Some(cluster)
}

fn start_bare(name: &str) -> Option<Cluster> {
    let wanted = std::env::var_os("CI").is_some() || std::env::var_os("TABLEWRIGHT_TEST_SERVERS").is_some();
    if !wanted {
        return None;
    }
    let directory = std::env::temp_dir().join(format!("tablewright-test-{}-cluster-{name}", std::process::id()));
    let output = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/cluster.sh"))
        .arg("start")
        .arg(&directory)
        .args(["--owner", &std::process::id().to_string()])
        .stdin(Stdio::null())
        .output()
        .expect("scripts/cluster.sh runs");
    assert!(
        output.status.success(),
        "the control plane did not start; this is an error where tests were asked to run on servers\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(Cluster { environment: env_file::read(&directory.join("env")), directory })
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.script("stop");
    }
}

impl Cluster {
    /// Runs a command of scripts/cluster.sh on this control plane.
    pub fn script(&self, command: &str) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/cluster.sh");
        let output = Command::new(script).arg(command).arg(&self.directory).stdin(Stdio::null()).output();
        let output = output.expect("scripts/cluster.sh runs");
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// The folder with the kubeconfigs, `kubeconfig-USER`.
    #[allow(dead_code, reason = "the benchmark shares this file and has no use for it")]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The kubeconfig of this user.
    pub fn kubeconfig(&self, user: User) -> PathBuf {
        self.directory.join(user.file())
    }

    /// The path of kubectl, of the API server's version.
    pub fn kubectl_path(&self) -> PathBuf {
        let assets = self.environment.get("KUBEBUILDER_ASSETS").expect("KUBEBUILDER_ASSETS in the env file");
        Path::new(assets).join("kubectl")
    }

    fn kubectl_command(&self, user: User, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.kubectl_path());
        command.arg("--kubeconfig").arg(self.kubeconfig(user)).arg("--cache-dir").arg(self.directory.join("kubectl"));
        command.args(arguments);
        command
    }

    /// kubectl as this user, with this text as standard input: what it printed, or its error.
    pub fn try_kubectl(&self, user: User, arguments: &[&str], input: &str) -> Result<String, String> {
        let output = binary::run_client(&mut self.kubectl_command(user, arguments), input);
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// As [`Cluster::try_kubectl`]; a failure fails the test.
    #[track_caller]
    pub fn kubectl(&self, user: User, arguments: &[&str], input: &str) -> String {
        match self.try_kubectl(user, arguments, input) {
            Ok(text) => text,
            Err(message) => panic!("kubectl {arguments:?} as {user:?}: {message}\n{input}"),
        }
    }

    /// One object, or `None`.
    pub fn get(&self, namespace: &str, kind: &str, name: &str) -> Option<Value> {
        let text = self.try_kubectl(User::Admin, &["-n", namespace, "get", kind, name, "-o", "json"], "").ok()?;
        serde_json::from_str(&text).ok()
    }

    /// All objects of a kind in a namespace.
    #[track_caller]
    pub fn list(&self, namespace: &str, kind: &str) -> Vec<Value> {
        let text = self.kubectl(User::Admin, &["-n", namespace, "get", kind, "-o", "json"], "");
        let list: Value = serde_json::from_str(&text).expect("JSON");
        list["items"].as_array().cloned().unwrap_or_default()
    }

    /// Waits until all kinds that were installed are served.
    #[track_caller]
    pub fn wait_for_kinds(&self) {
        let wait = ["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"];
        let mut last = String::new();
        for _ in 0..100 {
            match self.try_kubectl(User::Admin, &wait, "") {
                Ok(_) => return,
                // It does not wait for one that has no conditions at all yet.
                Err(message) if message.contains("accessor error") => last = message,
                Err(message) => panic!("the kinds are not served: {message}"),
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("the kinds are not served: {last}");
    }

    /// CRDs, roles and policies, as an administrator installs them.
    fn install(&self) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = |folder: &str| root.join(folder).to_str().expect("UTF-8").to_owned();
        self.kubectl(User::Admin, &["apply", "--server-side", "-f", &path("crds")], "");
        self.wait_for_kinds();
        self.kubectl(User::Admin, &["create", "namespace", "tablewright-system"], "");
        self.kubectl(User::Admin, &["apply", "--server-side", "-f", &path("config/rbac")], "");
        self.kubectl(User::Admin, &["apply", "--server-side", "-f", &path("config/admission")], "");
    }

    /// A namespace of the test's own, with the roles bound in it: `dev` edits, `dba` approves, the controller works.
    pub fn namespace(&self, name: &str) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let namespace = format!("t{}-{name}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.kubectl(User::Admin, &["create", "namespace", &namespace], "");
        let bindings = [
            ("dev", "tablewright-edit", "dev"),
            ("dba", "tablewright-approver", "dba"),
            ("argocd", "tablewright-edit", "system:serviceaccount:argocd:argocd-application-controller"),
        ];
        let mut text = String::new();
        for (binding, role, user) in bindings {
            text.push_str(&format!(
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: {binding}, namespace: {namespace}}}\n\
                 roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\n\
                 subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: User, name: \"{user}\"}}]\n---\n"
            ));
        }
        // The controller may read exactly the Secrets that its Databases name.
        text.push_str(&format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: tablewright-secrets, namespace: {namespace}}}\n\
             rules: [{{apiGroups: [\"\"], resources: [secrets], resourceNames: [mysql, mysql-ca], verbs: [get, watch]}}]\n---\n\
             apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: tablewright-secrets, namespace: {namespace}}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: tablewright-secrets}}\n\
             subjects: [{{kind: ServiceAccount, name: tablewright, namespace: tablewright-system}}]\n"
        ));
        self.kubectl(User::Admin, &["apply", "-f", "-"], &text);
        namespace
    }

    /// A Secret with these credentials and a Database `blog` for this schema; `extra` is appended to its spec.
    pub fn database(&self, namespace: &str, pair: &Pair, schema: &str, extra: &str) {
        let (user, password) = account(Role::Primary);
        self.secret(namespace, user, password);
        let text = format!(
            "apiVersion: tablewright.dev/v1alpha1\nkind: Database\nmetadata: {{name: blog, namespace: {namespace}}}\nspec:\n  schema: {schema}\n  \
             primary:\n    host: 127.0.0.1\n    port: {}\n    credentials: {{secretName: mysql}}\n  replicas:\n    - {{name: failover, host: 127.0.0.1, port: {}, role: Failover, required: true, credentials: {{secretName: mysql, usernameKey: replicaUsername, passwordKey: replicaPassword}}}}\n{extra}",
            pair.port(Role::Primary),
            pair.port(Role::Replica),
        );
        self.kubectl(User::Admin, &["apply", "-f", "-"], &text);
    }

    /// The Secret `mysql` of a namespace.
    pub fn secret(&self, namespace: &str, user: &str, password: &str) {
        let (replica_user, replica_password) = account(Role::Replica);
        let text = format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: mysql, namespace: {namespace}}}\nstringData: {{username: \"{user}\", password: \"{password}\", replicaUsername: \"{replica_user}\", replicaPassword: \"{replica_password}\"}}\n"
        );
        self.kubectl(User::Admin, &["apply", "-f", "-"], &text);
    }

    /// A kubeconfig for this account: a token that the API server issued to it, as a Pod gets one.
    #[allow(dead_code, reason = "the benchmark shares this file and has no use for it")]
    pub fn kubeconfig_of_account(&self, namespace: &str, account: &str) -> PathBuf {
        let token = self.kubectl(User::Admin, &["-n", namespace, "create", "token", account, "--duration=1h"], "");
        let text = std::fs::read_to_string(self.kubeconfig(User::Admin)).expect("a kubeconfig");
        let (before, rest) = text.split_once("token: ").expect("a token");
        let after = rest.split_once('\n').expect("more lines").1;
        let path = self.directory.join(format!("kubeconfig-{namespace}-{account}"));
        std::fs::write(&path, format!("{before}token: {}\n{after}", token.trim())).expect("a kubeconfig");
        path
    }

    /// Starts a controller with exactly the controller's rights.
    pub fn controller(&self, name: &str, arguments: &[&str]) -> Controller {
        self.controller_with(name, arguments, &[])
    }

    /// The same, with these environment variables.
    pub fn controller_with(&self, name: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Controller {
        let common = ["controller", "--listen", "127.0.0.1:0", "--lease-namespace", "tablewright-system"];
        let arguments: Vec<&str> = common.iter().chain(arguments).copied().collect();
        self.run_controller(name, &self.kubeconfig(User::Controller), &arguments, environment)
    }

    /// Starts the binary with these arguments and environment as whoever this kubeconfig says.
    pub fn run_controller(
        &self,
        name: &str,
        kubeconfig: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Controller {
        self.run_program(binary::command(), name, kubeconfig, arguments, environment)
    }

    /// The same with another program in the binary's place.
    pub fn run_program(
        &self,
        mut program: Command,
        name: &str,
        kubeconfig: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Controller {
        let log = self.directory.join(format!("controller-{name}.log"));
        let file = File::options().create(true).append(true).open(&log).expect("a log file");
        let child = program
            .args(arguments)
            .arg("--kubeconfig")
            .arg(kubeconfig)
            .envs(environment.iter().copied())
            .stdout(file.try_clone().expect("a log file"))
            .stderr(file)
            .spawn()
            .expect("the controller starts");
        let watch = watch(child.id());
        Controller { child, watch, log }
    }
}

/// Kills a process when the pipe from this one is closed, which happens however this one ends.
fn watch(id: u32) -> Child {
    Command::new("sh")
        .args(["-c", &format!("cat >/dev/null; kill -9 {id}")])
        .stdin(Stdio::piped())
        .spawn()
        .expect("sh runs")
}

/// A running controller; killed when it goes out of scope.
#[derive(Debug)]
pub struct Controller {
    child: Child,
    /// Ends it when this process is gone: one that all tests share is never dropped.
    watch: Child,
    log: PathBuf,
}

impl Controller {
    /// Its process id.
    #[allow(dead_code, reason = "for the benchmark, which shares this file")]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL, as a vanished node.
    pub fn kill(&mut self) {
        // The watch first: the id may be another's afterwards.
        let _ = self.watch.kill();
        let _ = self.watch.wait();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM, as a rollout; waits for the end and returns the exit code.
    pub fn terminate(&mut self) -> i32 {
        let sent = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(sent.success());
        let mut code = None;
        eventually("the controller ends", Duration::from_secs(30), || {
            code = self.child.try_wait().expect("waitable").map(|status| status.code().unwrap_or(-1));
            code.is_some()
        });
        code.unwrap_or(-1)
    }

    /// Where it serves health and metrics, once it says so.
    #[allow(dead_code, reason = "the benchmark shares this file and has no use for it")]
    pub fn address(&self) -> String {
        let mut address = None;
        eventually("the controller says where it listens", Duration::from_secs(30), || {
            let log = self.log();
            let line = log.lines().find(|line| line.contains("health and metrics are served")).unwrap_or_default();
            let port = line.rsplit_once("127.0.0.1:").map(|(_, rest)| rest);
            let digits = port.map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
            address = digits.map(|digits| format!("127.0.0.1:{digits}"));
            address.is_some()
        });
        address.unwrap_or_default()
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("--- the controller's last lines\n{}", lines[lines.len().saturating_sub(60)..].join("\n"));
        }
    }
}

/// A condition's status and reason.
pub fn condition(object: &Value, kind: &str) -> Option<(String, String)> {
    let conditions = object["status"]["conditions"].as_array()?;
    let found = conditions.iter().find(|condition| condition["type"] == kind)?;
    Some((found["status"].as_str()?.to_owned(), found["reason"].as_str()?.to_owned()))
}
