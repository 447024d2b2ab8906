//! The names that stand in the text of a view, a trigger, a routine or an event.
//!
//! The texts are cut into tokens, not parsed: the grammar of stored programs is not ours. What a name means is for the
//! reader to judge by its parts and by what stands around it.

use super::lexer::{Executable, Kind, Lexer, Token};
use super::literal;
use crate::model::{Dialect, Mention, MentionPlace};

/// Words that a table follows.
const BEFORE_TABLES: [&str; 10] =
    ["FROM", "JOIN", "STRAIGHT_JOIN", "INTO", "UPDATE", "TABLE", "INSERT", "REPLACE", "IGNORE", "REFERENCES"];
/// Words that stand between INSERT and its table.
const BEFORE_FILLED: [&str; 7] = ["INTO", "INSERT", "REPLACE", "IGNORE", "DELAYED", "LOW_PRIORITY", "HIGH_PRIORITY"];
/// Words with which the rows of an INSERT begin that names no columns.
const ROWS: [&str; 5] = ["VALUES", "VALUE", "SELECT", "TABLE", "WITH"];
/// Words that may follow a table and are no alias of it.
const NO_ALIAS: [&str; 42] = [
    "ON",
    "USING",
    "WHERE",
    "SET",
    "LEFT",
    "RIGHT",
    "INNER",
    "OUTER",
    "CROSS",
    "JOIN",
    "STRAIGHT_JOIN",
    "NATURAL",
    "GROUP",
    "ORDER",
    "HAVING",
    "LIMIT",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "FOR",
    "LOCK",
    "WINDOW",
    "PARTITION",
    "USE",
    "FORCE",
    "IGNORE",
    "VALUES",
    "VALUE",
    "SELECT",
    "TABLE",
    "WITH",
    "THEN",
    "DO",
    "INTO",
    "END",
    "BEGIN",
    "AND",
    "OR",
    "IS",
    "IN",
    "READ",
    "WRITE",
];

/// All names of a text, in order; of a text that cannot be read to its end, those up to there.
pub fn mentions(text: &str, dialect: Dialect) -> Vec<Mention> {
    let tokens: Vec<Token> = Lexer::new(text, Executable::For(dialect)).collect();
    let said = |token: &Token| text.get(token.start..token.end).unwrap_or_default();
    let is_name = |token: &Token| matches!(token.kind, Kind::Word | Kind::Quoted);
    let is = |at: usize, operator: &str| tokens.get(at).is_some_and(|token| said(token) == operator);
    let name = |at: usize| tokens.get(at).filter(|token| is_name(token)).map(|token| unquoted(token, said(token)));
    let word = |at: Option<usize>, words: &[&str]| {
        let token = at.and_then(|at| tokens.get(at)).filter(|token| token.kind == Kind::Word);
        token.is_some_and(|token| words.iter().any(|word| word.eq_ignore_ascii_case(said(token))))
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some(first) = name(at) else {
            at += 1;
            continue;
        };
        let before = at.checked_sub(1);
        let mut parts = vec![first];
        while is(at + 1, ".")
            && let Some(part) = name(at + 2)
        {
            parts.push(part);
            at += 2;
        }
        at += 1;
        let place = if word(before, &["AS"]) {
            MentionPlace::Alias
        } else if word(before, &BEFORE_FILLED) && word(Some(at), &ROWS) {
            MentionPlace::FilledWhole
        } else if word(before, &BEFORE_TABLES) {
            MentionPlace::Table
        } else if is(at, "(") {
            MentionPlace::Called
        } else {
            MentionPlace::Plain
        };
        let after = if word(Some(at), &["AS"]) { at + 1 } else { at };
        let alias = name(after).filter(|_| !word(Some(after), &NO_ALIAS));
        found.push(Mention { parts, alias, place });
    }
    found
}

fn unquoted(token: &Token, said: &str) -> String {
    match token.kind {
        Kind::Quoted => literal::unquote_identifier(said),
        Kind::Word
        | Kind::Text
        | Kind::National
        | Kind::Hex
        | Kind::Bits
        | Kind::Integer
        | Kind::Decimal
        | Kind::Operator
        | Kind::Variable
        | Kind::Broken(_) => said.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<(String, Option<String>, MentionPlace)> {
        let all = mentions(text, Dialect::NEWEST);
        all.into_iter().map(|mention| (mention.parts.join("."), mention.alias, mention.place)).collect()
    }

    fn place(text: &str, name: &str) -> MentionPlace {
        said(text).into_iter().find(|(found, ..)| found == name).unwrap_or_else(|| panic!("{name} in {text}")).2
    }

    #[test]
    fn names_stand_where_they_stand() {
        let view = "select `x`.`a` AS `b`,count(`x`.`c`) AS `n` from `d`.`t` `x` join `d`.`u` on(`u`.`id` = 'x.a')";
        assert_eq!(place(view, "x.a"), MentionPlace::Plain);
        assert_eq!(place(view, "b"), MentionPlace::Alias);
        assert_eq!(place(view, "d.t"), MentionPlace::Table);
        assert_eq!(place(view, "count"), MentionPlace::Called);
        assert!(said(view).contains(&("d.t".to_owned(), Some("x".to_owned()), MentionPlace::Table)));
        assert!(said(view).contains(&("d.u".to_owned(), None, MentionPlace::Table)));
        // Within quotes and comments there are no names; variables are none.
        let trigger = "begin -- NEW.z\n set @z = 'NEW.z'; set NEW.a = NEW.`b c`; insert into log values (1); end";
        let names: Vec<String> = said(trigger).into_iter().map(|(name, ..)| name).collect();
        assert!(names.contains(&"NEW.a".to_owned()) && names.contains(&"NEW.b c".to_owned()), "{names:?}");
        assert!(!names.iter().any(|name| name.contains('z')), "{names:?}");
        assert_eq!(place(trigger, "log"), MentionPlace::FilledWhole);
        assert_eq!(place("insert into log (a) select 1", "log"), MentionPlace::Table);
        assert_eq!(place("replace log select 1", "log"), MentionPlace::FilledWhole);
    }

    #[test]
    fn a_text_that_is_no_sql_has_the_names_up_to_there() {
        assert!(said("select a from `t").iter().any(|(name, ..)| name == "a"));
        assert!(said("").is_empty());
    }
}
