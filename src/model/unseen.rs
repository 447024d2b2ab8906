//! Characters that a reader does not see, or takes for others: MySQL takes them in names, and what is read is then not
//! what runs.

use std::fmt::Write;

/// Control (Cc) and format characters (Cf), all separators (Zs, Zl, Zp) but the blank, and what may be left out when
/// text is drawn (Default_Ignorable_Code_Point: zero-width spaces and joiners, fillers, variation selectors, tags).
/// From Unicode 16.0, `DerivedGeneralCategory.txt` and `DerivedCoreProperties.txt`; besides, the empty pattern of
/// Braille (U+2800), which is drawn as a blank.
const UNSEEN: [(char, char); 30] = [
    ('\u{0000}', '\u{001f}'),
    ('\u{007f}', '\u{00a0}'),
    ('\u{00ad}', '\u{00ad}'),
    ('\u{034f}', '\u{034f}'),
    ('\u{0600}', '\u{0605}'),
    ('\u{061c}', '\u{061c}'),
    ('\u{06dd}', '\u{06dd}'),
    ('\u{070f}', '\u{070f}'),
    ('\u{0890}', '\u{0891}'),
    ('\u{08e2}', '\u{08e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{2000}', '\u{200f}'),
    ('\u{2028}', '\u{202f}'),
    ('\u{205f}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Letters of Cyrillic and Greek that are drawn as letters of ASCII, each with that letter; the whole-width letters of
/// ASCII are computed. From Unicode's `confusables.txt`, single letters alone.
const ALIKE: [(char, char); 46] = [
    ('а', 'a'),
    ('с', 'c'),
    ('ԁ', 'd'),
    ('е', 'e'),
    ('һ', 'h'),
    ('і', 'i'),
    ('ј', 'j'),
    ('ӏ', 'l'),
    ('о', 'o'),
    ('р', 'p'),
    ('ԛ', 'q'),
    ('ѕ', 's'),
    ('ԝ', 'w'),
    ('х', 'x'),
    ('у', 'y'),
    ('А', 'A'),
    ('В', 'B'),
    ('С', 'C'),
    ('Е', 'E'),
    ('Н', 'H'),
    ('І', 'I'),
    ('Ј', 'J'),
    ('К', 'K'),
    ('М', 'M'),
    ('О', 'O'),
    ('Р', 'P'),
    ('Ѕ', 'S'),
    ('Т', 'T'),
    ('Х', 'X'),
    ('α', 'a'),
    ('ν', 'v'),
    ('ο', 'o'),
    ('Α', 'A'),
    ('Β', 'B'),
    ('Ε', 'E'),
    ('Ζ', 'Z'),
    ('Η', 'H'),
    ('Ι', 'I'),
    ('Κ', 'K'),
    ('Μ', 'M'),
    ('Ν', 'N'),
    ('Ο', 'O'),
    ('Ρ', 'P'),
    ('Τ', 'T'),
    ('Υ', 'Y'),
    ('Χ', 'X'),
];

/// Whether a reader does not see the character, or sees but a blank. The blank itself is seen.
pub fn is_unseen(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    UNSEEN.iter().any(|(first, last)| (*first..=*last).contains(&character))
}

/// The text with the code of each character that is not seen in its place, line breaks included: `\n`, `\u{200b}`.
pub fn with_codes(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for character in text.chars() {
        push_with_code(&mut result, character);
    }
    result
}

/// As [`with_codes`], for one character.
pub fn push_with_code(text: &mut String, character: char) {
    match character {
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\t' => text.push_str("\\t"),
        _ if is_unseen(character) => {
            // Writing to a String cannot fail.
            let _ = write!(text, "{}", character.escape_unicode());
        }
        _ => text.push(character),
    }
}

/// The ASCII letter as which this letter of another alphabet is drawn.
pub fn look_alike(character: char) -> Option<char> {
    match character {
        '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' => {
            u8::try_from(u32::from(character) - 0xfee0).ok().map(char::from)
        }
        _ if character.is_ascii() => None,
        _ => ALIKE.iter().find(|(letter, _)| *letter == character).map(|(_, ascii)| *ascii),
    }
}

/// How a name is read: without what is not seen, letters that look alike as one, case aside. Two names that read alike
/// can be taken for each other.
pub fn read_as(name: &str) -> String {
    name.chars()
        .filter(|character| !is_unseen(*character))
        .map(|character| look_alike(character).unwrap_or(character))
        .collect::<String>()
        .to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_the_blank_is_seen() {
        assert!(UNSEEN.windows(2).all(|pair| pair[0].1 < pair[1].0));
        assert!(!is_unseen(' ') && !is_unseen('a') && !is_unseen('é') && !is_unseen('字') && !is_unseen('😀'));
    }

    /// What the standard library knows of them from the same standard.
    #[test]
    fn controls_and_white_space_are_unseen() {
        let missing: Vec<char> = ('\0'..=char::MAX)
            .filter(|character| character.is_control() || character.is_whitespace() && *character != ' ')
            .filter(|character| !is_unseen(*character))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn each_has_a_code() {
        for (text, shown) in [
            ("ema\u{1}il", "ema\\u{1}il"),
            ("a\u{200b}b\u{200d}c\u{2060}d\u{feff}", "a\\u{200b}b\\u{200d}c\\u{2060}d\\u{feff}"),
            ("\u{ad}\u{34f}\u{180e}\u{3164}\u{fe0f}", "\\u{ad}\\u{34f}\\u{180e}\\u{3164}\\u{fe0f}"),
            ("a\u{a0}b\u{3000}c d", "a\\u{a0}b\\u{3000}c d"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("größe 大小", "größe 大小"),
        ] {
            assert_eq!(with_codes(text), shown);
        }
    }

    #[test]
    fn what_looks_alike_reads_alike() {
        assert_eq!(read_as("Em\u{200b}аil"), "email");
        assert_eq!(read_as("ｅｍａｉｌ"), "email");
        assert_ne!(read_as("größe"), read_as("grosse"));
        assert!(ALIKE.iter().all(|(letter, ascii)| !letter.is_ascii() && ascii.is_ascii_alphabetic()));
    }
}
