//! The commands as a contract: flags, exit codes, what stands on which stream.

use serde_json::Value;

use crate::support::{
    binary::{argument, run, run_with_input},
    cases::snapshot,
    pair::{Role, shared},
};

const USERS: &str = "CREATE TABLE users (\n  id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,\n  email varchar(100) NOT NULL\n);\n";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("not JSON: {error}\n{text}"))
}

#[test]
fn usage_errors_exit_with_64_and_help_with_0() {
    run(&["--help"]).expect(0);
    run(&["plan", "--help"]).expect(0);
    run(&["version"]).expect(0);
    let outcome = run(&["plan", "--no-such-flag"]).expect(64);
    assert!(outcome.stdout.is_empty(), "{}", outcome.all());
    run(&["no-such-command"]).expect(64);
    run(&[]).expect(64);
    for shell in ["bash", "zsh", "fish"] {
        assert!(run(&["completion", shell]).expect(0).stdout.contains("tablewright"));
    }
}

#[test]
fn plan_says_what_changes_and_touches_nothing() {
    let Some(pair) = shared("plan_says_what_changes_and_touches_nothing") else { return };
    let schema = pair.schema("plan");
    let url = pair.url(Role::Primary, &schema);
    let executed = || {
        pair.sql(
            Role::Primary,
            "",
            &format!("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '{schema}'"),
        )
    };

    let piped = run_with_input(&["plan", "-f", "-", "--url", &url, "--format", "sql"], USERS).expect(0);
    assert!(piped.stdout.contains("CREATE TABLE `users`"), "{}", piped.all());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("users.sql");
    std::fs::write(&file, USERS).expect("writable");
    let file = argument(&file);

    let plan = run(&["plan", "-f", file, "--url", &url, "--format", "json"]).expect(0);
    let plan = json(&plan.stdout);
    assert_eq!(plan["risk"], "Safe");
    assert_eq!(plan["tables"], serde_json::json!(["users"]));
    assert_eq!(plan["refusals"], serde_json::json!([]));
    assert!(plan["digest"].as_str().expect("a digest").starts_with("v1:sha256:"));
    assert_eq!(
        plan["baseline"]["serverUuid"].as_str(),
        Some(pair.sql(Role::Primary, "", "SELECT @@server_uuid").trim())
    );
    let again = json(&run(&["plan", "-f", file, "--url", &url, "--format", "json"]).expect(0).stdout);
    assert_eq!(again["digest"], plan["digest"], "the same input gives the same digest");
    run(&["plan", "-f", file, "--url", &url, "--detailed-exitcode"]).expect(2);
    let sql = run(&["plan", "-f", file, "--url", &url, "--format", "sql"]).expect(0);
    assert!(sql.stdout.contains("CREATE TABLE `users`"), "{}", sql.all());
    assert!(run(&["plan", "-f", file, "--url", &url, "--format", "markdown"]).expect(0).stdout.contains("```sql"));
    assert_eq!(
        json(&run(&["plan", "-f", file, "--url", &url, "--format", "sarif"]).expect(0).stdout)["version"],
        "2.1.0"
    );
    assert_eq!(executed().trim(), "0", "planning made a table");

    run(&["apply", "-f", file, "--url", &url]).expect(0);
    let nothing = run(&["plan", "-f", file, "--url", &url, "--detailed-exitcode"]).expect(0);
    assert!(!nothing.stdout.contains("CREATE"), "{}", nothing.all());
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
}

#[test]
fn apply_asks_policy_and_digest() {
    let Some(pair) = shared("apply_asks_policy_and_digest") else { return };
    let schema = pair.schema("apply");
    let url = pair.url(Role::Primary, &schema);
    let replica = pair.url(Role::Replica, &schema);
    pair.sql(Role::Primary, &schema, "CREATE TABLE users (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, email varchar(100) NOT NULL, fax varchar(9)); CREATE TABLE other (id int PRIMARY KEY)");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("users.sql");
    std::fs::write(&file, USERS).expect("writable");
    let file = argument(&file);
    let before = snapshot(pair, &schema);

    // Destructive, no terminal, no approval: nothing runs.
    run(&["apply", "-f", file, "--url", &url]).expect(3);
    run(&["apply", "-f", file, "--url", &url, "--auto-approve", "--max-risk", "Caution"]).expect(3);
    run(&["apply", "-f", file, "--url", &url, "--approve", "v1:sha256:0000"]).expect(3);
    assert_eq!(snapshot(pair, &schema), before);

    let plan = json(&run(&["plan", "-f", file, "--url", &url, "--format", "json"]).expect(0).stdout);
    assert_eq!(plan["risk"], "Destructive");
    let digest = plan["digest"].as_str().expect("a digest");
    let done =
        run(&["apply", "-f", file, "--url", &url, "--replica-url", &replica, "--approve", digest, "--format", "json"])
            .expect(0);
    json(&done.stdout);
    assert!(!pair.definition(Role::Replica, &schema, "users").contains("fax"), "exit 0 before the replica had it");
    assert_eq!(pair.tables(Role::Primary, &schema), ["other", "users"], "a table that no manifest names is left alone");

    let pruned = json(&run(&["plan", "-f", file, "--url", &url, "--prune", "--format", "json"]).expect(0).stdout);
    assert_eq!(pruned["statements"][0]["sql"], "DROP TABLE `other`");
    assert_eq!(pruned["risk"], "Destructive");
    run(&["verify", "--url", &url, "--replica-url", &replica, "-f", file]).expect(0);
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
}

