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
    pair::{Role, eventually},
    scene::{LIMIT, Scene},
    talk::Talk,
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

    /// On a terminal of its own (both streams are one there), where somebody answers this.
    fn on_terminal(&self, user: User, arguments: &[&str], answer: &str) -> Outcome {
        let plugin = self.command(user, &["tablewright"], arguments);
        let words: Vec<_> = std::iter::once(plugin.get_program()).chain(plugin.get_args()).collect();
        let line = words.iter().map(|word| word.to_str().expect("UTF-8")).collect::<Vec<_>>().join(" ");
        let mut script = Command::new("script");
        script.env("NO_COLOR", "1");
        for (name, value) in plugin.get_envs() {
            script.env(name, value.unwrap_or_default());
        }
        binary::outcome_with_input(script.args(["-qec", &line, "/dev/null"]), &format!("{answer}\n"))
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
    // On a terminal what would be approved is shown, and anything but yes is no.
    let shown = plugin.on_terminal(User::Dba, &["approve", &plan], "no");
    assert!(shown.code != 0, "{}", shown.all());
    for wanted in ["DROP COLUMN `fax`", &format!("approve exactly {}", scene.digest(&plan)), "nothing was approved"] {
        assert!(shown.stdout.contains(wanted), "{wanted} is missing in:\n{}", shown.all());
    }
    assert_eq!(scene.plan_object(&plan)["spec"]["decision"], Value::Null);
    let waits = format!("kubectl tablewright approve {plan} -n {} --digest {}", scene.namespace, scene.digest(&plan));
    assert!(scene.message("users", "Ready").contains(&waits), "{}", scene.message("users", "Ready"));
    // Without one nobody is asked: the name stands for what was seen.
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

    let yes = plugin.on_terminal(User::Dba, &["approve", &again], "yes").expect(0);
    assert!(yes.stdout.contains("approved"), "{}", yes.all());
    assert_eq!(scene.plan_object(&again)["spec"]["decision"]["by"], "dba");
}

/// The line of a description in which these words stand.
#[track_caller]
fn line<'a>(text: &'a str, words: &[&str]) -> &'a str {
    text.lines()
        .find(|line| words.iter().all(|word| line.contains(word)))
        .unwrap_or_else(|| panic!("no line with {words:?} in:\n{text}"))
}

