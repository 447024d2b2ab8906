//! On servers outside of UTC, their own clients see the same values before and after a change, on the primary and on the
//! replica; what cannot stay is said.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::{
    binary::{Outcome, argument, run},
    mariadb,
    pair::{Pair, Role, own, own_in_zones},
    zone::{SUMMER_TIME, load_summer_time},
};

/// A system's time zone with summer time, and one without.
const SUMMER: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
const HALF: &str = "IST-5:30";

/// Servers under test: a primary, and how its own clients see rows there and, where it has one, on its replica.
trait Servers {
    fn url(&self) -> String;
    /// As `root` with the plain client, whose session has the server's time zone.
    fn sql(&self, statements: &str) -> String;
    /// On the replica, once it has executed all that the primary has.
    fn replica_sql(&self, query: &str) -> Option<String>;
    fn replica_url(&self) -> Option<String>;
}

struct OfMysql<'a> {
    pair: &'a Pair,
    schema: String,
}

impl Servers for OfMysql<'_> {
    fn url(&self) -> String {
        self.pair.url(Role::Primary, &self.schema)
    }

    fn sql(&self, statements: &str) -> String {
        self.pair.sql(Role::Primary, &self.schema, statements)
    }

    fn replica_sql(&self, query: &str) -> Option<String> {
        self.pair.wait_for_replica();
        Some(self.pair.sql(Role::Replica, &self.schema, query))
    }

    fn replica_url(&self) -> Option<String> {
        Some(self.pair.url(Role::Replica, &self.schema))
    }
}

struct OfMariadb {
    server: mariadb::Mariadb,
    schema: String,
}

impl Servers for OfMariadb {
    fn url(&self) -> String {
        self.server.url(&self.schema)
    }

    fn sql(&self, statements: &str) -> String {
        self.server.sql(&self.schema, statements)
    }

    fn replica_sql(&self, _query: &str) -> Option<String> {
        None
    }

    fn replica_url(&self) -> Option<String> {
        None
    }
}

/// A desired state in a file.
struct Desired {
    folder: tempfile::TempDir,
}

impl Desired {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("desired.sql"), text).expect("written");
        Self { folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("desired.sql")
    }

    fn run(&self, servers: &dyn Servers, command: &str, options: &[&str]) -> Outcome {
        let (file, url, replica) = (self.file(), servers.url(), servers.replica_url());
        let mut arguments = vec![command, "-f", argument(&file), "--url", &url];
        arguments.extend(replica.iter().flat_map(|replica| ["--replica-url", replica.as_str()]));
        arguments.extend(options);
        run(&arguments)
    }

    fn plan(&self, servers: &dyn Servers) -> Value {
        let planned = self.run(servers, "plan", &["--format", "json"]).expect(0);
        serde_json::from_str(&planned.stdout).expect("JSON")
    }

    fn apply(&self, servers: &dyn Servers) {
        self.run(servers, "apply", &["--auto-approve"]).expect(0);
    }

    /// Nothing is left to do.
    #[track_caller]
    fn is_reached(&self, servers: &dyn Servers) {
        let plan = self.plan(servers);
        assert_eq!(plan["statements"], serde_json::json!([]), "{plan:#}");
    }
}

fn findings<'p>(plan: &'p Value, code: &str) -> Vec<&'p Value> {
    plan["findings"].as_array().into_iter().flatten().filter(|finding| finding["code"] == code).collect()
}

fn problem(finding: &Value) -> &str {
    finding["problem"].as_str().expect("a text")
}

