//! With which statement a finding stands, and the replica's stall. A proposal does not say it: it is told by what each
//! statement does. What cannot be told stands with the table's statement of the greatest risk.

use crate::model::{AlterClause, AlterTable, Dialect, IndexKind, Statement};
use crate::plan::proposal::{AlgorithmName, Estimate, Finding, Proposal, ProposedStatement, Risk, TableLockMode};
use crate::sql;

use super::words::finding_table;

/// What is told with each statement.
pub(super) struct Placing<'a> {
    /// By the statement's position: its findings, in the proposal's order.
    pub(super) findings: Vec<Vec<&'a Finding>>,
    /// By the statement's position: the estimate of the table of which it is the heaviest statement.
    pub(super) estimates: Vec<Option<&'a Estimate>>,
    /// Findings about no table that a statement changes.
    pub(super) rest: Vec<&'a Finding>,
}

/// Places whatever a proposal has to tell.
pub(super) fn place(proposal: &Proposal) -> Placing<'_> {
    let steps: Vec<Step<'_>> = proposal.statements.iter().map(Step::new).collect();
    let mut placing = Placing {
        findings: steps.iter().map(|_| Vec::new()).collect(),
        estimates: steps.iter().map(|_| None).collect(),
        rest: Vec::new(),
    };
    for finding in &proposal.findings {
        let table = finding_table(finding, proposal);
        let fitting = table.and_then(|table| first_of_greatest(&steps, table, |step| step.fits(finding, table)));
        match fitting.and_then(|position| placing.findings.get_mut(position)) {
            Some(there) => there.push(finding),
            None => placing.rest.push(finding),
        }
    }
    for estimate in &proposal.estimates {
        let heaviest = first_of_greatest(&steps, &estimate.table, |step| step.weight());
        if let Some(there) = heaviest.and_then(|position| placing.estimates.get_mut(position)) {
            *there = Some(estimate);
        }
    }
    placing
}

/// The position of the first statement on this table for which `measure` is greatest.
fn first_of_greatest<T: Ord>(steps: &[Step<'_>], table: &str, measure: impl Fn(&Step<'_>) -> T) -> Option<usize> {
    let of_table = steps.iter().enumerate().filter(|(_, step)| step.concerns(table));
    // `max_by_key` takes the last of equals.
    of_table.rev().max_by_key(|(_, step)| measure(step)).map(|(position, _)| position)
}

/// How well a finding fits a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// It is not of a kind that brings such a finding.
    Unlikely,
    /// It is of that kind.
    Kind,
    /// And names what the finding is about.
    Named,
}

/// How much of a table a statement touches, as far as its clauses tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Metadata,
    InPlace,
    Rebuilds,
    Copies,
}

/// A statement, and what it does, where our grammar reads it.
struct Step<'a> {
    proposed: &'a ProposedStatement,
    parsed: Option<Statement>,
}

impl<'a> Step<'a> {
    fn new(proposed: &'a ProposedStatement) -> Self {
        // A text of another dialect that is not read is placed by its costs and its risk.
        Self { proposed, parsed: sql::parse_statement(&proposed.sql, Dialect::NEWEST).ok() }
    }

    fn concerns(&self, table: &str) -> bool {
        self.proposed.table == table
            || matches!(&self.parsed, Some(Statement::RenameTable { to, .. }) if to.as_str() == table)
    }

    fn weight(&self) -> Weight {
        match (self.proposed.algorithm, self.proposed.rebuilds) {
            (Some(AlgorithmName::Copy), _) => Weight::Copies,
            (Some(AlgorithmName::Inplace), true) => Weight::Rebuilds,
            (Some(AlgorithmName::Inplace), false) => Weight::InPlace,
            (Some(AlgorithmName::Instant) | None, _) => Weight::Metadata,
        }
    }

    /// Whether writes to its own table wait while it runs.
    fn blocks(&self) -> bool {
        self.proposed.locks.iter().any(|lock| {
            lock.table == self.proposed.table
                && matches!(lock.mode, TableLockMode::BlocksWrites | TableLockMode::BlocksAll)
        })
    }

    /// How well a finding on this table fits; then what it weighs, then its risk.
    fn fits(&self, finding: &Finding, table: &str) -> (Fit, Weight, Risk) {
        let when = |holds: bool| if holds { Fit::Named } else { Fit::Unlikely };
        let risk = self.proposed.risk;
        match finding.code.as_str() {
            "TW010" => (when(self.proposed.algorithm.is_some() && self.blocks()), self.weight(), risk),
            "TW011" => (when(self.weight() == Weight::Rebuilds), self.weight(), risk),
            "TW017" => (Fit::Kind, self.weight(), risk),
            _ => {
                let fit = self.parsed.as_ref().map_or(Fit::Unlikely, |statement| bears(statement, finding, table));
                (fit, Weight::Metadata, risk)
            }
        }
    }
}

