//! A schema of its own on the pair of servers that the environment names, under an account with no more than it needs.

use std::time::Duration;

use super::admin::Admin;
use crate::apply::{
    Approval, Connections, Endpoint, Observed, PlanOptions, Planned, ReplicaTarget, Report, RoleSetting, RunError,
    RunOptions, Silent, Target, observe, plan, run,
};
use crate::model::{DesiredTable, Dialect, Origin, SchemaDefaults, SchemaName};
use crate::mysql::{Secret, Tls, User};
use crate::plan::proposal::{DatabaseReference, Risk};
use crate::sql;

pub(super) struct Bench {
    pub(super) schema: String,
    pub(super) primary: Admin,
    pub(super) within: Admin,
    pub(super) replica: Admin,
    pub(super) connections: Connections,
}

pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(format!("TABLEWRIGHT_TEST_{name}")).ok()
}

fn endpoint(side: &str, user: &str) -> Option<Endpoint> {
    Some(Endpoint {
        host: variable(&format!("{side}_HOST"))?,
        port: variable(&format!("{side}_PORT"))?.parse().ok()?,
        user: User::named(user),
        password: Secret::new("apply"),
        tls: Tls::default(),
    })
}

async fn admin(side: &str, schema: Option<&str>) -> Option<Admin> {
    let (host, port) = (variable(&format!("{side}_HOST"))?, variable(&format!("{side}_PORT"))?.parse().ok()?);
    Admin::open(&host, port, &variable("ROOT_PASSWORD")?, schema).await
}

impl Bench {
    /// `None`, with a word on standard error, where there are no servers.
    pub(super) async fn open(name: &str) -> Option<Self> {
        let (Some(primary), Some(replica)) = (admin("PRIMARY", None).await, admin("REPLICA", None).await) else {
            eprintln!("skipped: no servers (scripts/mysql-pair.sh start DIR; set -a; . DIR/env)");
            return None;
        };
        let schema = format!("apply_{name}");
        primary.execute(format!("DROP DATABASE IF EXISTS {schema}")).await;
        primary.execute(format!("CREATE DATABASE {schema}")).await;
        let account = format!("'{schema}'@'%'");
        for text in [
            format!("CREATE USER IF NOT EXISTS {account} IDENTIFIED BY 'apply'"),
            format!(
                "GRANT SELECT, CREATE, ALTER, DROP, INDEX, REFERENCES, INSERT, SHOW VIEW, TRIGGER, \
                 CREATE TEMPORARY TABLES ON {schema}.* TO {account}"
            ),
            format!(
                "GRANT SELECT, CREATE, ALTER, DROP, INDEX, REFERENCES, INSERT, SHOW VIEW, TRIGGER, \
                 CREATE TEMPORARY TABLES ON `_tablewright\\_%`.* TO {account}"
            ),
            format!("GRANT PROCESS, REPLICATION CLIENT, SESSION_VARIABLES_ADMIN ON *.* TO {account}"),
            format!("GRANT SELECT ON performance_schema.* TO {account}"),
        ] {
            primary.execute(text).await;
        }
        let target = Target {
            primary: endpoint("PRIMARY", &schema)?,
            role: RoleSetting::Auto,
            schema: SchemaName::new(schema.as_str()),
            create_schema: Some(SchemaDefaults {
                character_set: "utf8mb4".to_owned(),
                collation: "utf8mb4_0900_ai_ci".to_owned(),
            }),
            replicas: vec![ReplicaTarget {
                name: "eu".to_owned(),
                endpoint: endpoint("REPLICA", &schema)?,
                required: true,
                max_lag: Duration::from_secs(30),
            }],
            database: DatabaseReference { name: schema.clone(), namespace: None },
        };
        let within = admin("PRIMARY", Some(&schema)).await?;
        let bench = Self { connections: Connections::open(&target), schema, primary, within, replica };
        bench.replicated().await;
        Some(bench)
    }

