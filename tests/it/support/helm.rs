//! helm, with folders of its own: nobody's repositories or plugins are used.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use super::binary;

/// The real helm.
#[derive(Debug)]
pub struct Helm {
    program: PathBuf,
    home: tempfile::TempDir,
    kubeconfig: Option<PathBuf>,
}

/// What `make test` brings under this name: `None` (said by name) without, and an error in CI.
fn part(test: &str, name: &str) -> Option<PathBuf> {
    let found = std::env::var_os(name).map(PathBuf::from);
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{test}: {name} is not set; in CI the charts must be tested");
        eprintln!("SKIPPED {test}: {name} is not set; `make test` brings it");
    }
    found
}

/// A folder with the kinds of other projects, one subfolder each.
pub fn foreign_crds(test: &str) -> Option<PathBuf> {
    part(test, "TABLEWRIGHT_FOREIGN_CRDS")
}

/// kubectl without a cluster, for what it does with files.
pub fn kubectl(test: &str) -> Option<Command> {
    part(test, "KUBEBUILDER_ASSETS").map(|assets| Command::new(assets.join("kubectl")))
}

/// The documents of a YAML text that hold an object.
pub fn objects(text: &str) -> Vec<Value> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    documents.into_iter().filter(Value::is_object).collect()
}

/// A folder of the project.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

impl Helm {
    /// Without a cluster: it renders.
    pub fn new(test: &str) -> Option<Self> {
        let program = part(test, "TABLEWRIGHT_HELM")?;
        Some(Self { program, home: tempfile::tempdir().expect("a folder"), kubeconfig: None })
    }

    /// With a cluster, as an administrator.
    pub fn with_kubeconfig(mut self, kubeconfig: PathBuf) -> Self {
        self.kubeconfig = Some(kubeconfig);
        self
    }

    /// Where the program is.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Runs it with this text as standard input: what it printed, or its error.
    pub fn try_run(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        let mut command = Command::new(&self.program);
        for name in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
            command.env(name, self.home.path().join(name));
        }
        command.env_remove("HELM_NAMESPACE").env_remove("KUBECONFIG").args(arguments);
        if let Some(kubeconfig) = &self.kubeconfig {
            command.arg("--kubeconfig").arg(kubeconfig);
        }
        let output = binary::run_client(&mut command, input);
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// As [`Helm::try_run`]; a failure fails the test.
    #[track_caller]
    pub fn run(&self, arguments: &[&str], input: &str) -> String {
        match self.try_run(arguments, input) {
            Ok(text) => text,
            Err(message) => panic!("helm {arguments:?}: {message}\n{input}"),
        }
    }

    /// Renders the chart in this folder under these values, as release `tablewright` for a Kubernetes that has all APIs.
    pub fn try_render(&self, chart: &Path, values: &str) -> Result<Vec<Value>, String> {
        let chart = binary::argument(chart);
        let apis = "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy";
        let namespace = "tablewright-system";
        let arguments = ["template", "tablewright", chart, "-n", namespace, "--api-versions", apis, "-f", "-"];
        self.try_run(&arguments, values).map(|text| objects(&text))
    }

    /// As [`Helm::try_render`], the controller's chart; a failure fails the test.
    #[track_caller]
    pub fn render(&self, values: &str) -> Vec<Value> {
        match self.try_render(&folder("charts/tablewright"), values) {
            Ok(objects) => objects,
            Err(message) => panic!("{message}\n{values}"),
        }
    }
}