#[test]
fn diff_needs_no_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let (from, to) = (folder.path().join("from.sql"), folder.path().join("to.sql"));
    std::fs::write(&from, USERS).expect("writable");
    std::fs::write(&to, USERS.replace("NOT NULL\n)", "NOT NULL,\n  age int\n)")).expect("writable");
    let (from, to) = (argument(&from), argument(&to));
    let diff = run(&["diff", "--from", from, "--to", to, "--format", "sql"]).expect(0);
    assert!(diff.stdout.contains("ALTER TABLE `users` ADD COLUMN `age` int, ALGORITHM=INSTANT"), "{}", diff.all());
    run(&["diff", "--from", from, "--to", to, "--detailed-exitcode"]).expect(2);
    run(&["diff", "--from", from, "--to", from, "--detailed-exitcode"]).expect(0);
    run(&["diff", "--from", from, "--to", to, "--server-version", "8.4"]).expect(0);
}

#[test]
fn export_plans_empty_in_both_forms() {
    let Some(pair) = shared("export_plans_empty_in_both_forms") else { return };
    let schema = pair.schema("export");
    let url = pair.url(Role::Primary, &schema);
    pair.sql(
        Role::Primary,
        &schema,
        "CREATE TABLE a (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, d decimal(9,2) DEFAULT '1.50', \
         e enum('x','it''s') NOT NULL DEFAULT 'x', t timestamp(3) NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), \
         g varchar(20) GENERATED ALWAYS AS (concat(e, '!')) STORED, j json DEFAULT (json_object()), b binary(4) DEFAULT 'ab', \
         l varchar(9) CHARACTER SET latin1 DEFAULT 'é', n varchar(5) DEFAULT 'NULL', h int INVISIBLE, \
         UNIQUE KEY u (e, d DESC), KEY f ((lower(n))), KEY hidden (d) INVISIBLE, CONSTRAINT c CHECK (d > 0) NOT ENFORCED) COMMENT 'it''s';\
         CREATE TABLE b (id int PRIMARY KEY, a_id int unsigned, CONSTRAINT b_a FOREIGN KEY (a_id) REFERENCES a (id) ON DELETE SET NULL)",
    );
    for format in ["yaml", "sql"] {
        let folder = tempfile::tempdir().expect("a folder");
        let directory = argument(folder.path());
        run(&["export", "--url", &url, "--format", format, "-o", directory]).expect(0);
        let plan = run(&["plan", "-f", directory, "--url", &url, "--detailed-exitcode"]);
        assert_eq!(plan.code, 0, "{format}: {}", plan.all());
        let empty = pair.schema("import");
        let to = pair.url(Role::Primary, &empty);
        run(&["apply", "-f", directory, "--url", &to]).expect(0);
        assert_eq!(snapshot(pair, &empty), snapshot(pair, &schema), "{format}");
        pair.sql(Role::Primary, "", &format!("DROP DATABASE `{empty}`"));
    }
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
}

#[test]
fn a_key_to_a_schema_that_the_account_may_not_see_is_left_alone() {
    let Some(pair) = shared("a_key_to_a_schema_that_the_account_may_not_see") else { return };
    let schema = pair.schema("keys");
    // The account's grants begin with t.
    let hidden = format!("hidden_{schema}");
    pair.sql(
        Role::Primary,
        &schema,
        &format!(
            "CREATE DATABASE `{hidden}`; CREATE TABLE `{hidden}`.p (id int PRIMARY KEY);
             CREATE TABLE c (id int PRIMARY KEY, p_id int, CONSTRAINT f FOREIGN KEY (p_id) REFERENCES `{hidden}`.p (id))"
        ),
    );
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("c.sql");
    let plan = |columns: &str| {
        let text = format!(
            "CREATE TABLE c (id int PRIMARY KEY, p_id int, {columns} CONSTRAINT f FOREIGN KEY (p_id) REFERENCES `{hidden}`.p (id));"
        );
        std::fs::write(&file, text).expect("writable");
        run(&["plan", "-f", argument(&file), "--url", &pair.url(Role::Primary, &schema)])
    };
    assert!(plan("a int,").expect(0).stdout.contains("ADD COLUMN `a`"));
    let other = format!("CONSTRAINT g FOREIGN KEY (id) REFERENCES `{hidden}`.nowhere (id),");
    assert!(plan(&other).expect(3).stdout.contains("nowhere"));
    pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`; DROP DATABASE `{hidden}`"));
}
