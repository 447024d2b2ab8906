//! A session of the plain client that is told one statement after another, and does nothing in between.

use std::{
    io::{BufRead, BufReader, Lines, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use super::pair::{Pair, Role};

/// The session; it ends when this goes out of scope.
#[derive(Debug)]
pub struct Talk {
    client: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

const END: &str = "that was all";

impl Talk {
    /// As root, with this schema.
    pub fn open(pair: &Pair, role: Role, schema: &str) -> Self {
        Self::over(pair.client(role, schema))
    }

    /// Over any server's client.
    pub fn over(mut client: Command) -> Self {
        let mut client = client
            .args(["--unbuffered"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the client starts");
        let (input, output) = (client.stdin.take().expect("piped"), client.stdout.take().expect("piped"));
        Self { client, input, output: BufReader::new(output).lines() }
    }

    /// Runs one statement and returns what it printed.
    #[track_caller]
    pub fn say(&mut self, sql: &str) -> String {
        writeln!(self.input, "{sql};\nSELECT '{END}';").expect("the client listens");
        let mut said = Vec::new();
        loop {
            match self.output.next() {
                Some(Ok(line)) if line == END => return said.join("\n"),
                Some(Ok(line)) => said.push(line),
                Some(Err(_)) | None => panic!("the session ended in: {sql}"),
            }
        }
    }

    /// The server's id of this session.
    #[track_caller]
    pub fn id(&mut self) -> u64 {
        self.say("SELECT CONNECTION_ID()").parse().expect("a number")
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        let _ = self.client.kill();
        let _ = self.client.wait();
    }
}
