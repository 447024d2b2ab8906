//! The kubectl plugin, called by the real kubectl, by people who may approve and people who may not.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use serde_json::Value;

use crate::support::{
    binary::{self, Outcome},
    cluster::User,
    scene::Scene,
};

struct Plugin<'a> {
    scene: &'a Scene,
    folder: tempfile::TempDir,
}

impl<'a> Plugin<'a> {
    /// As it is installed: a file of the plugin's name on the PATH.
    fn install(scene: &'a Scene) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["kubectl-tablewright", "kubectl_complete-tablewright"] {
            std::os::unix::fs::symlink(binary::PATH, folder.path().join(name)).expect("a link");
        }
        Self { scene, folder }
    }

    fn command(&self, user: User, first: &[&str], arguments: &[&str]) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(self.scene.cluster.kubectl_path());
        command
            .env("PATH", format!("{}:{path}", self.folder.path().display()))
            .env("KUBECONFIG", self.scene.cluster.kubeconfig(user))
            .args(first);
        if !arguments.is_empty() {
            command.args(arguments).args(["-n", &self.scene.namespace]);
        }
        command
    }

    fn run(&self, user: User, arguments: &[&str]) -> Outcome {
        binary::outcome(&mut self.command(user, &["tablewright"], arguments))
    }
}

#[test]
fn a_dba_decides_with_the_plugin() {
    let Some(scene) = Scene::shared("a_dba_decides_with_the_plugin", "") else { return };
    let plugin = Plugin::install(&scene);
    scene.users("    - {name: fax, type: int}\n");
    scene.ready("users");
    let tables = plugin.run(User::Developer, &["get", "tables"]).expect(0);
    assert!(tables.stdout.contains("users") && tables.stdout.contains("InSync"), "{}", tables.stdout);

    scene.users("");
    let plan = scene.plan("Pending");
    let listed = plugin.run(User::Dba, &["get", "plans", "-o", "wide"]).expect(0);
    let row = listed.stdout.lines().find(|line| line.starts_with(&plan)).expect("the plan is listed");
    assert!(row.contains("Pending") && row.contains("Destructive") && row.contains(&scene.digest(&plan)), "{row}");

    // What a DBA needs in order to decide.
    let described = plugin.run(User::Dba, &["describe", "plan", &plan]).expect(0).stdout;
    for wanted in [
        "DROP COLUMN `fax`",
        "ALGORITHM=INSTANT",
        "warning[TW002]",
        "Servers of Database",
        "replica",
        "in sync",
        &format!("kubectl tablewright approve {plan} -n {} --digest {}", scene.namespace, scene.digest(&plan)),
    ] {
        assert!(described.contains(wanted), "{wanted} is missing in:\n{described}");
    }
    let json = plugin.run(User::Dba, &["describe", "plan", &plan, "-o", "json"]).expect(0).stdout;
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["status"]["phase"], "Pending");
    let sql = plugin.run(User::Dba, &["plan", &plan, "--format", "sql"]).expect(0).stdout;
    assert!(sql.lines().any(|line| line.starts_with("ALTER TABLE `users` DROP COLUMN `fax`")), "{sql}");

    // A watcher sees each phase, the headings once.
    let mut watcher = plugin
        .command(User::Dba, &["tablewright"], &["get", "plans", &plan, "--watch"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("kubectl starts");
    let (send, receive) = mpsc::channel();
    let lines = BufReader::new(watcher.stdout.take().expect("piped")).lines();
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(send.send(line))));
    let next = || receive.recv_timeout(Duration::from_secs(60)).expect("a line");
    assert!(next().starts_with("NAME ") && next().contains("Pending"));

    let refused = plugin.run(User::Developer, &["approve", &plan]);
    assert!(refused.code != 0 && refused.stderr.contains("approve"), "{}", refused.all());
    let wrong = plugin.run(User::Dba, &["approve", &plan, "--digest", "v1:sha256:00"]);
    assert!(wrong.code != 0 && wrong.stderr.contains("digest"), "{}", wrong.all());
    let approved = plugin.run(User::Dba, &["approve", &plan, "--comment", "asked the team"]).expect(0);
    assert!(approved.stdout.contains("approved") && approved.stderr.contains("by dba"), "{}", approved.all());
    plugin.run(User::Dba, &["wait", "plan", &plan, "--for", "Succeeded", "--timeout", "2m"]).expect(0);
    while !next().contains("Succeeded") {}
    watcher.kill().expect("is ours");
    watcher.wait().expect("ends");

    // What happened, in order.
    let told = plugin.run(User::Dba, &["logs", "table", "users"]).expect(0).stdout;
    let place = |what: &str| told.find(what).unwrap_or_else(|| panic!("{what} is missing in:\n{told}"));
    let places = ["StatementStarted", "StatementDone", "ReplicaMatched"].map(place);
    assert!(places.is_sorted(), "{told}");
    let lines = plugin.run(User::Developer, &["logs", "plan", &plan, "-o", "json"]).expect(0).stdout;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(lines.iter().any(|line| line["reason"] == "ReplicaMatched"), "{lines:?}");

    let over = plugin.run(User::Dba, &["retry", &plan]);
    assert!(over.code != 0 && over.stderr.contains("Succeeded"), "{}", over.all());
    plugin.run(User::Dba, &["drift"]).expect(0);

    // Rejected, and asked for again.
    scene.users("    - {name: phone, type: int, nullable: false}\n");
    let plan = scene.plan("Pending");
    plugin.run(User::Dba, &["reject", &plan, "--comment", "give it a default"]).expect(0);
    scene.wait("users", "Ready", "False", "PlanRejected");
    let stalled = plugin.run(User::Dba, &["wait", "table", "users", "--timeout", "1m"]);
    assert!(stalled.code == 1 && stalled.stderr.contains("without a person"), "{}", stalled.all());
    plugin.run(User::Dba, &["retry", &plan]).expect(0);
    let again = scene.plan("Pending");
    assert_ne!(plan, again);

    // kubectl itself asks the plugin how words go on.
    let complete = |words: &[&str]| {
        let namespace = ["-n", &scene.namespace];
        let words = [&["__complete", "tablewright", words[0]], namespace.as_slice(), &words[1..]].concat();
        binary::outcome(&mut plugin.command(User::Dba, &words, &[])).expect(0).stdout
    };
    assert!(complete(&["describe", "pl"]).contains("plans"));
    assert!(complete(&["approve", ""]).contains(&again));
}
