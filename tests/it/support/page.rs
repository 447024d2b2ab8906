//! A page of the guides as a script: what a reader types, and what she is told she will see.
//!
//! A page has blocks fenced with three backquotes. `sh` is to be run; `text` right after it is what that prints. Anything
//! else, an indented block included, is an error: a command that nobody runs must not look like one that works.

/// A block of commands.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// Line of the page on which the commands begin.
    pub line: usize,
    /// What is typed.
    pub commands: String,
    /// Lines of the output that the page promises.
    pub promised: Vec<String>,
}

const FENCE: &str = "```";

/// The steps of a page, in order.
pub fn steps(page: &str) -> Result<Vec<Step>, String> {
    let mut steps: Vec<Step> = Vec::new();
    let mut lines = page.lines().enumerate().map(|(index, line)| (index + 1, line));
    // Whether output may follow: the last block was one of commands.
    let mut expects_output = false;
    while let Some((number, line)) = lines.next() {
        if line.starts_with("    ") || line.starts_with('\t') || line.starts_with("~~~") || indented_fence(line) {
            return Err(format!("line {number}: a block is fenced with three backquotes at the start of the line"));
        }
        let Some(kind) = line.strip_prefix(FENCE) else { continue };
        let mut block = Vec::new();
        loop {
            match lines.next() {
                Some((_, line)) if line == FENCE => break,
                Some((_, line)) => block.push(line.to_owned()),
                None => return Err(format!("line {number}: this block has no end")),
            }
        }
        match kind {
            "sh" => steps.push(Step { line: number + 1, commands: block.join("\n") + "\n", promised: Vec::new() }),
            "text" if expects_output && !block.is_empty() => {
                if let Some(step) = steps.last_mut() {
                    step.promised = block;
                }
            }
            "text" => return Err(format!("line {number}: output follows the commands that print it")),
            kind => return Err(format!("line {number}: a block of kind {kind:?} is not run; use sh or text")),
        }
        expects_output = kind == "sh";
    }
    Ok(steps)
}

fn indented_fence(line: &str) -> bool {
    line.trim_start().starts_with(FENCE) && !line.starts_with(FENCE)
}

/// The first promised line that is not in the output after those before it.
pub fn missing<'a>(promised: &'a [String], output: &str) -> Option<&'a str> {
    let mut lines = output.lines();
    promised.iter().find(|wanted| !lines.any(|line| holds(wanted, line))).map(String::as_str)
}

/// Whether a line is as promised: `…` stands for anything, blanks for blanks. What stands before the first word and after
/// the last one is free, so that a promise may be a part of a line.
fn holds(promised: &str, line: &str) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = words(line);
    let mut rest = line.as_str();
    for part in promised.split('…').map(words).filter(|part| !part.is_empty()) {
        match rest.split_once(part.as_str()) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}

#[test]
fn pages_are_read_whole_or_refused() {
    let page = "# A\n```sh\necho a\n```\n\nSays:\n\n```text\na\n```\n```sh\necho b\n```\n";
    let step = |line, commands: &str, promised: &[&str]| Step {
        line,
        commands: commands.to_owned(),
        promised: promised.iter().map(|line| (*line).to_owned()).collect(),
    };
    assert_eq!(steps(page).unwrap(), [step(3, "echo a\n", &["a"]), step(12, "echo b\n", &[])]);
    for wrong in [
        "```bash\nls\n```\n",
        "```\nls\n```\n",
        "    ls\n",
        "- a\n  ```sh\n  ls\n  ```\n",
        "~~~sh\nls\n~~~\n",
        "```sh\nls\n",
        "```text\na\n```\n",
        "```sh\nls\n```\n```text\na\n```\n```text\nb\n```\n",
    ] {
        assert!(steps(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn promises_are_kept_in_order() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let output = "NAME    READY\nusers   True   12s\nend\n";
    assert_eq!(missing(&lines("NAME READY\nusers … 12s\nend"), output), None);
    assert_eq!(missing(&lines("end\nusers"), output), Some("users"));
    assert_eq!(missing(&lines("users … False"), output), Some("users … False"));
    assert_eq!(missing(&lines("users\nusers"), output), Some("users"));
}
