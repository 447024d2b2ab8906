//! TW017: The replica falls behind.

use crate::rules::HARMLESS_STALL_SECONDS;

use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW017",
    level: Level::Warning,
    why: "A replica starts a statement only after the primary has finished it and applies nothing else meanwhile: for that time its data is old and a failover is exposed",
    instead: "run it when no failover is likely, and tell those who read from the replica",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    review
        .costs
        .iter()
        .filter(|cost| cost.replica_stall_seconds > HARMLESS_STALL_SECONDS)
        .map(|cost| {
            RULE.finding(cost.table.to_string(), {
                format!("the replica is predicted to fall {} s behind", cost.replica_stall_seconds)
            })
        })
        .collect()
}
