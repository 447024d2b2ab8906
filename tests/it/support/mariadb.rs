//! The MariaDB server of this run.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use super::{binary, env_file, pair::without_counter};

/// A MariaDB primary; it ends with this process.
#[derive(Debug)]
pub struct Mariadb {
    directory: PathBuf,
    environment: BTreeMap<String, String>,
}

/// The account with exactly the documented privileges, and its password (see accounts_mariadb.sql).
pub const ACCOUNT: (&str, &str) = ("tablewright", "primary-Secr3t");

/// For a server that is never killed and looked at again.
const NOT_DURABLE: [&str; 3] =
    ["--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--skip-innodb-doublewrite"];

/// The server that all tests of this run share, or `None` (said by name) where there is none.
pub fn shared(test: &str) -> Option<&'static Mariadb> {
    static SERVER: OnceLock<Option<Mariadb>> = OnceLock::new();
    let server = SERVER.get_or_init(|| primary("shared-mariadb", &NOT_DURABLE));
    if server.is_none() {
        eprintln!("SKIPPED {test}: no MariaDB server; `make test` brings it");
    }
    server.as_ref()
}

/// A server of the test's own, started with these options.
pub fn own(test: &str, options: &[&str]) -> Option<Mariadb> {
    let server = primary(test, options);
    if server.is_none() {
        eprintln!("SKIPPED {test}: no MariaDB server; `make test` brings it");
    }
    server
}

/// A server of the test's own, whose system has this time zone (as in the environment's TZ).
#[allow(dead_code, reason = "the benchmark shares this file and has no use for it")]
pub fn own_in_zone(test: &str, zone: &str) -> Option<Mariadb> {
    let server = start_in(test, &[], Some(zone))?;
    server.sql("", include_str!("accounts_mariadb.sql"));
    Some(server)
}

/// A server of the test's own and a replica of it, over a connection that has a name.
pub fn own_pair(test: &str) -> Option<(Mariadb, Mariadb)> {
    let Some(primary) = primary(test, &[]) else {
        eprintln!("SKIPPED {test}: no MariaDB server; `make test` brings it");
        return None;
    };
    let replica = start(&format!("{test}-replica"), &["--server-id=2", "--read-only=1"])?;
    let (port, password) = (primary.port(), primary.root_password());
    replica.sql(
        "",
        &format!(
            "CHANGE MASTER 'c1' TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {port}, MASTER_USER = 'root',
               MASTER_PASSWORD = '{password}', MASTER_USE_GTID = slave_pos;
             START REPLICA 'c1'"
        ),
    );
    let position = primary.sql("", "SELECT @@gtid_binlog_pos");
    let answer = replica.sql("", &format!("SELECT MASTER_GTID_WAIT('{}', 60)", position.trim()));
    assert_eq!(answer.trim(), "0", "the replica did not catch up within a minute");
    Some((primary, replica))
}

fn primary(name: &str, options: &[&str]) -> Option<Mariadb> {
    let server = start(name, options)?;
    server.sql("", include_str!("accounts_mariadb.sql"));
    Some(server)
}

fn start(name: &str, options: &[&str]) -> Option<Mariadb> {
    start_in(name, options, None)
}

