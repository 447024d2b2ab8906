//! Keeps the layers: a module uses only modules above it, and what belongs to one module is used by no other.

use std::path::{Path, PathBuf};

/// The layers, top first. Each may use only those before it.
const LAYERS: [&str; 13] = [
    "model",
    "sql",
    "normalize",
    "diff",
    "rules",
    "plan",
    "telemetry",
    "mysql",
    "apply",
    "api",
    "web",
    "controller",
    "cli",
];

/// Crates that only these layers may use.
const OWNED: [(&str, &[&str]); 11] = [
    ("sqlx", &["mysql"]),
    ("kube_runtime", &["controller", "cli"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("axum", &["web"]),
    ("prometheus_client", &["telemetry"]),
    ("tracing_subscriber", &["telemetry"]),
    ("opentelemetry", &["telemetry"]),
    ("opentelemetry_otlp", &["telemetry"]),
    ("tracing_opentelemetry", &["telemetry"]),
    // `plan` derives the schema of the proposal, which is part of the Plan resource.
    ("schemars", &["plan", "api"]),
];

/// Layers without effects: no clock, environment, network, files or randomness.
const PURE: [&str; 6] = ["model", "sql", "normalize", "diff", "rules", "plan"];
const EFFECTS: [&str; 7] = ["std::env", "std::fs", "std::net", "std::time", "std::process", "tokio", "SystemTime::now"];

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn layer_of(path: &Path) -> Option<usize> {
    let relative = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).expect("below src");
    let first = relative.components().next()?.as_os_str().to_str()?.trim_end_matches(".rs").to_owned();
    LAYERS.iter().position(|layer| *layer == first)
}

/// Whether a file holds unit tests only: those may use what they like.
fn is_of_tests(path: &Path) -> bool {
    path.iter().filter_map(|part| part.to_str()).any(|part| {
        let stem = part.trim_end_matches(".rs");
        stem == "tests" && !path.ends_with("tests") || stem.ends_with("_tests") || stem.starts_with("tests_")
    })
}

/// The code of a file without its unit tests and comments.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_layer_uses_only_those_above_it() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() > 50, "the sources were not found");
    let mut wrong = Vec::new();
    for path in &files {
        let Some(layer) = layer_of(path) else { continue };
        let text = std::fs::read_to_string(path).expect("readable");
        if is_of_tests(path) {
            continue;
        }
        let code = code(&text);
        for (index, name) in LAYERS.iter().enumerate() {
            if index > layer
                && (code.contains(&format!("crate::{name}::")) || code.contains(&format!("crate::{name};")))
            {
                wrong.push(format!("{}: {} may not use {name}", path.display(), LAYERS[layer]));
            }
        }
        for (owned, owners) in OWNED {
            if !owners.contains(&LAYERS[layer]) && code.contains(&format!("{owned}::")) {
                wrong.push(format!("{}: only {owners:?} may use {owned}", path.display()));
            }
        }
        if PURE.contains(&LAYERS[layer]) {
            for effect in EFFECTS {
                if code.contains(effect) {
                    wrong.push(format!("{}: {} is pure and may not use {effect}", path.display(), LAYERS[layer]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_source_file_says_what_it_is() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    for path in files {
        let text = std::fs::read_to_string(&path).expect("readable");
        assert!(text.starts_with("//!"), "{} does not begin with //!", path.display());
    }
}

#[test]
fn no_source_file_is_a_giant() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut lengths: Vec<(usize, PathBuf)> = files
        .into_iter()
        .map(|path| (std::fs::read_to_string(&path).expect("readable").lines().count(), path))
        .collect();
    lengths.sort();
    let (longest, path) = lengths.last().expect("files");
    assert!(*longest <= 900, "{} has {longest} lines: split it by decision", path.display());
    let ninth_decile = lengths[lengths.len() * 9 / 10].0;
    assert!(ninth_decile <= 600, "nine of ten files are at most 600 lines; here {ninth_decile}");
}

/// The links between the project's own pages lead somewhere.
#[test]
fn links_between_pages_hold() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md"), root.join("ARCHITECTURE.md"), root.join("CONTRIBUTING.md")];
    let mut folders = vec![root.join("docs"), root.join("migrations-examples")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    let mut wrong = Vec::new();
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        for target in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target) {
            let target = target.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.contains(' ') {
                continue;
            }
            let path = page.parent().expect("a page has a folder").join(target);
            if !path.exists() {
                wrong.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
}
