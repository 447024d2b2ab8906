//! `version`

use clap::{Args, ValueEnum};

use super::exit::Exit;
use super::failure::Failure;
use super::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct VersionArgs {
    /// As JSON
    #[arg(short, long, value_name = "FORMAT")]
    output: Option<Output>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Output {
    /// One JSON object
    Json,
}

pub(super) fn run(args: &VersionArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let version = env!("CARGO_PKG_VERSION");
    let text = match args.output {
        Some(Output::Json) => format!("{}\n", serde_json::json!({ "name": "tablewright", "version": version })),
        None => format!("tablewright {version}\n"),
    };
    terminal.data(&text)?;
    Ok(Exit::Done)
}
