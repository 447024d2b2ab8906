//! Which files a path names, and their bytes. Hidden entries are left out, directories are walked in the order of their
//! names. Links are followed (a mounted ConfigMap is made of them), but what they lead to must be a regular file: a device
//! or a pipe has no end, and a pull request may bring a link to one.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The most that one file, or standard input, may hold: more than a dump of the definitions of 10,000 tables.
pub(super) const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Why there are no bytes.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// The system says so.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A device, a pipe, a socket.
    #[error("it is not a regular file")]
    NotRegular,
    /// More than [`MAX_BYTES`].
    #[error("it is larger than 16 MiB")]
    TooLarge,
}

/// The bytes of a regular file.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, ReadError> {
    // Before it is opened: to open a pipe is to wait for its other end.
    if !std::fs::metadata(path)?.is_file() {
        return Err(ReadError::NotRegular);
    }
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(ReadError::NotRegular);
    }
    limited(file)
}

/// All bytes of a stream that ends in time.
pub(super) fn limited(stream: impl Read) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    stream.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES { Err(ReadError::TooLarge) } else { Ok(bytes) }
}

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
pub(super) fn walk(directory: &Path, failed: &mut dyn FnMut(&Path, &ReadError)) -> Vec<(PathBuf, Format)> {
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
    failed: &mut dyn FnMut(&Path, &ReadError),
) {
    // A link that leads back up would otherwise be walked for ever.
    let real = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    if depth > MAX_DEPTH || !seen.insert(real) {
        return;
    }
    let entries = match std::fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(error) => return failed(directory, &error.into()),
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
            Err(error) => failed(&path, &error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_read_than_allowed() {
        assert_eq!(limited(io::repeat(b'a').take(MAX_BYTES)).unwrap().len() as u64, MAX_BYTES);
        assert!(matches!(limited(io::repeat(b'a')), Err(ReadError::TooLarge)));
    }

    #[test]
    fn a_sparse_file_beyond_the_limit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.yaml");
        File::create(&path).unwrap().set_len(MAX_BYTES + 1).unwrap();
        assert!(matches!(bytes(&path), Err(ReadError::TooLarge)));
    }

    #[cfg(unix)]
    #[test]
    fn only_regular_files_are_opened_and_links_to_them() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("real.yaml"), "x").unwrap();
        symlink("real.yaml", at("link.yaml")).unwrap();
        symlink("/dev/zero", at("zero.yaml")).unwrap();
        assert_eq!(bytes(&at("link.yaml")).unwrap(), b"x");
        assert!(matches!(bytes(&at("zero.yaml")), Err(ReadError::NotRegular)));
        assert!(matches!(bytes(&at("none.yaml")), Err(ReadError::Io(_))));
    }
}
