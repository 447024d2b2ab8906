//! `completion`: a script for the user's shell, under the name by which the program is called.

pub(super) mod kubectl;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::CommandLine;
use super::exit::Exit;
use super::failure::Failure;
use super::terminal::Terminal;

#[derive(Debug, Args)]
pub(super) struct CompletionArgs {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &CompletionArgs, terminal: &Terminal) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut CommandLine::command(), "tablewright", &mut script);
    terminal.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
