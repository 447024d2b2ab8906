//! What the release workflow does itself, beyond calling tools: one version everywhere, the charts' packages, and the version
//! that moves in the repository from which clusters are synced. Run here on copies and on a bare repository.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::{
    binary::{self, Outcome, argument},
    helm::folder,
};

const DIGEST: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
const NEWER: &str = "sha256:2222222222222222222222222222222222222222222222222222222222222222";

fn script(name: &str) -> Command {
    let mut command = Command::new(folder("scripts/release").join(name));
    // Nobody's settings of git, and no repository around this one.
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env_remove("GIT_DIR");
    command
}

fn run(name: &str, arguments: &[&str]) -> Outcome {
    binary::outcome(script(name).args(arguments))
}

/// Files that hold the version, copied.
struct Copy(tempfile::TempDir);

impl Copy {
    fn new() -> Self {
        let copy = Self(tempfile::tempdir().expect("a folder"));
        for (file, _) in VERSIONED {
            let target = copy.path(file);
            std::fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
            std::fs::copy(folder(file), target).expect("a copy");
        }
        copy
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn version(&self, arguments: &[&str]) -> Outcome {
        binary::outcome(script("version.sh").args(arguments).env("TABLEWRIGHT_ROOT", self.0.path()))
    }
}

/// Every file that a new version changes, and how many lines of it.
const VERSIONED: [(&str, usize); 7] = [
    ("Cargo.toml", 1),
    ("Cargo.lock", 1),
    ("fuzz/Cargo.lock", 1),
    ("charts/tablewright-crds/Chart.yaml", 2),
    ("charts/tablewright/Chart.yaml", 2),
    ("config/default/deployment.yaml", 1),
    ("CHANGELOG.md", 2),
];

#[test]
fn a_release_has_one_version() {
    let copy = Copy::new();
    copy.version(&["check", "v9.8.7"]).expect(1);
    copy.version(&["set", "9.8.7"]).expect(0);
    let checked = copy.version(&["check", "v9.8.7"]).expect(0);
    assert_eq!(checked.stdout, "9.8.7\n");
    for (file, lines) in VERSIONED {
        let [before, text] =
            [folder(file), copy.path(file)].map(|path| std::fs::read_to_string(path).expect("readable"));
        let difference = difference(&folder(file), &copy.path(file));
        assert_eq!(difference.len(), lines, "{file}: {difference:?}");
        assert!(difference.iter().any(|line| line.contains("9.8.7")), "{file}: {difference:?}");
        // One that differs is named.
        std::fs::write(copy.path(file), before).expect("writable");
        let outcome = copy.version(&["check", "v9.8.7"]).expect(1);
        assert!(outcome.stderr.contains(file), "{file}: {}", outcome.stderr);
        std::fs::write(copy.path(file), text).expect("writable");
    }
    // Written again it is the same; and only versions are taken.
    copy.version(&["set", "9.8.7"]).expect(0);
    assert_eq!(difference(&folder("CHANGELOG.md"), &copy.path("CHANGELOG.md")).len(), 2);
    for wrong in ["9.8.7", "v9.8", "v09.8.7", "v9.8.7-rc1", "v9.8.7\n", ""] {
        copy.version(&["check", wrong]).expect(1);
    }
    copy.version(&["set", "9.8.7|e"]).expect(1);
}

/// The lines that the second file has and the first has not, by diff.
fn difference(from: &Path, to: &Path) -> Vec<String> {
    let output = Command::new("diff").arg(from).arg(to).output().expect("diff runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines()
        .filter_map(|line| line.strip_prefix("> ").or_else(|| (line == ">").then_some("")))
        .map(str::to_owned)
        .collect()
}

/// A bare repository, as it is on a server, with what clusters are synced from.
struct Clusters(tempfile::TempDir);

const APPLICATION: &str = "\
# Argo CD
spec:
  sources:
  - {repoURL: ghcr.io/tablewright/charts, chart: tablewright-crds,
     targetRevision: 0.1.0} # another form, left alone
  - chart: tablewright
    targetRevision: \"0.1.0\" # tablewright:version
    helm:
      valuesObject:
        replicas:   2 # stays   as it is
        extraArgs: [--log-level=debug] # tablewright:version is what this is not
        sidecar: \"ghcr.io/tablewright/tablewright:0.1.0\" # tablewright:version
        image:
          digest: sha256:0000000000000000000000000000000000000000000000000000000000000000 # tablewright:digest
";
const RELEASE: &str =
    "spec:\n  chart: {spec: {chart: podinfo, version: 0.1.0}}\n  version: 0.1.0 # tablewright:version\n";

impl Clusters {
    fn new() -> Self {
        let clusters = Self(tempfile::tempdir().expect("a folder"));
        let bare = clusters.bare();
        git(clusters.0.path(), &["init", "--quiet", "--bare", "--initial-branch=main", argument(&bare)]);
        clusters.commit(&[
            ("blog/tablewright.yaml", APPLICATION),
            ("shop/release.yaml", RELEASE),
            ("README.md", "# us\n"),
        ]);
        clusters
    }

    fn bare(&self) -> PathBuf {
        self.0.path().join("clusters.git")
    }

    fn clone(&self) -> tempfile::TempDir {
        let checkout = tempfile::tempdir().expect("a folder");
        git(checkout.path(), &["clone", "--quiet", argument(&self.bare()), "."]);
        checkout
    }

    /// Somebody commits these files to main.
    fn commit(&self, files: &[(&str, &str)]) {
        let checkout = self.clone();
        for (name, text) in files {
            let path = checkout.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("writable");
        }
        git(checkout.path(), &["checkout", "--quiet", "-B", "main"]);
        git(checkout.path(), &["add", "--all"]);
        git(checkout.path(), &["commit", "--quiet", "--message", "somebody"]);
        git(checkout.path(), &["push", "--quiet", "origin", "main"]);
    }

    /// A run of the workflow's step, in a checkout of its own.
    fn promote(&self, path: &str, version: &str, digest: &str) -> Outcome {
        let checkout = self.clone();
        run("promote.sh", &[argument(checkout.path()), path, version, digest])
    }

    fn ask(&self, arguments: &[&str]) -> String {
        git(&self.bare(), arguments)
    }
}

#[track_caller]
fn git(place: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env_remove("GIT_DIR");
    command.args(["-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]);
    binary::outcome(command.arg("-C").arg(place).args(arguments)).expect(0).stdout
}

#[test]
fn the_version_moves_where_the_clusters_are_synced_from() {
    let clusters = Clusters::new();
    let main = clusters.ask(&["rev-parse", "main"]);
    let branch = clusters.promote(".", "0.2.0", DIGEST).expect(0);
    assert_eq!(branch.stdout, "tablewright-0.2.0\n");

    // One commit on a branch, of exactly the marked lines, by the release; main waits for a person.
    assert_eq!(clusters.ask(&["rev-parse", "main"]), main);
    assert_eq!(clusters.ask(&["rev-parse", "tablewright-0.2.0~1"]), main);
    let told = clusters.ask(&["log", "-1", "--format=%an|%ae|%s|%b", "tablewright-0.2.0"]);
    let expected = format!("tablewright-release|release@users.noreply.github.com|tablewright 0.2.0|Image {DIGEST}");
    assert_eq!(told.trim(), expected);
    let application = APPLICATION
        .replace("0.1.0\" # tablewright", "0.2.0\" # tablewright")
        .replace(&format!("sha256:{}", "0".repeat(64)), DIGEST);
    assert_eq!(clusters.ask(&["show", "tablewright-0.2.0:blog/tablewright.yaml"]), application);
    let release = RELEASE.replace("0.1.0 # tablewright", "0.2.0 # tablewright");
    assert_eq!(clusters.ask(&["show", "tablewright-0.2.0:shop/release.yaml"]), release);
    let files = clusters.ask(&["diff", "--name-only", "main", "tablewright-0.2.0"]);
    let files: BTreeSet<&str> = files.lines().collect();
    assert_eq!(files, BTreeSet::from(["blog/tablewright.yaml", "shop/release.yaml"]));

    // The step again: the branch stays as it is.
    let first = clusters.ask(&["rev-parse", "tablewright-0.2.0"]);
    assert_eq!(clusters.promote(".", "0.2.0", DIGEST).expect(0).stdout, "tablewright-0.2.0\n");
    assert_eq!(clusters.ask(&["rev-parse", "tablewright-0.2.0"]), first);
    // Built again after main has moved: the branch is made anew, from the new main.
    clusters.commit(&[("README.md", "# all of us\n")]);
    assert_eq!(clusters.promote(".", "0.2.0", NEWER).expect(0).stdout, "tablewright-0.2.0\n");
    assert_eq!(clusters.ask(&["rev-parse", "tablewright-0.2.0~1"]), clusters.ask(&["rev-parse", "main"]));
    assert!(clusters.ask(&["show", "tablewright-0.2.0:blog/tablewright.yaml"]).contains(NEWER));

    // Merged: nothing is left to do, and an older line does not take it back.
    clusters.ask(&["update-ref", "refs/heads/main", "refs/heads/tablewright-0.2.0"]);
    for (version, digest) in [("0.2.0", NEWER), ("0.1.9", DIGEST)] {
        let done = clusters.promote(".", version, digest).expect(0);
        assert!(done.stdout.is_empty() && done.stderr.contains("nothing is changed"), "{}", done.all());
    }
    // One of the two only.
    let some = clusters.promote("shop", "0.10.0", DIGEST).expect(0);
    assert_eq!(some.stdout, "tablewright-0.10.0\n");
    assert_eq!(clusters.ask(&["diff", "--name-only", "main", "tablewright-0.10.0"]).trim(), "shop/release.yaml");
    let branches = clusters.ask(&["for-each-ref", "--format=%(refname:short)"]);
    assert_eq!(branches.lines().collect::<Vec<_>>(), ["main", "tablewright-0.10.0", "tablewright-0.2.0"]);
}

#[test]
fn a_version_that_cannot_be_moved_is_told_and_pushes_nothing() {
    let clusters = Clusters::new();
    clusters.commit(&[
        ("odd.yaml", "version: 0.1.0 or so # tablewright:version\n"),
        ("none.yaml", "digest: \"\" # tablewright:digest\n"),
        ("branch.yaml", "targetRevision: v1.0.1.0 # tablewright:version\n"),
    ]);
    for (path, version, digest, wanted) in [
        ("README.md", "0.2.0", DIGEST, "tablewright:version"),
        ("nothing.yaml", "0.2.0", DIGEST, "GITOPS_PATH"),
        ("odd.yaml", "0.2.0", DIGEST, "odd.yaml:1:"),
        ("none.yaml", "0.2.0", DIGEST, "none.yaml:1:"),
        ("branch.yaml", "0.2.0", DIGEST, "branch.yaml:1:"),
        (".", "v0.2.0", DIGEST, "1.2.3"),
        (".", "0.2.0", "sha256:12", "64 digits"),
        (".", "0.2.0", "", "64 digits"),
    ] {
        let outcome = clusters.promote(path, version, digest).expect(1);
        assert!(outcome.stderr.contains(wanted), "{path} {version}: {}", outcome.stderr);
    }
    assert_eq!(clusters.ask(&["for-each-ref", "--format=%(refname:short)"]).trim(), "main");
}

#[test]
fn the_workflows_call_scripts_that_are_there() {
    let mut called = 0;
    for name in ["ci.yaml", "release.yaml"] {
        let text = std::fs::read_to_string(folder(".github/workflows").join(name)).expect("readable");
        for word in text.split(|c: char| c.is_whitespace() || "()$\"'".contains(c)) {
            let word = word.trim_start_matches("tablewright/");
            if word == ".ci/run" || word.starts_with("scripts/release/") && word.ends_with(".sh") {
                called += 1;
                assert!(folder(word).is_file(), "{name} calls {word}");
            }
        }
    }
    assert!(called >= 4, "the calls were not found");
}
