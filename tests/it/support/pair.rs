//! The MySQL primary and replica of this run.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use super::env_file;

/// One of the two servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Where DDL runs.
    Primary,
    /// Where it must arrive.
    Replica,
}

/// A primary and its GTID replica; they end with this process.
#[derive(Debug)]
pub struct Pair {
    directory: PathBuf,
    environment: BTreeMap<String, String>,
}

/// The pair that all tests of this run share, or `None` (said by name) where there are no servers.
pub fn shared(test: &str) -> Option<&'static Pair> {
    static PAIR: OnceLock<Option<Pair>> = OnceLock::new();
    let pair = PAIR.get_or_init(|| start("shared"));
    if pair.is_none() {
        eprintln!("SKIPPED {test}: no MySQL servers; `make test` brings them");
    }
    pair.as_ref()
}

/// A pair of the test's own, to be killed, stopped and led astray.
pub fn own(test: &str) -> Option<Pair> {
    let pair = start(test);
    if pair.is_none() {
        eprintln!("SKIPPED {test}: no MySQL servers; `make test` brings them");
    }
    pair
}

/// A pair of the test's own, whose servers have systems with these time zones (as in the environment's TZ).
#[allow(dead_code, reason = "the benchmark shares this file and has no use for it")]
pub fn own_in_zones(test: &str, primary: &str, replica: &str) -> Option<Pair> {
    let pair = start_in(test, Some(primary))?;
    pair.sql(Role::Primary, "", include_str!("accounts.sql"));
    pair.wait_for_replica();
    if replica != primary {
        pair.script_in("kill-replica", Some(replica));
        pair.script_in("restart-replica", Some(replica));
    }
    Some(pair)
}

/// A pair of the test's own, on which the accounts of tablewright have not been made.
#[allow(dead_code, reason = "the benchmark shares this file and has no use for it")]
pub fn bare(test: &str) -> Option<Pair> {
    let pair = start_bare(test);
    if pair.is_none() {
        eprintln!("SKIPPED {test}: no MySQL servers; `make test` brings them");
    }
    pair
}

fn start(name: &str) -> Option<Pair> {
    let pair = start_bare(name)?;
    pair.sql(Role::Primary, "", include_str!("accounts.sql"));
    pair.wait_for_replica();
    Some(pair)
}

fn start_bare(name: &str) -> Option<Pair> {
    start_in(name, None)
}

