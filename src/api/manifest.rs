//! Manifests in: files, directories and standard input to desired tables.
//!
//! Every table that can be read is returned, and every problem found on the way, each with where it stands, what it is and
//! what to do. Whoever gets a problem must touch nothing.
//!
//! `dialect` is the server's (or the one that is meant): executable comments and inline REFERENCES in SQL depend on it.

mod convert;
mod documents;
mod files;
mod reader;
mod scalar;
mod schemahero;
mod suggest;
mod tree;

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::model::{self, DesiredTable, Dialect, Origin, SchemaName, TableName};

use sha2::Digest;

use super::Table;
use crate::normalize;
use crate::sql::{self, Located, ScriptTable};

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifests {
    /// The tables, in the order in which they were found (paths sorted within a directory).
    pub tables: Vec<DesiredTable>,
    /// What is wrong; empty when all is well.
    pub problems: Vec<Problem>,
    /// The schemas that scripts give to tables, each with the table and its place.
    pub placed: Vec<Placed>,
    /// Whether a text holds an executable comment (`/*!`): servers of different versions read it differently.
    pub depends_on_version: bool,
}

/// A table whose schema is said where it is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The schema.
    pub schema: SchemaName,
    /// The table.
    pub table: TableName,
    /// Where it was declared.
    pub origin: Origin,
}

impl Manifests {
    /// A problem for each table that belongs to another schema than this one, which the manifests are for.
    pub fn of_schema(&mut self, schema: &SchemaName) {
        let elsewhere = self.placed.iter().filter(|placed| placed.schema != *schema);
        self.problems.extend(elsewhere.map(|placed| Problem {
            origin: Some(placed.origin.clone()),
            path: String::new(),
            message: format!("table `{}` is of schema `{}`, and not of `{schema}`", placed.table, placed.schema),
            hint: format!(
                "name `{}` in the URL, or take the schema out of the script (`USE`, or before the table's name)",
                placed.schema
            ),
        }));
    }

    fn of_problem(problem: Problem) -> Self {
        Self { problems: vec![problem], ..Self::default() }
    }

    fn take(&mut self, other: Self) {
        self.tables.extend(other.tables);
        self.problems.extend(other.problems);
        self.placed.extend(other.placed);
        self.depends_on_version |= other.depends_on_version;
    }
}

