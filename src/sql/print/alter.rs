//! `ALTER TABLE`.

use super::super::identifier::{push_bare, push_identifier};
use super::Paper;
use super::column::{push_column, push_default};
use super::index::{push_check, push_foreign_key, push_index, push_primary_key};
use super::options::push_options;
use super::partition::{push_partitioning, push_partitions};
use crate::model::{Algorithm, AlterClause, AlterTable, ColumnName, Lock, PartitionName, Position};

/// Appends `ALTER TABLE …` on one line.
pub(super) fn push_alter(out: &mut String, alter: &AlterTable, paper: Paper) {
    let AlterTable { table, clauses, algorithm, lock } = alter;
    out.push_str("ALTER TABLE ");
    push_identifier(out, table.as_str());
    // What stands without a comma comes after everything else.
    let (trailing, listed): (Vec<_>, Vec<_>) = clauses
        .iter()
        .partition(|clause| matches!(clause, AlterClause::PartitionBy(_) | AlterClause::RemovePartitioning));
    // A clause of partitions alone wants ALGORITHM and LOCK before it.
    let (alone, listed): (Vec<_>, Vec<_>) = listed
        .into_iter()
        // ORDER BY takes every name behind it for a column of its own.
        .partition(|clause| is_partition_clause(clause) || matches!(clause, AlterClause::OrderBy(_)));
    let mut first = true;
    let mut next = |out: &mut String| {
        out.push_str(if std::mem::take(&mut first) { " " } else { ", " });
    };
    for clause in listed {
        next(out);
        push_clause(out, clause, paper);
    }
    if let Some(algorithm) = algorithm {
        next(out);
        out.push_str(match algorithm {
            Algorithm::Instant => "ALGORITHM=INSTANT",
            Algorithm::Inplace => "ALGORITHM=INPLACE",
            Algorithm::Copy => "ALGORITHM=COPY",
        });
    }
    if let Some(lock) = lock {
        next(out);
        out.push_str(match lock {
            Lock::None => "LOCK=NONE",
            Lock::Shared => "LOCK=SHARED",
            Lock::Exclusive => "LOCK=EXCLUSIVE",
        });
    }
    for clause in alone {
        next(out);
        push_clause(out, clause, paper);
    }
    for clause in trailing {
        out.push(' ');
        push_clause(out, clause, paper);
    }
}

fn is_partition_clause(clause: &AlterClause) -> bool {
    matches!(
        clause,
        AlterClause::AddPartitions(_)
            | AlterClause::AddPartitionCount(_)
            | AlterClause::DropPartitions(_)
            | AlterClause::ReorganizePartitions { .. }
            | AlterClause::CoalescePartitions(_)
    )
}

