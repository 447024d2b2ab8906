//! The fingerprint of a live definition.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// The fingerprint of a table that does not exist.
pub const ABSENT: &str = "absent";

/// SHA-256 (64 hexadecimal digits) of a `SHOW CREATE TABLE` text without its `AUTO_INCREMENT=n`, which moves with every
/// row.
pub fn fingerprint(show_create_table: &str) -> String {
    hexadecimal(without_counter(show_create_table).as_bytes())
}

/// SHA-256 in hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The text without the table option. It stands after the last line's `)`, before any comment text, which could hold
/// the same characters: only the first occurrence on the options line, before the first quote, counts.
fn without_counter(text: &str) -> String {
    let Some(start) = text.rfind("\n) ").or_else(|| text.rfind("\n)")) else { return text.to_owned() };
    let _ = start;
    options_start(text).and_then(|start| cut(text, start)).unwrap_or_else(|| text.to_owned())
}

/// Where the line of table options begins: the first line that starts with `)`. Within the list of columns every line
/// starts with two blanks, and a line break in a comment is printed escaped.
fn options_start(text: &str) -> Option<usize> {
    text.find("\n)").map(|found| found + 1)
}

fn cut(text: &str, start: usize) -> Option<String> {
    let options = text.get(start..)?;
    let end = options.find('\'').unwrap_or(options.len());
    let at = options.get(..end)?.find(" AUTO_INCREMENT=")?;
    let rest = options.get(at + " AUTO_INCREMENT=".len()..)?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    Some(format!("{}{}", text.get(..start + at)?, rest.get(digits..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counter_does_not_count() {
        let with = "CREATE TABLE `t` (\n  `a` int NOT NULL AUTO_INCREMENT\n) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COMMENT=' AUTO_INCREMENT=1'";
        let without = "CREATE TABLE `t` (\n  `a` int NOT NULL AUTO_INCREMENT\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT=' AUTO_INCREMENT=1'";
        assert_eq!(fingerprint(with), fingerprint(without));
        assert_ne!(fingerprint(with), fingerprint(&with.replace("COMMENT=' AUTO_INCREMENT=1'", "COMMENT=''")));
    }
}
