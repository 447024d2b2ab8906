//! Names of constraints that another table gets, from a table that goes or from one that stays: one plan, on rows.

use crate::support::{
    binary::{Outcome, run},
    mariadb,
    pair::{Pair, Role, shared},
};

/// A server with a schema.
struct Scene<'a> {
    pair: Option<&'a Pair>,
    mariadb: Option<&'a mariadb::Mariadb>,
    schema: String,
}

impl Scene<'_> {
    fn sql(&self, sql: &str) -> String {
        match (self.pair, self.mariadb) {
            (Some(pair), _) => pair.sql(Role::Primary, &self.schema, sql),
            (None, Some(server)) => server.sql(&self.schema, sql),
            (None, None) => unreachable!("a scene has a server"),
        }
    }

    fn url(&self) -> String {
        match (self.pair, self.mariadb) {
            (Some(pair), _) => pair.url(Role::Primary, &self.schema),
            (None, Some(server)) => server.url(&self.schema),
            (None, None) => unreachable!("a scene has a server"),
        }
    }

    fn run(&self, command: &str, desired: &str, more: &[&str]) -> Outcome {
        let file = tempfile::NamedTempFile::with_suffix(".sql").unwrap();
        std::fs::write(file.path(), desired).unwrap();
        let url = self.url();
        let mut arguments = vec![command, "-f", file.path().to_str().unwrap(), "--url", &url];
        arguments.extend(more);
        run(&arguments)
    }

    /// Applies with --prune; then nothing is left to do. Gives the SQL of the plan.
    #[track_caller]
    fn moves(&self, live: &str, desired: &str) -> String {
        self.sql(live);
        let plan = self.run("plan", desired, &["--prune", "--format", "sql"]).expect(0).stdout;
        self.run("apply", desired, &["--prune", "--auto-approve"]).expect(0);
        self.run("plan", desired, &["--prune", "--detailed-exitcode"]).expect(0);
        plan
    }
}

/// The places of these texts in a plan, in this order.
#[track_caller]
fn in_order(plan: &str, texts: &[&str]) {
    let mut at = 0;
    for text in texts {
        let found = plan[at..].find(text).unwrap_or_else(|| panic!("`{text}` is not in its place:\n{plan}"));
        at += found + text.len();
    }
}

const PARENT: &str = "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);";
const P: &str = "CREATE TABLE p (id int PRIMARY KEY);";

