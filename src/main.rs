//! The binary: parses, runs, exits. Everything else is the library's.

use std::process::ExitCode;

fn main() -> ExitCode {
    tablewright::cli::main(std::env::args_os())
}