/// Whether a statement brings such a finding, and names what it is about.
fn bears(statement: &Statement, finding: &Finding, table: &str) -> Fit {
    let code = finding.code.as_str();
    let when = |holds: bool| if holds { Fit::Named } else { Fit::Unlikely };
    match statement {
        Statement::CreateTable(_) => when(matches!(code, "TW012" | "TW021")),
        Statement::DropTable(_) => when(code == "TW001"),
        Statement::RenameTable { .. } => when(code == "TW003" && finding.path == table),
        Statement::AlterTable(AlterTable { clauses, .. }) => {
            let column = finding.path.strip_prefix(table).and_then(|rest| rest.strip_prefix('.'));
            let fits = clauses.iter().map(|clause| {
                let (codes, names) = tells(clause);
                let quoted = |name: &&str| finding.problem.contains(&format!("`{name}`"));
                match column {
                    Some(column) if is_of_column(clause) => when(names.contains(&column)),
                    _ if !codes.contains(&code) => Fit::Unlikely,
                    _ if names.iter().any(quoted) => Fit::Named,
                    _ => Fit::Kind,
                }
            });
            fits.max().unwrap_or(Fit::Unlikely)
        }
    }
}

fn is_of_column(clause: &AlterClause) -> bool {
    matches!(
        clause,
        AlterClause::AddColumn { .. }
            | AlterClause::DropColumn(_)
            | AlterClause::ModifyColumn { .. }
            | AlterClause::ChangeColumn { .. }
            | AlterClause::RenameColumn { .. }
            | AlterClause::AlterColumnDefault { .. }
            | AlterClause::AlterColumnVisibility { .. }
    )
}

