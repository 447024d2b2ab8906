//! Reading manifests for a command: all problems at once, each with its place, and nothing else is done then.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crate::api::manifest::{self, Problem};
use crate::model::{DesiredTable, Origin};

use super::failure::Failure;

/// Everything that is wrong with the manifests.
#[derive(Debug)]
struct Problems(Vec<Problem>);

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [only] => write!(formatter, "{only}"),
            all => {
                write!(formatter, "the manifests have {} problems", all.len())?;
                all.iter().try_for_each(|problem| write!(formatter, "\n{problem}"))
            }
        }
    }
}

/// The tables that the files declare.
pub(super) fn read(paths: &[PathBuf]) -> Result<Vec<DesiredTable>, Failure> {
    let read = manifest::read(paths, &mut std::io::stdin().lock());
    if read.problems.is_empty() { Ok(read.tables) } else { Err(Failure::new(Problems(read.problems))) }
}

/// Where each table was declared.
pub(super) fn origins(tables: &[DesiredTable]) -> BTreeMap<String, Origin> {
    tables.iter().map(|desired| (desired.table.name.to_string(), desired.origin.clone())).collect()
}