#[test]
fn a_dba_sees_what_the_servers_do() {
    let Some(scene) = Scene::with_own_servers("a_dba_sees_what_the_servers_do", "  drift: {interval: 1s}\n") else {
        return;
    };
    let plugin = Plugin::install(&scene);
    let on_primary = |sql: &str| scene.pair.sql(Role::Primary, "", sql).trim().to_owned();
    scene.users("    - {name: fax, type: int}\n");
    scene.ready("users");
    scene.users("");
    let plan = scene.plan("Pending");
    let describe = |user: User| plugin.run(user, &["describe", "plan", &plan]).expect(0).stdout;
    let described = describe(User::Dba);
    line(&described, &["primary", "nothing is in the way"]);
    line(&described, &["replica failover", "nothing is in the way"]);
    line(&described, &["primary", "threads running", "history list length"]);
    assert!(!described.contains("not seen"), "{described}");

    // A transaction that somebody left open, as the server knows it.
    let mut application = Talk::open(&scene.pair, Role::Primary, &scene.schema);
    let id = application.id();
    application.say("BEGIN");
    application.say("SELECT COUNT(*) FROM users WHERE id = 271828");
    let began: i64 = on_primary(&format!(
        "SELECT UNIX_TIMESTAMP(trx_started) FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = {id}"
    ))
    .parse()
    .expect("seconds");
    let account = on_primary(&format!(
        "SELECT CONCAT(processlist_user, '@', processlist_host) FROM performance_schema.threads WHERE processlist_id = {id}"
    ));
    let open = ["left a transaction open on users", &format!("connection {id} of {account}"), "since 20"];
    let described = describe(User::Dba);
    line(&described, &open);
    let json = plugin.run(User::Dba, &["describe", "plan", &plan, "-o", "json"]).expect(0).stdout;
    assert!(!described.contains("271828") && !json.contains("271828"), "{json}");
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let session = &json["status"]["activity"]["servers"][0]["sessions"][0];
    assert_eq!((&session["kind"], &session["connectionId"]), (&Value::from("TableLock"), &Value::from(id)));
    let since: jiff::Timestamp = session["since"].as_str().and_then(|text| text.parse().ok()).expect("a time");
    assert!((since.as_second() - began).abs() <= 5, "{since}, and the server says {began}");

    // Who may not ask sees the last look, and why it is the last.
    let described = describe(User::Developer);
    line(&described, &open);
    line(&described, &["you may not ask"]);

    // However often the controller looks, nothing is written while nobody comes or goes.
    let looks = || -> u64 {
        let query = "SELECT COALESCE(SUM(count_star), 0) FROM performance_schema.events_statements_summary_by_digest
                     WHERE digest_text LIKE '%trx_rseg_history_len%' OR digest_text LIKE '%INNODB_METRICS%'";
        on_primary(query).parse().expect("a number")
    };
    let version = || scene.plan_object(&plan)["metadata"]["resourceVersion"].clone();
    let (before, looked) = (version(), looks());
    eventually("the controller has looked five times more", LIMIT, || looks() >= looked + 5);
    assert_eq!(version(), before, "{:#}", scene.plan_object(&plan)["status"]["activity"]);

    // DDL by somebody else waits behind the transaction, and everything else behind it.
    let mut colleague = scene.pair.client(Role::Primary, &scene.schema);
    let mut colleague =
        colleague.args(["-e", "ALTER TABLE users ADD COLUMN by_hand int"]).spawn().expect("the client starts");
    let waiting = "FROM information_schema.processlist WHERE state = 'Waiting for table metadata lock'";
    eventually("the DDL waits", LIMIT, || on_primary(&format!("SELECT COUNT(*) {waiting}")) == "1");
    let id = on_primary(&format!("SELECT id {waiting}"));
    let described = describe(User::Dba);
    line(&described, &["primary", "waits with DDL on users", &format!("connection {id} of")]);
    line(&described, &open);
    assert!(!described.contains("by_hand"), "{described}");
    on_primary(&format!("KILL {id}"));
    colleague.wait().expect("ends");

    // What the applier of the replica would wait for, and a backup.
    let mut reporter = Talk::open(&scene.pair, Role::Replica, &scene.schema);
    let on_replica = format!("connection {} of", reporter.id());
    reporter.say("BEGIN");
    reporter.say("SELECT COUNT(*) FROM users");
    let mut backup = Talk::open(&scene.pair, Role::Primary, "");
    let by_backup = format!("connection {} of", backup.id());
    backup.say("LOCK INSTANCE FOR BACKUP");
    let described = describe(User::Dba);
    line(&described, &["replica failover", "left a transaction open on users", &on_replica]);
    line(&described, &["primary", "holds the backup lock", &by_backup]);
    backup.say("UNLOCK INSTANCE");
    backup.say("FLUSH TABLES WITH READ LOCK");
    line(&describe(User::Dba), &["primary", "holds the global read lock", &by_backup]);
    backup.say("UNLOCK TABLES");
    drop(reporter);

    // Whoever has gone is gone, for those who cannot ask, too.
    application.say("COMMIT");
    assert!(!describe(User::Dba).contains("a transaction"));
    application.say("BEGIN");
    application.say("SELECT COUNT(*) FROM users");
    eventually("what lasts is told without being asked for", LIMIT, || {
        describe(User::Developer).contains("a transaction open on users")
    });
    application.say("COMMIT");
    eventually("its end, too", LIMIT, || !describe(User::Developer).contains("a transaction"));

    // What the account may not see is said, with what helps.
    on_primary("REVOKE SELECT ON performance_schema.* FROM 'tablewright'@'%'");
    let described = describe(User::Dba);
    line(&described, &["not seen on primary", "metadata locks", "GRANT SELECT ON performance_schema.* TO"]);
    line(&described, &["primary", "nothing that can be seen is in the way"]);
    on_primary("GRANT SELECT ON performance_schema.* TO 'tablewright'@'%'");
    on_primary("REVOKE PROCESS ON *.* FROM 'tablewright'@'%'");
    line(&describe(User::Dba), &["not seen on primary", "other accounts", "GRANT PROCESS ON *.* TO"]);
    on_primary("GRANT PROCESS ON *.* TO 'tablewright'@'%'");

    // A server that does not record locks is not taken for one without.
    let record = |enabled: &str| {
        on_primary(&format!(
            "UPDATE performance_schema.setup_instruments SET enabled = '{enabled}' WHERE name = 'wait/lock/metadata/sql/mdl'"
        ))
    };
    record("NO");
    line(&describe(User::Dba), &["not seen on primary", "metadata locks", "performance-schema-instrument="]);
    record("YES");

    // A plan that runs no longer waits for anybody.
    scene.approve(&plan);
    scene.wait_plan(&plan, "Succeeded");
    assert_eq!(scene.plan_object(&plan)["status"]["activity"], Value::Null);
    assert!(!describe(User::Dba).contains("On the servers"));
}
