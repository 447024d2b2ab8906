//! Rows that today's settings would refuse, in a table that is copied for another reason: zero dates stay as they are, and
//! rows without a parent are counted before anything begins.

use serde_json::Value;

use crate::support::{
    binary::{Outcome, argument, run},
    mariadb,
    pair::{Role, shared},
};

struct Desired {
    folder: tempfile::TempDir,
    url: String,
}

impl Desired {
    fn new(text: &str, url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("desired.sql"), text).expect("written");
        Self { folder, url: url.to_owned() }
    }

    fn run(&self, command: &str, options: &[&str], code: i32) -> Outcome {
        let file = self.folder.path().join("desired.sql");
        let arguments = [&[command, "-f", argument(&file), "--url", &self.url], options].concat();
        run(&arguments).expect(code)
    }

    fn plan(&self) -> Value {
        let file = self.folder.path().join("desired.sql");
        let planned = run(&["plan", "-f", argument(&file), "--url", &self.url, "--format", "json"]).expect(0);
        serde_json::from_str(&planned.stdout).expect("JSON")
    }
}

fn zero_dates(url: &str, sql: &dyn Fn(&str) -> String) {
    sql("SET sql_mode = '';
         CREATE TABLE d (id int PRIMARY KEY, day date, at datetime(3), seen timestamp NULL, n int, t text);
         INSERT INTO d VALUES (1, '0000-00-00', '2020-00-10 01:02:03', '0000-00-00 00:00:00', 1, '0000-00-00'),
                              (2, '2020-01-02', '2020-01-02 03:04:05.678', '2020-01-02 03:04:05', 2, 'x')");
    let seen = "SELECT id, day, at, seen, n FROM d ORDER BY id";
    let before = sql(seen);
    let wanted = Desired::new(
        "CREATE TABLE d (id int PRIMARY KEY, day date, at datetime(3), seen timestamp NULL, n bigint, t text, m int)",
        url,
    );
    let plan = wanted.plan();
    assert_eq!(plan["statements"][0]["algorithm"], "COPY", "{plan:#}");
    assert_eq!(plan["statements"][0]["zeroDates"], true, "{plan:#}");
    wanted.run("apply", &["--auto-approve"], 0);
    assert_eq!(sql(seen), before);
    // By hand, with the script that the plan prints.
    let script = Desired::new(
        "CREATE TABLE d (id int PRIMARY KEY, day date, at datetime(3), seen timestamp NULL, n int, t text, m int)",
        url,
    )
    .run("plan", &["--format", "sql"], 0);
    sql(&script.stdout);
    assert_eq!(sql(seen), before);
    // A column that becomes a date is held to strict mode.
    let wanted = Desired::new(
        "CREATE TABLE d (id int PRIMARY KEY, day date, at datetime(3), seen timestamp NULL, n int, t date, m int)",
        url,
    );
    assert_eq!(wanted.plan()["statements"][0].get("zeroDates"), None);
    wanted.run("apply", &["--auto-approve"], 1);
    assert_eq!(sql(seen), before);
    sql("DROP TABLE d");
}

fn orphans(url: &str, sql: &dyn Fn(&str) -> String) {
    sql("CREATE TABLE p (id int PRIMARY KEY);
         CREATE TABLE c (id int PRIMARY KEY, p_id int, n int, CONSTRAINT parent FOREIGN KEY (p_id) REFERENCES p (id));
         INSERT INTO p VALUES (1);
         SET foreign_key_checks = 0;
         INSERT INTO c VALUES (1, 1, 1), (2, 7, 2), (3, NULL, 3)");
    let parent = "CREATE TABLE p (id int PRIMARY KEY);";
    let wanted = Desired::new(
        &format!(
            "{parent} CREATE TABLE c (id int PRIMARY KEY, p_id int, n bigint, CONSTRAINT parent FOREIGN KEY (p_id) \
             REFERENCES p (id))"
        ),
        url,
    );
    let plan = wanted.plan();
    let findings = plan["findings"].as_array().expect("a list");
    let found: Vec<&Value> = findings.iter().filter(|finding| finding["code"] == "TW038").collect();
    assert_eq!(found.iter().map(|found| &found["evidence"]["count"]).collect::<Vec<_>>(), [1], "{plan:#}");
    let said = wanted.run("apply", &["--auto-approve"], 1).all();
    assert!(said.contains("1 row without a parent") && said.contains("in the way"), "{said}");
    assert!(sql("SHOW CREATE TABLE c").contains("`n` int"), "nothing was begun");
    sql("DELETE FROM c WHERE id = 2");
    wanted.run("apply", &["--auto-approve"], 0);
    sql("DROP TABLE c, p");
}

#[test]
fn a_copy_keeps_what_today_nobody_could_write_and_counts_what_it_cannot() {
    if let Some(pair) = shared("copied") {
        let schema = pair.schema("copied");
        let (url, sql) = (pair.url(Role::Primary, &schema), |text: &str| pair.sql(Role::Primary, &schema, text));
        zero_dates(&url, &sql);
        orphans(&url, &sql);
        pair.wait_for_replica();
        pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
    }
    if let Some(server) = mariadb::shared("copied_mariadb") {
        let schema = server.schema("copied");
        let (url, sql) = (server.url(&schema), |text: &str| server.sql(&schema, text));
        zero_dates(&url, &sql);
        orphans(&url, &sql);
        server.sql("", &format!("DROP DATABASE `{schema}`"));
    }
}
