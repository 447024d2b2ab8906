//! The words that all renderers share: what an algorithm, a lock and a risk mean to the person who reads the plan.

use crate::cli::text::{bytes, listed, name, number, seconds};
use crate::plan::proposal::{
    AlgorithmName, Estimate, Evidence, Finding, Level, LockName, Proof, Proposal, ProposedStatement, RefusalReason,
    Risk, TableLock, TableLockMode, TableLockReason,
};

/// Beside a statement that is shown with codes.
pub(super) const CODES: &str =
    "Characters that are not seen are shown by their codes; what runs has the characters (--format sql).";

/// What a look at the rows showed.
pub(super) fn evidence_words(evidence: &Evidence) -> String {
    let Evidence { counted, count, rows, complete, at, not_looked } = evidence;
    if let Some(why) = not_looked {
        return format!("not looked at ({why})");
    }
    let found = match count.unwrap_or_default() {
        0 => format!("no {counted}"),
        count => format!("{} {counted}", number(count)),
    };
    let Some(rows) = rows else { return format!("{found} ({at})") };
    let among = match (*rows, complete) {
        (0, true) => "there are none".to_owned(),
        (rows, true) => format!("all {} looked at", number(rows)),
        (rows, false) => format!("the first {} looked at, there are more", number(rows)),
    };
    format!("{found} ({among}, {at})")
}

/// What the algorithm and lock of a statement mean.
pub(super) fn how(statement: &ProposedStatement) -> String {
    let words = match (statement.algorithm, statement.lock) {
        (Some(AlgorithmName::Instant), _) => "changes metadata only; reads and writes go on",
        (Some(AlgorithmName::Inplace), Some(LockName::Shared)) => {
            "runs in place; reads go on, writes wait until it ends"
        }
        (Some(AlgorithmName::Inplace), Some(LockName::Exclusive)) => {
            "runs in place; reads and writes wait until it ends"
        }
        (Some(AlgorithmName::Inplace), Some(LockName::None) | None) if statement.rebuilds => {
            "rebuilds the table in place; reads and writes go on"
        }
        (Some(AlgorithmName::Inplace), Some(LockName::None) | None) => "runs in place; reads and writes go on",
        (Some(AlgorithmName::Copy), Some(LockName::Exclusive)) => {
            "copies the whole table; reads and writes wait until it ends"
        }
        (Some(AlgorithmName::Copy), Some(LockName::None)) => "copies the whole table; reads and writes go on",
        (Some(AlgorithmName::Copy), Some(LockName::Shared) | None) => {
            "copies the whole table; reads go on, writes wait until it ends"
        }
        (None, _) => "takes a moment",
    };
    let how = match (statement.algorithm, statement.lock) {
        (Some(AlgorithmName::Instant), _) => format!("{words} (ALGORITHM=INSTANT)"),
        (Some(algorithm), Some(lock)) => {
            format!("{words} (ALGORITHM={}, LOCK={})", algorithm_name(algorithm), lock_name(lock))
        }
        (Some(algorithm), None) => format!("{words} (ALGORITHM={})", algorithm_name(algorithm)),
        (None, _) => words.to_owned(),
    };
    match &statement.time_zone {
        Some(zone) => format!("{how}; in the time zone {zone}"),
        None => how,
    }
}

pub(super) fn algorithm_name(algorithm: AlgorithmName) -> &'static str {
    match algorithm {
        AlgorithmName::Instant => "INSTANT",
        AlgorithmName::Inplace => "INPLACE",
        AlgorithmName::Copy => "COPY",
    }
}

pub(super) fn lock_name(lock: LockName) -> &'static str {
    match lock {
        LockName::None => "NONE",
        LockName::Shared => "SHARED",
        LockName::Exclusive => "EXCLUSIVE",
    }
}

/// One sentence per kind of lock, with the tables it falls on.
pub(super) fn locks(statement: &ProposedStatement) -> Vec<String> {
    [TableLockMode::Brief, TableLockMode::BlocksWrites, TableLockMode::BlocksAll]
        .into_iter()
        .filter_map(|mode| {
            let tables: Vec<String> =
                statement.locks.iter().filter(|lock| lock.mode == mode).map(with_reason).collect();
            (!tables.is_empty()).then(|| format!("{} {}", listed(&tables), lock_words(mode)))
        })
        .collect()
}

