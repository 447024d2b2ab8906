//! The API server accepts every right manifest and refuses every wrong one with the message that the file expects.
//!
//! A file holds one or more versions of one object, written one after the other; of a wrong file the last one is refused.
//! `# expect: TEXT` is part of the refusal; `# as: USER,USER` says who writes which version (an administrator otherwise).

use std::path::Path;

use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams};
use serde_json::json;

use super::support::{Namespace, client, documents, folder, install_all, objects, put};

fn comment<'text>(text: &'text str, key: &str) -> Option<&'text str> {
    text.lines().find_map(|line| line.strip_prefix(&format!("# {key}: ")))
}

#[tokio::test]
async fn manifests_right_and_wrong() {
    let Some(folder) = folder() else { return };
    let admin = client(&folder, "admin").await;
    install_all(&admin).await;
    let namespace = Namespace::new(&admin, "crds").await;
    namespace.bind(&admin, "tablewright-approver", "dba").await;
    let mut failures = Vec::new();
    for kind in ["right", "wrong"] {
        let manifests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests").join(kind);
        let mut paths: Vec<_> = std::fs::read_dir(manifests).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        assert!(paths.len() > 10);
        for path in paths {
            let text = std::fs::read_to_string(&path).unwrap();
            let expected = comment(&text, "expect");
            assert_eq!(expected.is_some(), kind == "wrong", "{}", path.display());
            let users: Vec<&str> = comment(&text, "as").map_or(Vec::new(), |users| users.split(',').collect());
            let versions = documents(&text);
            let last = versions.len() - 1;
            for (index, version) in versions.iter().enumerate() {
                let user = users.get(index).copied().unwrap_or("admin");
                let result = put(&client(&folder, user).await, &namespace.name, version).await;
                match (result, expected.filter(|_| index == last)) {
                    (Ok(()), None) => {}
                    (Err(error), Some(expected)) if error.contains(expected) => {}
                    (result, expected) => failures.push(format!(
                        "{} version {index}: expected {expected:?}, got {result:?}",
                        path.file_name().unwrap().to_string_lossy()
                    )),
                }
                if version["kind"] == "Plan" && index == 0 && last > 0 {
                    let controller = client(&folder, "tablewright").await;
                    let name = version["metadata"]["name"].as_str().unwrap();
                    let api: Api<DynamicObject> = objects(&controller, &namespace.name, version);
                    let pending = Patch::Merge(json!({"status": {"phase": "Pending"}}));
                    api.patch_status(name, &PatchParams::default(), &pending).await.unwrap();
                }
            }
            let name = versions[0]["metadata"]["name"].as_str().unwrap();
            // What was refused at once does not exist.
            let _ = objects(&admin, &namespace.name, &versions[0]).delete(name, &DeleteParams::default()).await;
        }
    }
    namespace.delete().await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test]
async fn a_new_object_is_unobserved_and_selectable() {
    let Some(folder) = folder() else { return };
    let admin = client(&folder, "admin").await;
    install_all(&admin).await;
    let namespace = Namespace::new(&admin, "status").await;
    for (name, database) in [("a", "blog"), ("b", "shop")] {
        let table = json!({
            "apiVersion": "tablewright.dev/v1alpha1", "kind": "Table", "metadata": {"name": name},
            "spec": {"databaseRef": {"name": database}, "columns": [{"name": "id", "type": "int"}]},
        });
        put(&admin, &namespace.name, &table).await.unwrap();
    }
    let tables: Api<tablewright::api::Table> = Api::namespaced(admin.clone(), &namespace.name);
    let blog = tables.list(&kube::api::ListParams::default().fields("spec.databaseRef.name=blog")).await.unwrap();
    assert_eq!(blog.items.len(), 1);
    assert_eq!(blog.items[0].status.as_ref().unwrap().observed_generation, -1);
    namespace.delete().await;
}

#[tokio::test]
async fn a_table_of_4096_columns_is_accepted() {
    let Some(folder) = folder() else { return };
    let admin = client(&folder, "admin").await;
    install_all(&admin).await;
    let namespace = Namespace::new(&admin, "wide").await;
    let columns: Vec<_> = (0..4096).map(|number| json!({"name": format!("c{number}"), "type": "int"})).collect();
    let table = json!({
        "apiVersion": "tablewright.dev/v1alpha1", "kind": "Table", "metadata": {"name": "wide"},
        "spec": {"databaseRef": {"name": "blog"}, "columns": columns},
    });
    put(&admin, &namespace.name, &table).await.unwrap();
    namespace.delete().await;
}
