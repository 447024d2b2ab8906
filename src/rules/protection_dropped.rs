//! TW018: A constraint no longer protects.

use std::fmt::Display;

use crate::diff::TableChange;
use crate::model::IndexKind;

use super::{Finding, Level, Review, Rule, each_change};

pub(super) const RULE: Rule = Rule {
    code: "TW018",
    level: Level::Warning,
    why: "From this moment rows can be written that break the rule, and while there are such rows it cannot be added again",
    instead: "make sure that nothing relies on it, and keep the definition to add it again",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_change(review, |table, change| {
        let what = if let TableChange::DropIndex(index) = change {
            (index.kind == IndexKind::Unique).then(|| named("unique index", index.name.as_ref()))
        } else if let TableChange::DropPrimaryKey(_) = change {
            Some("the primary key".to_owned())
        } else if let TableChange::DropForeignKey(key) = change {
            Some(named("foreign key", key.name.as_ref()))
        } else if let TableChange::DropCheck(check) = change {
            check.enforced.then(|| named("check", check.name.as_ref()))
        } else if let TableChange::ModifyColumn { live, desired, .. } = change {
            (live.check.is_some() && desired.check.is_none()).then(|| named("the check of column", Some(&live.name)))
        } else if let TableChange::SetCheckEnforced { check } = change {
            (!check.enforced).then(|| named("check", check.name.as_ref()))
        } else {
            None
        };
        what.map(|what| RULE.finding(table.to_string(), format!("{what} no longer protects the table")))
    })
}

fn named<T: Display>(what: &str, name: Option<&T>) -> String {
    name.map_or_else(|| what.to_owned(), |name| format!("{what} `{name}`"))
}
