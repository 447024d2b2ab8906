//! The line above a plan: how many tables it changes, how many it refuses, and how many are as declared. Pure.

use std::collections::BTreeSet;

use crate::cli::text::count;

use super::Report;

/// `Nothing to do: 3 tables are as declared.`, or how many statements change how many tables. A table that is refused is
/// never counted as one that is as declared.
pub(super) fn headline(report: &Report) -> String {
    let refused: BTreeSet<&str> = report.refusals.iter().map(|refusal| refusal.table.as_str()).collect();
    let changed = &report.proposal.tables;
    // Tables that are dropped by --prune, or stand beside those of the plan, are not among the declared ones.
    let touched: BTreeSet<&str> = refused.iter().copied().chain(changed.iter().map(String::as_str)).collect();
    let unchanged = report.declared.iter().filter(|table| !touched.contains(table.as_str())).count();
    let mut rest = String::new();
    if !refused.is_empty() {
        rest.push_str(&format!("; {} refused", are(refused.len())));
    }
    if unchanged > 0 {
        rest.push_str(&format!("; {} as declared", are(unchanged)));
    }
    if !report.is_empty() {
        let statements = report.proposal.statements.len();
        let verb = if statements == 1 { "changes" } else { "change" };
        return format!("{} {verb} {}{rest}.", count(statements, "statement"), count(changed.len(), "table"));
    }
    match (refused.is_empty(), unchanged) {
        (true, 0) => "Nothing to do: no table is declared.".to_owned(),
        (true, unchanged) => format!("Nothing to do: {} as declared.", are(unchanged)),
        (false, _) => format!("No change is planned{rest}."),
    }
}

/// `1 table is`, `3 tables are`.
fn are(number: usize) -> String {
    format!("{} {}", count(number, "table"), if number == 1 { "is" } else { "are" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::render::sample;

    #[test]
    fn what_is_refused_is_never_as_declared() {
        let mut report = sample::report();
        assert_eq!(headline(&report), "2 statements change 2 tables; 1 table is refused; 1 table is as declared.");
        // One more refusal of the same table, and one of a table that no manifest names.
        report.refusals.extend(report.refusals.clone());
        assert_eq!(headline(&report), "2 statements change 2 tables; 1 table is refused; 1 table is as declared.");
        report.declared.remove("legacy");
        assert_eq!(headline(&report), "2 statements change 2 tables; 1 table is refused; 1 table is as declared.");
        report.proposal.statements.clear();
        report.proposal.tables.clear();
        assert_eq!(headline(&report), "No change is planned; 1 table is refused; 3 tables are as declared.");
        report.refusals.clear();
        assert_eq!(headline(&report), "Nothing to do: 3 tables are as declared.");
    }
}