/// Live table, rows, desired table. Every column `v` is looked at before and after, by the server's own clients.
const CONVERSIONS: &[(&str, &str, &str)] = &[
    ("v timestamp NULL", "'2024-01-15 12:00:00'), (2, '2024-07-15 23:30:00'), (3, NULL", "v datetime"),
    ("v datetime", "'2024-01-15 12:00:00'), (2, '2024-07-15 00:30:00'), (3, NULL", "v timestamp NULL"),
    ("v timestamp(3) NULL", "'2024-07-15 12:00:00.123'), (2, '1999-12-31 23:59:59.999'), (3, NULL", "v datetime(3)"),
    ("v timestamp NULL", "'2024-01-15 12:00:00'), (2, '2024-07-15 23:30:00'), (3, NULL", "v varchar(30)"),
    ("v varchar(30)", "'2024-01-15 12:00:00'), (2, '2024-07-15 23:30:00'), (3, NULL", "v timestamp NULL"),
    ("v timestamp NULL", "'2024-01-15 12:00:00'), (2, '2024-07-15 23:30:00'), (3, NULL", "v timestamp(0) NULL, w int"),
];

/// Values as clients see them stay what they are, on both servers.
fn conversions(servers: &dyn Servers) {
    for (live, rows, desired) in CONVERSIONS {
        let table = |column: &str| format!("CREATE TABLE t (id int PRIMARY KEY, {column})");
        servers.sql(&format!("{}; INSERT INTO t VALUES (1, {rows})", table(live)));
        let seen = "SELECT id, v FROM t ORDER BY id";
        let before = servers.sql(seen);
        let wanted = Desired::new(&table(desired));
        if live.starts_with("v timestamp NULL") && *desired == "v datetime" {
            // The plan says which zone counts, and by how much it differs.
            let offset = servers.sql("SELECT TIME_FORMAT(TIMEDIFF(now(), utc_timestamp()), '%H:%i')");
            let plan = wanted.plan(servers);
            let found = findings(&plan, "TW029");
            let words = format!("{} hours", offset.trim().trim_start_matches('-'));
            assert!(found.iter().any(|found| problem(found).contains(&words)), "{words}: {plan:#}");
        }
        wanted.apply(servers);
        assert_eq!(servers.sql(seen), before, "{live} -> {desired}");
        if let Some(there) = servers.replica_sql(seen) {
            assert_eq!(there, before, "{live} -> {desired} on the replica");
        }
        wanted.is_reached(servers);
        servers.sql("DROP TABLE t");
    }
}

