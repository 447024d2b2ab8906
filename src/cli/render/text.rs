//! A plan as a careful colleague would put it: table by table, what runs, what it costs, and what to do next.

use std::fmt::Write;

use crate::cli::style::Style;
use crate::cli::text::{clauses, has_unseen, name, one_line, visible};
use crate::plan::proposal::{Finding, Level, ProposedStatement, Risk};

use super::Report;
use super::headline::headline;
use super::placing::{self, Placing};
use super::words::{
    CODES, evidence_words, how, level_name, locks, proof, reason_name, risk_name, risk_words, size, stall,
};

/// The whole report, ending in a newline.
pub(crate) fn render(report: &Report, style: Style) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", style.bold(&one_line(&format!("Plan for {}", report.target))));
    let _ = writeln!(text, "{}", headline(report));
    for note in &report.notes {
        let _ = writeln!(text, "{} {}", style.dim("note:"), one_line(note));
    }
    let placing = placing::place(&report.proposal);
    statements(&mut text, report, &placing, style);
    remaining_findings(&mut text, &placing, style);
    refusals(&mut text, report, style);
    if !report.is_empty() {
        summary(&mut text, report, style);
    }
    text
}

fn statements(text: &mut String, report: &Report, placing: &Placing<'_>, style: Style) {
    let proposal = &report.proposal;
    let mut shown: Vec<&str> = Vec::new();
    let mut previous: Option<&str> = None;
    for (position, statement) in proposal.statements.iter().enumerate() {
        if previous != Some(statement.table.as_str()) {
            let first = !shown.contains(&statement.table.as_str());
            heading(text, report, statement, first, style);
            if first {
                shown.push(&statement.table);
            }
        }
        previous = Some(&statement.table);
        let _ = writeln!(text, "  {}. {}", position + 1, one_line(&statement.summary));
        for line in clauses(&statement.sql).lines() {
            let _ = writeln!(text, "       {}", style.cyan(line));
        }
        if has_unseen(&statement.sql) {
            let _ = writeln!(text, "     {}", style.yellow(CODES));
        }
        let risk = paint(statement.risk, risk_name(statement.risk), style);
        let _ = writeln!(text, "     {risk}: {}.", how(statement));
        if statement.risk == Risk::Destructive {
            let _ = writeln!(text, "     {}", style.red(&capital(&format!("{}.", risk_words(statement.risk)))));
        }
        for lock in locks(statement) {
            let _ = writeln!(text, "     Locks {}.", one_line(&lock));
        }
        if let Some(words) = placing.estimates.get(position).copied().flatten().and_then(stall) {
            let _ = writeln!(text, "     {} {words}.", style.yellow("The replica"));
        }
        for finding in placing.findings.get(position).into_iter().flatten() {
            render_finding(text, finding, "     ", style);
        }
    }
}

fn heading(text: &mut String, report: &Report, statement: &ProposedStatement, first: bool, style: Style) {
    let table = style.bold(&name(&statement.table));
    let estimate = report.proposal.estimates.iter().find(|estimate| estimate.table == statement.table);
    let detail = match (first, estimate) {
        (false, _) => "  continued".to_owned(),
        (true, Some(estimate)) => format!("  {}", size(estimate)),
        (true, None) => String::new(),
    };
    let _ = writeln!(text, "\n{table}{}", style.dim(&detail));
}

fn remaining_findings(text: &mut String, placing: &Placing<'_>, style: Style) {
    if !placing.rest.is_empty() {
        text.push('\n');
    }
    for finding in &placing.rest {
        render_finding(text, finding, "", style);
    }
}

fn render_finding(text: &mut String, finding: &Finding, indent: &str, style: Style) {
    let label = format!("{}[{}]", level_name(finding.level), one_line(&finding.code));
    let label = match finding.level {
        Level::Note => style.cyan(&label),
        Level::Warning => style.yellow(&label),
        Level::Error => style.red(&label),
    };
    let _ = writeln!(text, "{indent}{label} {}: {}", name(&finding.path), one_line(&finding.problem));
    if let Some(evidence) = &finding.evidence {
        let _ = writeln!(text, "{indent}  rows: {}", one_line(&evidence_words(evidence)));
    }
    if !finding.why.is_empty() {
        let _ = writeln!(text, "{indent}  why: {}", one_line(&finding.why));
    }
    if !finding.instead.is_empty() {
        let _ = writeln!(text, "{indent}  instead: {}", one_line(&finding.instead));
    }
}

