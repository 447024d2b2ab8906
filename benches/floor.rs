//! Speed and memory, each against a floor in the same run: the plain client doing the same work on the same servers.
//!
//! `make bench`, or `cargo bench --bench floor -- login plan apply rows controller` for some of them. Prints ratios; fails
//! on none, because a shared machine is not a judge: read the numbers.

#![allow(missing_docs, unreachable_pub, reason = "a program, not a library")]

#[path = "../tests/it/support"]
#[allow(dead_code, reason = "the tests use the rest")]
mod support {
    pub mod binary;
    pub mod cluster;
    pub mod env_file;
    pub mod pair;
}

use std::{
    fmt::Write as _,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use tablewright::{
    model::{SchemaName, TableName},
    mysql::{Endpoint, Server, is_table_elsewhere},
};

use support::{
    binary::{argument, command},
    cluster::{self, Cluster, User, condition},
    pair::{self, Pair, Role},
};

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let runs = |name: &str| wanted.is_empty() || wanted.iter().any(|argument| argument == name);
    let Some(pair) = pair::own("bench") else {
        eprintln!("no MySQL servers: run this as `make bench`");
        std::process::exit(1);
    };
    if runs("login") {
        logins(&pair);
    }
    if runs("plan") {
        plan_unchanged(&pair, 1_000);
        plan_unchanged(&pair, 5_000);
    }
    if runs("apply") {
        apply_additions(&pair, 200);
    }
    if runs("rows") {
        rows_compared(&pair, 1_000_000);
    }
    if runs("controller") {
        let Some(cluster) = cluster::own("bench") else { return };
        controller_burst(&pair, &cluster, 100);
        controller_idle(&pair, &cluster, 500);
    }
}

/// How long the command took and its peak resident memory in MiB.
fn measure(command: &mut Command) -> (Duration, u64) {
    measure_into(command, Stdio::null())
}

