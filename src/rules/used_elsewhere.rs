//! TW032: A trigger, view, routine or event uses what goes.

use crate::model::DependantKind;

use super::dependants::{Fate, Loss, Use, Users, Way};
use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW032",
    level: Level::Warning,
    why: "The server changes the table without a look at them; they fail when they are used next, and a trigger that fails lets no row be written",
    instead: "change or drop them first, or in the same release directly afterwards; keep what they name until then",
    check,
};

/// So many users of one thing are named.
const MOST: usize = 20;

fn check(review: Review<'_>) -> Vec<Finding> {
    let dependants = &review.live.dependants;
    if dependants.seen.is_empty() {
        return Vec::new();
    }
    let users = Users::new(review.changes, dependants);
    let mut findings = Vec::new();
    for loss in &users.losses {
        let uses = users.of(loss);
        findings.extend(uses.iter().take(MOST).map(|found| finding(loss, *found)));
        if let Some(left) = uses.len().checked_sub(MOST).filter(|left| *left > 0) {
            findings.push(RULE.finding(path(loss), format!("and {left} more use {}", thing(loss))));
        }
    }
    findings
}

fn finding(loss: &Loss, found: Use<'_>) -> Finding {
    let harmless = loss.fate == Fate::Retyped || found.way == Way::GoesWithTable;
    let level = if harmless { Level::Note } else { RULE.level };
    Finding { level, ..RULE.finding(path(loss), problem(loss, found)) }
}

fn path(loss: &Loss) -> String {
    match &loss.column {
        Some(column) => format!("{}.{column}", loss.table),
        None => loss.table.to_string(),
    }
}

fn thing(loss: &Loss) -> String {
    let fate = match &loss.fate {
        Fate::Dropped => "which is dropped".to_owned(),
        Fate::Renamed(to) => format!("which is renamed to `{to}`"),
        Fate::Retyped => "whose type changes".to_owned(),
    };
    match &loss.column {
        Some(column) => format!("column `{column}`, {fate}"),
        None => format!("the table, {fate}"),
    }
}

fn problem(loss: &Loss, found: Use<'_>) -> String {
    let who = who(found);
    let verb = if found.certain { "uses" } else { "may use" };
    let thing = thing(loss);
    let said = match found.way {
        Way::GoesWithTable => return format!("{who} goes with the table"),
        Way::Named => format!("{who} {verb} {thing}"),
        Way::FilledWhole => format!("{who} inserts rows without a list of columns and so uses {thing}"),
        Way::Through(view) => format!("{who} {verb} view `{view}`, and with it {thing}"),
    };
    if loss.fate == Fate::Retyped {
        return said;
    }
    if loss.name_is_taken && found.way == Way::Named {
        return format!("{said}: the name means another one from then on");
    }
    format!("{said}: {}", consequence(loss, found))
}

fn who(found: Use<'_>) -> String {
    let dependant = found.dependant;
    let name = match &dependant.schema {
        Some(schema) => format!("`{schema}`.`{}`", dependant.name),
        None => format!("`{}`", dependant.name),
    };
    match &dependant.kind {
        DependantKind::Trigger { table, timing, event } => format!("trigger {name} ({timing} {event} on `{table}`)"),
        DependantKind::View => format!("view {name}"),
        DependantKind::Procedure => format!("procedure {name}"),
        DependantKind::Function => format!("function {name}"),
        DependantKind::Routine => format!("routine {name}"),
        DependantKind::Event => format!("event {name}"),
    }
}

fn consequence(loss: &Loss, found: Use<'_>) -> String {
    let error = match (&found.dependant.kind, found.way) {
        (DependantKind::View, _) | (_, Way::Through(_)) => 1356,
        (_, Way::FilledWhole) => 1136,
        (_, Way::Named | Way::GoesWithTable) if loss.column.is_none() => 1146,
        (_, Way::Named | Way::GoesWithTable) => 1054,
    };
    match &found.dependant.kind {
        DependantKind::Trigger { table, event, .. } => {
            format!("every {event} on `{table}` that comes to it fails then (error {error})")
        }
        DependantKind::View => format!("no row of it can be read then (error {error})"),
        DependantKind::Procedure | DependantKind::Function | DependantKind::Routine => {
            format!("it fails then when it is called (error {error})")
        }
        DependantKind::Event => format!("it fails then whenever it runs (error {error})"),
    }
}
