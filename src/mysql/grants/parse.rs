//! Reads the lines of `SHOW GRANTS`. Privileges on single tables, columns and routines are left out: ours are on schemas.

use std::collections::{BTreeMap, BTreeSet};

type Privileges = BTreeSet<String>;

/// What an account holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Grants {
    global: Privileges,
    /// Per schema pattern as written.
    schemas: BTreeMap<String, Privileges>,
    /// Partial revokes: of the global privileges, not on this schema.
    revoked: BTreeMap<String, Privileges>,
    patterns: bool,
}

/// Where a privilege is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// `*.*`
    Global,
    /// A schema.
    Schema(&'a str),
}

impl Grants {
    /// Reads the lines; `patterns`: whether `_` and `%` are wildcards (not under partial_revokes).
    pub(super) fn parse(lines: &[String], patterns: bool) -> Self {
        let mut grants = Self { patterns, ..Self::default() };
        for line in lines {
            if let Some(rest) = line.strip_prefix("GRANT ") {
                grants.add(rest, " TO ", false);
            } else if let Some(rest) = line.strip_prefix("REVOKE ") {
                grants.add(rest, " FROM ", true);
            }
        }
        grants
    }

    fn add(&mut self, text: &str, account: &str, revoke: bool) {
        let Some((privileges, rest)) = split_outside(text, " ON ") else { return };
        let Some((object, _)) = split_outside(rest, account) else { return };
        let privileges = split_privileges(privileges);
        if object == "*.*" {
            self.global.extend(privileges);
        } else if let Some(schema) = object.strip_suffix(".*").and_then(unquoted) {
            let schemas = if revoke { &mut self.revoked } else { &mut self.schemas };
            schemas.entry(schema).or_default().extend(privileges);
        }
    }

    /// Which of these are not held there.
    pub(super) fn lacks<'p>(&self, wanted: &[&'p str], place: Place<'_>) -> Vec<&'p str> {
        wanted.iter().copied().filter(|privilege| !self.has(privilege, place)).collect()
    }

    /// Whether one of these is held globally.
    pub(super) fn has_any(&self, wanted: &[&str]) -> bool {
        wanted.iter().any(|privilege| self.has(privilege, Place::Global))
    }

    fn has(&self, privilege: &str, place: Place<'_>) -> bool {
        let holds = |privileges: &Privileges| privileges.contains(privilege) || privileges.contains("ALL PRIVILEGES");
        match place {
            Place::Global => holds(&self.global),
            Place::Schema(schema) => {
                let revoked = self.revoked.get(schema).is_some_and(|revoked| revoked.contains(privilege));
                (holds(&self.global) && !revoked) || self.of_schema(schema).is_some_and(holds)
            }
        }
    }

    /// The server takes the one most specific entry: the literal name, else the pattern with the longest literal start.
    fn of_schema(&self, schema: &str) -> Option<&Privileges> {
        if !self.patterns {
            return self.schemas.get(schema);
        }
        self.schemas
            .iter()
            .filter(|(pattern, _)| matches(pattern, schema))
            .max_by_key(|(pattern, _)| literal_start(pattern))
            .map(|(_, privileges)| privileges)
    }
}

/// Splits at the first occurrence outside of quotes and parentheses.
fn split_outside<'t>(text: &'t str, separator: &str) -> Option<(&'t str, &'t str)> {
    let mut quote = None;
    let mut depth = 0_u32;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '`' | '\'' | '"') => quote = Some(character),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, _) if depth == 0 => {
                if let Some(rest) = text.get(at..).and_then(|rest| rest.strip_prefix(separator)) {
                    return Some((&text[..at], rest));
                }
            }
            (None, _) => {}
        }
    }
    None
}

/// `SELECT, INSERT (…), CREATE` without those on columns.
fn split_privileges(mut text: &str) -> Vec<String> {
    let mut out = Vec::new();
    loop {
        let (one, rest) = split_outside(text, ",").map_or((text, None), |(one, rest)| (one, Some(rest)));
        let one = one.trim();
        if !one.contains('(') {
            out.push(one.to_uppercase());
        }
        match rest {
            Some(rest) => text = rest,
            None => return out,
        }
    }
}

fn unquoted(text: &str) -> Option<String> {
    text.strip_prefix('`')?.strip_suffix('`').map(|inner| inner.replace("``", "`"))
}

/// LIKE with `\` as escape.
fn matches(pattern: &str, text: &str) -> bool {
    fn from(pattern: &[char], text: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['%', rest @ ..] => (0..=text.len()).any(|skip| from(rest, &text[skip..])),
            ['_', rest @ ..] => !text.is_empty() && from(rest, &text[1..]),
            ['\\', literal, rest @ ..] => text.first() == Some(literal) && from(rest, &text[1..]),
            [literal, rest @ ..] => text.first() == Some(literal) && from(rest, &text[1..]),
        }
    }
    from(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>())
}

/// How many characters come before the first wildcard; most for a pattern without one.
fn literal_start(pattern: &str) -> usize {
    let mut before = None;
    for (at, character) in pattern.chars().enumerate() {
        if matches!(character, '%' | '_') && before != Some('\\') {
            return at;
        }
        before = Some(character);
    }
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_like_does() {
        assert!(matches(r"_tablewright\_%", "_tablewright_x"));
        assert!(matches(r"_tablewright\_%", "xtablewright_x"));
        assert!(!matches(r"_tablewright\_%", "_tablewrightx"));
        assert!(matches("%", ""));
        assert!(matches("a_c", "abc"));
    }

    #[test]
    fn reads_columns_routines_roles_and_revokes() {
        let lines: Vec<String> = [
            "GRANT SELECT, INSERT ON *.* TO `u`@`%`",
            "REVOKE INSERT ON `d`.* FROM `u`@`%`",
            "GRANT SELECT (`a`, `b ON c`), UPDATE ON `d`.`t` TO `u`@`%`",
            "GRANT EXECUTE ON PROCEDURE `d`.`p` TO `u`@`%`",
            "GRANT `r`@`%` TO `u`@`%`",
            "GRANT ALTER ON `a``b ON x`.* TO `u`@`%` WITH GRANT OPTION",
        ]
        .iter()
        .map(|line| (*line).to_owned())
        .collect();
        let grants = Grants::parse(&lines, false);
        assert_eq!(grants.lacks(&["SELECT", "INSERT", "UPDATE"], Place::Schema("d")), ["INSERT", "UPDATE"]);
        assert!(grants.lacks(&["ALTER"], Place::Schema("a`b ON x")).is_empty());
        assert!(grants.has_any(&["INSERT"]));
    }

    #[test]
    fn the_most_specific_entry_counts_alone() {
        let lines = ["GRANT ALTER ON `d%`.* TO `u`@`%`".to_owned(), "GRANT SELECT ON `db`.* TO `u`@`%`".to_owned()];
        let grants = Grants::parse(&lines, true);
        assert_eq!(grants.lacks(&["ALTER", "SELECT"], Place::Schema("db")), ["ALTER"]);
    }
}