    /// Waits until the replica has all that the primary has, so that the account exists there.
    pub(super) async fn replicated(&self) {
        let executed = self.primary.value("SELECT @@global.gtid_executed").await.expect("a set");
        let left = self.replica.value(&format!("SELECT WAIT_FOR_EXECUTED_GTID_SET('{executed}', 20)")).await;
        assert_eq!(left.as_deref(), Some("0"), "the replica did not catch up");
    }

    /// Runs SQL on the primary, in the schema.
    pub(super) async fn live(&self, text: &str) {
        self.within.execute(text).await;
    }

    pub(super) async fn observed(&self, desired: &[DesiredTable], prune: bool) -> Observed {
        observe(&self.connections, desired, prune).await.unwrap_or_else(|error| panic!("{}", chain(&error)))
    }

    pub(super) async fn planned(&self, texts: &[&str]) -> Planned {
        let desired = desired(texts);
        let observed = self.observed(&desired, false).await;
        plan(&self.connections, &observed, &desired, &PlanOptions::default())
            .await
            .unwrap_or_else(|error| panic!("{}", chain(&error)))
    }

    pub(super) async fn apply_with(&self, planned: Planned, options: &RunOptions) -> Result<Report, RunError> {
        let approved = planned.approve(Approval::Policy { max_risk: Risk::Destructive }).expect("approved");
        run(&self.connections, approved, &mut Silent, options).await
    }

    /// Plans, applies, expects the replica to have it, and the next plan to be empty.
    pub(super) async fn bring_to(&self, texts: &[&str]) -> Vec<String> {
        let planned = self.planned(texts).await;
        assert!(planned.refusals().is_empty(), "{:#?}", planned.refusals());
        let sql = statements(&planned);
        let report =
            self.apply_with(planned, &RunOptions::default()).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
        assert_eq!(report.statements.len(), sql.len());
        assert!(report.verified(), "{:#?}", report.replicas);
        let again = self.planned(texts).await;
        assert!(again.is_in_sync(), "{:#?}\n{:#?}", statements(&again), again.refusals());
        sql
    }

    pub(super) async fn close(self) {
        self.connections.close().await;
        self.primary.execute(format!("DROP DATABASE IF EXISTS {}", self.schema)).await;
        self.primary.execute(format!("DROP USER IF EXISTS '{}'@'%'", self.schema)).await;
    }
}

pub(super) fn statements(planned: &Planned) -> Vec<String> {
    planned.proposal().statements.iter().map(|statement| statement.sql.clone()).collect()
}

pub(super) fn desired(texts: &[&str]) -> Vec<DesiredTable> {
    texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let table =
                sql::parse_create_table(text, Dialect::NEWEST).unwrap_or_else(|error| panic!("{text}: {error}"));
            let line = index as u64 + 1;
            DesiredTable::present(table, Origin::File { path: "desired.sql".to_owned(), line, column: 1 })
        })
        .collect()
}

pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!("\n  caused by: {cause}"));
        source = cause.source();
    }
    text
}

