//! What writers of Databases and Tables cannot read through the controller: keys of Secrets, and values of rows.

use serde_json::json;

use crate::support::{
    cluster::User,
    pair::{Role, eventually},
    scene::{LIMIT, Scene},
};

/// A text that stands in a key of a Secret, or in a row, and nowhere else.
const KEPT: &str = "kept-5ecret-7f3a";

/// All that the controller has told of this namespace, but for its Plans' statements, which are the authors' own text.
fn told(scene: &Scene) -> Vec<String> {
    let listed = |kind: &str| scene.cluster.list(&scene.namespace, kind).into_iter().map(|object| object.to_string());
    let kinds = ["databases.tablewright.dev", "tables.tablewright.dev", "plans.tablewright.dev"];
    kinds.into_iter().chain(["events.events.k8s.io"]).flat_map(listed).collect()
}

#[test]
fn no_key_of_a_secret_is_told_as_the_name_of_an_account() {
    let test = "no_key_of_a_secret_is_told_as_the_name_of_an_account";
    let Some(scene) = Scene::own(test, "") else { return };
    let controller = scene.cluster.controller("first", &[]);
    scene.users("    - {name: email, type: varchar(50)}\n");
    scene.ready("users");
    let patch = json!({ "stringData": { "token": KEPT } }).to_string();
    let arguments = ["-n", &scene.namespace, "patch", "secret", "mysql", "--type=merge", "-p", &patch];
    scene.cluster.kubectl(User::Admin, &arguments, "");
    let credentials = |key: &str| json!({ "secretName": "mysql", "usernameKey": key, "passwordKey": "password" });
    scene.change_database(&json!({ "primary": { "credentials": credentials("token") } }));
    scene.wait_database("Ready", "False", "AuthenticationFailed");
    let place = format!("the account in key `token` of Secret {}/mysql", scene.namespace);
    eventually("the place of the account is told", LIMIT, || scene.database()["status"].to_string().contains(&place));
    eventually("an event tells of it", LIMIT, || told(&scene).iter().any(|text| text.contains(&place)));
    let log = controller.log();
    assert!(log.contains(&place), "{log}");
    assert!(told(&scene).iter().chain([&log]).all(|text| !text.contains(KEPT)), "{log}");
}

#[test]
fn no_value_of_a_row_is_told_by_a_plan_or_its_failure() {
    let test = "no_value_of_a_row_is_told_by_a_plan_or_its_failure";
    let Some(scene) = Scene::own(test, "  approval: {from: None}\n") else { return };
    let controller = scene.cluster.controller("first", &[]);
    let email = "    - {name: email, type: varchar(50)}\n";
    scene.users(email);
    scene.ready("users");
    scene.pair.sql(Role::Primary, &scene.schema, &format!("INSERT INTO users (email) VALUES ('{KEPT}')"));
    let quoting = "gtid_subtract(concat('~', email), '')";
    scene.users(&format!(
        "{email}    - {{name: copied, type: varchar(200), generated: {{expression: \"{quoting}\", kind: Stored}}}}\n"
    ));
    scene.wait("users", "Stalled", "True", "PlanFailed");
    let log = controller.log();
    let told = told(&scene);
    assert!(told.iter().any(|text| text.contains("1772")), "{told:#?}");
    assert!(told.iter().chain([&log]).all(|text| !text.contains(KEPT)), "{log}\n{told:#?}");
    // The same as a check: what it would break is asked when the plan is made.
    scene.users(&format!(
        "{email}  checks: [{{name: quoting, expression: \"gtid_subset(concat('~', email), '') = 1\"}}]\n"
    ));
    eventually("the plan says that the server refused the question", LIMIT, || {
        self::told(&scene).iter().any(|text| text.contains("the server refused the question (error 1772)"))
    });
    assert!(self::told(&scene).iter().chain([&controller.log()]).all(|text| !text.contains(KEPT)), "{told:#?}");
}
