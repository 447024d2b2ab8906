//! Conditions about members of an ENUM or SET and about character sets, which have rules of their own.

use crate::model::DataType;
use crate::rules::loss::only_members_or_characters;

use super::UNKNOWN;
use super::refused::{compared, listed};

/// For which values of an ENUM or SET the desired type has no member; of an ENUM's, those members for which `counts` holds.
pub(in super::super) fn members_that_go(
    column: &str,
    live: &DataType,
    desired: &DataType,
    counts: impl Fn(&str) -> bool,
) -> Result<String, &'static str> {
    match (live, desired) {
        (DataType::Enum { members, .. }, DataType::Enum { members: after, characters }) => {
            let gone: Vec<String> = members
                .iter()
                .enumerate()
                .filter(|(_, member)| {
                    !after.contains(member) && !is_number_of_one(member, after.len()) && counts(member.as_str())
                })
                .map(|(place, _)| (place + 1).to_string())
                .collect();
            // Nothing goes: members are but moved.
            if gone.is_empty() {
                return Ok("FALSE".to_owned());
            }
            // A member that compares as one that stays is taken for it.
            let others = format!("{} NOT IN ({})", compared(column, characters)?, listed(after));
            Ok(format!("{column} + 0 IN ({}) AND {others}", gone.join(", ")))
        }
        (DataType::Set { members, .. }, DataType::Set { members: after, .. }) => {
            let gone = members
                .iter()
                .enumerate()
                .filter(|(place, member)| *place < 64 && !after.contains(member))
                .fold(0_u64, |mask, (place, _)| mask | (1 << place));
            Ok(format!("({column} + 0) & {gone} <> 0"))
        }
        (_, _) => Err(UNKNOWN),
    }
}

/// Whether a text that is no member is taken for the number of one.
fn is_number_of_one(text: &str, members: usize) -> bool {
    text.trim().parse::<usize>().is_ok_and(|number| number <= members)
}

/// For which values the desired character set lacks a character.
pub(in super::super) fn characters_that_do_not_convert(
    column: &str,
    desired: &DataType,
) -> Result<String, &'static str> {
    let set = desired.characters().and_then(|spec| spec.character_set.as_deref()).filter(|set| is_word(set));
    let set = set.ok_or(UNKNOWN)?;
    Ok(format!(
        "CAST(CONVERT(CONVERT({column} USING {set}) USING utf8mb4) AS BINARY) <> CAST(CONVERT({column} USING utf8mb4) AS BINARY)"
    ))
}

/// A column's values as they will compare, where nothing but its characters changes, or it grows.
pub(super) fn in_other_characters(column: &str, live: &DataType, desired: &DataType) -> Option<String> {
    if live == desired {
        return Some(column.to_owned());
    }
    if !only_members_or_characters(live, desired) {
        return None;
    }
    if live.characters() == desired.characters() {
        return Some(column.to_owned());
    }
    let characters = desired.characters()?;
    let word = |name: &Option<String>| name.clone().filter(|name| is_word(name));
    let (set, collation) = (word(&characters.character_set)?, word(&characters.collation)?);
    Some(format!("CONVERT({column} USING {set}) COLLATE {collation}"))
}

/// Names of character sets are words; anything else is not put into a text.
pub(super) fn is_word(set: &str) -> bool {
    !set.is_empty() && set.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
