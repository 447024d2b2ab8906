//! The command line: subcommands, wiring, exit codes. What is decided here is how to ask and how to tell, nothing else.
//!
//! The same program is a kubectl plugin when it is called `kubectl-tablewright`.

mod apply;
mod approve;
mod completion;
mod connection;
mod console;
mod controller;
mod convert;
mod crds;
mod describe;
mod diff;
mod drift;
mod exit;
mod export;
mod failure;
mod get;
mod kubernetes;
mod lint;
mod logs;
mod look;
mod manifests;
mod offline;
mod options;
mod plan;
mod reject;
mod render;
mod reporting;
mod retry;
mod rows;
mod style;
mod terminal;
mod text;
mod verify;
mod version;
mod wait;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use exit::Exit;
use failure::{Failure, redacted};
use terminal::Terminal;

/// Keeps MySQL schemas as they are declared, and proves every change on the failover read replica.
#[derive(Debug, Parser)]
#[command(
    name = "tablewright",
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 done, 1 error, 2 changes pending (--detailed-exitcode), 3 refused by policy or needs approval, 64 usage."
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what would be done to make a schema as declared
    Plan(plan::PlanArgs),
    /// Make a schema as declared, and prove it on the replicas
    Apply(apply::ApplyArgs),
    /// Compare two sets of manifests, without a server
    Diff(diff::DiffArgs),
    /// Compare the primary with its replicas, and with manifests
    Verify(verify::VerifyArgs),
    /// Write manifests of a live schema
    Export(export::ExportArgs),
    /// Turn SQL into manifests, and manifests into SQL
    Convert(convert::ConvertArgs),
    /// Check manifests, without a server
    Lint(lint::LintArgs),
    /// List Plans, Tables or Databases of a cluster
    Get(get::GetArgs),
    /// Show a Plan, Table or Database of a cluster in full
    Describe(describe::DescribeArgs),
    /// Tell what happened to a Plan, Table or Database, in order
    Logs(logs::LogsArgs),
    /// Approve a Plan
    Approve(approve::ApproveArgs),
    /// Reject a Plan
    Reject(reject::RejectArgs),
    /// Ask for another attempt at a Plan
    Retry(retry::RetryArgs),
    /// List Tables that somebody else has changed on the server
    Drift(drift::DriftArgs),
    /// Wait until an object is ready
    Wait(wait::WaitArgs),
    /// Print the CustomResourceDefinitions
    Crds(crds::CrdsArgs),
    /// Run the controller
    Controller(controller::ControllerArgs),
    /// Print this program's version
    Version(version::VersionArgs),
    /// Print a script that completes commands in a shell
    Completion(completion::CompletionArgs),
}

const PLUGIN: &str = "kubectl-tablewright";

/// Runs the command line that the process was given.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let terminal = Terminal::detect();
    if program(arguments.first()).as_deref() == Some(completion::kubectl::PROGRAM) {
        return complete(&arguments, &terminal).into();
    }
    let parsed = command_for(arguments.first()).try_get_matches_from(&arguments);
    let parsed = parsed.and_then(|matches| CommandLine::from_arg_matches(&matches));
    let exit = match parsed {
        Ok(command_line) => run(command_line.command, &terminal),
        Err(error) => usage(&error, &terminal),
    };
    exit.into()
}

/// The name that it was called by.
fn program(path: Option<&OsString>) -> Option<String> {
    let stem = std::path::Path::new(path?).file_stem()?;
    Some(stem.to_string_lossy().into_owned())
}

/// Answers kubectl, which asks how a command line could go on.
fn complete(arguments: &[OsString], terminal: &Terminal) -> Exit {
    let words: Vec<String> = arguments.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let answered = blocking(async {
        terminal.data(&completion::kubectl::answer(&CommandLine::command(), &words).await)?;
        Ok(Exit::Done)
    });
    answered.unwrap_or(Exit::Failed)
}

