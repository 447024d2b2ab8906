//! The two streams: data on stdout, talk on stderr. A reader that went away (`| head`) ends nothing and is not an error.

use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::style::Style;
use super::text::{duration, visible};

/// Where a command speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    /// How to paint data.
    pub(crate) out: Style,
    /// How to paint talk.
    pub(crate) err: Style,
    /// Whether a person can be asked: both stdin and stderr are terminals.
    pub(crate) interactive: bool,
    err_is_terminal: bool,
}

impl Terminal {
    /// Looks at the process's own streams.
    pub(crate) fn detect() -> Self {
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        Self {
            out: Style::for_stream(out),
            err: Style::for_stream(err),
            interactive: err && io::stdin().is_terminal(),
            err_is_terminal: err,
        }
    }

    /// Writes data to stdout.
    pub(crate) fn data(&self, text: &str) -> io::Result<()> {
        let mut stream = io::stdout().lock();
        match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    /// Writes a line of talk to stderr; that nobody listens there is not an error.
    pub(crate) fn say(&self, line: &str) {
        // A progress line may stand where this one begins.
        let wipe = if self.err_is_terminal { WIPE } else { "" };
        let _ = writeln!(io::stderr().lock(), "{wipe}{line}");
    }

    /// Writes text that already ends in a newline to stderr.
    pub(crate) fn say_text(&self, text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Asks a question and returns the trimmed answer; empty at the end of input.
    pub(crate) fn ask(&self, question: &str) -> io::Result<String> {
        let mut stream = io::stderr().lock();
        write!(stream, "{question} ")?;
        stream.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(answer.trim().to_owned())
    }

    /// Shows on a terminal, from the first second on, that something takes its time. Ends when the guard is dropped.
    pub(crate) fn progress(&self, what: impl Into<String>) -> Progress {
        let running = Arc::new(AtomicBool::new(self.err_is_terminal));
        let what = Arc::new(Mutex::new(visible(&what.into())));
        let thread = self.err_is_terminal.then(|| {
            let (running, what) = (Arc::clone(&running), Arc::clone(&what));
            std::thread::spawn(move || show(&running, &what))
        });
        Progress { running, what, thread }
    }
}

const WIPE: &str = "\r\x1b[2K";
const STEP: Duration = Duration::from_millis(100);

fn show(running: &AtomicBool, what: &Mutex<String>) {
    let started = Instant::now();
    let mut shown = false;
    while running.load(Ordering::Relaxed) {
        if started.elapsed() >= Duration::from_secs(1) {
            let what = what.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let _ = write!(io::stderr().lock(), "{WIPE}{what} … {}", duration(started.elapsed()));
            shown = true;
        }
        std::thread::park_timeout(STEP);
    }
    if shown {
        let _ = write!(io::stderr().lock(), "{WIPE}");
    }
}

/// Keeps a progress line alive; dropping it wipes the line.
#[derive(Debug)]
pub(crate) struct Progress {
    running: Arc<AtomicBool>,
    what: Arc<Mutex<String>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Progress {
    /// Says something else from now on.
    pub(crate) fn tell(&self, what: &str) {
        *self.what.lock().unwrap_or_else(PoisonError::into_inner) = visible(what);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.running.store(false, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}