fn measure_into(command: &mut Command, output: Stdio) -> (Duration, u64) {
    let start = Instant::now();
    let mut child = command.stdout(output).stderr(Stdio::piped()).spawn().expect("starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let code = loop {
        if let Ok(text) = std::fs::read_to_string(&status) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            peak = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(peak);
        }
        if let Some(code) = child.try_wait().expect("waitable") {
            break code;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let took = start.elapsed();
    if !code.success() {
        let mut message = String::new();
        if let Some(mut stderr) = child.stderr.take() {
            let _ = std::io::Read::read_to_string(&mut stderr, &mut message);
        }
        panic!("{code}: {message}");
    }
    (took, peak / 1024)
}

fn best(times: usize, mut run: impl FnMut() -> (Duration, u64)) -> (Duration, u64) {
    (0..times).map(|_| run()).min().expect("at least once")
}

fn report(what: &str, ours: Duration, floor: Duration, wanted: f64, memory: u64) {
    let ratio = ours.as_secs_f64() / floor.as_secs_f64();
    println!("{what}: {ours:.2?}, floor {floor:.2?}, ratio {ratio:.2} (wanted at most {wanted}), peak {memory} MiB");
}

/// What one session costs: the login with the server's authority verified, a question, and a message of 60 KB, which is
/// several TLS records. Medians of twenty.
fn logins(pair: &Pair) {
    let url =
        format!("{}?tls=verify-ca&tls-ca={}", pair.url(Role::Primary, "mysql"), pair.get("TABLEWRIGHT_TEST_MYSQL_CA"));
    let (endpoint, schema) = Endpoint::from_url(&url).expect("a URL");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let (mut logins, mut questions, mut messages) = (Vec::new(), Vec::new(), Vec::new());
    let long = TableName::new("x".repeat(60_000));
    runtime.block_on(async {
        // The first one is warm-up.
        for round in 0..21 {
            let server = Server::new(endpoint.clone(), schema.clone());
            let mut timed = [Duration::ZERO; 3];
            for (step, took) in timed.iter_mut().enumerate() {
                let start = Instant::now();
                match step {
                    0 | 1 => server.ping().await.expect("an answer"),
                    _ => assert!(!is_table_elsewhere(&server, &SchemaName::new("x"), &long).await.expect("an answer")),
                }
                *took = start.elapsed();
            }
            server.close().await;
            if round > 0 {
                logins.push(timed[0]);
                questions.push(timed[1]);
                messages.push(timed[2]);
            }
        }
    });
    for (what, mut all, wanted) in
        [("login, verify-ca", logins, "5 ms"), ("a question", questions, "-"), ("a message of 60 KB", messages, "5 ms")]
    {
        all.sort();
        println!("{what}: median {:.2?}, {:.2?} to {:.2?} (wanted at most {wanted})", all[10], all[0], all[19]);
    }
}

fn create(name: &str) -> String {
    let mut text = format!("CREATE TABLE {name} (id bigint unsigned NOT NULL AUTO_INCREMENT");
    for column in 0..9 {
        let _ = write!(
            text,
            ", c{column} {}",
            ["varchar(100) NOT NULL DEFAULT ''", "int DEFAULT NULL", "datetime(6) DEFAULT NULL"][column % 3]
        );
    }
    text.push_str(", created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (id), KEY k (c0, c1))");
    text
}

fn fill(pair: &Pair, schema: &str, tables: usize) {
    let text: String = (0..tables).map(|table| format!("{};\n", create(&format!("t{table:05}")))).collect();
    pair.sql(Role::Primary, schema, &format!("SET sql_log_bin = 0;\n{text}"));
}

fn plan_unchanged(pair: &Pair, tables: usize) {
    let schema = pair.schema("bench");
    fill(pair, &schema, tables);
    let folder = tempfile::tempdir().expect("a folder");
    let url = pair.url(Role::Primary, &schema);
    for format in ["yaml", "sql"] {
        let directory = folder.path().join(format);
        measure(command().args(["export", "--url", &url, "--format", format, "-o", argument(&directory)]));
    }
    // The fastest plain way: the client, two connections, SHOW CREATE TABLE of half the tables each.
    let halves: Vec<_> = (0..2)
        .map(|half| {
            let path = folder.path().join(format!("half{half}.sql"));
            let text: String = (0..tables)
                .filter(|table| table % 2 == half)
                .map(|table| format!("SHOW CREATE TABLE t{table:05};\n"))
                .collect();
            std::fs::write(&path, text).expect("writable");
            path
        })
        .collect();
    let floor = || {
        let start = Instant::now();
        let children: Vec<_> = halves
            .iter()
            .map(|path| {
                let input = std::fs::File::open(path).expect("readable");
                pair.client(Role::Primary, &schema)
                    .stdin(input)
                    .stdout(Stdio::null())
                    .spawn()
                    .expect("the client starts")
            })
            .collect();
        for mut child in children {
            assert!(child.wait().expect("ends").success());
        }
        (start.elapsed(), 0)
    };
    floor();
    let (floor, _) = best(5, floor);
    for format in ["yaml", "sql"] {
        let directory = folder.path().join(format);
        let (ours, memory) = best(5, || {
            measure(command().args(["plan", "-f", argument(&directory), "--url", &url, "--detailed-exitcode"]))
        });
        report(&format!("plan of {tables} unchanged tables ({format})"), ours, floor, 1.25, memory);
    }
    // One in twenty is to get a column: the same change, and then each another one.
    for (what, each) in [("the same change", false), ("changes of their own", true)] {
        let desired = folder.path().join("changed.sql");
        let text: String = (0..tables)
            .map(|table| {
                let text = create(&format!("t{table:05}"));
                if table % 20 != 0 {
                    return text + ";\n";
                }
                let length = if each { 10 + table } else { 10 };
                text.replace(", PRIMARY KEY", &format!(", extra varchar({length}) DEFAULT NULL, PRIMARY KEY")) + ";\n"
            })
            .collect();
        std::fs::write(&desired, text).expect("writable");
        let (ours, memory) = best(5, || measure(command().args(["plan", "-f", argument(&desired), "--url", &url])));
        report(&format!("plan of {tables} tables, one in twenty with {what} (sql)"), ours, floor, 1.5, memory);
    }
    pair.sql(Role::Primary, "", &format!("SET sql_log_bin = 0; DROP DATABASE `{schema}`"));
}

fn apply_additions(pair: &Pair, tables: usize) {
    let build = |name: &str| {
        let schema = pair.schema(name);
        let text: String = (0..tables).map(|table| format!("{};\n", create(&format!("t{table:05}")))).collect();
        pair.sql(Role::Primary, &schema, &text);
        schema
    };
    let (plain, ours, proved) = (build("plain"), build("ours"), build("proved"));
    pair.wait_for_replica();
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("plain.sql");
    let text: String = (0..tables)
        .map(|table| format!("ALTER TABLE t{table:05} ADD COLUMN extra int DEFAULT NULL, ALGORITHM=INSTANT;\n"))
        .collect();
    std::fs::write(&script, text).expect("writable");
    let (floor, _) = measure(pair.client(Role::Primary, &plain).stdin(std::fs::File::open(&script).expect("readable")));
    pair.wait_for_replica();

    let desired = folder.path().join("desired.sql");
    let text: String = (0..tables)
        .map(|table| {
            create(&format!("t{table:05}")).replace(", PRIMARY KEY", ", extra int DEFAULT NULL, PRIMARY KEY") + ";\n"
        })
        .collect();
    std::fs::write(&desired, text).expect("writable");
    let url = pair.url(Role::Primary, &ours);
    let (took, memory) = measure(command().args(["apply", "-f", argument(&desired), "--url", &url]));
    let what = format!("{tables} single-column additions");
    report(&format!("apply of {what}, planned and rehearsed"), took, floor, 1.05, memory);
    pair.wait_for_replica();

    let result = folder.path().join("result.json");
    let output = std::fs::File::create(&result).expect("writable");
    let (url, replica) = (pair.url(Role::Primary, &proved), pair.url(Role::Replica, &proved));
    let mut command = command();
    command.args(["apply", "-f", argument(&desired), "--url", &url, "--replica-url", &replica, "--format", "json"]);
    let (took, memory) = measure_into(&mut command, output.into());
    let result: Value = serde_json::from_str(&std::fs::read_to_string(&result).expect("readable")).expect("JSON");
    let moment = |value: &Value| value.as_str().expect("a moment").parse::<jiff::Timestamp>().expect("a moment");
    let statements = result["statements"].as_array().expect("statements");
    let first = statements.iter().map(|statement| moment(&statement["startedAt"])).min().expect("a statement");
    let last = statements.iter().map(|statement| moment(&statement["finishedAt"])).max().expect("a statement");
    let seconds =
        |from: jiff::Timestamp, to: jiff::Timestamp| Duration::try_from(to.duration_since(from)).unwrap_or_default();
    report(&format!("the statements of {what}"), seconds(first, last), floor, 1.05, memory);
    println!(
        "the same with the wait for the replica: {took:.2?}, ratio {:.2}",
        took.as_secs_f64() / floor.as_secs_f64()
    );
    let (reached, matched) = (moment(&result["replicas"][0]["reachedAt"]), moment(&result["replicas"][0]["matchedAt"]));
    println!(
        "verified {:.2?} after the replica had executed the last of them (wanted at most 1 s)",
        seconds(reached, matched)
    );
    pair.wait_for_replica();
}

/// Rows of a primary and its replica, against the same statement on both at the same time.
fn rows_compared(pair: &Pair, rows: usize) {
    let schema = pair.schema("rows");
    let mut text = format!("{};\n", create("t"));
    let values: Vec<String> = (0..1000)
        .map(|row| format!("('name {row}', {row}, '2020-01-01', 'other {row}', NULL, NULL, '', 7, NULL)"))
        .collect();
    let columns: Vec<String> = (0..9).map(|column| format!("c{column}")).collect();
    let insert = format!("INSERT INTO t ({}) VALUES {};\n", columns.join(", "), values.join(", "));
    for _ in 0..rows / 1000 {
        text.push_str(&insert);
    }
    text.push_str("ANALYZE TABLE t;\n");
    pair.sql(Role::Primary, &schema, &text);
    pair.wait_for_replica();
    let both = |statement: &str| {
        let start = Instant::now();
        let children: Vec<_> = [Role::Primary, Role::Replica]
            .into_iter()
            .map(|role| {
                let mut client = pair.client(role, &schema);
                client.args(["--quick", "--execute", statement]).stdin(Stdio::null()).stdout(Stdio::null());
                client.spawn().expect("the client starts")
            })
            .collect();
        for mut child in children {
            assert!(child.wait().expect("ends").success());
        }
        (start.elapsed(), 0)
    };
    let (url, replica) = (pair.url(Role::Primary, &schema), pair.url(Role::Replica, &schema));
    let arguments = ["verify", "--rows", "--url", &url, "--replica-url", &replica];
    let floors = ["CHECKSUM TABLE t", "SELECT * FROM t"].map(|statement| (statement, best(3, || both(statement)).0));
    let (ours, memory) = best(3, || measure(command().args(arguments)));
    for (statement, floor) in floors {
        let what = format!("rows of a table with {rows} compared, against {statement} on both servers");
        let ratio = ours.as_secs_f64() / floor.as_secs_f64();
        println!("{what}: {ours:.2?}, floor {floor:.2?}, ratio {ratio:.2}, peak {memory} MiB");
    }
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
    pair.wait_for_replica();
}

fn tables_yaml(namespace: &str, tables: usize, extra: bool) -> String {
    let mut text = String::new();
    for table in 0..tables {
        let _ = write!(
            text,
            "apiVersion: tablewright.dev/v1alpha1\nkind: Table\nmetadata: {{name: t{table:05}, namespace: {namespace}}}\nspec:\n  databaseRef: {{name: blog}}\n  columns:\n    - {{name: id, type: bigint unsigned, nullable: false, autoIncrement: true}}\n"
        );
        for column in 0..10 {
            let _ = writeln!(
                text,
                "    - {{name: c{column}, type: {}}}",
                ["varchar(100)", "int", "datetime(6)"][column % 3]
            );
        }
        if extra {
            text.push_str("    - {name: extra, type: int}\n");
        }
        text.push_str("  primaryKey: {columns: [{name: id}]}\n  indexes: [{name: k, columns: [{name: c1}]}]\n---\n");
    }
    text
}

fn ready(cluster: &Cluster, namespace: &str) -> usize {
    let tables = cluster.list(namespace, "tables.tablewright.dev");
    tables
        .iter()
        .filter(|table| table["status"]["observedGeneration"] == table["metadata"]["generation"])
        .filter(|table| condition(table, "Ready").is_some_and(|(status, _)| status == "True"))
        .count()
}

fn until_ready(cluster: &Cluster, namespace: &str, tables: usize) {
    let start = Instant::now();
    while ready(cluster, namespace) < tables {
        assert!(
            start.elapsed() < Duration::from_secs(300),
            "not Ready within five minutes: {} of {tables}",
            ready(cluster, namespace)
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn controller_burst(pair: &Pair, cluster: &Cluster, tables: usize) {
    let namespace = cluster.namespace("burst");
    let (schema, plain) = (pair.schema("burst"), pair.schema("plain"));
    cluster.database(&namespace, pair, &schema, "");
    let mut controller = cluster.controller("burst", &[]);
    for extra in [false, true] {
        let kubectl = Instant::now();
        cluster.kubectl(User::Admin, &["apply", "--server-side", "-f", "-"], &tables_yaml(&namespace, tables, extra));
        let kubectl = kubectl.elapsed();
        let start = Instant::now();
        until_ready(cluster, &namespace, tables);
        let took = start.elapsed() + kubectl;
        let text: String = (0..tables)
            .map(|table| {
                if extra {
                    format!("ALTER TABLE t{table:05} ADD COLUMN extra int;\n")
                } else {
                    let columns: String = (0..10).map(|column| format!(", c{column} {}", ["varchar(100)", "int", "datetime(6)"][column % 3])).collect();
                    format!("CREATE TABLE t{table:05} (id bigint unsigned NOT NULL AUTO_INCREMENT{columns}, PRIMARY KEY (id), KEY k (c1));\n")
                }
            })
            .collect();
        let floor = Instant::now();
        pair.sql(Role::Primary, &plain, &text);
        let what = if extra { "one column added to each" } else { "applied at once with kubectl" };
        report(
            &format!("{tables} Tables {what}, all Ready (of which kubectl {kubectl:.1?})"),
            took,
            floor.elapsed(),
            4.0,
            0,
        );
    }
    controller.terminate();
}

fn controller_idle(pair: &Pair, cluster: &Cluster, tables: usize) {
    let namespace = cluster.namespace("idle");
    let schema = pair.schema("idle");
    cluster.database(&namespace, pair, &schema, "");
    let mut controller = cluster.controller("idle", &[]);
    cluster.kubectl(User::Admin, &["apply", "--server-side", "-f", "-"], &tables_yaml(&namespace, tables, false));
    until_ready(cluster, &namespace, tables);
    let cpu = |pid: u32| -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("running");
        let fields: Vec<&str> = text.rsplit(')').next().expect("fields").split_whitespace().collect();
        fields[11].parse::<u64>().expect("utime") + fields[12].parse::<u64>().expect("stime")
    };
    std::thread::sleep(Duration::from_secs(5));
    let before = cpu(controller.id());
    std::thread::sleep(Duration::from_secs(20));
    let used = cpu(controller.id()) - before;
    let memory = std::fs::read_to_string(format!("/proc/{}/status", controller.id())).unwrap_or_default();
    let memory = memory.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("?").trim().to_owned();
    println!("{tables} in-sync Tables: {} ms of CPU in 20 s, peak {memory}", used * 10);
    controller.terminate();

    let folder = tempfile::tempdir().expect("a folder");
    let manifests = folder.path().join("tables.yaml");
    std::fs::write(&manifests, tables_yaml(&namespace, tables, false)).expect("writable");
    let url = pair.url(Role::Primary, &schema);
    let (floor, _) =
        best(3, || measure(command().args(["plan", "-f", argument(Path::new(&manifests)), "--url", &url])));
    // They stay Ready in between; what is timed is until each has been compared again.
    let start = Instant::now();
    let mut controller = cluster.controller("again", &[]);
    while !controller.log().contains("every Table has been compared") {
        assert!(start.elapsed() < Duration::from_secs(60), "not compared within a minute:\n{}", controller.log());
        std::thread::sleep(Duration::from_millis(10));
    }
    report(&format!("restart with {tables} in-sync Tables until all are compared"), start.elapsed(), floor, 2.0, 0);
    assert_eq!(ready(cluster, &namespace), tables);
    controller.terminate();
}