/// Defaults, bounds, generated columns, indexes over expressions and checks mean what the server's own clients mean by them.
fn definitions(servers: &dyn Servers, has_functional_indexes: bool) {
    let text = "CREATE TABLE t (id int NOT NULL, at timestamp NULL DEFAULT '2024-07-15 12:00:00', \
                seen timestamp(3) NOT NULL DEFAULT '2024-01-15 00:30:00.250', \
                made timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (id, made), \
                CHECK (at > '2000-01-01 00:00:00')) \
                PARTITION BY RANGE (unix_timestamp(made)) \
                (PARTITION a VALUES LESS THAN (unix_timestamp('2024-07-01 00:00:00')), \
                 PARTITION b VALUES LESS THAN (unix_timestamp('2030-01-15 00:00:00')), \
                 PARTITION z VALUES LESS THAN MAXVALUE)";
    // The very file that made the table has nothing to do.
    servers.sql(text);
    let shown = servers.sql("SHOW CREATE TABLE t");
    let wanted = Desired::new(text);
    wanted.is_reached(servers);
    // What the program makes of it is what the client makes of it, on both servers.
    servers.sql("DROP TABLE t");
    wanted.apply(servers);
    assert_eq!(servers.sql("SHOW CREATE TABLE t"), shown);
    if let Some(there) = servers.replica_sql("SHOW CREATE TABLE t") {
        assert_eq!(there, shown);
    }
    // A default that moves by hours is another one, whichever text has the same digits as UTC.
    servers.sql("INSERT INTO t (id) VALUES (1)");
    let other = Desired::new(&text.replace("2024-07-15 12:00:00", "2024-07-15 14:00:00"));
    other.apply(servers);
    servers.sql("INSERT INTO t (id) VALUES (2)");
    assert_eq!(servers.sql("SELECT at FROM t ORDER BY id").trim(), "2024-07-15 12:00:00\n2024-07-15 14:00:00");
    other.is_reached(servers);
    // Exported, and planned again.
    let exported = run(&["export", "--url", &servers.url(), "--format", "sql"]).expect(0).stdout;
    assert!(exported.contains("2024-07-15 14:00:00") && exported.contains("2024-01-15 00:30:00.250"), "{exported}");
    Desired::new(&exported).is_reached(servers);
    // A partition more, by its text.
    let split = text
        .replace("2024-07-15 12:00:00", "2024-07-15 14:00:00")
        .replace("PARTITION z", "PARTITION c VALUES LESS THAN (unix_timestamp('2031-07-01 00:00:00')), PARTITION z");
    let split = Desired::new(&split);
    split.apply(servers);
    split.is_reached(servers);
    let bound = "SELECT partition_description = unix_timestamp('2031-07-01 00:00:00') \
                 FROM information_schema.partitions WHERE table_schema = database() AND partition_name = 'c'";
    assert_eq!(servers.sql(bound).trim(), "1");
    servers.sql("DROP TABLE t");

    // What is computed from rows, and what rows get.
    servers.sql(
        "CREATE TABLE g (id int PRIMARY KEY, at timestamp NULL);
         INSERT INTO g VALUES (1, '2024-07-15 00:30:00'), (2, '2024-01-15 23:45:00'), (3, NULL)",
    );
    let index = if has_functional_indexes { ", KEY by_hour ((hour(at)))" } else { "" };
    let wanted = Desired::new(&format!(
        "CREATE TABLE g (id int PRIMARY KEY, at timestamp NULL, day date AS (date(at)) STORED, \
         since datetime NOT NULL DEFAULT CURRENT_TIMESTAMP, CHECK (day >= '2024-01-15'){index})"
    ));
    wanted.apply(servers);
    wanted.is_reached(servers);
    let wrong = "SELECT COUNT(*) FROM g WHERE NOT (day <=> date(at)) \
                 OR abs(timestampdiff(MINUTE, since, now())) > 5";
    assert_eq!(servers.sql(wrong).trim(), "0");
    if let Some(there) = servers.replica_sql(wrong) {
        assert_eq!(there.trim(), "0", "on the replica");
    }
    servers.sql("DROP TABLE g");
}

/// A dump says in which time zone it is written.
fn dumps(servers: &dyn Servers) {
    servers.sql("CREATE TABLE d (id int PRIMARY KEY, at timestamp NULL DEFAULT '2024-07-15 12:00:00')");
    let utc = servers.sql("SET time_zone = '+00:00'; SHOW CREATE TABLE d");
    let (_, text) = utc.trim().split_once('\t').expect("a definition");
    let text = text.replace("\\n", "\n");
    assert!(!text.contains("12:00:00"), "{text}");
    let dump = |zone: &str, text: &str| {
        format!(
            "/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;\n/*!40103 SET TIME_ZONE='{zone}' */;\n{text};\n\
             /*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;\n"
        )
    };
    Desired::new(&dump("+00:00", &text)).is_reached(servers);
    // A table that the dump makes anew has the same default, too.
    servers.sql("DROP TABLE d");
    Desired::new(&dump("+00:00", &text)).apply(servers);
    assert_eq!(servers.sql("SET time_zone = '+00:00'; SHOW CREATE TABLE d"), utc);
    let unknown = Desired::new(&dump("Nowhere/Else", &text)).run(servers, "plan", &[]).expect(3);
    assert!(unknown.all().contains("Nowhere/Else"), "{}", unknown.all());
    servers.sql("DROP TABLE d");
}

/// Everything, on a MySQL pair in this global time zone.
fn on_a_pair(pair: &Pair, zone: &str) {
    for role in [Role::Primary, Role::Replica] {
        pair.sql(role, "", &format!("SET GLOBAL time_zone = '{zone}'"));
    }
    let servers = OfMysql { pair, schema: pair.schema("zones") };
    conversions(&servers);
    definitions(&servers, true);
    dumps(&servers);
}

