//! Words for people: numbers, sizes and durations, and text that cannot play tricks on a terminal.

use std::time::Duration;

use crate::model::unseen::{push_with_code, with_codes};

/// Replaces every character that is not seen (newline apart) by its code: a name or comment must not move the cursor,
/// recolour the screen, reverse what is read, or be taken for another.
pub(crate) fn visible(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => result.push('\n'),
            '\t' => result.push_str("    "),
            '\r' => result.push_str("\\u{d}"),
            _ => push_with_code(&mut result, character),
        }
    }
    result
}

/// As [`visible`], on one line. For sentences: how words are spaced and broken is no part of them.
pub(crate) fn one_line(text: &str) -> String {
    visible(&text.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
}

/// A name as it is, on one line: every character that is not seen by its code, line breaks and tabs too.
pub(crate) fn name(text: &str) -> String {
    with_codes(text)
}

/// `1,234,567`
pub(crate) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut result = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            result.push(',');
        }
        result.push(digit);
    }
    result
}

/// `340 MiB`; one decimal below ten.
pub(crate) fn bytes(value: u64) -> String {
    let mut unit = "bytes";
    let mut scaled = value as f64;
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if scaled < 1024.0 {
            break;
        }
        scaled /= 1024.0;
        unit = next;
    }
    if unit == "bytes" || scaled >= 10.0 { format!("{scaled:.0} {unit}") } else { format!("{scaled:.1} {unit}") }
}

/// `42 s`, `3 min`, `2 h 5 min`.
pub(crate) fn seconds(value: u64) -> String {
    match value {
        0..=99 => format!("{value} s"),
        100..=5_999 => format!("{} min", value.div_ceil(60)),
        _ => match (value / 3600, value % 3600 / 60) {
            (hours, 0) => format!("{hours} h"),
            (hours, minutes) => format!("{hours} h {minutes} min"),
        },
    }
}

/// `23 ms`, `1.2 s`, then as [`seconds`].
pub(crate) fn duration(value: Duration) -> String {
    match value.as_millis() {
        0..=999 => format!("{} ms", value.as_millis()),
        1_000..=9_999 => format!("{:.1} s", value.as_secs_f64()),
        _ => seconds(value.as_secs()),
    }
}

/// `1 table`, `2 tables`.
pub(crate) fn count(value: usize, noun: &str) -> String {
    let plural = if value == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", number(value as u64))
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// As [`one_line`], cut after `most` characters.
pub(crate) fn short(text: &str, most: usize) -> String {
    let text = one_line(text);
    if text.chars().count() <= most {
        return text;
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// A statement for reading: every character that is not seen by its code, so that nothing within quotes begins a line;
/// one on one long line with a new line before each clause. The statement that runs has neither codes nor these breaks;
/// nothing within quotes or parentheses is broken.
pub(crate) fn clauses(sql: &str) -> String {
    const WIDE: usize = 100;
    let sql = quoted_with_codes(sql);
    if sql.contains('\n') || sql.chars().count() <= WIDE {
        return sql;
    }
    let mut result = String::new();
    let mut depth = 0_usize;
    let mut quotes = Quotes::default();
    for character in sql.chars() {
        result.push(character);
        if quotes.within(character) {
            continue;
        }
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => result.push_str("\n "),
            _ => {}
        }
    }
    result
}

/// Whether the statement as it is shown by [`clauses`] is another text than the one that runs.
pub(crate) fn has_unseen(sql: &str) -> bool {
    quoted_with_codes(sql) != sql
}

/// Within quotes line breaks and tabs by their codes, too; between them they are how the statement is laid out.
fn quoted_with_codes(sql: &str) -> String {
    let mut result = String::with_capacity(sql.len());
    let mut quotes = Quotes::default();
    for character in sql.chars() {
        if !quotes.within(character) && character == '\n' {
            result.push('\n');
        } else {
            push_with_code(&mut result, character);
        }
    }
    result
}

/// Where a statement is within quotes, read character by character. `''` is two texts one after the other.
#[derive(Default)]
struct Quotes {
    open: Option<char>,
    escaped: bool,
}

impl Quotes {
    /// Whether this character, the next one, stands within quotes or ends them.
    fn within(&mut self, character: char) -> bool {
        match (self.open, character) {
            (Some(_), _) if self.escaped => self.escaped = false,
            (Some('\'' | '"'), '\\') => self.escaped = true,
            (Some(open), _) if open == character => self.open = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => {
                self.open = Some(character);
                return false;
            }
            (None, _) => return false,
        }
        true
    }
}

/// The text as a shell takes it for one word.
pub(crate) fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_not_steered() {
        assert_eq!(visible("a\x1b[31mb\u{202e}c\rd\ne"), "a\\u{1b}[31mb\\u{202e}c\\u{d}d\ne");
        assert_eq!(one_line("a\n  b\tc"), "a b c");
    }

    #[test]
    fn what_is_not_seen_is_shown() {
        // A blank that is none stays told from one, in every form.
        let text = "ema\u{200b}il\u{a0}\u{3000}x\u{feff}";
        let shown = "ema\\u{200b}il\\u{a0}\\u{3000}x\\u{feff}";
        assert_eq!([visible(text), one_line(text), name(text), clauses(text)], [shown; 4]);
        assert_eq!(name("a\nb"), "a\\nb");
    }

    #[test]
    fn no_name_begins_a_line_of_its_own() {
        let sql = "CREATE TABLE `a\n  2. drop table b\r\t` (\n  `id` int COMMENT 'it''s\nso'\n)";
        assert_eq!(clauses(sql), "CREATE TABLE `a\\n  2. drop table b\\r\\t` (\n  `id` int COMMENT 'it''s\\nso'\n)");
        assert!(has_unseen(sql) && !has_unseen("CREATE TABLE `a` (\n  `id` int\n)"));
    }

    #[test]
    fn figures_are_readable() {
        assert_eq!([0, 999, 1000, 1234567].map(number), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([512, 16384, 1_610_612_736].map(bytes), ["512 bytes", "16 KiB", "1.5 GiB"]);
        assert_eq!([5, 99, 120, 125, 7200, 7500].map(seconds), ["5 s", "99 s", "2 min", "3 min", "2 h", "2 h 5 min"]);
        assert_eq!(duration(Duration::from_millis(1234)), "1.2 s");
        assert_eq!(count(1, "table"), "1 table");
        assert_eq!(count(2000, "table"), "2,000 tables");
        assert_eq!(listed(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }

    #[test]
    fn long_statements_are_broken_between_clauses_only() {
        let long = format!(
            "ALTER TABLE `a,b` ADD `c` enum('x, \\', y','z'), ADD `{}` decimal(10,2), ALGORITHM=COPY",
            "d".repeat(60)
        );
        let broken = clauses(&long);
        assert_eq!(broken.lines().count(), 3, "{broken}");
        assert_eq!(broken.replace("\n ", ""), long);
        assert_eq!(clauses("ALTER TABLE `a` ADD `b` int, DROP `c`"), "ALTER TABLE `a` ADD `b` int, DROP `c`");
        assert_eq!(short("abcdef", 4), "abc…");
    }

    #[test]
    fn words_survive_the_shell() {
        assert_eq!(shell_word("schema/users.yaml"), "schema/users.yaml");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word(""), "''");
    }
}
