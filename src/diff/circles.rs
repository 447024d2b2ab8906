//! Former names of tables that go in a circle: nobody can tell whether it has been gone through already.

use crate::model::{DesiredTable, Ensure, Origin, TableName};

use super::{Refusal, RefusalReason};

/// What to do instead of a circle of former names, of tables or of columns.
pub(crate) const EXCHANGE: &str = "to exchange names takes three changes: one of them to a name that is free, the other \
                                   to its new name, then the first to its own, each with the rename of that step alone";

/// A table in a circle.
pub(crate) struct Circle {
    /// The table.
    pub(crate) table: TableName,
    /// Where it is declared.
    pub(crate) origin: Origin,
    /// What is wrong.
    pub(crate) problem: String,
}

impl Circle {
    pub(crate) fn refusal(&self) -> Refusal {
        Refusal {
            table: self.table.clone(),
            reason: RefusalReason::InvalidDefinition,
            message: format!("{}: table {}; {EXCHANGE}", self.origin, self.problem),
        }
    }
}

/// Every table of a circle.
pub(crate) fn rename_circles<'a>(
    desired: impl Iterator<Item = &'a DesiredTable>,
    lower_case_table_names: u8,
) -> Vec<Circle> {
    let case = lower_case_table_names;
    let renamed: Vec<&DesiredTable> =
        desired.filter(|item| item.ensure == Ensure::Present && !item.renamed_from.is_empty()).collect();
    let former = |item: &DesiredTable| -> Vec<&DesiredTable> {
        let is_former = |other: &DesiredTable| item.renamed_from.iter().any(|from| from.same(&other.table.name, case));
        let others = renamed.iter().copied().filter(|other| !other.table.name.same(&item.table.name, case));
        others.filter(|other| is_former(other)).collect()
    };
    let mut circles = Vec::new();
    for item in &renamed {
        if let Some(said) = way_back(item, &former) {
            circles.push(Circle {
                table: item.table.name.clone(),
                origin: item.origin.clone(),
                problem: format!("{said}: this cannot be told from renames that have been done already"),
            });
        }
    }
    circles
}

/// What is said on the way from a table over its former names back to itself.
fn way_back<'a>(start: &'a DesiredTable, former: &impl Fn(&DesiredTable) -> Vec<&'a DesiredTable>) -> Option<String> {
    let mut seen: Vec<&TableName> = Vec::new();
    let mut open: Vec<(&DesiredTable, String)> = vec![(start, String::new())];
    while let Some((item, said)) = open.pop() {
        for other in former(item) {
            let before = if said.is_empty() { String::new() } else { format!("{said}, and ") };
            let said = format!("{before}`{}` says it was `{}`", item.table.name, other.table.name);
            if other.table.name == start.table.name {
                return Some(said);
            }
            if !seen.contains(&&other.table.name) {
                seen.push(&other.table.name);
                open.push((other, said));
            }
        }
    }
    None
}
