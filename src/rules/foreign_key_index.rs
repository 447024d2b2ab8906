//! TW013: A foreign key loses its index.

use crate::diff::{TableChange, serves};

use super::{Finding, Level, Review, Rule, each_difference};

pub(super) const RULE: Rule = Rule {
    code: "TW013",
    level: Level::Note,
    why: "A foreign key needs an index that begins with its columns: without one MySQL refuses the drop (error 1553), and every change of the parent would read the whole child",
    instead: "keep the index, or name the index that replaces it in the manifest",
    check,
};

fn check(review: Review<'_>) -> Vec<Finding> {
    each_difference(review, |difference, change| {
        let TableChange::DropIndex(index) = change else { return None };
        let key = difference.desired.foreign_keys.iter().find(|key| serves(&index.parts, key))?;
        let name = index.name.as_ref().map(ToString::to_string).unwrap_or_default();
        let columns = key.columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", ");
        Some(RULE.finding(
            difference.desired.name.to_string(),
            format!("index `{name}` is dropped, on which the foreign key over {columns} stands"),
        ))
    })
}
