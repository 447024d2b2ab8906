//! Reading manifests for a command: all problems at once, each with its place, and nothing else is done then.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use crate::api::manifest::{self, Manifests, Problem};
use crate::apply::{Connections, Survey, survey};
use crate::model::{DesiredTable, Dialect, Origin, SchemaName};

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
pub(super) const NEWEST: Dialect = Dialect::NEWEST;

/// The tables that the files declare, as a server of this dialect reads them.
pub(super) fn read(paths: &[PathBuf], dialect: Dialect) -> Result<Vec<DesiredTable>, Failure> {
    tables(manifest::read(paths, &mut std::io::stdin().lock(), dialect))
}

/// The same, all of the schema that the URL names.
fn tables_of(mut read: Manifests, schema: &SchemaName) -> Result<Vec<DesiredTable>, Failure> {
    read.of_schema(schema);
    tables(read)
}

fn tables(read: Manifests) -> Result<Vec<DesiredTable>, Failure> {
    if read.problems.is_empty() { Ok(read.tables) } else { Err(Failure::new(Problems(read.problems))) }
}

/// The tables that the files declare, as the primary reads them, and what it has. Where the primary cannot be asked, what
/// is wrong with the files is said first: it can be mended without a server.
pub(super) async fn read_for(
    connections: &Connections,
    paths: &[PathBuf],
) -> Result<(Vec<DesiredTable>, Survey), Failure> {
    // Standard input can be read once.
    let mut input = Vec::new();
    if paths.iter().any(|path| path.as_os_str() == "-") {
        let read = std::io::stdin().lock().read_to_end(&mut input);
        read.map_err(|error| Failure::new(format!("standard input cannot be read: {error}")).hint("try again"))?;
    }
    let input: Arc<[u8]> = input.into();
    let schema = &connections.target().schema;
    // Read while the server answers, as the newest reads them; anew in the rare case that it makes a difference.
    let (early, surveyed) = tokio::join!(read_beside(paths, &input, NEWEST), survey(connections));
    match surveyed {
        Ok(survey)
            if !NEWEST.reads_like(survey.dialect()) || (early.depends_on_version && survey.dialect() != NEWEST) =>
        {
            let read = read_beside(paths, &input, survey.dialect()).await;
            Ok((tables_of(read, schema)?, survey))
        }
        Ok(survey) => Ok((tables_of(early, schema)?, survey)),
        Err(error) => {
            tables_of(early, schema)?;
            Err(error.into())
        }
    }
}

/// Reads on a thread of its own, beside the talk with the server.
async fn read_beside(paths: &[PathBuf], input: &Arc<[u8]>, dialect: Dialect) -> Manifests {
    let (paths, input) = (paths.to_vec(), input.clone());
    let work = move || manifest::read(&paths, &mut &*input, dialect);
    match tokio::task::spawn_blocking(work).await {
        Ok(read) => read,
        // A panic of the reader is a defect of ours: let it be seen as one.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Where each table was declared.
pub(super) fn origins(tables: &[DesiredTable]) -> BTreeMap<String, Origin> {
    tables.iter().map(|desired| (desired.table.name.to_string(), desired.origin.clone())).collect()
}