fn refusals(text: &mut String, report: &Report, style: Style) {
    if report.refusals.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", style.red("Refused, and so nothing of this plan will be applied:"));
    for refusal in &report.refusals {
        let origin = report.origins.get(&refusal.table).map(ToString::to_string).unwrap_or_default();
        // Most messages say where themselves.
        let at =
            if origin.is_empty() || refusal.message.contains(&origin) { String::new() } else { format!(", {origin}") };
        let table = style.bold(&name(&refusal.table));
        let _ = writeln!(text, "  {table} ({}{})", reason_name(refusal.reason), visible(&at));
        for line in visible(&refusal.message).lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
}

fn summary(text: &mut String, report: &Report, style: Style) {
    let proposal = &report.proposal;
    let risk = paint(proposal.risk, risk_name(proposal.risk), style);
    let _ = writeln!(text, "\nRisk:   {risk}: {}", risk_words(proposal.risk));
    let _ = writeln!(text, "Proof:  {}", proof(proposal.proof));
    let _ = writeln!(text, "Digest: {}", one_line(&proposal.digest));
    if !report.refusals.is_empty() {
        let _ = writeln!(text, "\nNext: correct what is refused, or leave those tables out, and plan again.");
        return;
    }
    if let Some((words, command)) = &report.next_step {
        let _ = writeln!(text, "\n{}:\n  {}", one_line(words), one_line(command));
    }
}

fn paint(risk: Risk, text: &str, style: Style) -> String {
    match risk {
        Risk::Safe => style.green(text),
        Risk::Caution => style.yellow(text),
        Risk::Blocking | Risk::Destructive => style.red(text),
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::render::sample;

    #[test]
    fn reads_like_a_colleague() {
        let expected = "\
Plan for blog on db.example:3306 (MySQL 9.7.4)
2 statements change 2 tables; 1 table is refused; 1 table is as declared.
note: no PROCESS privilege: blockers are not named

users  about 1,200,000 rows, 340 MiB
  1. add column age
       ALTER TABLE `users`
         ADD COLUMN `age` int,
         ALGORITHM=INPLACE, LOCK=NONE
     Caution: rebuilds the table in place; reads and writes go on (ALGORITHM=INPLACE, LOCK=NONE).
     Locks users and orgs (its parent by a foreign key) exclusively, for a moment at the start and the end.
     The replica starts this only after the primary has finished, and lags by about 95 s more meanwhile.
     warning[TW101] users.age: the column is in the middle
       why: code that inserts without naming columns breaks
       instead: add it at the end

posts
  2. drop the table and all its rows
       DROP TABLE `posts`
     Destructive: takes a moment.
     Loses data or a constraint's protection; it cannot be undone.
     Locks posts against reads and writes, as long as it runs.

Refused, and so nothing of this plan will be applied:
  legacy (Unsupported)
    SHOW CREATE TABLE holds `PACK_KEYS`, which cannot be printed back

Risk:   Destructive: loses data or a constraint's protection; it cannot be undone
Proof:  rehearsed in a scratch schema of this server: it ends at the desired definitions, with these algorithms
Digest: v1:sha256:abababababababababababababababababababababababababababababababab

Next: correct what is refused, or leave those tables out, and plan again.
";
        assert_eq!(render(&sample::report(), Style::plain()), expected);
    }

    #[test]
    fn the_next_step_names_the_digest() {
        let mut report = sample::report();
        report.refusals.clear();
        let text = render(&report, Style::plain());
        let last = text.lines().last().unwrap();
        assert_eq!(last, "  tablewright apply -f schema --approve v1:sha256:abab");
    }

    #[test]
    fn nothing_to_do_is_said_so() {
        let text = render(&sample::empty(), Style::plain());
        assert!(text.contains("Nothing to do: 3 tables are as declared."));
        assert!(!text.contains("Digest"));
    }

    #[test]
    fn colour_changes_no_words() {
        let coloured = render(&sample::report(), Style::coloured());
        let mut plain = String::new();
        let mut rest = coloured.as_str();
        while let Some(start) = rest.find('\x1b') {
            plain.push_str(&rest[..start]);
            rest = &rest[start + rest[start..].find('m').unwrap() + 1..];
        }
        plain.push_str(rest);
        assert_eq!(plain, render(&sample::report(), Style::plain()));
    }

    #[test]
    fn names_do_not_steer_the_terminal() {
        let mut report = sample::report();
        report.proposal.statements[0].table = "a\x1b[2Jb".to_owned();
        report.refusals[0].message = "c\x07d".to_owned();
        assert!(!render(&report, Style::plain()).contains(['\x1b', '\x07']));
    }
}