fn with_reason(lock: &TableLock) -> String {
    let TableLock { table, mode, reason } = lock;
    let table = name(table);
    match (reason, mode) {
        (TableLockReason::Altered, _) => table,
        (TableLockReason::ForeignKeyParent, TableLockMode::BlocksWrites) => {
            format!("{table} (its parent by a foreign key: rows that it refers to)")
        }
        (TableLockReason::ForeignKeyParent, TableLockMode::Brief | TableLockMode::BlocksAll) => {
            format!("{table} (its parent by a foreign key)")
        }
        (TableLockReason::ForeignKeyChild, _) => format!("{table} (its child by a foreign key)"),
    }
}

fn lock_words(mode: TableLockMode) -> &'static str {
    match mode {
        TableLockMode::Brief => "exclusively, for a moment at the start and the end",
        TableLockMode::BlocksWrites => "against writes, as long as it runs",
        TableLockMode::BlocksAll => "against reads and writes, as long as it runs",
    }
}

/// What a risk means.
pub(super) fn risk_words(risk: Risk) -> &'static str {
    match risk {
        Risk::Safe => "metadata only, or nothing that anyone notices",
        Risk::Caution => "online, but it rebuilds, delays the replica, or may break running code",
        Risk::Blocking => "copies the table or blocks writes",
        Risk::Destructive => "loses data or a constraint's protection; it cannot be undone",
    }
}

pub(super) fn risk_name(risk: Risk) -> &'static str {
    match risk {
        Risk::Safe => "Safe",
        Risk::Caution => "Caution",
        Risk::Blocking => "Blocking",
        Risk::Destructive => "Destructive",
    }
}

pub(super) fn level_name(level: Level) -> &'static str {
    match level {
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

pub(super) fn reason_name(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::Unsupported => "Unsupported",
        RefusalReason::InvalidDefinition => "InvalidDefinition",
        RefusalReason::MissingReference => "MissingReference",
        RefusalReason::NotConvertible => "NotConvertible",
        RefusalReason::NotProvable => "NotProvable",
        RefusalReason::Conflict => "Conflict",
        RefusalReason::NotRepresentable => "NotRepresentable",
        RefusalReason::NotATable => "NotATable",
    }
}

/// `about 1,200,000 rows, 340 MiB`
pub(super) fn size(estimate: &Estimate) -> String {
    match (estimate.rows, estimate.bytes) {
        (0, _) => "empty, or nearly".to_owned(),
        (1, size) => format!("about 1 row, {}", bytes(size)),
        (rows, size) => format!("about {} rows, {}", number(rows), bytes(size)),
    }
}

/// What the plan does to a replica.
pub(super) fn stall(estimate: &Estimate) -> Option<String> {
    (estimate.replica_stall_seconds > 0).then(|| {
        format!(
            "starts this only after the primary has finished, and lags by about {} more meanwhile",
            seconds(estimate.replica_stall_seconds)
        )
    })
}

pub(super) fn proof(proof: Proof) -> &'static str {
    match proof {
        Proof::Rehearsed => {
            "rehearsed in a scratch schema of this server: it ends at the desired definitions, with these algorithms"
        }
        Proof::NotProved => {
            "not rehearsed on a server: MySQL may still refuse a statement, and then nothing of that statement happens"
        }
    }
}

/// The part of a finding's path that names the table: the longest table that fits, since names may hold dots.
pub(super) fn finding_table<'a>(finding: &Finding, proposal: &'a Proposal) -> Option<&'a str> {
    let named = proposal.tables.iter().chain(proposal.statements.iter().map(|statement| &statement.table));
    named
        .filter(|table| {
            finding.path == **table
                || finding.path.strip_prefix(table.as_str()).is_some_and(|rest| rest.starts_with('.'))
        })
        .max_by_key(|table| table.len())
        .map(String::as_str)
}
