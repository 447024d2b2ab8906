//! Which files a path names. Hidden entries are left out, directories are walked in the order of their names.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// Deepest nesting of directories.
const MAX_DEPTH: usize = 32;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// YAML or JSON.
    Yaml,
    /// SQL.
    Sql,
}

/// How a file of this name is read; `None`: not at all.
pub(super) fn format(path: &Path) -> Option<Format> {
    let extension = path.extension()?.to_str()?.to_lowercase();
    match extension.as_str() {
        "yaml" | "yml" | "json" => Some(Format::Yaml),
        "sql" => Some(Format::Sql),
        _ => None,
    }
}

/// The readable files below a directory, sorted; what cannot be looked at is handed to `failed`.
pub(super) fn walk(directory: &Path, failed: &mut dyn FnMut(&Path, &io::Error)) -> Vec<(PathBuf, Format)> {
    let mut files = Vec::new();
    let mut seen = BTreeSet::new();
    walk_into(directory, 0, &mut seen, &mut files, failed);
    files
}

fn walk_into(
    directory: &Path,
    depth: usize,
    seen: &mut BTreeSet<PathBuf>,
    files: &mut Vec<(PathBuf, Format)>,
    failed: &mut dyn FnMut(&Path, &io::Error),
) {
    // A link that leads back up would otherwise be walked for ever.
    let real = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    if depth > MAX_DEPTH || !seen.insert(real) {
        return;
    }
    let entries = match std::fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(error) => return failed(directory, &error),
    };
    let mut paths: Vec<PathBuf> = entries
        .into_iter()
        .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    for path in paths {
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => walk_into(&path, depth + 1, seen, files, failed),
            Ok(_) => files.extend(format(&path).map(|format| (path.clone(), format))),
            Err(error) => failed(&path, &error),
        }
    }
}
