//! docs/guides/getting-started.md, typed command by command by a reader with a new cluster and a new pair of servers.
//!
//! One bash runs the commands as they stand on the page. What a reader has and this machine has not is put in its place
//! here and nowhere else, and the page says so: see [`Reader::new`] (programs, servers, the password), [`OWN`] (what she
//! fills in) and [`Nodes`] (what runs Pods).

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    os::unix::fs::symlink,
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::json;

use crate::support::{
    binary,
    cluster::{self, Cluster, Controller, User},
    deployment,
    helm::{Helm, folder},
    page::{self, Step},
    pair::{self, Pair, Role, eventually},
    scene::LIMIT,
};

const PAGE: &str = "docs/guides/getting-started.md";
/// The only lines that a reader changes.
const OWN: [&str; 3] = [
    "PRIMARY=mysql-primary.example.com PRIMARY_PORT=3306",
    "REPLICA=mysql-replica.example.com REPLICA_PORT=3306",
    "ADMINISTRATOR=root",
];
const NAMESPACE: &str = "tablewright-system";

#[test]
fn a_newcomer_gets_from_nothing_to_a_verified_change() {
    let test = "a_newcomer_gets_from_nothing_to_a_verified_change";
    let text = std::fs::read_to_string(folder(PAGE)).expect("readable");
    let steps = page::steps(&text).unwrap_or_else(|problem| panic!("{PAGE}: {problem}"));
    let (Some(helm), Some(cluster), Some(pair)) = (Helm::new(test), cluster::bare(test), pair::bare(test)) else {
        return;
    };
    let mut reader = Reader::new(&helm, &cluster, &pair);
    let mut nodes = Nodes { cluster: &cluster, controller: None };
    for step in &steps {
        let output = reader.types(step, &pair);
        // To watch with --nocapture.
        println!("{PAGE}:{}\n{}\n{output}", step.line, step.commands);
        if let Some(line) = page::missing(&step.promised, &output) {
            panic!("{PAGE}:{}: it is promised and not printed: {line}\n--- printed\n{output}", step.line);
        }
        nodes.keep_up();
    }

    assert!(reader.own.is_empty(), "lines to fill in that are not on the page: {:?}", reader.own.keys());

    // What the page says of the end, seen with other eyes than the reader's.
    assert!(nodes.controller.is_none(), "the page ends with the controller's end");
    for role in [Role::Primary, Role::Replica] {
        assert_eq!(pair.tables(role, "blog"), ["users"], "{role:?}");
        assert!(pair.definition(role, "blog", "users").contains("UNIQUE KEY `users_email` (`email`)"), "{role:?}");
    }
    let left = pair.sql(Role::Primary, "", "SELECT user FROM mysql.user WHERE user LIKE 'tablewright%'");
    assert_eq!(left, "", "accounts are left");
    let scratch = pair.sql(Role::Primary, "", r"SHOW DATABASES LIKE '\_tablewright%'");
    assert_eq!(scratch, "", "scratch schemas are left");
    for kind in ["crds", "clusterroles", "validatingadmissionpolicies"] {
        let left = cluster.list("", kind);
        let ours = left
            .iter()
            .filter_map(|object| object["metadata"]["name"].as_str())
            .filter(|name| name.contains("tablewright"));
        assert_eq!(ours.collect::<Vec<_>>(), Vec::<&str>::new(), "{kind} are left");
    }
}

/// A person at a shell, in a checkout.
struct Reader {
    shell: Child,
    commands: Option<ChildStdin>,
    answers: std::io::Lines<BufReader<ChildStdout>>,
    folder: tempfile::TempDir,
    own: BTreeMap<&'static str, String>,
}