#[test]
fn values_stay_what_a_servers_own_clients_see() {
    if let Some(pair) = own_in_zones("zones_fixed", HALF, HALF) {
        for zone in ["+02:00", "-03:30", "SYSTEM"] {
            on_a_pair(&pair, zone);
        }
    }
    if let Some(server) = mariadb::own("zones_mariadb", &["--default-time-zone=+02:00"]) {
        on_mariadb(server);
    }
}

fn on_mariadb(server: mariadb::Mariadb) {
    let schema = server.schema("zones");
    let servers = OfMariadb { server, schema };
    conversions(&servers);
    definitions(&servers, false);
    dumps(&servers);
}

#[test]
fn values_stay_what_they_are_in_a_zone_with_summer_time() {
    if let Some(pair) = own_in_zones("zones_summer", SUMMER, SUMMER) {
        on_a_pair(&pair, "SYSTEM");
        for role in [Role::Primary, Role::Replica] {
            load_summer_time(&|text| pair.sql(role, "", text));
        }
        on_a_pair(&pair, SUMMER_TIME);
        summer_time(&pair);
        digests(&pair);
    }
    if let Some(server) = mariadb::own_in_zone("zones_mariadb_summer", SUMMER) {
        on_mariadb(server);
    }
}

/// Hours that the clock leaves out, and those that it shows twice.
fn summer_time(pair: &Pair) {
    let servers = OfMysql { pair, schema: pair.schema("summer") };
    servers.sql(
        "CREATE TABLE t (id int PRIMARY KEY, v datetime, w timestamp NULL);
         INSERT INTO t VALUES (1, '2024-03-31 02:30:00', NULL), (2, '2024-03-31 03:30:00', NULL);
         SET time_zone = '+00:00';
         INSERT INTO t VALUES (3, NULL, '2024-10-27 00:30:00'), (4, NULL, '2024-10-27 01:30:00'), (5, NULL, '2024-10-27 02:30:00')",
    );
    // 02:30 does not exist: the statement fails, and so it does not begin.
    let wanted = Desired::new("CREATE TABLE t (id int PRIMARY KEY, v timestamp NULL, w timestamp NULL)");
    let plan = wanted.plan(&servers);
    let counts: Vec<&Value> = findings(&plan, "TW004").iter().map(|found| &found["evidence"]["count"]).collect();
    // Refused, and changed.
    assert_eq!(counts, [1, 0], "{plan:#}");
    // The copy in this zone moves other columns, too, and says so.
    let other = findings(&plan, "TW029").into_iter().find(|found| found["path"] == "t.w");
    assert_eq!(other.map(|found| &found["evidence"]["count"]), Some(&1.into()), "{plan:#}");
    wanted.run(&servers, "apply", &["--auto-approve"]).expect(1);
    servers.sql("DELETE FROM t WHERE id = 1");
    wanted.apply(&servers);
    servers.sql("SET time_zone = '+00:00'; UPDATE t SET w = '2024-10-27 01:30:00' WHERE id = 4");
    // 02:30 is shown twice: one of the two moments is lost.
    let wanted = Desired::new("CREATE TABLE t (id int PRIMARY KEY, v timestamp NULL, w datetime)");
    let plan = wanted.plan(&servers);
    assert_eq!(plan["risk"], "Destructive", "{plan:#}");
    let told: Vec<_> = findings(&plan, "TW029")
        .iter()
        .map(|found| (found["path"].clone(), found["evidence"]["count"].clone()))
        .collect();
    assert_eq!(told, [("t.v".into(), 0.into()), ("t.w".into(), 1.into())], "{plan:#}");
    assert!(findings(&plan, "TW029").iter().all(|found| problem(found).contains("Test/Summer")), "{plan:#}");
    wanted.apply(&servers);
    let seen = "SELECT w FROM t WHERE id > 2 ORDER BY id";
    assert_eq!(servers.sql(seen).trim(), "2024-10-27 02:30:00\n2024-10-27 02:30:00\n2024-10-27 03:30:00");
    copies(&servers);
}

