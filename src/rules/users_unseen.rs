//! TW033: Who uses what goes could not be looked at.

use super::dependants::{Fate, losses};
use super::{Finding, Level, Review, Rule};

pub(super) const RULE: Rule = Rule {
    code: "TW033",
    level: Level::Note,
    why: "The server tells an account only of what it may see: whether one of them uses what the plan drops or renames is not known",
    instead: "",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    let dependants = &review.live.dependants;
    // A column that only gets another type stays there for everybody.
    if losses(review.changes).iter().all(|loss| loss.fate == Fate::Retyped) {
        return Vec::new();
    }
    let finding = |unseen: &crate::model::UnseenDependants| Finding {
        instead: unseen.remedy.clone(),
        ..RULE.finding(dependants.schema.clone(), format!("{} were not looked at", unseen.what))
    };
    dependants.unseen.iter().map(finding).collect()
}
