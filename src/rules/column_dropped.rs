//! TW002: A column is dropped.

use crate::diff::TableChange;

use super::{Finding, Level, Review, Rule, each_change};

pub(super) const RULE: Rule = Rule {
    code: "TW002",
    level: Level::Warning,
    why: "Its values are gone at once, on the replica too (those of a generated column can be computed again), and code that still names it fails",
    instead: "deploy code that no longer uses the column first; make it INVISIBLE for some days; keep a copy of the values",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_change(review, |table, change| {
        if let TableChange::DropColumn { column } = change {
            let which = if column.generated.is_some() { "generated column" } else { "column" };
            let claim =
                review.changes.former.iter().find(|former| former.table == *table && former.dropped == column.name);
            let claimed = claim.map(|claim| {
                let by = &claim.claimed_by;
                let but = match &claim.from_elsewhere {
                    Some(from) => format!("comes from `{from}`"),
                    None => "exists already".to_owned(),
                };
                format!("; `{by}` says it was `{}`, but `{by}` {but}: nothing is carried over", column.name)
            });
            let problem = format!("{which} `{}` is dropped{}", column.name, claimed.unwrap_or_default());
            Some(RULE.finding(format!("{table}.{}", column.name), problem))
        } else {
            None
        }
    })
}