/// MySQL copies TIMESTAMP values by the clock of the session: in UTC no change of other columns moves one.
fn copies(servers: &OfMysql<'_>) {
    let moments = "SELECT GROUP_CONCAT(unix_timestamp(at) - 1729989000 ORDER BY id) FROM c";
    servers.sql(
        "SET time_zone = '+00:00';
         CREATE TABLE c (id int PRIMARY KEY, at timestamp NULL, n int);
         INSERT INTO c VALUES (1, '2024-10-27 00:30:00', 1), (2, '2024-10-27 01:30:00', 2), (3, '2024-10-27 02:30:00', 3)",
    );
    for columns in
        ["at timestamp NULL, n bigint", "at timestamp(3) NULL, n bigint", "at timestamp(3) NULL, n varchar(20)"]
    {
        let wanted = Desired::new(&format!("CREATE TABLE c (id int PRIMARY KEY, {columns})"));
        let plan = wanted.plan(servers);
        assert_eq!(findings(&plan, "TW029"), Vec::<&Value>::new(), "{plan:#}");
        assert_eq!(plan["statements"][0]["algorithm"], "COPY", "{plan:#}");
        wanted.apply(servers);
        let kept = |text: &str| text.trim().replace(".000", "") == "0,3600,7200";
        assert!(kept(&servers.sql(moments)), "{columns}: {}", servers.sql(moments));
        assert!(servers.replica_sql(moments).is_some_and(|there| kept(&there)), "{columns} on the replica");
    }
    // What is computed from the clock needs it, and the plan says what that does to the rest of the table.
    let wanted = Desired::new(
        "CREATE TABLE c (id int PRIMARY KEY, at timestamp(3) NULL, n varchar(20), h int AS (hour(at)) STORED)",
    );
    let plan = wanted.plan(servers);
    assert_eq!(plan["risk"], "Destructive", "{plan:#}");
    let found = findings(&plan, "TW029");
    assert_eq!(
        (found.len(), &found[0]["path"], &found[0]["evidence"]["count"]),
        (1, &"c.at".into(), &1.into()),
        "{plan:#}"
    );
    wanted.apply(servers);
    assert_eq!(servers.sql("SELECT GROUP_CONCAT(h ORDER BY id) FROM c").trim(), "2,2,3");
    assert_eq!(servers.sql(moments).trim(), "0.000,0.000,7200.000");
}

/// A plan is approved for one time zone: the same text means other values in another.
fn digests(pair: &Pair) {
    let servers = OfMysql { pair, schema: pair.schema("digests") };
    let wanted = Desired::new("CREATE TABLE t (id int PRIMARY KEY, at timestamp NULL DEFAULT '2024-07-15 12:00:00')");
    let plan = wanted.plan(&servers);
    let digest = plan["digest"].as_str().expect("a digest").to_owned();
    assert_eq!(plan["baseline"]["timeZone"]["session"], "Test/Summer", "{plan:#}");
    assert_eq!(plan["statements"][0]["timeZone"], "Test/Summer", "{plan:#}");
    let script = wanted.run(&servers, "plan", &["--format", "sql"]).expect(0).stdout;
    assert!(script.contains("time_zone = 'Test/Summer'"), "{script}");
    pair.sql(Role::Primary, "", "SET GLOBAL time_zone = '+05:00'");
    let refused = wanted.run(&servers, "apply", &["--approve", &digest]).expect(3);
    assert!(refused.all().contains("digest"), "{}", refused.all());
    assert_eq!(servers.sql("SHOW TABLES").trim(), "");
    pair.sql(Role::Primary, "", "SET GLOBAL time_zone = 'Test/Summer'");
    wanted.run(&servers, "apply", &["--approve", &digest]).expect(0);
}

