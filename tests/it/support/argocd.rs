//! A real Argo CD against a control plane of this run, and a Git repository for it to sync from.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use super::{binary, cluster::Cluster, env_file};

/// Argo CD's parts as processes that end with this one.
#[derive(Debug)]
pub struct Argocd {
    directory: PathBuf,
    environment: BTreeMap<String, String>,
}

impl Argocd {
    /// Installs it in the cluster and starts it. The first run on a machine builds it, which takes minutes.
    pub fn start(cluster: &Cluster) -> Self {
        let directory = std::env::temp_dir().join(format!("tablewright-test-{}-argocd", std::process::id()));
        let output = script("start", &directory)
            .arg("--cluster")
            .arg(cluster.directory())
            .args(["--owner", &std::process::id().to_string()])
            .output()
            .expect("scripts/argocd.sh runs");
        assert!(output.status.success(), "Argo CD did not start\n{}", String::from_utf8_lossy(&output.stderr));
        Self { environment: env_file::read(&directory.join("env")), directory }
    }

    fn get(&self, key: &str) -> &str {
        self.environment.get(key).unwrap_or_else(|| panic!("{key} is not in Argo CD's env file"))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.get("TABLEWRIGHT_TEST_ARGOCD"));
        let home = self.get("TABLEWRIGHT_TEST_ARGOCD_HOME");
        command.env("HOME", home).env("XDG_CONFIG_HOME", home).env_remove("KUBECONFIG").args(arguments);
        command
    }

    /// A request to its API server, as its pages make them: the answer, or the message of the error.
    pub fn request(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let server = self.get("TABLEWRIGHT_TEST_ARGOCD_SERVER");
        let mut stream = TcpStream::connect(server).map_err(|error| error.to_string())?;
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {server}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(format!("{head}{body}").as_bytes()).map_err(|error| error.to_string())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_err(|error| error.to_string())?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| format!("no answer: {answer}"))?;
        let answer: Value = serde_json::from_str(body).map_err(|error| format!("{error}: {body}"))?;
        let status = head.lines().next().unwrap_or_default();
        if status.contains(" 200 ") { Ok(answer) } else { Err(answer["message"].as_str().unwrap_or(body).to_owned()) }
    }

    /// The command `argocd` without a server.
    #[track_caller]
    pub fn run_offline(&self, arguments: &[&str]) -> String {
        finish(&mut self.command(arguments)).unwrap_or_else(|message| panic!("argocd {arguments:?}: {message}"))
    }

    /// The command `argocd` against its API server.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> String {
        let server = ["--server", self.get("TABLEWRIGHT_TEST_ARGOCD_SERVER"), "--plaintext"];
        self.run_offline(&[arguments, &server].concat())
    }

    /// What the command `argocd` answers without a server, whatever it exits with.
    pub fn ask(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).stdin(Stdio::null()).output().expect("argocd runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The last lines of its parts' logs.
    pub fn logs(&self) -> String {
        let mut text = String::new();
        for part in ["argocd-application-controller", "argocd-repo-server", "argocd-server"] {
            let log = std::fs::read_to_string(self.directory.join(format!("{part}.log"))).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            text.push_str(&format!("--- {part}\n{}\n", lines[lines.len().saturating_sub(15)..].join("\n")));
        }
        text
    }
}

impl Drop for Argocd {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.logs());
        }
        let output = script("stop", &self.directory).output().expect("scripts/argocd.sh runs");
        assert!(output.status.success() || std::thread::panicking(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

fn script(command: &str, directory: &Path) -> Command {
    let mut script = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/argocd.sh"));
    script.arg(command).arg(directory).stdin(Stdio::null());
    script
}

fn finish(command: &mut Command) -> Result<String, String> {
    let output = binary::run_client(command, "");
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// A Git repository in a folder of its own.
#[derive(Debug)]
pub struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    /// An empty one.
    pub fn new() -> Self {
        let repository = Self { folder: tempfile::tempdir().expect("a folder") };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    /// Where Argo CD finds it.
    pub fn url(&self) -> String {
        format!("file://{}", self.folder.path().display())
    }

    #[track_caller]
    fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.current_dir(self.folder.path()).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command.args([
            "-c",
            "user.name=developer",
            "-c",
            "user.email=developer@localhost",
            "-c",
            "commit.gpgsign=false",
        ]);
        finish(command.args(arguments)).unwrap_or_else(|message| panic!("git {arguments:?}: {message}"))
    }

    /// Writes these files (no text: the file goes) and commits: the commit's id.
    #[track_caller]
    pub fn commit(&self, message: &str, files: &[(&str, Option<&str>)]) -> String {
        for (name, text) in files {
            let path = self.folder.path().join(name);
            match text {
                Some(text) => {
                    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                    std::fs::write(path, text).expect("written");
                }
                None => std::fs::remove_file(path).expect("removed"),
            }
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }
}