/// Something wrong in a manifest: where, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: file, line and column, or the object. `None` where it belongs to no place (no path given).
    pub origin: Option<Origin>,
    /// Where within the manifest, e.g. `spec.columns[3].type`; empty for the whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do; empty where it is plain.
    pub hint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(formatter, "{origin}: ")?;
        }
        if !self.path.is_empty() {
            write!(formatter, "{}: ", self.path)?;
        }
        formatter.write_str(&self.message)?;
        if !self.hint.is_empty() {
            write!(formatter, "; {}", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

/// Reads files and directories (recursively); `-` is `stdin`.
pub fn read(paths: &[PathBuf], stdin: &mut dyn Read, dialect: Dialect) -> Manifests {
    let mut manifests = Manifests::default();
    if paths.is_empty() {
        manifests.problems.push(Problem::of_path(
            None,
            "no manifest is named",
            "give a file, a directory, or - for standard input",
        ));
    }
    for path in paths {
        let found = if path.as_os_str() == "-" { read_stdin(stdin, dialect) } else { read_path(path, dialect) };
        manifests.take(found);
    }
    manifests
}

/// Reads YAML text (also JSON) with any number of documents; `path` is for messages.
pub fn read_yaml(path: &str, text: &str, dialect: Dialect) -> Manifests {
    documents::read(path, text, dialect).manifests
}

/// Reads a script of CREATE TABLE statements; `path` is for messages.
pub fn read_sql(path: &str, text: &str, dialect: Dialect) -> Manifests {
    let folded = sql::parse_script(text, dialect).and_then(sql::fold_script);
    let origin = |line, column| Origin::File { path: path.to_owned(), line, column };
    match folded {
        Ok(tables) => {
            let mut manifests = Manifests::default();
            for Located { value: ScriptTable { schema, table: mut value, time_zone }, line, column, offset: _ } in
                tables
            {
                let at = origin(line, column);
                manifests.placed.extend(schema.map(|schema| Placed {
                    schema,
                    table: value.name.clone(),
                    origin: at.clone(),
                }));
                if let Some(fault) = connection(&value, "") {
                    manifests.problems.push(Problem {
                        origin: Some(origin(line, column)),
                        path: fault.path,
                        message: fault.message,
                        hint: fault.hint,
                    });
                    continue;
                }
                normalize::in_words_of(&mut value, dialect);
                manifests.tables.push(DesiredTable { time_zone, ..DesiredTable::present(value, origin(line, column)) });
            }
            manifests
        }
        Err(errors) => Manifests {
            problems: errors
                .into_iter()
                .map(|error| Problem {
                    origin: Some(origin(error.line, error.column)),
                    path: String::new(),
                    message: error.problem,
                    hint: error.advice,
                })
                .collect(),
            ..Manifests::default()
        },
    }
}

/// What a Table object declares.
///
/// # Errors
/// Everything that is wrong with it, in the order of its fields.
pub fn desired_table(table: &Table, dialect: Dialect) -> Result<DesiredTable, Vec<Problem>> {
    let origin = Origin::Object {
        kind: "Table".to_owned(),
        namespace: table.metadata.namespace.clone().unwrap_or_default(),
        name: table.metadata.name.clone().unwrap_or_default(),
    };
    let name = table.metadata.name.as_deref().unwrap_or_default();
    convert::desired(&table.spec, name, origin.clone(), dialect).map_err(|faults| {
        faults
            .into_iter()
            .map(|fault| Problem {
                origin: Some(origin.clone()),
                path: fault.path,
                message: fault.message,
                hint: fault.hint,
            })
            .collect()
    })
}

/// What is wrong with a table that says CONNECTION: nothing of the text is repeated.
fn connection(table: &model::Table, path: &str) -> Option<convert::Fault> {
    table.options.connection.as_ref().map(|_| convert::Fault {
        path: path.to_owned(),
        message: format!(
            "table `{}` has a CONNECTION, which may hold a password: it would stand in Git, in the Table and in the Plan",
            table.name
        ),
        hint: "take the table out, and create it by hand; tablewright leaves tables alone that no manifest names"
            .to_owned(),
    })
}

/// Whether every reader of YAML takes this plain text for a string.
pub(super) fn is_plain_string(text: &str) -> bool {
    scalar::kind(text) == scalar::Kind::String
}

/// A Kubernetes object name for a table, another one for every table: `_` becomes `-`; a name that holds anything else but
/// lower-case letters, digits and `_` gets the beginning of its hash.
pub(super) fn object_name(table: &str) -> String {
    let common = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let edges = table.bytes().next().is_some_and(common) && table.bytes().last().is_some_and(common);
    if edges && table.bytes().all(|byte| common(byte) || byte == b'_') {
        return table.replace('_', "-");
    }
    let lower = table.to_lowercase();
    let kept: String = lower.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    let hash = sha2::Sha256::digest(table.as_bytes());
    let hash: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{hash}", kept.trim_matches('-')).trim_matches('-').to_owned()
}

impl Problem {
    fn of_path(path: Option<&Path>, message: impl Into<String>, hint: impl Into<String>) -> Self {
        let origin = path.map(|path| Origin::File { path: path.display().to_string(), line: 1, column: 1 });
        Self { origin, path: String::new(), message: message.into(), hint: hint.into() }
    }
}

fn read_stdin(stdin: &mut dyn Read, dialect: Dialect) -> Manifests {
    let path = Path::new("-");
    match files::limited(stdin) {
        Ok(bytes) => read_bytes(path, bytes, None, dialect),
        Err(error) => {
            let hint = remedy(&error);
            let hint = if hint.is_empty() { "try again" } else { hint };
            Manifests::of_problem(Problem::of_path(Some(path), format!("standard input cannot be read: {error}"), hint))
        }
    }
}

fn read_path(path: &Path, dialect: Dialect) -> Manifests {
    let mut manifests = Manifests::default();
    match std::fs::metadata(path) {
        Err(error) => manifests.problems.push(unreadable(path, &error.into())),
        Ok(metadata) if metadata.is_dir() => read_directory(path, dialect, &mut manifests),
        Ok(_) => {
            let Some(format) = files::format(path) else {
                manifests.problems.push(Problem::of_path(
                    Some(path),
                    "a file of this kind is not understood",
                    "name it .yaml, .yml or .json (Table manifests) or .sql (CREATE TABLE statements)",
                ));
                return manifests;
            };
            match files::bytes(path) {
                Ok(bytes) => manifests = read_bytes(path, bytes, Some(format), dialect),
                Err(error) => manifests.problems.push(unreadable(path, &error)),
            }
        }
    }
    manifests
}

fn read_directory(path: &Path, dialect: Dialect, manifests: &mut Manifests) {
    let mut failures = Vec::new();
    let files = files::walk(path, &mut |path, error| failures.push(unreadable(path, error)));
    let mut met = !failures.is_empty();
    manifests.problems.extend(failures);
    for found in read_files(&files, dialect) {
        met |= found.tables > 0;
        manifests.take(found.manifests);
    }
    if !met && manifests.problems.is_empty() {
        manifests.problems.push(Problem {
            origin: None,
            path: String::new(),
            message: format!("no Table manifest and no CREATE TABLE found in {}", path.display()),
            hint: "look for files that end in .yaml, .yml, .json or .sql, or name another directory".to_owned(),
        });
    }
}

/// Reads files on every processor (parsing YAML is what a plan of a thousand unchanged tables mostly does here), and gives
/// the results in the order of the files.
fn read_files(files: &[(PathBuf, files::Format)], dialect: Dialect) -> Vec<documents::Found> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(8);
    let share = files.len().div_ceil(threads).max(16);
    std::thread::scope(|scope| {
        let workers: Vec<_> = files
            .chunks(share)
            .map(|chunk| {
                scope.spawn(move || {
                    chunk.iter().map(|(file, format)| read_file(file, *format, dialect)).collect::<Vec<_>>()
                })
            })
            .collect();
        // A worker that panicked is a bug of ours: pass it on.
        let results =
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        results.flatten().collect()
    })
}

fn read_file(file: &Path, format: files::Format, dialect: Dialect) -> documents::Found {
    match files::bytes(file) {
        Ok(bytes) => found_in(file, bytes, format, dialect),
        Err(error) => documents::Found { manifests: Manifests::of_problem(unreadable(file, &error)), tables: 1 },
    }
}

/// A file that was named itself: one without a Table is a mistake.
fn read_bytes(path: &Path, bytes: Vec<u8>, format: Option<files::Format>, dialect: Dialect) -> Manifests {
    let format = format.unwrap_or_else(|| guess(&bytes));
    let found = found_in(path, bytes, format, dialect);
    let mut manifests = found.manifests;
    if found.tables == 0 && manifests.problems.is_empty() {
        manifests.problems.push(Problem::of_path(
            Some(path),
            "no Table manifest and no CREATE TABLE in here",
            format!("a Table has apiVersion: {} and kind: Table", super::API_VERSION),
        ));
    }
    manifests
}

fn found_in(path: &Path, bytes: Vec<u8>, format: files::Format, dialect: Dialect) -> documents::Found {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let before = error.as_bytes().get(..good).unwrap_or_default();
            let line = before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
            let problem = Problem {
                origin: Some(Origin::File { path: path.display().to_string(), line, column: 1 }),
                path: String::new(),
                message: format!("this is not UTF-8 text (byte {good})"),
                hint: "save the file as UTF-8".to_owned(),
            };
            return documents::Found { manifests: Manifests::of_problem(problem), tables: 1 };
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let name = path.display().to_string();
    let mut found = match format {
        files::Format::Yaml => documents::read(&name, text, dialect),
        files::Format::Sql => {
            let manifests = read_sql(&name, text, dialect);
            documents::Found { tables: manifests.tables.len(), manifests }
        }
    };
    found.manifests.depends_on_version = text.contains("/*!");
    found
}

/// What standard input is: SQL where a line begins like a statement, else YAML.
fn guess(bytes: &[u8]) -> files::Format {
    let text = String::from_utf8_lossy(bytes);
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    let sql = first.is_some_and(|line| {
        let upper = line.to_uppercase();
        ["CREATE ", "--", "/*", "SET ", "USE ", "DROP ", "ALTER ", "LOCK ", "INSERT "]
            .iter()
            .any(|start| upper.starts_with(start) && !upper.starts_with("---"))
    });
    if sql { files::Format::Sql } else { files::Format::Yaml }
}

fn unreadable(path: &Path, error: &files::ReadError) -> Problem {
    let hint = remedy(error);
    let hint = if hint.is_empty() { "check that it is a file or directory that you may read" } else { hint };
    Problem {
        origin: None,
        path: String::new(),
        message: format!("{} cannot be read: {error}", path.display()),
        hint: hint.to_owned(),
    }
}

/// What to do about it; empty where that depends on what was read.
fn remedy(error: &files::ReadError) -> &'static str {
    match error {
        files::ReadError::Io(error) if error.kind() == std::io::ErrorKind::NotFound => "check the path",
        files::ReadError::Io(_) => "",
        files::ReadError::NotRegular => "name a regular file, or a link to one; for standard input say -",
        files::ReadError::TooLarge => "split it into several files, or take out what is no definition of a table",
    }
}

#[cfg(test)]
mod tests;
