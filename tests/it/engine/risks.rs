//! docs/rules/README.md names every kind of change with its risk and findings; the planner agrees, and no kind is left out.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use tablewright::diff::{Change, PartitionChange, TableChange};
use tablewright::model::{ColumnName, IndexKind, Table, TableName};
use tablewright::plan::proposal::{Risk, TableLockMode};
use tablewright::sql;

use super::normal_form::facts;
use super::offline::Pair;

const PARENT: &str = "create table p (id int primary key, b int, unique key b (b))";

struct Line {
    place: String,
    pair: Pair,
    risk: String,
    findings: Vec<String>,
}

fn table(name: &str, rest: &str) -> Table {
    let text = format!("create table {name} {rest}");
    sql::parse_create_table(&text, facts().0.dialect()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The text between backquotes, and what follows it.
fn code(cell: &str) -> Option<(&str, &str)> {
    cell.strip_prefix('`')?.split_once('`')
}

fn line(number: usize, text: &str) -> Line {
    let cells: Vec<&str> = text.trim_matches('|').split('|').map(str::trim).collect();
    let [what, from, to, risk, findings] = cells[..] else { panic!("line {number} has {} cells", cells.len()) };
    let mut pair = Pair::default();
    pair.desired.extend(code(to).map(|(rest, _)| table("t", rest)));
    let renamed = code(to).and_then(|(_, rest)| rest.strip_prefix(", ")?.split_once(" was "));
    let mut live_name = "t";
    if let Some((new, old)) = renamed {
        if new == "t" {
            live_name = old;
            pair.table_renames.push((TableName::new(new), TableName::new(old)));
        } else {
            pair.column_renames.push((ColumnName::new(new), ColumnName::new(old)));
        }
    }
    pair.live.extend(code(from).map(|(rest, _)| table(live_name, rest)));
    if to == "absent" {
        pair.absent.push(TableName::new("t"));
    }
    pair.desired.push(sql::parse_create_table(PARENT, facts().0.dialect()).unwrap());
    pair.live.push(sql::parse_create_table(PARENT, facts().0.dialect()).unwrap());
    let findings = findings.split(", ").filter(|code| !code.is_empty()).map(str::to_owned).collect();
    Line { place: format!("line {number}, {what}"), pair, risk: risk.to_owned(), findings }
}

fn lines() -> Vec<Line> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules/README.md");
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .enumerate()
        .filter(|(_, text)| text.starts_with("| ") && !text.starts_with("| **") && !text.starts_with("| change "))
        .map(|(index, text)| line(index + 1, text))
        .collect()
}

#[test]
fn every_change_has_the_risk_and_the_findings_that_the_page_says() {
    let mut wrong = String::new();
    for line in lines() {
        let (_, proposal) = line.pair.plan();
        let found: BTreeSet<&str> = proposal.findings.iter().map(|finding| finding.code.as_str()).collect();
        let wanted: BTreeSet<&str> = line.findings.iter().map(String::as_str).collect();
        let risk = format!("{:?}", proposal.risk);
        if found != wanted || risk != line.risk {
            let statements: Vec<&str> = proposal.statements.iter().map(|statement| statement.sql.as_str()).collect();
            let _ = writeln!(
                wrong,
                "{}: {risk} {found:?}, the page says {} {wanted:?}; {statements:?}",
                line.place, line.risk
            );
        }
        // A person who is asked is told why.
        if proposal.risk != Risk::Safe && found.is_empty() {
            let _ = writeln!(wrong, "{}: {risk} without a finding", line.place);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The kinds that there are: each `match` is exhaustive, so that a new one does not compile before it has a name here.
fn kinds(change: &Change) -> Vec<String> {
    match change {
        Change::CreateTable { .. } => vec!["create table".to_owned()],
        Change::DropTable { .. } => vec!["drop table".to_owned()],
        Change::RenameTable { .. } => vec!["rename table".to_owned()],
        Change::AlterTable(difference) => difference.changes.iter().flat_map(kinds_within).collect(),
    }
}

fn kinds_within(change: &TableChange) -> Vec<String> {
    let kind = match change {
        TableChange::AddColumn { .. } => "add column",
        TableChange::DropColumn { .. } => "drop column",
        TableChange::RenameColumn { .. } => "rename column",
        TableChange::ModifyColumn { .. } => "modify column",
        TableChange::MoveColumn { .. } => "move column",
        TableChange::ReplaceColumn { .. } => "replace column",
        TableChange::AddPrimaryKey(_) => "add primary key",
        TableChange::DropPrimaryKey(_) => "drop primary key",
        TableChange::ChangePrimaryKey { .. } => "change primary key",
        TableChange::AddIndex(index) => return vec![format!("add {} index", index_kind(index.kind))],
        TableChange::DropIndex(index) => return vec![format!("drop {} index", index_kind(index.kind))],
        TableChange::ChangeIndex { live, desired } => {
            return vec![format!("change {} index to {}", index_kind(live.kind), index_kind(desired.kind))];
        }
        TableChange::RenameIndex { .. } => "rename index",
        TableChange::SetIndexVisibility { .. } => "set index visibility",
        TableChange::AddForeignKey(_) => "add foreign key",
        TableChange::DropForeignKey(_) => "drop foreign key",
        TableChange::ChangeForeignKey { .. } => "change foreign key",
        TableChange::AddCheck(check) => return vec![format!("add check, enforced: {}", check.enforced)],
        TableChange::DropCheck(check) => return vec![format!("drop check, enforced: {}", check.enforced)],
        TableChange::ChangeCheck { .. } => "change check",
        TableChange::SetCheckEnforced { check } => return vec![format!("set check enforced: {}", check.enforced)],
        TableChange::Options(_) => "options",
        TableChange::Partitions(change) => match change {
            PartitionChange::PartitionBy { live, .. } => return vec![format!("partition by, was: {}", live.is_some())],
            PartitionChange::Remove { .. } => "remove partitioning",
            PartitionChange::Add(_) => "add partition",
            PartitionChange::AddCount(_) => "add partitions by count",
            PartitionChange::Drop(_) => "drop partition",
            PartitionChange::Reorganize { .. } => "reorganize partition",
            PartitionChange::Coalesce(_) => "coalesce partition",
        },
    };
    vec![kind.to_owned()]
}

fn index_kind(kind: IndexKind) -> &'static str {
    match kind {
        IndexKind::Plain => "plain",
        IndexKind::Unique => "unique",
        IndexKind::Fulltext => "fulltext",
        IndexKind::Spatial => "spatial",
    }
}

#[test]
fn every_kind_of_change_is_on_the_page() {
    let mut wanted: BTreeSet<String> = [
        "create table",
        "drop table",
        "rename table",
        "add column",
        "drop column",
        "rename column",
        "modify column",
        "move column",
        "replace column",
        "add primary key",
        "drop primary key",
        "change primary key",
        "rename index",
        "set index visibility",
        "add foreign key",
        "drop foreign key",
        "change foreign key",
        "change check",
        "options",
        "partition by, was: true",
        "partition by, was: false",
        "remove partitioning",
        "add partition",
        "add partitions by count",
        "drop partition",
        "reorganize partition",
        "coalesce partition",
    ]
    .map(str::to_owned)
    .into();
    for kind in ["plain", "unique", "fulltext", "spatial"] {
        wanted.extend([format!("add {kind} index"), format!("drop {kind} index")]);
    }
    for (one, other) in [("plain", "plain"), ("plain", "unique"), ("unique", "plain"), ("unique", "unique")] {
        wanted.insert(format!("change {one} index to {other}"));
    }
    for enforced in [true, false] {
        let kinds = ["add check, enforced", "drop check, enforced", "set check enforced"];
        wanted.extend(kinds.map(|kind| format!("{kind}: {enforced}")));
    }
    let found: BTreeSet<String> =
        lines().iter().flat_map(|line| line.pair.plan().0.changes.iter().flat_map(kinds).collect::<Vec<_>>()).collect();
    let missing: Vec<&String> = wanted.difference(&found).collect();
    assert!(missing.is_empty(), "no line of docs/rules/README.md has {missing:?}");
    let unlisted: Vec<&String> = found.difference(&wanted).collect();
    assert!(unlisted.is_empty(), "{unlisted:?}");
}

/// Safe, because it is for a moment; but never unsaid.
#[test]
fn a_table_that_is_created_names_the_parent_that_it_locks() {
    let pair = Pair {
        live: vec![table("p", "(id int primary key)")],
        desired: vec![
            table("p", "(id int primary key)"),
            table("t", "(id int primary key, constraint f foreign key (id) references p (id))"),
        ],
        ..Pair::default()
    };
    let (_, proposal) = pair.plan();
    let [statement] = &proposal.statements[..] else { panic!("{:?}", proposal.statements) };
    let locked: Vec<_> = statement.locks.iter().map(|lock| (lock.table.as_str(), lock.mode)).collect();
    assert_eq!(locked, [("p", TableLockMode::Brief)]);
    assert_eq!(statement.risk, Risk::Safe);
}
