//! One live definition: the server's text, and the table it means if the model can print exactly that text back.

use crate::model::{SchemaDefaults, ServerFacts, Table, Version};
use crate::normalize;
use crate::sql::{self, Style};

/// A live definition.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    /// `SHOW CREATE TABLE`, as the server printed it.
    pub(crate) text: String,
    /// The canonical table; or why the model does not have it (invariant 3: such a table is never altered).
    pub(crate) table: Result<Table, String>,
}

impl Definition {
    /// Reads a text that the server printed.
    pub(crate) fn read(text: String, server: &ServerFacts, schema: &SchemaDefaults) -> Self {
        let table = exact(&text, server.version).map(|parsed| normalize::live(&parsed, server, schema));
        Self { text, table }
    }
}

/// Parses, prints back, and takes only what comes out byte for byte.
fn exact(text: &str, version: Version) -> Result<Table, String> {
    let parsed = sql::parse_create_table(text, version).map_err(|error| error.to_string())?;
    let printed = sql::print_create_table(&parsed, Style::ShowCreate);
    if printed == text {
        return Ok(parsed);
    }
    Err(first_difference(text, &printed))
}

/// Names the first line that differs; definitions hold no row values, so both may be shown.
pub(crate) fn first_difference(live: &str, printed: &str) -> String {
    let mut ours = printed.lines();
    for (number, line) in live.lines().enumerate() {
        let other = ours.next().unwrap_or("");
        if line != other {
            return format!(
                "line {}: the server has `{}`, and it reads as `{}`",
                number + 1,
                line.trim(),
                other.trim()
            );
        }
    }
    match ours.next() {
        Some(line) => format!("it reads with a line more: `{}`", line.trim()),
        None => "line ends differ".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(
            first_difference("CREATE TABLE `t` (\n  `a` int\n)", "CREATE TABLE `t` (\n  `a` bigint\n)"),
            "line 2: the server has ``a` int`, and it reads as ``a` bigint`"
        );
        assert_eq!(first_difference("a", "a\nb"), "it reads with a line more: `b`");
    }
}
