//! TW025: A foreign key stands aside for the time of the change.

use super::question::standing_orphans;
use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW025",
    level: Level::Warning,
    why: "Until it is added again nothing keeps rows without a parent out, and one of them makes its coming back fail: the table is then left without the key",
    instead: "keep writers away from both tables until the plan has ended; where the key could not come back, correct the rows and plan again: it is still declared",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    let finding = |paused: &crate::diff::PausedKey| {
        let name = paused.key.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
        let problem = format!("foreign key{name} is dropped for the time of the change");
        RULE.finding(paused.table.to_string(), problem).asking(standing_orphans(review, paused))
    };
    review.changes.paused.iter().map(finding).collect()
}
