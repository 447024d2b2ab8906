//! A script that does what the plan does, statement by statement, with what a reader should know as comments.
//!
//! Invariant: every line of a comment begins with `-- ` and holds no line break of any kind, so that nothing in a name
//! or message can leave the comment and be executed.

use std::fmt::Write;

use crate::cli::text::{clauses, has_unseen, name, one_line};

use super::Report;
use super::words::{evidence_words, finding_table, headline, how, level_name, locks, reason_name, risk_name, stall};

/// The script, ending in a newline.
pub(crate) fn render(report: &Report) -> String {
    let proposal = &report.proposal;
    let mut script = String::new();
    comment(&mut script, &format!("Plan for {}", report.target));
    comment(&mut script, &headline(report));
    if !report.is_empty() {
        comment(&mut script, &format!("Risk: {}. Digest: {}", risk_name(proposal.risk), proposal.digest));
        comment(&mut script, "Run it with: mysql --default-character-set=utf8mb4 SCHEMA < this file");
    }
    for note in &report.notes {
        comment(&mut script, &format!("note: {note}"));
    }
    for refusal in &report.refusals {
        comment(
            &mut script,
            &format!("REFUSED {} ({}): {}", name(&refusal.table), reason_name(refusal.reason), refusal.message),
        );
    }
    for finding in proposal.findings.iter().filter(|finding| finding_table(finding, proposal).is_none()) {
        comment(
            &mut script,
            &format!("{}[{}] {}: {}", level_name(finding.level), finding.code, name(&finding.path), finding.problem),
        );
    }
    let mut told: Vec<&str> = Vec::new();
    for (position, statement) in proposal.statements.iter().enumerate() {
        script.push('\n');
        comment(&mut script, &format!("{}. {}: {}", position + 1, name(&statement.table), statement.summary));
        comment(&mut script, &format!("{}: {}", risk_name(statement.risk), how(statement)));
        for lock in locks(statement) {
            comment(&mut script, &format!("locks {lock}"));
        }
        if !told.contains(&statement.table.as_str()) {
            told.push(&statement.table);
            if let Some(words) = proposal.estimates.iter().find(|e| e.table == statement.table).and_then(stall) {
                comment(&mut script, &format!("the replica {words}"));
            }
            for finding in &proposal.findings {
                if finding_table(finding, proposal) == Some(&statement.table) {
                    let (level, code) = (level_name(finding.level), &finding.code);
                    comment(&mut script, &format!("{level}[{code}] {}: {}", name(&finding.path), finding.problem));
                    if let Some(evidence) = &finding.evidence {
                        comment(&mut script, &format!("  rows: {}", evidence_words(evidence)));
                    }
                }
            }
        }
        if has_unseen(&statement.sql) {
            comment(&mut script, "holds characters that are not seen; by their codes it reads:");
            for line in clauses(&statement.sql).lines() {
                comment(&mut script, &format!("  {line}"));
            }
        }
        let _ = writeln!(script, "{};", statement.sql);
    }
    script
}

fn comment(script: &mut String, text: &str) {
    let _ = writeln!(script, "-- {}", one_line(text));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::render::sample;

    #[test]
    fn nothing_leaves_a_comment() {
        let mut report = sample::report();
        report.proposal.statements[0].summary = "add\nDROP TABLE users;\r\u{2028}DROP TABLE orders;".to_owned();
        report.refusals[0].message = "x\n; DROP SCHEMA blog;".to_owned();
        let statements: Vec<String> = report.proposal.statements.iter().map(|s| format!("{};", s.sql)).collect();
        let code: Vec<String> = render(&report)
            .split(['\n', '\r', '\u{2028}'])
            .filter(|line| !line.is_empty() && !line.starts_with("-- "))
            .map(str::to_owned)
            .collect();
        assert_eq!(code.join("\n"), statements.join("\n"));
    }

    #[test]
    fn an_empty_plan_is_comments_only() {
        let script = render(&sample::empty());
        assert!(script.lines().all(|line| line.starts_with("-- ")), "{script}");
        assert!(script.contains("Nothing to do: 3 tables are as declared."));
    }
}
