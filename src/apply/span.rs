//! Spans of the engine, with the attributes that OpenTelemetry's conventions give database clients. Names of tables and
//! kinds of statements only: the text of a statement may have literals.

use std::error::Error;

use tracing::field::Empty;
use tracing::{Span, info_span};

use super::Connections;
use crate::model::{ServerFacts, Statement};
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
pub(super) fn ended<T, E: Error + 'static>(span: &Span, result: Result<T, E>) -> Result<T, E> {
    if let Err(error) = &result {
        telemetry::fail(span, error);
    }
    result
}