impl Bench {
    /// A plan of exactly these statements over what is live, as if somebody had planned it: for trying the run alone.
    pub(super) async fn hand_made(&self, texts: &[&str]) -> Planned {
        use crate::apply::plan::After;
        use crate::model::Statement;
        use crate::plan::proposal::{Baseline, Fingerprint, Proof, Proposal, ProposedStatement};
        let observed = self.observed(&[], true).await;
        let statements: Vec<Statement> = texts
            .iter()
            .map(|text| sql::parse_statement(text, Dialect::NEWEST).expect("a statement of ours"))
            .collect();
        let names: Vec<crate::model::TableName> = statements
            .iter()
            .map(|statement| match statement {
                Statement::CreateTable(table) => table.name.clone(),
                Statement::AlterTable(alter) => alter.table.clone(),
                Statement::DropTable(name) => name.clone(),
                Statement::RenameTable { from, .. } => from.clone(),
            })
            .collect();
        let mut fingerprints: Vec<Fingerprint> = names
            .iter()
            .map(|name| Fingerprint {
                table: name.as_str().to_owned(),
                sha256: observed
                    .definition(name)
                    .map_or_else(|| crate::plan::ABSENT.to_owned(), crate::plan::fingerprint),
            })
            .collect();
        fingerprints.sort_by(|one, other| one.table.cmp(&other.table));
        fingerprints.dedup();
        let proposal = Proposal {
            database_ref: self.connections.target().database.clone(),
            tables: names.iter().map(ToString::to_string).collect(),
            statements: statements
                .iter()
                .zip(&names)
                .map(|(statement, name)| ProposedStatement {
                    sql: sql::print_statement(statement, Dialect::NEWEST),
                    table: name.as_str().to_owned(),
                    summary: String::new(),
                    algorithm: None,
                    lock: None,
                    rebuilds: false,
                    locks: Vec::new(),
                    risk: Risk::Safe,
                    zero_dates: false,
                    time_zone: None,
                })
                .collect(),
            estimates: Vec::new(),
            findings: Vec::new(),
            risk: Risk::Safe,
            baseline: Baseline {
                server_uuid: observed.server_uuid().0.clone(),
                schema: self.schema.clone(),
                time_zone: None,
                fingerprints,
            },
            approval_via: Vec::new(),
            proof: Proof::NotProved,
            digest: String::new(),
        };
        Planned {
            after: vec![After::Unknown; statements.len()],
            proposal,
            statements,
            wanted: Vec::new(),
            refusals: Vec::new(),
            questions: Vec::new(),
            rows: crate::apply::RowBounds::NOTHING,
            create_schema: false,
            facts: observed.facts().clone(),
            in_a_zone: false,
            defaults: observed.defaults.clone(),
        }
    }

    pub(super) async fn count(&self, query: &str) -> i64 {
        self.within.value(query).await.and_then(|count| count.parse().ok()).expect("a number")
    }
}

/// Keeps everything that it is told.
#[derive(Clone, Debug, Default)]
pub(super) struct Diary(pub(super) std::sync::Arc<std::sync::Mutex<Vec<String>>>);

impl Diary {
    fn note(&self, line: String) {
        self.0.lock().expect("diary").push(line);
    }

    pub(super) fn text(&self) -> String {
        self.0.lock().expect("diary").join("\n")
    }

    /// What the last intention says, as the controller keeps it.
    pub(super) fn entry(&self, sql: &str, table: &str) -> crate::apply::JournalEntry {
        let text = self.text();
        let line = text.lines().rev().find(|line| line.starts_with("intend")).expect("an intention");
        let words: Vec<&str> = line.split(' ').collect();
        let gtid = words[2].split_once(':').map(|(source, number)| crate::model::Gtid {
            source: source.to_owned(),
            number: number.parse().expect("a number"),
        });
        crate::apply::JournalEntry {
            statement: words[1].parse().expect("a place"),
            sql: sql.to_owned(),
            table: table.to_owned(),
            gtid,
            connection: words[4].parse().expect("a connection"),
            started_at: None,
        }
    }

    pub(super) async fn until(&self, what: &str) {
        for _ in 0..600 {
            if self.text().contains(what) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("never: {what}\n{}", self.text());
    }
}

impl crate::apply::Journal for Diary {
    async fn intend(
        &mut self,
        statement: usize,
        gtid: Option<&crate::model::Gtid>,
        connection: u64,
    ) -> Result<(), crate::apply::JournalError> {
        self.note(format!("intend {statement} {} on {connection}", gtid.map(ToString::to_string).unwrap_or_default()));
        Ok(())
    }

    async fn finished(
        &mut self,
        statement: usize,
        outcome: &crate::apply::StatementOutcome,
    ) -> Result<(), crate::apply::JournalError> {
        self.note(format!("finished {statement} {outcome:?}"));
        Ok(())
    }

    async fn progress(&mut self, progress: crate::apply::Progress) {
        self.note(format!("{progress:?}"));
    }
}
