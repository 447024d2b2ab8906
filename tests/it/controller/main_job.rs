//! The main job, whole: Tables in a real API server, a controller under exactly its roles, a real primary and replica.

use std::time::Duration;

use crate::support::{
    cluster::User,
    pair::{Role, eventually},
    scene::{LIMIT, Scene},
};

#[test]
fn a_table_is_created_and_proved_on_the_replica() {
    let Some(scene) = Scene::shared("a_table_is_created_and_proved_on_the_replica", "") else { return };
    scene.users("    - {name: email, type: varchar(100), nullable: false}\n");
    scene.ready("users");
    // At the moment when it is Ready, the replica has it.
    assert!(scene.has(Role::Replica, "users", "`email` varchar(100) NOT NULL"));
    scene.wait("users", "Applied", "True", "");
    scene.wait("users", "Replicated", "True", "");

    // A change below the policy's level runs by itself.
    scene.users("    - {name: email, type: varchar(100), nullable: false}\n    - {name: age, type: int}\n");
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "`age` int"));
    assert!(scene.plans().iter().all(|plan| plan["status"]["phase"] == "Succeeded"));

    // Deleting the object leaves the table.
    scene.cluster.kubectl(User::Developer, &["-n", &scene.namespace, "delete", "tables.tablewright.dev", "users"], "");
    std::thread::sleep(Duration::from_secs(2));
    assert!(scene.has(Role::Primary, "users", "`age` int"));
}

#[test]
fn who_may_approve() {
    let Some(scene) = Scene::shared("who_may_approve", "") else { return };
    scene.users("    - {name: email, type: varchar(100)}\n    - {name: fax, type: varchar(20)}\n");
    scene.ready("users");
    scene.users("    - {name: email, type: varchar(100)}\n");
    scene.wait("users", "Ready", "False", "AwaitingApproval");
    let plan = scene.plan("Pending");
    let digest = scene.digest(&plan);

    let refused =
        |user, by: &str, digest: &str| scene.decide(user, by, &plan, "Approved", digest).expect_err("refused");
    refused(User::Developer, "dev", &digest);
    refused(User::Stranger, "stranger", &digest);
    refused(User::Argocd, "system:serviceaccount:argocd:argocd-application-controller", &digest);
    refused(User::Controller, "system:serviceaccount:tablewright-system:tablewright", &digest);
    assert!(refused(User::Dba, "dba", "v1:sha256:0000").contains("digest"));
    assert!(scene.has(Role::Primary, "users", "`fax`"), "a refused decision ran");

    scene.decide(User::Dba, "dba", &plan, "Approved", &digest).expect("a DBA may approve");
    scene.ready("users");
    assert!(!scene.has(Role::Replica, "users", "`fax`"));
    let decided = scene.plan_object(&plan);
    assert_eq!(decided["spec"]["decision"]["by"], "dba");
    assert_eq!(decided["status"]["phase"], "Succeeded");
    // A decision is final.
    scene.decide(User::Dba, "dba", &plan, "Rejected", &digest).expect_err("a decision is final");
}

#[test]
fn a_rejected_plan_stays_rejected_until_the_manifest_changes() {
    let Some(scene) = Scene::shared("a_rejected_plan_stays_rejected", "") else { return };
    scene.users("    - {name: fax, type: varchar(20)}\n");
    scene.ready("users");
    scene.users("");
    let plan = scene.plan("Pending");
    scene.decide(User::Dba, "dba", &plan, "Rejected", &scene.digest(&plan)).expect("a DBA may reject");
    scene.wait("users", "Stalled", "True", "PlanRejected");
    assert!(scene.has(Role::Primary, "users", "`fax`"));
    scene.users("    - {name: fax, type: varchar(20)}\n");
    scene.ready("users");
}

#[test]
fn a_plan_is_superseded_by_a_new_manifest_and_by_drift() {
    let Some(scene) = Scene::shared("a_plan_is_superseded", "  drift: {interval: 1s, action: Report}\n") else {
        return;
    };
    scene.users("    - {name: fax, type: varchar(20)}\n");
    scene.ready("users");
    scene.users("");
    let first = scene.plan("Pending");
    scene.users("    - {name: phone, type: varchar(20)}\n");
    scene.wait_plan(&first, "Superseded");
    let second = scene.plan("Pending");
    let digest = scene.digest(&second);
    // Somebody changes the table behind the plan's back.
    scene.pair.sql(Role::Primary, &scene.schema, "ALTER TABLE users ADD COLUMN surprise int");
    let _ = scene.decide(User::Dba, "dba", &second, "Approved", &digest);
    scene.wait_plan(&second, "Superseded");
    assert!(scene.has(Role::Primary, "users", "`fax`"), "a plan ran on another baseline");
}