/// The command, under the name that it was called by.
fn command_for(path: Option<&OsString>) -> clap::Command {
    let command = CommandLine::command();
    if program(path).as_deref() == Some(PLUGIN) {
        command.name("kubectl tablewright").bin_name("kubectl tablewright")
    } else {
        command
    }
}

/// Help and version are answers; everything else is a usage error.
fn usage(error: &clap::Error, terminal: &Terminal) -> Exit {
    let text = error.render().to_string();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return match terminal.data(&text) {
            Ok(()) => Exit::Done,
            Err(_) => Exit::Failed,
        };
    }
    terminal.say_text(&redacted(&text));
    Exit::Usage
}

fn run(command: Command, terminal: &Terminal) -> Exit {
    let result = match command {
        Command::Plan(args) => blocking(plan::run(args, terminal)),
        Command::Apply(args) => blocking(apply::run(args, terminal)),
        Command::Diff(args) => diff::run(&args, terminal),
        Command::Verify(args) => blocking(verify::run(args, terminal)),
        Command::Export(args) => blocking(export::run(args, terminal)),
        Command::Convert(args) => convert::run(&args, terminal),
        Command::Lint(args) => lint::run(&args, terminal),
        Command::Get(args) => blocking(get::run(args, terminal)),
        Command::Describe(args) => blocking(describe::run(args, terminal)),
        Command::Logs(args) => blocking(logs::run(args, terminal)),
        Command::Approve(args) => blocking(approve::run(args, terminal)),
        Command::Reject(args) => blocking(reject::run(args, terminal)),
        Command::Retry(args) => blocking(retry::run(args, terminal)),
        Command::Drift(args) => blocking(drift::run(args, terminal)),
        Command::Wait(args) => blocking(wait::run(args, terminal)),
        Command::Crds(args) => crds::run(&args, terminal),
        Command::Controller(args) => blocking(controller::run(args)),
        Command::Version(args) => version::run(&args, terminal),
        Command::Completion(args) => completion::run(&args, terminal),
    };
    result.unwrap_or_else(|failure| {
        terminal.say_text(&failure.render(terminal.err));
        failure.exit
    })
}

fn blocking(work: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn wrong_usage_is_64_and_help_is_0() {
        let terminal = Terminal::detect();
        let exit = |arguments: &[&str]| usage(&CommandLine::try_parse_from(arguments).unwrap_err(), &terminal);
        assert_eq!(exit(&["tablewright", "nonsense"]), Exit::Usage);
        assert_eq!(exit(&["tablewright"]), Exit::Usage);
        assert_eq!(exit(&["tablewright", "plan", "--help"]), Exit::Done);
        assert_eq!(exit(&["tablewright", "--version"]), Exit::Done);
    }

    #[test]
    fn the_plugin_calls_itself_by_kubectls_name() {
        let help = command_for(Some(&"/usr/local/bin/kubectl-tablewright".into())).render_usage().to_string();
        assert!(help.contains("kubectl tablewright"), "{help}");
    }

    /// docs/guides/commands.md names every subcommand and every long flag.
    #[test]
    fn the_guide_is_complete() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guides/commands.md");
        let guide = std::fs::read_to_string(path).unwrap_or_default();
        let mut missing = Vec::new();
        for command in CommandLine::command().get_subcommands() {
            let heading = format!("\n## {}", command.get_name());
            let Some(start) = guide.find(&heading) else {
                missing.push(heading.trim().to_owned());
                continue;
            };
            let section = &guide[start + 1..];
            let section = &section[..section.find("\n## ").unwrap_or(section.len())];
            for flag in
                command.get_arguments().filter_map(|argument| argument.get_long()).filter(|flag| *flag != "help")
            {
                if !section.contains(&format!("--{flag}")) {
                    missing.push(format!("{} --{flag}", command.get_name()));
                }
            }
        }
        assert!(missing.is_empty(), "docs/guides/commands.md lacks {missing:?}");
    }
}
