//! What happened to the rows against what the plan said.

use std::collections::BTreeSet;

use super::{
    dump::Rows,
    said::{Answer, Said},
    types::Family,
    unit::Member,
    value::same,
};

/// Everything about one table that is not as the plan said. `goes` are the tokens of rows in partitions that it drops.
pub fn judge(member: &Member, said: &[Said], goes: &BTreeSet<String>, before: &Rows, after: &Rows) -> Vec<String> {
    let mut wrong = Vec::new();
    rows(member, said, goes, before, after, &mut wrong);
    for (place, kept) in member.kept.iter().enumerate() {
        let path = format!("{}.{}", member.name, kept.name);
        let both = before.iter().filter_map(|(token, row)| after.get(token).map(|now| (token, row, now)));
        let changed: Vec<String> = both
            .filter(|(_, row, now)| !same(&row[place], kept.before, &now[place], kept.after))
            .map(|(token, row, now)| format!("tok {token}: {} is {}", row[place], now[place]))
            .collect();
        let of_column: Vec<&Said> = said.iter().filter(|said| said.path == path && said.is_of_values()).collect();
        let change = || {
            format!(
                "{path} from {} to {}: {} rows changed: {changed:?}",
                kept.before.text,
                kept.after.text,
                changed.len()
            )
        };
        if of_column.iter().any(|said| !matches!(said.answer, Some(Answer::Counted { complete: true, .. }))) {
            continue;
        }
        let counted: usize = of_column.iter().map(|said| said.count()).sum();
        if changed.len() > counted {
            wrong.push(format!("VALUES {}, counted {counted}", change()));
        } else if changed.len() < counted
            && is_exact_count(&of_column)
            && is_exact(kept.before.family, kept.after.family)
        {
            wrong.push(format!("COUNT {}, counted {counted}", change()));
        }
    }
    wrong
}

/// Whether rows are counted whose values change, and nothing else is said.
fn is_exact_count(of_column: &[&Said]) -> bool {
    matches!(of_column, [said] if said.code == "TW004")
}

/// Whether each value that a question counts is another one afterwards. Texts that become numbers or moments are counted
/// by their spelling.
fn is_exact(before: Family, after: Family) -> bool {
    let kind = |family: Family| match family {
        Family::Whole | Family::Decimal => 0,
        Family::Float => 1,
        Family::Moment | Family::Clock => 2,
        Family::Text | Family::LongText => 3,
        Family::Enum | Family::Set => 4,
        Family::Binary | Family::LongBinary => 5,
        Family::Json => 6,
        Family::Geometry => 7,
        Family::Vector => 8,
    };
    kind(before) == kind(after)
}

fn rows(member: &Member, said: &[Said], goes: &BTreeSet<String>, before: &Rows, after: &Rows, wrong: &mut Vec<String>) {
    let lost: Vec<&String> = before.keys().filter(|token| !after.contains_key(*token)).collect();
    let came: Vec<&String> = after.keys().filter(|token| !before.contains_key(*token)).collect();
    if !came.is_empty() {
        wrong.push(format!("CAME {}: rows that were not there: {came:?}", member.name));
    }
    let of_rows: Vec<&Said> = said.iter().filter(|said| said.path == member.name && said.is_of_rows()).collect();
    let counted: usize = of_rows.iter().map(|said| said.count()).sum();
    let said_to_go = |token: &&&String| !goes.contains(**token);
    let silent: Vec<&&String> = lost.iter().filter(said_to_go).collect();
    if silent.len() > counted {
        wrong.push(format!("LOST {}: rows {silent:?} are gone, counted {counted}", member.name));
    }
    let complete = !of_rows.is_empty()
        && of_rows.iter().all(|said| matches!(said.answer, Some(Answer::Counted { complete: true, .. })));
    if complete && lost.len() != counted {
        wrong.push(format!("COUNT {}: {} rows are gone, counted {counted}", member.name, lost.len()));
    }
}