/// The findings on the table that a clause can bring, and what it names. Findings on a column go by its name alone.
fn tells(clause: &AlterClause) -> (&'static [&'static str], Vec<&str>) {
    match clause {
        AlterClause::AddColumn { column, .. } => (&["TW013"], vec![column.name.as_str()]),
        AlterClause::DropColumn(column) => (&["TW018"], vec![column.as_str()]),
        AlterClause::ModifyColumn { column, .. } => (&["TW008", "TW018"], vec![column.name.as_str()]),
        AlterClause::ChangeColumn { from, column, .. } => {
            (&["TW008", "TW018"], vec![from.as_str(), column.name.as_str()])
        }
        AlterClause::RenameColumn { from, to } => (&[], vec![from.as_str(), to.as_str()]),
        AlterClause::AlterColumnDefault { column, .. } | AlterClause::AlterColumnVisibility { column, .. } => {
            (&[], vec![column.as_str()])
        }
        AlterClause::AddPrimaryKey(_) => (&["TW008"], Vec::new()),
        AlterClause::DropPrimaryKey => (&["TW012", "TW018"], Vec::new()),
        AlterClause::AddIndex(index) => {
            let codes: &[&str] = match index.kind {
                IndexKind::Unique => &["TW008"],
                IndexKind::Plain | IndexKind::Fulltext | IndexKind::Spatial => &[],
            };
            (codes, index.name.iter().map(|name| name.as_str()).collect())
        }
        AlterClause::DropIndex(index) => (&["TW013", "TW018"], vec![index.as_str()]),
        AlterClause::RenameIndex { from, to } => (&[], vec![from.as_str(), to.as_str()]),
        AlterClause::AlterIndexVisibility { index, .. } => (&[], vec![index.as_str()]),
        AlterClause::AddForeignKey(key) => (&["TW009"], vec![key.referenced_table.as_str()]),
        AlterClause::DropForeignKey(name) => (&["TW018"], vec![name.as_str()]),
        AlterClause::AddCheck(check) => (&["TW015"], check.name.iter().map(|name| name.as_str()).collect()),
        AlterClause::DropCheck(name) => (&["TW018"], vec![name.as_str()]),
        AlterClause::AlterCheck { name, enforced: true } => (&["TW015"], vec![name.as_str()]),
        AlterClause::AlterCheck { name, enforced: false } => (&["TW018"], vec![name.as_str()]),
        AlterClause::Options { .. } => (&["TW023"], Vec::new()),
        AlterClause::ConvertTo { .. } => (&["TW005", "TW008"], Vec::new()),
        AlterClause::PartitionBy(_) => (&["TW028"], Vec::new()),
        AlterClause::RemovePartitioning
        | AlterClause::AddPartitions(_)
        | AlterClause::AddPartitionCount(_)
        | AlterClause::CoalescePartitions(_)
        | AlterClause::Force
        | AlterClause::OrderBy(_) => (&[], Vec::new()),
        AlterClause::DropPartitions(names) => (&["TW019"], names.iter().map(|name| name.as_str()).collect()),
        AlterClause::ReorganizePartitions { from, .. } => (&["TW028"], from.iter().map(|name| name.as_str()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::render::sample;
    use crate::plan::proposal::{Level, LockName, TableLock, TableLockReason};

    fn statement(sql: &str, algorithm: AlgorithmName, blocks: bool, risk: Risk) -> ProposedStatement {
        let mode = if blocks { TableLockMode::BlocksWrites } else { TableLockMode::Brief };
        ProposedStatement {
            sql: sql.to_owned(),
            table: "items".to_owned(),
            summary: String::new(),
            algorithm: Some(algorithm),
            lock: Some(if blocks { LockName::Shared } else { LockName::None }),
            rebuilds: algorithm == AlgorithmName::Copy,
            locks: vec![TableLock { table: "items".to_owned(), mode, reason: TableLockReason::Altered }],
            risk,
            zero_dates: false,
            time_zone: None,
        }
    }

    fn finding(code: &str, path: &str, problem: &str) -> Finding {
        Finding {
            code: code.to_owned(),
            level: Level::Warning,
            path: path.to_owned(),
            problem: problem.to_owned(),
            why: String::new(),
            instead: String::new(),
            evidence: None,
        }
    }

    #[test]
    fn each_finding_stands_with_the_statement_that_brings_it() {
        let mut proposal = sample::report().proposal;
        proposal.tables = vec!["items".to_owned()];
        proposal.statements = vec![
            statement(
                "ALTER TABLE `items`\n  DROP FOREIGN KEY `parent`,\n  ALGORITHM=INPLACE, LOCK=NONE",
                AlgorithmName::Inplace,
                false,
                Risk::Destructive,
            ),
            statement(
                "ALTER TABLE `items`\n  DROP FOREIGN KEY `other`,\n  ALGORITHM=INPLACE, LOCK=NONE",
                AlgorithmName::Inplace,
                false,
                Risk::Destructive,
            ),
            statement(
                "ALTER TABLE `items`\n  MODIFY COLUMN `price` int NOT NULL,\n  ADD CONSTRAINT `dear` CHECK (`price` > 0),\n  \
                 ALGORITHM=COPY, LOCK=SHARED",
                AlgorithmName::Copy,
                true,
                Risk::Blocking,
            ),
            statement(
                "ALTER TABLE `items`\n  ADD CONSTRAINT `parent` FOREIGN KEY (`price`) REFERENCES `prices` (`id`),\n  \
                 ALGORITHM=COPY, LOCK=SHARED",
                AlgorithmName::Copy,
                true,
                Risk::Blocking,
            ),
        ];
        let expected = [
            (finding("TW018", "items", "foreign key `parent` no longer protects the table"), 0),
            (finding("TW018", "items", "foreign key `other` no longer protects the table"), 1),
            (finding("TW010", "items", "table `items` is copied"), 2),
            (finding("TW015", "items", "check `dear` is enforced"), 2),
            (finding("TW006", "items.price", "column `price` becomes NOT NULL"), 2),
            (finding("TW017", "items", "the replica is predicted to fall 100 s behind"), 2),
            (finding("TW009", "items", "a foreign key to `prices` is added"), 3),
            (finding("TW999", "items", "nobody knows what brings it"), 0),
        ];
        proposal.findings = expected.iter().map(|(finding, _)| finding.clone()).collect();
        proposal.estimates =
            vec![Estimate { table: "items".to_owned(), rows: 9, bytes: 9, replica_stall_seconds: 100 }];
        let placing = place(&proposal);
        for (finding, position) in &expected {
            assert!(placing.findings[*position].contains(&finding), "{} stands elsewhere", finding.problem);
        }
        assert_eq!(placing.findings.iter().map(Vec::len).sum::<usize>(), expected.len());
        let stalls: Vec<bool> = placing.estimates.iter().map(Option::is_some).collect();
        assert_eq!(stalls, [false, false, true, false]);
        assert!(placing.rest.is_empty());
    }

    #[test]
    fn a_rename_is_told_by_its_new_name() {
        let mut proposal = sample::report().proposal;
        proposal.tables = vec!["members".to_owned()];
        proposal.statements.truncate(1);
        proposal.statements[0].sql = "RENAME TABLE `users` TO `members`".to_owned();
        proposal.findings = vec![finding("TW003", "members", "table `users` becomes `members`")];
        let placing = place(&proposal);
        assert_eq!((placing.findings[0].len(), placing.rest.len()), (1, 0));
    }
}
