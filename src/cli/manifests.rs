//! Reading manifests for a command: all problems at once, each with its place, and nothing else is done then.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crate::api::manifest::{self, Problem};
use crate::apply::{Connections, Survey, survey};
use crate::model::{DesiredTable, Origin, Version};

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

/// What is assumed where no server is asked.
pub(super) const NEWEST: Version = Version { major: 9, minor: 7, patch: 0 };

/// The tables that the files declare, as a server of this version reads them.
pub(super) fn read(paths: &[PathBuf], version: Version) -> Result<Vec<DesiredTable>, Failure> {
    let read = manifest::read(paths, &mut std::io::stdin().lock(), version);
    if read.problems.is_empty() { Ok(read.tables) } else { Err(Failure::new(Problems(read.problems))) }
}

/// The tables that the files declare, as the primary reads them, and what it has. Where the primary cannot be asked, what
/// is wrong with the files is said first: it can be mended without a server.
pub(super) async fn read_for(
    connections: &Connections,
    paths: &[PathBuf],
) -> Result<(Vec<DesiredTable>, Survey), Failure> {
    match survey(connections).await {
        Ok(survey) => Ok((read(paths, survey.version())?, survey)),
        Err(error) => {
            read(paths, NEWEST)?;
            Err(error.into())
        }
    }
}

/// Where each table was declared.
pub(super) fn origins(tables: &[DesiredTable]) -> BTreeMap<String, Origin> {
    tables.iter().map(|desired| (desired.table.name.to_string(), desired.origin.clone())).collect()
}
