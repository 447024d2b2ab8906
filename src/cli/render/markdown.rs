//! A plan for a pull request: one comment, the marker in its first line lets a bot find and replace it.
//!
//! Invariant: whatever a name, comment or message holds, it appears as text: no markup, no mention, no link.

use std::fmt::Write;

use crate::cli::text::{clauses, has_unseen, name, one_line};
use crate::plan::proposal::{Level, Risk};

use super::Report;
use super::headline::headline;
use super::words::{
    CODES, evidence_words, how, level_name, locks, proof, reason_name, risk_name, risk_words, size, stall,
};

/// The comment, ending in a newline.
pub(crate) fn render(report: &Report) -> String {
    let proposal = &report.proposal;
    let mut text = String::from("<!-- tablewright-plan -->\n");
    let title = if report.is_empty() { String::new() } else { format!(": {}", badge(proposal.risk)) };
    let _ = writeln!(text, "### Plan for {}{title}\n", plain(&report.target));
    let _ = writeln!(text, "{}", plain(&headline(report)));
    for note in &report.notes {
        let _ = writeln!(text, "\n> {}", plain(note));
    }
    refusals(&mut text, report);
    if !report.is_empty() {
        changes(&mut text, report);
        script(&mut text, report);
        sizes(&mut text, report);
    }
    findings(&mut text, report);
    if !report.is_empty() {
        let _ = writeln!(text, "\n- **Risk** {}: {}", risk_name(proposal.risk), risk_words(proposal.risk));
        let _ = writeln!(text, "- **Proof** {}", proof(proposal.proof));
        let _ = writeln!(text, "- **Digest** {}", code(&proposal.digest));
        if let (Some((words, command)), true) = (&report.next_step, report.refusals.is_empty()) {
            let _ = writeln!(text, "\n{}:\n\n{}", plain(words), fenced("sh", &one_line(command)));
        }
    }
    text
}

fn refusals(text: &mut String, report: &Report) {
    if report.refusals.is_empty() {
        return;
    }
    text.push_str("\n**Refused, and so nothing of this plan will be applied**\n\n| Table | Reason | What to do |\n|---|---|---|\n");
    for refusal in &report.refusals {
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            code(&refusal.table),
            reason_name(refusal.reason),
            plain(&refusal.message)
        );
    }
}

fn changes(text: &mut String, report: &Report) {
    text.push_str("\n| # | Table | Change | How | Locks | Risk |\n|---|---|---|---|---|---|\n");
    for (position, statement) in report.proposal.statements.iter().enumerate() {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            position + 1,
            code(&statement.table),
            plain(&statement.summary),
            plain(&how(statement)),
            plain(&locks(statement).join("; ")),
            badge(statement.risk),
        );
    }
}

fn script(text: &mut String, report: &Report) {
    let sql: Vec<String> = report.proposal.statements.iter().map(|s| format!("{};", clauses(&s.sql))).collect();
    let _ = writeln!(text, "\n<details><summary>SQL</summary>\n\n{}\n</details>", fenced("sql", &sql.join("\n")));
    if report.proposal.statements.iter().any(|statement| has_unseen(&statement.sql)) {
        let _ = writeln!(text, "\n> {}", plain(CODES));
    }
}

fn sizes(text: &mut String, report: &Report) {
    let lines: Vec<String> = report
        .proposal
        .estimates
        .iter()
        .map(|estimate| {
            let stall = stall(estimate).map(|words| format!("; the replica {words}")).unwrap_or_default();
            format!("- {}: {}{stall}", code(&estimate.table), size(estimate))
        })
        .collect();
    if !lines.is_empty() {
        let _ = writeln!(text, "\n{}", lines.join("\n"));
    }
}

fn findings(text: &mut String, report: &Report) {
    for finding in &report.proposal.findings {
        let mark = match finding.level {
            Level::Note => "ℹ️",
            Level::Warning => "⚠️",
            Level::Error => "❌",
        };
        let _ = writeln!(
            text,
            "\n{mark} **{} {}** {}: {}",
            level_name(finding.level),
            plain(&finding.code),
            code(&finding.path),
            plain(&finding.problem)
        );
        if let Some(evidence) = &finding.evidence {
            let _ = writeln!(text, "  - rows: {}", plain(&evidence_words(evidence)));
        }
        if !finding.why.is_empty() {
            let _ = writeln!(text, "  - why: {}", plain(&finding.why));
        }
        if !finding.instead.is_empty() {
            let _ = writeln!(text, "  - instead: {}", plain(&finding.instead));
        }
    }
}

fn badge(risk: Risk) -> String {
    let mark = match risk {
        Risk::Safe => "🟢",
        Risk::Caution => "🟡",
        Risk::Blocking => "🟠",
        Risk::Destructive => "🔴",
    };
    format!("{mark} {}", risk_name(risk))
}

/// Text without markup. `@` is separated from what follows by an empty comment, so that nobody is mentioned.
fn plain(text: &str) -> String {
    let mut result = String::new();
    for character in one_line(text).chars() {
        match character {
            '<' => result.push_str("&lt;"),
            '>' => result.push_str("&gt;"),
            '&' => result.push_str("&amp;"),
            '@' => result.push_str("@<!-- -->"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' => {
                result.push('\\');
                result.push(character);
            }
            _ => result.push(character),
        }
    }
    result
}

/// Inline code, also within a table cell, whatever backticks the text holds.
fn code(text: &str) -> String {
    let text = name(text).replace('|', "\\|");
    let fence = "`".repeat(longest_run(&text) + 1);
    if text.starts_with('`') || text.ends_with('`') {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}

fn fenced(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::render::sample;

    #[test]
    fn names_cannot_become_markup() {
        assert_eq!(code("a`b|c"), "``a`b\\|c``");
        assert_eq!(plain("<img src=x> @team [x](y) a|b"), "&lt;img src=x&gt; @<!-- -->team \\[x\\](y) a\\|b");
        assert_eq!(fenced("sql", "a ``` b"), "````sql\na ``` b\n````\n");
    }

    #[test]
    fn holds_sql_risks_digest_and_refusals() {
        let text = render(&sample::report());
        for part in
            ["<details><summary>SQL</summary>", "🔴 Destructive", "`v1:sha256:", "| `legacy` | Unsupported |", "TW101"]
        {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }

    #[test]
    fn empty_plan_is_one_sentence() {
        let text = render(&sample::empty());
        assert!(text.contains("Nothing to do: 3 tables are as declared."));
        assert!(!text.contains("<details>") && !text.contains("Digest"));
    }
}
