//! Clients of the test's control plane, one per real user, and namespaces of a test's own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::GroupVersionKind;
use kube::discovery::ApiResource;
use kube::{Client, Config};
use serde_json::{Value, json};

/// Where the kubeconfigs are (`kubeconfig-USER`); `None` skips the test by name on a machine without a control plane.
pub(crate) fn folder() -> Option<PathBuf> {
    crate::support::cluster::shared("api").map(|cluster| cluster.directory().to_owned())
}

/// A client that is this user.
pub(crate) async fn client(folder: &Path, user: &str) -> Client {
    let kubeconfig = Kubeconfig::read_from(folder.join(format!("kubeconfig-{user}"))).expect("kubeconfig");
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.expect("config");
    Client::try_from(config).expect("client")
}

/// The resource of a manifest's apiVersion and kind.
pub(crate) fn resource(manifest: &Value) -> ApiResource {
    let (group, version) = match manifest["apiVersion"].as_str().expect("apiVersion").split_once('/') {
        Some((group, version)) => (group, version),
        None => ("", manifest["apiVersion"].as_str().expect("apiVersion")),
    };
    ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, manifest["kind"].as_str().expect("kind")))
}

/// Objects of the manifest's kind in a namespace.
pub(crate) fn objects(client: &Client, namespace: &str, manifest: &Value) -> Api<DynamicObject> {
    Api::namespaced_with(client.clone(), namespace, &resource(manifest))
}

/// The documents of a YAML file.
pub(crate) fn documents(text: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(text).expect("YAML")
}

/// Creates the object, or, where it exists, replaces it (as `kubectl replace` does); fields are checked strictly.
pub(crate) async fn put(client: &Client, namespace: &str, manifest: &Value) -> Result<(), String> {
    let name = manifest["metadata"]["name"].as_str().expect("name");
    let path = format!(
        "/apis/{}/namespaces/{namespace}/{}",
        manifest["apiVersion"].as_str().expect("apiVersion"),
        resource(manifest).plural
    );
    let live = objects(client, namespace, manifest).get_opt(name).await.map_err(|error| error.to_string())?;
    let mut body = manifest.clone();
    let request = match live {
        None => http("POST", &format!("{path}?fieldValidation=Strict"), &body),
        Some(live) => {
            body["metadata"]["resourceVersion"] = json!(live.metadata.resource_version);
            http("PUT", &format!("{path}/{name}?fieldValidation=Strict"), &body)
        }
    };
    client.request::<Value>(request).await.map(drop).map_err(|error| error.to_string())
}

fn http(method: &str, path: &str, body: &Value) -> axum::http::Request<Vec<u8>> {
    axum::http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(body.to_string().into_bytes())
        .expect("request")
}

/// Applies every document of these files as the administrator.
async fn install(admin: &Client, paths: &[PathBuf]) {
    let parameters = PatchParams::apply("tablewright-tests").force();
    for path in paths {
        for document in documents(&std::fs::read_to_string(path).expect("file")) {
            let name = document["metadata"]["name"].as_str().expect("name").to_owned();
            let api: Api<DynamicObject> = match document["metadata"]["namespace"].as_str() {
                Some(namespace) => Api::namespaced_with(admin.clone(), namespace, &resource(&document)),
                None => Api::all_with(admin.clone(), &resource(&document)),
            };
            api.patch(&name, &parameters, &Patch::Apply(&document))
                .await
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("folder").map(|entry| entry.expect("entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    files
}

/// Installs CRDs, roles and policies, and waits until they hold.
pub(crate) async fn install_all(admin: &Client) {
    static ONCE: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
    ONCE.get_or_init(|| async {
        install(admin, &files("crds")).await;
        let roles = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/rbac");
        install(admin, &["namespace.yaml", "roles.yaml", "controller.yaml"].map(|name| roles.join(name))).await;
        install(admin, &files("config/admission")).await;
        // A policy works a moment after it is written: until then an administrator may create a Plan.
        for _ in 0..100 {
            let probe = super::admission::plan("probe", &["Kubectl"]);
            let api = objects(admin, "default", &probe);
            let object: DynamicObject = serde_json::from_value(probe).expect("object");
            let parameters = PostParams { dry_run: true, field_manager: None };
            let refused = api.create(&parameters, &object).await;
            if refused.as_ref().is_err_and(|error| error.to_string().contains("only the tablewright controller")) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the admission policies did not come into force within 10 s");
    })
    .await;
}

/// A namespace of the test's own, deleted when it ends.
pub(crate) struct Namespace {
    /// Its name.
    pub(crate) name: String,
    api: Api<DynamicObject>,
}

impl Namespace {
    /// Makes it.
    pub(crate) async fn new(admin: &Client, test: &str) -> Self {
        let manifest = json!({"apiVersion": "v1", "kind": "Namespace"});
        let api: Api<DynamicObject> = Api::all_with(admin.clone(), &resource(&manifest));
        let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("clock").as_nanos();
        let name = format!("api-{test}-{}", nanos % 1_000_000_000_000);
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        let object: DynamicObject = serde_json::from_value(object).expect("object");
        api.create(&PostParams::default(), &object).await.expect("namespace");
        Self { name, api }
    }

    /// Binds a ClusterRole to a user in this namespace.
    pub(crate) async fn bind(&self, admin: &Client, role: &str, user: &str) {
        let manifest = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": format!("{role}-{}", user.replace(':', "-"))},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
        });
        put(admin, &self.name, &manifest).await.expect("binding");
    }

    /// Deletes it with everything in it (without waiting).
    pub(crate) async fn delete(self) {
        self.api.delete(&self.name, &DeleteParams::background()).await.expect("deletion");
    }
}