impl Reader {
    /// With kubectl, helm and mysql on the PATH, a kubeconfig of an administrator, and a home of her own.
    fn new(helm: &Helm, cluster: &Cluster, pair: &Pair) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let make = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(&path).expect("a folder");
            path
        };
        let (programs, home, checkout) = (make("programs"), make("home"), make("checkout"));
        make("checkout/target/release");
        link(&cluster.kubectl_path(), &programs.join("kubectl"));
        link(helm.program(), &programs.join("helm"));
        link(&Path::new(pair.get("TABLEWRIGHT_TEST_MYSQL_HOME")).join("bin/mysql"), &programs.join("mysql"));
        // What of the checkout the page uses; `make build` finds the program under test in its place.
        link(&self::folder("charts"), &checkout.join("charts"));
        link(Path::new(binary::PATH), &checkout.join("target/release/tablewright"));
        std::fs::write(checkout.join("Makefile"), "build:\n\ttest -x target/release/tablewright\n").expect("a file");
        let kubeconfig = home.join("kubeconfig");
        std::fs::copy(cluster.kubeconfig(User::Admin), &kubeconfig).expect("a kubeconfig");

        let path = std::env::var("PATH").unwrap_or_default();
        let mut shell = Command::new("bash")
            .args(["--noprofile", "--norc", "-euo", "pipefail"])
            .env_remove("MYSQL_PWD")
            .env("PATH", format!("{}:{path}", programs.display()))
            .env("HOME", &home)
            .env("KUBECONFIG", &kubeconfig)
            .current_dir(&checkout)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("bash starts");
        let commands = shell.stdin.take();
        let answers = BufReader::new(shell.stdout.take().expect("piped")).lines();
        let port = |role| pair.port(role).to_string();
        let own = [
            (OWN[0], format!("PRIMARY=127.0.0.1 PRIMARY_PORT={}", port(Role::Primary))),
            (OWN[1], format!("REPLICA=127.0.0.1 REPLICA_PORT={}", port(Role::Replica))),
            (OWN[2], OWN[2].to_owned()),
        ];
        Self { shell, commands, answers, folder, own: own.into() }
    }

    /// Runs one block in the shell that is open: what it printed on both streams. That a command fails fails the test.
    fn types(&mut self, step: &Step, pair: &Pair) -> String {
        let path = |name: &str| self.folder.path().join(name);
        let (script, output, input) = (path("block"), path("output"), path("input"));
        let mut commands = String::new();
        for line in step.commands.lines() {
            commands.push_str(self.own.remove(line).as_deref().unwrap_or(line));
            commands.push('\n');
        }
        assert!(!commands.contains("example.com"), "{PAGE}:{}: which server is that?\n{commands}", step.line);
        std::fs::write(&script, commands).expect("a file");
        // Whoever asks for the password gets it.
        std::fs::write(&input, format!("{}\n", pair.root_password())).expect("a file");
        let quoted = |path: &Path| format!("'{}'", path.display());
        let line = format!("source {} >{} 2>&1 <{}; echo done\n", quoted(&script), quoted(&output), quoted(&input));
        let commands = self.commands.as_mut().expect("piped");
        commands.write_all(line.as_bytes()).expect("bash listens");
        commands.flush().expect("bash listens");
        let answer = self.answers.next().and_then(Result::ok);
        let output = std::fs::read_to_string(output).unwrap_or_default();
        assert_eq!(
            answer.as_deref(),
            Some("done"),
            "{PAGE}:{}: a command failed\n{}\n--- printed\n{output}",
            step.line,
            step.commands
        );
        output
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // At the end of its input it ends.
        self.commands = None;
        let _ = self.shell.wait();
    }
}

fn link(from: &Path, to: &Path) {
    symlink(from, to).expect("a link");
}

/// What nodes do with the Deployment, as far as can be seen from outside.
struct Nodes<'a> {
    cluster: &'a Cluster,
    controller: Option<Controller>,
}

impl Nodes<'_> {
    /// Runs what is to be run, ends what is not, and says so in the Deployment's status.
    fn keep_up(&mut self) {
        let wanted = deployment::find(self.cluster, NAMESPACE);
        match (&wanted, &mut self.controller) {
            (Some(wanted), None) => {
                let (controller, _) = deployment::run(self.cluster, NAMESPACE, wanted);
                let address = controller.address();
                eventually("the controller is ready", LIMIT, || deployment::is_ready(wanted, &address));
                self.controller = Some(controller);
                let pods = &wanted["spec"]["replicas"];
                let status = json!({ "status": {
                    "observedGeneration": wanted["metadata"]["generation"],
                    "replicas": pods, "updatedReplicas": pods, "readyReplicas": pods, "availableReplicas": pods,
                } });
                let patch = status.to_string();
                let arguments =
                    ["-n", NAMESPACE, "patch", "deployment", "tablewright", "--subresource=status", "-p", &patch];
                self.cluster.kubectl(User::Admin, &arguments, "");
            }
            (None, Some(controller)) => {
                controller.terminate();
                self.controller = None;
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
}