#[test]
fn drift_is_reported() {
    let Some(scene) = Scene::shared("drift_is_reported", "  drift: {interval: 1s, action: Report}\n") else { return };
    scene.users("");
    scene.ready("users");
    std::thread::sleep(Duration::from_millis(1100));
    scene.pair.sql(Role::Primary, &scene.schema, "ALTER TABLE users ADD COLUMN surprise int");
    scene.wait("users", "Drifted", "True", "");
    scene.wait("users", "Ready", "False", "");
    assert!(scene.has(Role::Primary, "users", "`surprise`"));
}

#[test]
fn two_tables_for_one_table() {
    let Some(scene) = Scene::shared("two_tables_for_one_table", "") else { return };
    scene.users("");
    scene.ready("users");
    // The first one owns the table, and times of creation have whole seconds.
    std::thread::sleep(std::time::Duration::from_secs(1));
    scene.apply("impostor", "  name: users\n  columns: [{name: other, type: int}]\n");
    scene.wait("impostor", "Stalled", "True", "");
    assert!(scene.table("impostor")["status"]["conditions"].to_string().contains("users"));
    scene.ready("users");
    assert!(!scene.has(Role::Primary, "users", "`other`"));
}

#[test]
fn a_table_that_cannot_be_is_stalled_with_the_reason() {
    let Some(scene) = Scene::shared("a_table_that_cannot_be", "") else { return };
    scene.apply("posts", "  columns: [{name: id, type: int}]\n  foreignKeys: [{name: fk, columns: [id], references: {table: nowhere, columns: [id]}}]\n");
    scene.wait("posts", "Stalled", "True", "");
    assert!(scene.table("posts")["status"]["conditions"].to_string().contains("nowhere"));
    assert!(scene.pair.tables(Role::Primary, &scene.schema).is_empty());
}

#[test]
fn a_rotated_password_is_picked_up() {
    let Some(scene) = Scene::shared("a_rotated_password_is_picked_up", "  drift: {interval: 1h}\n") else { return };
    let account = |sql: &str| scene.pair.sql(Role::Primary, "", sql);
    let (old, new) = (format!("old_{}", scene.schema), format!("new_{}", scene.schema));
    for user in [&old, &new] {
        account(&format!("CREATE USER '{user}'@'%' IDENTIFIED BY 'one'; GRANT ALL ON *.* TO '{user}'@'%'"));
    }
    let connections = |user: &str| {
        let count = format!("SELECT COUNT(*) FROM information_schema.processlist WHERE user = '{user}'");
        account(&count).trim().to_owned()
    };
    scene.cluster.secret(&scene.namespace, &old, "one");
    scene.users("");
    scene.ready("users");
    // Another account: connected to as soon as the Secret is written, long before the next look at the server.
    scene.cluster.secret(&scene.namespace, &new, "one");
    eventually("the new account is used", LIMIT, || connections(&new) != "0" && connections(&old) == "0");
    account(&format!("DROP USER '{old}'@'%'"));
    // Another password: what is connected goes on, what connects anew takes the new one.
    account(&format!("ALTER USER '{new}'@'%' IDENTIFIED BY 'two'"));
    scene.cluster.secret(&scene.namespace, &new, "two");
    let ids = account(&format!("SELECT id FROM information_schema.processlist WHERE user = '{new}'"));
    for id in ids.lines() {
        let _ = scene.pair.try_sql(Role::Primary, "", &format!("KILL {id}"));
    }
    scene.users("    - {name: age, type: int}\n");
    scene.ready("users");
    assert!(scene.has(Role::Replica, "users", "`age`"));
    account(&format!("DROP USER '{new}'@'%'"));
}

#[test]
fn an_author_cannot_make_plans_or_switch_approval_off() {
    let Some(scene) = Scene::shared("an_author_cannot_make_plans", "") else { return };
    let database = format!(
        "apiVersion: tablewright.dev/v1alpha1\nkind: Database\nmetadata: {{name: blog, namespace: {}}}\nspec: {{approval: {{from: None}}}}\n",
        scene.namespace
    );
    let refused = |input: &str| {
        scene
            .cluster
            .try_kubectl(
                User::Developer,
                &["apply", "--server-side", "--field-manager=dev", "--force-conflicts", "-f", "-"],
                input,
            )
            .expect_err("refused")
    };
    assert!(refused(&database).contains("forbidden"));
    let plan = format!(
        "apiVersion: tablewright.dev/v1alpha1\nkind: Plan\nmetadata: {{name: mine, namespace: {}}}\nspec: {{}}\n",
        scene.namespace
    );
    refused(&plan);
}
