//! A report for the renderers' tests: two tables, a lock on a parent, a finding, a refusal, and names that misbehave.

use std::collections::BTreeMap;

use crate::model::Origin;
use crate::plan::proposal::{
    AlgorithmName, Baseline, DatabaseReference, Estimate, Finding, Fingerprint, Level, LockName, Proof, Proposal,
    ProposedStatement, Refusal, RefusalReason, Risk, TableLock, TableLockMode, TableLockReason,
};

use super::Report;

pub(super) fn report() -> Report {
    let lock = |table: &str, mode, reason| TableLock { table: table.to_owned(), mode, reason };
    let digest = format!("v1:sha256:{}", "ab".repeat(32));
    Report {
        proposal: Proposal {
            database_ref: DatabaseReference { name: "blog".to_owned(), namespace: None },
            tables: vec!["posts".to_owned(), "users".to_owned()],
            statements: vec![
                ProposedStatement {
                    sql: "ALTER TABLE `users`\n  ADD COLUMN `age` int,\n  ALGORITHM=INPLACE, LOCK=NONE".to_owned(),
                    table: "users".to_owned(),
                    summary: "add column age".to_owned(),
                    algorithm: Some(AlgorithmName::Inplace),
                    lock: Some(LockName::None),
                    rebuilds: true,
                    locks: vec![
                        lock("users", TableLockMode::Brief, TableLockReason::Altered),
                        lock("orgs", TableLockMode::Brief, TableLockReason::ForeignKeyParent),
                    ],
                    risk: Risk::Caution,
                    zero_dates: false,
                    time_zone: None,
                },
                ProposedStatement {
                    sql: "DROP TABLE `posts`".to_owned(),
                    table: "posts".to_owned(),
                    summary: "drop the table and all its rows".to_owned(),
                    algorithm: None,
                    lock: None,
                    rebuilds: false,
                    locks: vec![lock("posts", TableLockMode::BlocksAll, TableLockReason::Altered)],
                    risk: Risk::Destructive,
                    zero_dates: false,
                    time_zone: None,
                },
            ],
            estimates: vec![Estimate {
                table: "users".to_owned(),
                rows: 1_200_000,
                bytes: 356_515_840,
                replica_stall_seconds: 95,
            }],
            findings: vec![Finding {
                code: "TW101".to_owned(),
                level: Level::Warning,
                path: "users.age".to_owned(),
                problem: "the column is in the middle".to_owned(),
                why: "code that inserts without naming columns breaks".to_owned(),
                instead: "add it at the end".to_owned(),
                evidence: None,
            }],
            risk: Risk::Destructive,
            baseline: Baseline {
                server_uuid: "3e11fa47-71ca-11e1-9e33-c80aa9429562".to_owned(),
                schema: "blog".to_owned(),
                time_zone: None,
                fingerprints: vec![
                    Fingerprint { table: "posts".to_owned(), sha256: "cd".repeat(32) },
                    Fingerprint { table: "users".to_owned(), sha256: "ef".repeat(32) },
                ],
            },
            approval_via: Vec::new(),
            proof: Proof::Rehearsed,
            digest,
        },
        refusals: vec![Refusal {
            table: "legacy".to_owned(),
            reason: RefusalReason::Unsupported,
            message: "SHOW CREATE TABLE holds `PACK_KEYS`, which cannot be printed back".to_owned(),
        }],
        target: "blog on db.example:3306 (MySQL 9.7.4)".to_owned(),
        declared: ["legacy", "posts", "users", "tags"].map(str::to_owned).into(),
        origins: BTreeMap::from([(
            "users".to_owned(),
            Origin::File { path: "./schema/my users.yaml".to_owned(), line: 7, column: 3 },
        )]),
        notes: vec!["no PROCESS privilege: blockers are not named".to_owned()],
        next_step: Some((
            "To apply exactly this plan".to_owned(),
            "tablewright apply -f schema --approve v1:sha256:abab".to_owned(),
        )),
    }
}

pub(super) fn empty() -> Report {
    let mut report = report();
    report.proposal.tables.clear();
    report.proposal.statements.clear();
    report.proposal.estimates.clear();
    report.proposal.findings.clear();
    report.proposal.risk = Risk::Safe;
    report.refusals.clear();
    report.declared.remove("legacy");
    report
}
