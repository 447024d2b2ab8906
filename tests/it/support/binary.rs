//! Runs the binary under test as its users do: as a process, by its command line.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

/// What a run of the binary left behind.
#[derive(Debug)]
pub struct Outcome {
    /// Exit code.
    pub code: i32,
    /// Data.
    pub stdout: String,
    /// Talk.
    pub stderr: String,
}

impl Outcome {
    /// Both streams, for messages of failed assertions.
    pub fn all(&self) -> String {
        format!("exit code {}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.stdout, self.stderr)
    }

    /// Requires an exit code, and shows everything when it was another.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.all());
        self
    }
}

/// Where the binary is.
pub const PATH: &str = env!("CARGO_BIN_EXE_tablewright");

/// The binary, with nothing inherited that could change what it prints.
pub fn command() -> Command {
    let mut command = Command::new(PATH);
    for name in ["TABLEWRIGHT_URL", "KUBECONFIG", "NO_COLOR", "RUST_LOG"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// Runs the binary with these arguments and no standard input.
pub fn run(arguments: &[&str]) -> Outcome {
    outcome(command().args(arguments))
}

/// Runs the binary with this text as its standard input.
pub fn run_with_input(arguments: &[&str], input: &str) -> Outcome {
    outcome_with_input(command().args(arguments), input)
}

/// Runs this command to its end, with this text as its standard input.
pub fn outcome_with_input(command: &mut Command, input: &str) -> Outcome {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("the binary ends");
    // A program that refuses its input early closes the pipe; that is not the test's business.
    let _ = writer.join().expect("the writer ends");
    from_output(&output)
}

/// Runs this command to its end.
pub fn outcome(command: &mut Command) -> Outcome {
    from_output(&command.output().expect("the binary starts"))
}

fn from_output(output: &std::process::Output) -> Outcome {
    Outcome {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A path as an argument.
pub fn argument(path: &Path) -> &str {
    path.to_str().expect("paths of tests are UTF-8")
}

/// Runs a client process with this text as its standard input.
pub fn run_client(command: &mut Command, input: &str) -> std::process::Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the client starts");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("the client ends");
    let _ = writer.join().expect("the writer ends");
    output
}
