//! Quoted text to plain text.

/// The text of a string literal with its quotes: escapes resolved (manual: "String Literals").
pub(super) fn unescape(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    unescape_into(&mut out, source);
    out
}

/// Appends the text of a string literal.
pub(super) fn unescape_into(out: &mut String, source: &str) {
    let Some(quote) = source.chars().next() else { return };
    let inner = source.get(1..source.len().saturating_sub(1)).unwrap_or_default();
    if !inner.contains([quote, '\\']) {
        out.push_str(inner);
        return;
    }
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        if character == quote {
            // The lexer lets a quote within only as a pair.
            characters.next();
            out.push(quote);
        } else if character == '\\' {
            match characters.next() {
                Some('0') => out.push('\0'),
                Some('b') => out.push('\u{8}'),
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some('Z') => out.push('\u{1A}'),
                // Kept with the backslash: they mean something to LIKE.
                Some(wild @ ('%' | '_')) => {
                    out.push('\\');
                    out.push(wild);
                }
                Some(other) => out.push(other),
                None => {}
            }
        } else {
            out.push(character);
        }
    }
}

/// The name within back quotes.
pub(super) fn unquote_identifier(source: &str) -> String {
    let inner = source.get(1..source.len().saturating_sub(1)).unwrap_or_default();
    if inner.contains('`') { inner.replace("``", "`") } else { inner.to_owned() }
}

/// The bytes of `x'…'` or `0x…`; an odd number of digits after `0x` gets a leading zero.
pub(super) fn hex_bytes(source: &str) -> Vec<u8> {
    let digits: Vec<u8> = source
        .strip_prefix("0x")
        .unwrap_or_else(|| source.get(2..source.len().saturating_sub(1)).unwrap_or_default())
        .bytes()
        .map(|digit| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok()).unwrap_or(0))
        .collect();
    let odd = digits.len() % 2;
    let mut bytes = Vec::with_capacity(digits.len() / 2 + odd);
    bytes.extend(digits.first().filter(|_| odd == 1));
    bytes.extend(digits.get(odd..).unwrap_or_default().chunks_exact(2).map(|pair| pair[0] * 16 + pair[1]));
    bytes
}

/// The digits of `b'…'` or `0b…`.
pub(super) fn bit_digits(source: &str) -> String {
    source
        .strip_prefix("0b")
        .unwrap_or_else(|| source.get(2..source.len().saturating_sub(1)).unwrap_or_default())
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_as_the_manual_lists_them() {
        assert_eq!(unescape(r"'it''s \'q\' \n\t\0\Z\b\r \\ \% \_ \x'"), "it's 'q' \n\t\0\u{1A}\u{8}\r \\ \\% \\_ x");
        assert_eq!(unescape(r#""a""b'c""#), "a\"b'c");
        assert_eq!(unquote_identifier("`a``b`"), "a`b");
        assert_eq!(hex_bytes("0xF"), [15]);
        assert_eq!(hex_bytes("x'0aFF'"), [10, 255]);
        assert_eq!(bit_digits("0b0101"), "0101");
    }
}