#[test]
fn a_replica_in_another_time_zone_is_said_or_keeps_a_plan_from_beginning() {
    let Some(pair) = own_in_zones("zones_apart", SUMMER, "UTC0") else { return };
    let servers = OfMysql { pair: &pair, schema: pair.schema("apart") };
    servers
        .sql("CREATE TABLE t (id int PRIMARY KEY, v timestamp NULL); INSERT INTO t VALUES (1, '2024-07-15 12:00:00')");
    let wanted = Desired::new("CREATE TABLE t (id int PRIMARY KEY, v datetime)");
    // SYSTEM stands in the binary log, and the replica's system is elsewhere.
    let plan = wanted.plan(&servers);
    assert_eq!(plan["risk"], "Destructive", "{plan:#}");
    let error = findings(&plan, "TW029").into_iter().find(|found| found["level"] == "Error");
    let error = error.unwrap_or_else(|| panic!("no error in {plan:#}"));
    assert!(problem(error).contains("SYSTEM"), "{plan:#}");
    let refused = wanted.run(&servers, "apply", &["--auto-approve"]).expect(1);
    assert!(refused.all().contains("time zone") && refused.all().contains("nothing was run"), "{}", refused.all());
    assert_eq!(servers.sql("SELECT v FROM t").trim(), "2024-07-15 12:00:00");
    // What depends on no time zone is not kept from anything.
    let harmless = Desired::new("CREATE TABLE t (id int PRIMARY KEY, v timestamp NULL, note varchar(20))");
    assert_eq!(findings(&harmless.plan(&servers), "TW029"), Vec::<&Value>::new());
    harmless.apply(&servers);
    // A name that the replica does not know.
    load_summer_time(&|text| pair.sql(Role::Primary, "", text));
    pair.sql(Role::Primary, "", "SET GLOBAL time_zone = 'Test/Summer'");
    let refused = Desired::new("CREATE TABLE t (id int PRIMARY KEY, v datetime, note varchar(20))");
    let refused = refused.run(&servers, "apply", &["--auto-approve"]).expect(1);
    assert!(refused.all().contains("Test/Summer"), "{}", refused.all());
    // An offset is the same everywhere; but the replica's own clients saw another time.
    pair.sql(Role::Primary, "", "SET GLOBAL time_zone = '+02:00'");
    let wanted = Desired::new("CREATE TABLE t (id int PRIMARY KEY, v datetime, note varchar(20))");
    let plan = wanted.plan(&servers);
    let warned = findings(&plan, "TW029").into_iter().find(|found| found["level"] == "Warning");
    let warned = warned.unwrap_or_else(|| panic!("no warning in {plan:#}"));
    assert!(problem(warned).contains("by 02:00 hours") && problem(warned).contains("+02:00"), "{plan:#}");
    wanted.apply(&servers);
    let seen = servers.sql("SELECT v FROM t");
    assert_eq!((seen.trim(), servers.replica_sql("SELECT v FROM t")), ("2024-07-15 12:00:00", Some(seen.clone())));
    // A primary in UTC with a replica that is not.
    for (role, zone) in [(Role::Primary, "+00:00"), (Role::Replica, "+02:00")] {
        pair.sql(role, "", &format!("SET GLOBAL time_zone = '{zone}'"));
    }
    let wanted = Desired::new("CREATE TABLE t (id int PRIMARY KEY, v timestamp NULL, note varchar(20))");
    let plan = wanted.plan(&servers);
    let found = findings(&plan, "TW029");
    assert!(matches!(found.as_slice(), [one] if problem(one).contains("by 02:00 hours")), "{plan:#}");
}

#[test]
fn in_utc_there_is_nothing_to_say() {
    let Some(pair) = own("zones_utc") else { return };
    let servers = OfMysql { pair: &pair, schema: pair.schema("utc") };
    servers
        .sql("CREATE TABLE t (id int PRIMARY KEY, v timestamp NULL); INSERT INTO t VALUES (1, '2024-07-15 12:00:00')");
    let plan = Desired::new("CREATE TABLE t (id int PRIMARY KEY, v datetime)").plan(&servers);
    assert_eq!(findings(&plan, "TW029"), Vec::<&Value>::new(), "{plan:#}");
    assert_eq!(plan["baseline"].get("timeZone"), None, "{plan:#}");
}