fn start_in(name: &str, options: &[&str], zone: Option<&str>) -> Option<Mariadb> {
    let wanted = std::env::var_os("CI").is_some() || std::env::var_os("TABLEWRIGHT_TEST_SERVERS").is_some();
    if !wanted {
        return None;
    }
    let directory = std::env::temp_dir().join(format!("tablewright-test-{}-{name}", std::process::id()));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/mariadb.sh");
    let output = Command::new(script)
        .arg("start")
        .arg(&directory)
        .args(["--owner", &std::process::id().to_string(), "--"])
        .args(options)
        .envs(zone.map(|zone| ("TZ", zone)))
        .stdin(Stdio::null())
        .output()
        .expect("scripts/mariadb.sh runs");
    assert!(
        output.status.success(),
        "MariaDB did not start; this is an error where tests were asked to run on servers\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(Mariadb { environment: env_file::read(&directory.join("env")), directory })
}

impl Drop for Mariadb {
    fn drop(&mut self) {
        // The watchdog of the script would do it too, later.
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/mariadb.sh");
        let _ = Command::new(script).arg("stop").arg(&self.directory).stdin(Stdio::null()).output();
    }
}

impl Mariadb {
    fn get(&self, key: &str) -> &str {
        self.environment.get(key).unwrap_or_else(|| panic!("{key} is not in the server's env file"))
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.get("TABLEWRIGHT_TEST_MARIADB_PORT").parse().expect("a port")
    }

    /// The root account's password.
    pub fn root_password(&self) -> &str {
        self.get("TABLEWRIGHT_TEST_ROOT_PASSWORD")
    }

    /// A URL for the binary under test, with the account that has exactly the documented privileges.
    pub fn url(&self, schema: &str) -> String {
        self.url_as(ACCOUNT, schema)
    }

    /// The same of a replica, on which less is needed.
    pub fn replica_url(&self, schema: &str) -> String {
        self.url_as(("tablewright_replica", "replica-Secr3t"), schema)
    }

    /// A URL for the binary under test, as this account.
    pub fn url_as(&self, (user, password): (&str, &str), schema: &str) -> String {
        format!("mysql://{user}:{password}@127.0.0.1:{}/{schema}", self.port())
    }

    /// Runs SQL with the plain client and returns what it printed; a failure fails the test.
    #[track_caller]
    pub fn sql(&self, schema: &str, sql: &str) -> String {
        match self.try_sql(schema, sql) {
            Ok(text) => text,
            Err(message) => panic!("{message}\nin: {sql}"),
        }
    }

    /// The plain client, which knows nothing of the code under test.
    pub fn client(&self, schema: &str) -> Command {
        let mut command = Command::new(Path::new(self.get("TABLEWRIGHT_TEST_MARIADB_HOME")).join("bin/mariadb"));
        command.args(["--no-defaults", "--host=127.0.0.1", "--user=root", "--default-character-set=utf8mb4"]);
        command.arg(format!("--port={}", self.port()));
        command.args(["--batch", "--raw", "--skip-column-names", "--connect-timeout=20"]);
        if !schema.is_empty() {
            command.arg(format!("--database={schema}"));
        }
        command.env("MYSQL_PWD", self.root_password());
        command
    }

    /// As [`Mariadb::sql`], with the server's message as the error.
    pub fn try_sql(&self, schema: &str, sql: &str) -> Result<String, String> {
        let output = binary::run_client(&mut self.client(schema), sql);
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// `SHOW CREATE TABLE` of every table, without the AUTO_INCREMENT counter, in one go.
    #[track_caller]
    pub fn definitions(&self, schema: &str) -> BTreeMap<String, String> {
        let names = self.sql(
            "",
            &format!("SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}' ORDER BY 1"),
        );
        let ask: String =
            names.lines().map(|name| format!("SHOW CREATE TABLE `{}`\\G\n", name.replace('`', "``"))).collect();
        // Vertically: a row of stars, `name`, and the definition, which may have any number of lines.
        let shown = self.sql(schema, &ask);
        let mut definitions = BTreeMap::new();
        for (name, text) in names.lines().zip(shown.split("\n*************************** 1. row")) {
            let text = text.split_once('\n').map_or("", |(_, rest)| rest);
            let text = text.split_once('\n').map_or("", |(_, rest)| rest);
            definitions.insert(name.to_owned(), without_counter(text.trim_end()));
        }
        definitions
    }

    /// A new, empty schema of this test's own.
    pub fn schema(&self, name: &str) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let schema = format!("t{}_{name}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.sql("", &format!("CREATE DATABASE `{schema}`"));
        schema
    }

    /// The default collation of each character set, as the server says.
    pub fn collations(&self) -> &'static BTreeMap<String, String> {
        static COLLATIONS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
        let query = "SELECT character_set_name, default_collate_name FROM information_schema.character_sets";
        COLLATIONS.get_or_init(|| {
            let rows = self.sql("", query);
            rows.lines()
                .filter_map(|line| line.split_once('\t'))
                .map(|(one, two)| (one.to_owned(), two.to_owned()))
                .collect()
        })
    }
}