fn start_in(name: &str, zone: Option<&str>) -> Option<Pair> {
    let wanted = std::env::var_os("CI").is_some() || std::env::var_os("TABLEWRIGHT_TEST_SERVERS").is_some();
    if !wanted {
        return None;
    }
    let directory = std::env::temp_dir().join(format!("tablewright-test-{}-{name}", std::process::id()));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/mysql-pair.sh");
    let output = Command::new(script)
        .arg("start")
        .arg(&directory)
        .args(["--owner", &std::process::id().to_string()])
        .envs(zone.map(|zone| ("TZ", zone)))
        .stdin(Stdio::null())
        .output()
        .expect("scripts/mysql-pair.sh runs");
    assert!(
        output.status.success(),
        "the MySQL pair did not start; this is an error where tests were asked to run on servers\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(Pair { environment: env_file::read(&directory.join("env")), directory })
}

/// A copy of the primary's data; removed when it goes out of scope.
#[derive(Debug)]
pub struct BackUp(tempfile::TempDir);

fn copy_folder(from: &Path, to: &Path) {
    let copied = Command::new("cp").args(["-aT", "--sparse=always"]).arg(from).arg(to).status().expect("cp runs");
    assert!(copied.success(), "{} is not copied", from.display());
}

impl Drop for Pair {
    fn drop(&mut self) {
        // The watchdog of the script would do it too, later.
        self.script("stop");
    }
}

impl Pair {
    /// A line of the pair's env file.
    pub fn get(&self, key: &str) -> &str {
        self.environment.get(key).unwrap_or_else(|| panic!("{key} is not in the pair's env file"))
    }

    /// The port on 127.0.0.1.
    pub fn port(&self, role: Role) -> u16 {
        let key = match role {
            Role::Primary => "TABLEWRIGHT_TEST_PRIMARY_PORT",
            Role::Replica => "TABLEWRIGHT_TEST_REPLICA_PORT",
        };
        self.get(key).parse().expect("a port")
    }

    /// The root account's password.
    pub fn root_password(&self) -> &str {
        self.get("TABLEWRIGHT_TEST_ROOT_PASSWORD")
    }

    /// A URL for the binary under test, with the account that has exactly the documented privileges.
    pub fn url(&self, role: Role, schema: &str) -> String {
        let (user, password) = account(role);
        self.url_as(role, user, password, schema)
    }

    /// A URL for the binary under test, as this account.
    pub fn url_as(&self, role: Role, user: &str, password: &str, schema: &str) -> String {
        format!("mysql://{user}:{password}@127.0.0.1:{}/{schema}", self.port(role))
    }

    /// Runs a command of scripts/mysql-pair.sh on this pair.
    pub fn script(&self, command: &str) {
        self.script_in(command, None);
    }

    fn script_in(&self, command: &str, zone: Option<&str>) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/mysql-pair.sh");
        let mut to_run = Command::new(script);
        to_run.arg(command).arg(&self.directory).envs(zone.map(|zone| ("TZ", zone))).stdin(Stdio::null());
        let output = to_run.output();
        let output = output.expect("scripts/mysql-pair.sh runs");
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Kills the primary, copies its data as a backup of its disk would, and starts it again.
    #[allow(dead_code, reason = "the benchmark shares this file and has no use for it")]
    pub fn back_up_primary(&self) -> BackUp {
        self.script("kill-primary");
        let copy = BackUp(tempfile::tempdir().expect("a folder"));
        copy_folder(Path::new(self.get("TABLEWRIGHT_TEST_PRIMARY_DATADIR")), copy.0.path());
        self.script("restart-primary");
        copy
    }

    /// Kills the primary and starts it on what it had when it was copied.
    #[allow(dead_code, reason = "the benchmark shares this file and has no use for it")]
    pub fn restore_primary(&self, copy: &BackUp) {
        self.script("kill-primary");
        let data = Path::new(self.get("TABLEWRIGHT_TEST_PRIMARY_DATADIR"));
        std::fs::remove_dir_all(data).expect("the data can be removed");
        copy_folder(copy.0.path(), data);
        self.script("restart-primary");
    }

    /// The plain client, which knows nothing of the code under test.
    pub fn client(&self, role: Role, schema: &str) -> Command {
        let mut command = Command::new(Path::new(self.get("TABLEWRIGHT_TEST_MYSQL_HOME")).join("bin/mysql"));
        command.args(["--no-defaults", "--host=127.0.0.1", "--user=root", "--default-character-set=utf8mb4"]);
        command.arg(format!("--port={}", self.port(role)));
        command.args(["--batch", "--raw", "--skip-column-names", "--connect-timeout=20"]);
        if !schema.is_empty() {
            command.arg(format!("--database={schema}"));
        }
        command.env("MYSQL_PWD", self.root_password());
        command
    }

    /// Runs SQL with the plain client and returns what it printed; a failure fails the test.
    #[track_caller]
    pub fn sql(&self, role: Role, schema: &str, sql: &str) -> String {
        match self.try_sql(role, schema, sql) {
            Ok(text) => text,
            Err(message) => panic!("{message}\nin: {sql}"),
        }
    }

    /// As [`Pair::sql`], with the server's message as the error.
    pub fn try_sql(&self, role: Role, schema: &str, sql: &str) -> Result<String, String> {
        let output = super::binary::run_client(&mut self.client(role, schema), sql);
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// `SHOW CREATE TABLE`, without the AUTO_INCREMENT counter.
    #[track_caller]
    pub fn definition(&self, role: Role, schema: &str, table: &str) -> String {
        let shown = self.sql(role, schema, &format!("SHOW CREATE TABLE `{}`", table.replace('`', "``")));
        let text = shown.split_once('\t').map_or(shown.as_str(), |(_, text)| text).trim_end();
        without_counter(text)
    }

    /// The names of a schema's base tables, sorted.
    pub fn tables(&self, role: Role, schema: &str) -> Vec<String> {
        let query = format!(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}' ORDER BY table_name"
        );
        self.sql(role, "", &query).lines().map(str::to_owned).collect()
    }

    /// A new, empty schema of this test's own.
    pub fn schema(&self, name: &str) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let schema = format!("t{}_{name}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.sql(Role::Primary, "", &format!("CREATE DATABASE `{schema}`"));
        schema
    }

    /// How often a statement with this text stands in the primary's binary logs: how often it was executed.
    #[allow(dead_code, reason = "the benchmark shares this file and has no use for it")]
    pub fn executed(&self, fragment: &str) -> usize {
        let logs = self.sql(Role::Primary, "", "SHOW BINARY LOGS");
        logs.lines()
            .filter_map(|line| line.split('\t').next())
            .map(|log| self.sql(Role::Primary, "", &format!("SHOW BINLOG EVENTS IN '{log}'")))
            .map(|events| events.lines().filter(|line| line.contains(fragment)).count())
            .sum()
    }

    /// Waits until the replica has executed all that the primary has.
    pub fn wait_for_replica(&self) {
        let set = self.sql(Role::Primary, "", "SELECT @@global.gtid_executed").replace('\n', "");
        let answer = self.sql(Role::Replica, "", &format!("SELECT WAIT_FOR_EXECUTED_GTID_SET('{set}', 60)"));
        assert_eq!(answer.trim(), "0", "the replica did not catch up within a minute");
    }
}

/// The account with exactly the documented privileges, and its password (see accounts.sql).
pub fn account(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Primary => ("tablewright", "primary-Secr3t"),
        Role::Replica => ("tablewright_replica", "replica-Secr3t"),
    }
}

/// Removes `AUTO_INCREMENT=n` from the table options, outside quotes.
pub fn without_counter(text: &str) -> String {
    let Some(options) = text.rfind("\n) ") else { return text.to_owned() };
    let (head, tail) = text.split_at(options);
    match tail.find(" AUTO_INCREMENT=") {
        Some(start) => {
            let digits = start + " AUTO_INCREMENT=".len();
            let end = tail[digits..].find(|c: char| !c.is_ascii_digit()).map_or(tail.len(), |offset| digits + offset);
            format!("{head}{}{}", &tail[..start], &tail[end..])
        }
        None => text.to_owned(),
    }
}

/// Asks again until it holds; fails with `what` after `limit`. For states that servers reach in their own time.
#[track_caller]
pub fn eventually(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
