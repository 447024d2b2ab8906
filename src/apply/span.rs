//! Spans of the engine, with the attributes that OpenTelemetry's conventions give database clients. Names of tables and
//! kinds of statements only: the text of a statement may have literals.

use tracing::field::Empty;
use tracing::{Span, info_span};

use super::{ApplyError, Category, Connections, RunError, RunFailure};
use crate::model::{ServerFacts, Statement};
use crate::mysql::MysqlError;
use crate::telemetry;

/// The primary is looked at.
pub(super) fn introspect(connections: &Connections, tables: usize) -> Span {
    let primary = connections.primary();
    info_span!(
        "introspect",
        otel.kind = "client",
        db.system.name = Empty,
        db.namespace = primary.schema().as_str(),
        server.address = primary.address(),
        tables
    )
}

/// One statement is executed.
pub(super) fn statement(connections: &Connections, facts: &ServerFacts, statement: &Statement, table: &str) -> Span {
    let operation = match statement {
        Statement::CreateTable(_) => "CREATE TABLE",
        Statement::AlterTable(_) => "ALTER TABLE",
        Statement::DropTable(_) => "DROP TABLE",
        Statement::RenameTable { .. } => "RENAME TABLE",
    };
    let primary = connections.primary();
    let summary = format!("{operation} {table}");
    info_span!(
        "apply statement",
        otel.name = summary,
        otel.kind = "client",
        db.system.name = system(facts),
        db.namespace = primary.schema().as_str(),
        db.collection.name = table,
        db.operation.name = operation,
        db.query.summary = summary,
        server.address = primary.address(),
        tablewright.algorithm = Empty,
        tablewright.gtid = Empty
    )
}

/// One replica is waited for and compared.
pub(super) fn verify(replica: &str, address: &str) -> Span {
    info_span!(
        "verify",
        otel.kind = "client",
        tablewright.replica = replica,
        server.address = address,
        tablewright.verdict = Empty
    )
}

/// As the conventions call this server's kind.
pub(super) fn system(facts: &ServerFacts) -> String {
    facts.flavour.product().to_lowercase()
}

/// Marks the span where it failed.
pub(super) fn ended<T, E: Traced>(span: &Span, result: Result<T, E>) -> Result<T, E> {
    if let Err(error) = &result {
        telemetry::fail(span, error.traced());
    }
    result
}

/// What a trace says of an error: its category, and where a server answered, its number and words, which are without
/// values. The error's own text is for those who may see the Plan: it has statements, findings and definitions in it.
pub(super) trait Traced {
    fn traced(&self) -> String;
}

impl Traced for ApplyError {
    fn traced(&self) -> String {
        match self {
            Self::Server { source, .. } => answered(self.category(), source),
            Self::SchemaMissing { .. } | Self::Bug { .. } => self.category().as_str().to_owned(),
        }
    }
}

impl Traced for RunError {
    fn traced(&self) -> String {
        self.cause.traced()
    }
}

impl Traced for RunFailure {
    fn traced(&self) -> String {
        let category = self.category();
        match self {
            Self::StatementFailed { table: _, number, message } => said(category, Some(*number), message),
            Self::AlgorithmRefused { table: _, message } => said(category, None, message),
            Self::Ambiguous { source, .. } | Self::Server { source, .. } => answered(category, source),
            Self::NotWritable { .. }
            | Self::WrongServer { .. }
            | Self::ReplicaUnhealthy { .. }
            | Self::Unfit { .. }
            | Self::SchemaBusy { .. }
            | Self::BaselineMoved { .. }
            | Self::TimeZoneMoved { .. }
            | Self::LockTimeout { .. }
            | Self::LockTimeoutAfterWork { .. }
            | Self::RowsInTheWay { .. }
            | Self::RowsDeleted { .. }
            | Self::UnexpectedResult { .. }
            | Self::Journal(_)
            | Self::Bug { .. } => category.as_str().to_owned(),
        }
    }
}

fn answered(category: Category, error: &MysqlError) -> String {
    said(category, error.code, &error.message)
}

fn said(category: Category, number: Option<u16>, message: &str) -> String {
    match number {
        Some(number) => format!("{} (error {number}): {message}", category.as_str()),
        None => format!("{}: {message}", category.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mysql::MysqlErrorKind;

    fn error() -> MysqlError {
        MysqlError {
            server: "db:3306".to_owned(),
            statement: Some("ALTER TABLE `t` ALTER `a` SET DEFAULT 'literal'".to_owned()),
            kind: MysqlErrorKind::DataRefused,
            code: Some(1062),
            message: "Duplicate values (masked) for key 't.k'".to_owned(),
            next_step: String::new(),
        }
    }

    #[test]
    fn a_trace_has_the_kind_of_an_error_and_no_statement() {
        let run = RunFailure::Server { doing: "trying".to_owned(), source: error() };
        let looked = ApplyError::Server { doing: "looking".to_owned(), source: error() };
        for told in [run.traced(), looked.traced()] {
            assert_eq!(told, "StatementFailed (error 1062): Duplicate values (masked) for key 't.k'");
        }
        let difference = "DEFAULT 'literal'".to_owned();
        let unexpected = RunFailure::UnexpectedResult { table: "t".to_owned(), difference };
        assert_eq!(unexpected.traced(), "UnexpectedResult");
    }
}
