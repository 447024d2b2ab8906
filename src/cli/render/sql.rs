//! A script that does what the plan does, statement by statement, with what a reader should know as comments.
//!
//! Invariant: every line of a comment begins with `-- ` and holds no line break of any kind, so that nothing in a name
//! or message can leave the comment and be executed.

use std::fmt::Write;

use crate::cli::text::{clauses, has_unseen, name, one_line};
use crate::plan::proposal::Finding;
use crate::sql::quote_string;

use super::Report;
use super::headline::headline;
use super::placing;
use super::words::{evidence_words, how, level_name, locks, reason_name, risk_name, stall};

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
    let placing = placing::place(proposal);
    for finding in &placing.rest {
        tell(&mut script, finding);
    }
    if !report.is_empty() {
        settings(&mut script);
    }
    let mut zero_dates = false;
    for (position, statement) in proposal.statements.iter().enumerate() {
        script.push('\n');
        comment(&mut script, &format!("{}. {}: {}", position + 1, name(&statement.table), statement.summary));
        comment(&mut script, &format!("{}: {}", risk_name(statement.risk), how(statement)));
        for lock in locks(statement) {
            comment(&mut script, &format!("locks {lock}"));
        }
        if let Some(words) = placing.estimates.get(position).copied().flatten().and_then(stall) {
            comment(&mut script, &format!("the replica {words}"));
        }
        for finding in placing.findings.get(position).into_iter().flatten() {
            tell(&mut script, finding);
        }
        if has_unseen(&statement.sql) {
            comment(&mut script, "holds characters that are not seen; by their codes it reads:");
            for line in clauses(&statement.sql).lines() {
                comment(&mut script, &format!("  {line}"));
            }
        }
        if statement.zero_dates != zero_dates {
            zero_dates = statement.zero_dates;
            let what = if zero_dates { "zero dates that there are may stay" } else { "zero dates are refused again" };
            comment(&mut script, what);
            let _ = writeln!(script, "SET @@SESSION.sql_mode = {};", mode(zero_dates));
        }
        match &statement.time_zone {
            Some(zone) => {
                comment(&mut script, "computes values in the server's time zone");
                let _ = writeln!(script, "SET @@SESSION.time_zone = {};", quote_string(zone));
                let _ = writeln!(script, "{};", statement.sql);
                script.push_str("SET @@SESSION.time_zone = '+00:00';\n");
            }
            None => {
                let _ = writeln!(script, "{};", statement.sql);
            }
        }
    }
    script
}

/// What `apply` sets for its sessions and a plain client does not: the server's own values may be anything.
fn settings(script: &mut String) {
    script.push('\n');
    comment(
        script,
        "What apply sets, too. The server's own sql_mode may turn NULL into '' where it should refuse it, and its own",
    );
    comment(
        script,
        "lock_wait_timeout is a year: meanwhile every query on the table would wait behind the statement that waits.",
    );
    comment(
        script,
        "mysql stops at the first error (never use --force); then plan again, since what was executed stays executed.",
    );
    let mode = mode(false);
    let _ = writeln!(
        script,
        "SET @@SESSION.sql_mode = {mode},\n  \
         @@SESSION.time_zone = '+00:00',\n  \
         @@SESSION.foreign_key_checks = 1,\n  \
         @@SESSION.unique_checks = 1,\n  \
         @@SESSION.lock_wait_timeout = 5;"
    );
}

/// The sql_mode of a statement, quoted.
fn mode(zero_dates: bool) -> String {
    let no_zero_dates = if zero_dates { "" } else { "NO_ZERO_IN_DATE,NO_ZERO_DATE," };
    format!(
        "'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,{no_zero_dates}ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO'"
    )
}

fn tell(script: &mut String, finding: &Finding) {
    let (level, code) = (level_name(finding.level), &finding.code);
    comment(script, &format!("{level}[{code}] {}: {}", name(&finding.path), finding.problem));
    if let Some(evidence) = &finding.evidence {
        comment(script, &format!("  rows: {}", evidence_words(evidence)));
    }
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
        let mut settings = String::new();
        super::settings(&mut settings);
        let settings = settings.lines().filter(|line| !line.is_empty() && !line.starts_with("-- "));
        let expected: Vec<String> = settings.map(str::to_owned).chain(statements).collect();
        assert_eq!(code.join("\n"), expected.join("\n"));
    }

    /// Each setting is the one with which plans are proved and applied.
    #[test]
    fn the_settings_are_those_of_apply() {
        let own = include_str!("../../mysql/queries/session.sql");
        let script = render(&sample::report());
        let (_, set) = script.split_once("SET @@").unwrap();
        let (set, _) = set.split_once(';').unwrap();
        let set: Vec<&str> = set.split("@@").map(|part| part.trim_end_matches([',', ' ', '\n'])).collect();
        assert_eq!(set.len(), 5);
        for setting in set {
            assert!(own.contains(&format!("@@{setting}")) || own.contains(setting), "{setting} is not apply's");
        }
    }

    #[test]
    fn a_statement_has_the_settings_that_it_needs_and_no_other_has() {
        let mut report = sample::report();
        let statements = &mut report.proposal.statements;
        statements[0].time_zone = Some("+02:00".to_owned());
        statements[1].zero_dates = true;
        let (first, second) = (format!("{};", statements[0].sql), format!("{};", statements[1].sql));
        let script = render(&report);
        let before = |statement: &str| {
            let (before, _) = script.split_once(statement).expect("the statement");
            let last = |setting: &str| {
                let (_, value) = before.rsplit_once(&format!("@@SESSION.{setting} = ")).expect("a setting");
                value.split_inclusive('\'').take(2).collect::<String>()
            };
            (last("time_zone"), last("sql_mode"))
        };
        let (zone, mode) = before(&first);
        assert_eq!(zone, "'+02:00'");
        assert!(mode.contains("NO_ZERO_DATE"), "{mode}");
        let (zone, mode) = before(&second);
        assert_eq!(zone, "'+00:00'");
        assert!(mode.contains("STRICT_TRANS_TABLES") && !mode.contains("NO_ZERO"), "{mode}");
    }

    #[test]
    fn an_empty_plan_is_comments_only() {
        let script = render(&sample::empty());
        assert!(script.lines().all(|line| line.starts_with("-- ")), "{script}");
        assert!(script.contains("Nothing to do: 3 tables are as declared."));
    }
}
