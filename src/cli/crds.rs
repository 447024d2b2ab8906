//! `crds`: the CustomResourceDefinitions of this version, for `kubectl apply -f -`.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use super::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct CrdsArgs {
    /// Directory to write one file each into, instead of standard output
    #[arg(short, long, value_name = "DIRECTORY")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &CrdsArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let crds = crate::api::crds();
    match &args.output {
        Some(directory) => super::export::write_files(directory, &crds, terminal)?,
        None => {
            let texts: Vec<String> = crds.into_iter().map(|(_, yaml)| yaml).collect();
            terminal.data(&super::convert::joined(&texts, super::options::ManifestFormat::Yaml))?;
        }
    }
    Ok(Exit::Done)
}