fn push_clause(out: &mut String, clause: &AlterClause, paper: Paper) {
    match clause {
        AlterClause::AddColumn { column, position } => {
            out.push_str("ADD COLUMN ");
            push_column(out, column, paper);
            push_position(out, position.as_ref());
        }
        AlterClause::DropColumn(column) => push_named(out, "DROP COLUMN ", column.as_str()),
        AlterClause::ModifyColumn { column, position } => {
            out.push_str("MODIFY COLUMN ");
            push_column(out, column, paper);
            push_position(out, position.as_ref());
        }
        AlterClause::ChangeColumn { from, column, position } => {
            push_named(out, "CHANGE COLUMN ", from.as_str());
            out.push(' ');
            push_column(out, column, paper);
            push_position(out, position.as_ref());
        }
        AlterClause::RenameColumn { from, to } => push_renamed(out, "RENAME COLUMN ", from.as_str(), to.as_str()),
        AlterClause::AlterColumnDefault { column, default } => {
            push_named(out, "ALTER COLUMN ", column.as_str());
            match default {
                Some(default) => {
                    out.push_str(" SET DEFAULT ");
                    push_default(out, default, paper);
                }
                None => out.push_str(" DROP DEFAULT"),
            }
        }
        AlterClause::AlterColumnVisibility { column, visible } => {
            push_named(out, "ALTER COLUMN ", column.as_str());
            out.push_str(if *visible { " SET VISIBLE" } else { " SET INVISIBLE" });
        }
        AlterClause::AddPrimaryKey(primary_key) => {
            out.push_str("ADD ");
            push_primary_key(out, primary_key, paper);
        }
        AlterClause::DropPrimaryKey => out.push_str("DROP PRIMARY KEY"),
        AlterClause::AddIndex(index) => {
            out.push_str("ADD ");
            push_index(out, index, paper);
        }
        AlterClause::DropIndex(index) => push_named(out, "DROP KEY ", index.as_str()),
        AlterClause::RenameIndex { from, to } => push_renamed(out, "RENAME KEY ", from.as_str(), to.as_str()),
        AlterClause::AlterIndexVisibility { index, visible } => {
            push_named(out, "ALTER INDEX ", index.as_str());
            out.push(' ');
            out.push_str(paper.dialect.unused_index().word(*visible));
        }
        AlterClause::AddForeignKey(foreign_key) => {
            out.push_str("ADD ");
            push_foreign_key(out, foreign_key, paper);
        }
        AlterClause::DropForeignKey(name) => push_named(out, "DROP FOREIGN KEY ", name.as_str()),
        AlterClause::AddCheck(check) => {
            out.push_str("ADD ");
            push_check(out, check, paper);
        }
        AlterClause::DropCheck(name) if paper.dialect.drops_checks_as_constraints() => {
            push_named(out, "DROP CONSTRAINT ", name.as_str());
        }
        AlterClause::DropCheck(name) => push_named(out, "DROP CHECK ", name.as_str()),
        AlterClause::AlterCheck { name, enforced } => {
            push_named(out, "ALTER CHECK ", name.as_str());
            out.push_str(if *enforced { " ENFORCED" } else { " NOT ENFORCED" });
        }
        AlterClause::Options { set, reset } => {
            let mut options = String::new();
            push_options(&mut options, set, paper);
            for name in reset {
                options.push(' ');
                options.push_str(name);
                options.push_str(removing_value(name));
            }
            out.push_str(options.trim_start());
        }
        AlterClause::ConvertTo { character_set, collation } => {
            out.push_str("CONVERT TO CHARACTER SET ");
            push_bare(out, character_set);
            if !collation.is_empty() {
                out.push_str(" COLLATE ");
                push_bare(out, collation);
            }
        }
        AlterClause::PartitionBy(partitioning) => push_partitioning(out, partitioning, paper),
        AlterClause::RemovePartitioning => out.push_str("REMOVE PARTITIONING"),
        AlterClause::AddPartitions(partitions) => {
            out.push_str("ADD PARTITION ");
            push_partitions(out, partitions, paper);
        }
        AlterClause::AddPartitionCount(count) => out.push_str(&format!("ADD PARTITION PARTITIONS {count}")),
        AlterClause::DropPartitions(names) => {
            out.push_str("DROP PARTITION ");
            push_names(out, names);
        }
        AlterClause::ReorganizePartitions { from, into } => {
            out.push_str("REORGANIZE PARTITION ");
            push_names(out, from);
            out.push_str(" INTO ");
            push_partitions(out, into, paper);
        }
        AlterClause::CoalescePartitions(count) => out.push_str(&format!("COALESCE PARTITION {count}")),
        AlterClause::Force => out.push_str("FORCE"),
        AlterClause::OrderBy(columns) => {
            out.push_str("ORDER BY ");
            push_list(out, columns.iter().map(ColumnName::as_str));
        }
    }
}

/// What an option is set to when it is to be gone.
fn removing_value(option: &str) -> &'static str {
    match option {
        "COMMENT" | "COMPRESSION" | "CONNECTION" | "ENCRYPTION" | "ENGINE_ATTRIBUTE" | "SECONDARY_ENGINE_ATTRIBUTE" => {
            "=''"
        }
        "ROW_FORMAT" | "PACK_KEYS" | "STATS_PERSISTENT" | "STATS_AUTO_RECALC" | "STATS_SAMPLE_PAGES" => "=DEFAULT",
        "SECONDARY_ENGINE" => "=NULL",
        "INSERT_METHOD" => "=NO",
        _ => "=0",
    }
}

fn push_named(out: &mut String, keywords: &str, name: &str) {
    out.push_str(keywords);
    push_identifier(out, name);
}

fn push_renamed(out: &mut String, keywords: &str, from: &str, to: &str) {
    push_named(out, keywords, from);
    push_named(out, " TO ", to);
}

fn push_names(out: &mut String, names: &[PartitionName]) {
    push_list(out, names.iter().map(PartitionName::as_str));
}

fn push_list<'a>(out: &mut String, names: impl Iterator<Item = &'a str>) {
    for (index, name) in names.enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        push_identifier(out, name);
    }
}

fn push_position(out: &mut String, position: Option<&Position>) {
    match position {
        Some(Position::First) => out.push_str(" FIRST"),
        Some(Position::After(column)) => push_named(out, " AFTER ", column.as_str()),
        None => {}
    }
}