/// Runs on both servers.
fn both(test: &str, check: impl Fn(&Scene<'_>)) {
    if let Some(pair) = shared(test) {
        check(&Scene { pair: Some(pair), mariadb: None, schema: pair.schema("names") });
    }
    if let Some(server) = mariadb::shared(test) {
        check(&Scene { pair: None, mariadb: Some(server), schema: server.schema("names") });
    }
}

#[test]
fn a_foreign_key_gets_the_name_of_one_whose_table_goes() {
    both("a_foreign_key_gets_the_name", |scene| {
        let live = format!(
            "{PARENT} CREATE TABLE zold (id int PRIMARY KEY, p int, CONSTRAINT owner FOREIGN KEY (p) REFERENCES p (id));
             CREATE TABLE kept (id int PRIMARY KEY, p int, KEY (p));
             INSERT INTO zold VALUES (1, 1); INSERT INTO kept VALUES (7, 2)"
        );
        // By a new table, and then by one that exists.
        let desired = format!(
            "{P} CREATE TABLE anew (id int PRIMARY KEY, p int, CONSTRAINT owner FOREIGN KEY (p) REFERENCES p (id));
             CREATE TABLE kept (id int PRIMARY KEY, p int, KEY (p));"
        );
        let plan = scene.moves(&live, &desired);
        in_order(&plan, &["ALTER TABLE `zold`", "CREATE TABLE `anew`", "DROP TABLE `zold`"]);
        let desired = format!(
            "{P} CREATE TABLE kept (id int PRIMARY KEY, p int, KEY (p), CONSTRAINT OWNER FOREIGN KEY (p) REFERENCES p (id));"
        );
        let plan = scene.moves("INSERT INTO anew VALUES (1, 1)", &desired);
        in_order(&plan, &["ALTER TABLE `anew`", "ALTER TABLE `kept`", "DROP TABLE `anew`"]);
        assert_eq!(scene.sql("SELECT id, p FROM kept").trim(), "7\t2");
    });
}

#[test]
fn names_of_foreign_keys_swap_between_two_tables() {
    both("names_of_foreign_keys_swap", |scene| {
        let table = |name: &str, key: &str| {
            format!(
                "CREATE TABLE {name} (id int PRIMARY KEY, p int, KEY (p), CONSTRAINT {key} FOREIGN KEY (p) REFERENCES p (id));"
            )
        };
        let live = format!(
            "{PARENT} {} {} INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1, 2);",
            table("a", "one"),
            table("b", "two")
        );
        scene.moves(&live, &format!("{P} {} {}", table("a", "two"), table("b", "one")));
        assert_eq!(scene.sql("SELECT p FROM a UNION ALL SELECT p FROM b"), "1\n2\n");
    });
}

#[test]
fn a_dropped_family_goes_children_first_though_a_name_of_it_is_taken() {
    both("a_dropped_family", |scene| {
        let live = format!(
            "{PARENT} CREATE TABLE mother (id int PRIMARY KEY, p int, CONSTRAINT fk_1 FOREIGN KEY (p) REFERENCES p (id));
             CREATE TABLE child (id int PRIMARY KEY, m int, CONSTRAINT fk_2 FOREIGN KEY (m) REFERENCES mother (id));
             INSERT INTO mother VALUES (1, 1); INSERT INTO child VALUES (1, 1)"
        );
        let desired = format!(
            "{P} CREATE TABLE other (id int PRIMARY KEY, p int, CONSTRAINT fk_1 FOREIGN KEY (p) REFERENCES p (id));"
        );
        let plan = scene.moves(&live, &desired);
        in_order(&plan, &["ALTER TABLE `mother`", "CREATE TABLE `other`", "DROP TABLE `child`", "DROP TABLE `mother`"]);
        assert!(!plan.contains("ALTER TABLE `child`"), "its name is nobody's:\n{plan}");
    });
}

#[test]
fn a_check_gets_the_name_of_one_that_goes() {
    both("a_check_gets_the_name", |scene| {
        let is_mysql = scene.pair.is_some();
        let table =
            |name: &str, check: &str| format!("CREATE TABLE {name} (id int PRIMARY KEY, n int, CONSTRAINT {check});");
        let live = format!(
            "{} {} {} INSERT INTO a VALUES (1, 5); INSERT INTO b VALUES (1, 6); INSERT INTO zold VALUES (1, 7)",
            table("a", "c_a CHECK (n > 1)"),
            table("b", "c_b CHECK (n > 2)"),
            table("zold", "c_old CHECK (n > 3)")
        );
        // The names swap, and a new table takes that of one that goes.
        let desired = format!(
            "{} {} {}",
            table("a", "c_b CHECK (n > 1)"),
            table("b", "c_a CHECK (n > 2)"),
            table("anew", "C_OLD CHECK (n > 4)")
        );
        let plan = scene.moves(&live, &desired);
        if is_mysql {
            in_order(&plan, &["ALTER TABLE `b`", "ALTER TABLE `zold`", "ALTER TABLE `a`", "ALTER TABLE `b`"]);
            in_order(&plan, &["ALTER TABLE `zold`", "CREATE TABLE `anew`", "DROP TABLE `zold`"]);
            assert_eq!(plan.matches("ALTER TABLE `a`").count(), 1, "it has its own name by then:\n{plan}");
        } else {
            assert!(!plan.contains("ALTER TABLE `zold`"), "its names are its own:\n{plan}");
        }
        assert_eq!(scene.sql("SELECT n FROM a UNION ALL SELECT n FROM b"), "5\n6\n");
        // Both are as strict as they are to be.
        for wrong in ["INSERT INTO a VALUES (2, 1)", "INSERT INTO b VALUES (2, 2)"] {
            let refused = match (scene.pair, scene.mariadb) {
                (Some(pair), _) => pair.try_sql(Role::Primary, &scene.schema, wrong),
                (None, Some(server)) => server.try_sql(&scene.schema, wrong),
                (None, None) => unreachable!("a scene has a server"),
            };
            assert!(refused.is_err(), "{wrong}");
        }
        // From a column and table that go to a table that stays; and on from a check that is only dropped.
        let desired = format!("{} {}", table("a", "c_old CHECK (n > 0)"), "CREATE TABLE b (id int PRIMARY KEY);");
        scene.moves("INSERT INTO anew VALUES (1, 5)", &desired);
        let desired = format!("{} {}", table("a", "c_a CHECK (n > 0)"), table("b", "c_old CHECK (n > 0)"));
        scene.moves("SELECT 1", &desired);
    });
}

#[test]
fn a_name_that_another_table_keeps_is_refused_before_anything_runs() {
    both("a_name_that_another_table_keeps", |scene| {
        let is_mysql = scene.pair.is_some();
        let keeps = "CREATE TABLE keeps (id int PRIMARY KEY, n int, KEY (n), CONSTRAINT c1 CHECK (n > 0), \
                     CONSTRAINT f1 FOREIGN KEY (n) REFERENCES p (id));";
        scene.sql(&format!(
            "{PARENT} {keeps} CREATE TABLE t (id int PRIMARY KEY, n int, KEY (n)); INSERT INTO t VALUES (1, 1)"
        ));
        for (constraint, refused) in
            [("CONSTRAINT F1 FOREIGN KEY (n) REFERENCES p (id)", true), ("CONSTRAINT C1 CHECK (n > 0)", is_mysql)]
        {
            for name in ["t", "anew"] {
                let desired = format!("CREATE TABLE {name} (id int PRIMARY KEY, n int, KEY (n), {constraint});");
                // The other table is not named, or is as declared; in one that goes or changes the name is free.
                for (beside, is_free) in [
                    (String::new(), false),
                    (format!("{P} {keeps}"), false),
                    (format!("{P} CREATE TABLE keeps (id int PRIMARY KEY, n int, KEY (n));"), true),
                ] {
                    let told = scene.run("plan", &format!("{beside} {desired}"), &[]);
                    let code = if refused && !is_free { 3 } else { 0 };
                    assert!(told.code == code, "{constraint} of {name} beside `{beside}`: {}", told.all());
                    assert!(code == 0 || told.all().contains("`keeps`"), "{}", told.all());
                }
            }
        }
    });
}
