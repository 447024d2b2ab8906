//! Follows each replica while statements run, so that the verification of a statement starts with it.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::broadcast;
use tokio::time::Instant;
use tracing::{Instrument, Span};

use super::super::journal::{Journal, Progress};
use super::super::verify::{self, Awaited, Following};
use super::super::{ReplicaReport, ReplicaTarget, span};
use super::Shared;
use crate::model::{Gtid, Statement, TableName};
use crate::mysql::{self, Server, WaitOutcome};

/// A statement was executed under this GTID.
pub(super) type Event = (usize, Option<Gtid>);

/// Tells the followers; they end when it is dropped.
pub(super) struct Events(broadcast::Sender<Event>);

impl Events {
    pub(super) fn executed(&self, place: usize, gtid: Option<Gtid>) {
        // Nobody listens where there are no replicas.
        let _ = self.0.send((place, gtid));
    }
}

/// One follower per replica; the future gives their last word.
pub(super) fn followers<'s, 'a, J: Journal>(
    shared: &'s Shared<'a, J>,
) -> (Events, impl Future<Output = Vec<ReplicaReport>> + use<'s, 'a, J>) {
    // Room for every statement: a follower that waits must not miss one.
    let (sender, _) = broadcast::channel(shared.approved.planned.statements.len().max(1));
    let following: Vec<_> = shared
        .connections
        .replicas()
        .map(|(target, server)| {
            let span = span::verify(&target.name, server.address());
            let following = follow(shared, target, server, sender.subscribe());
            async move {
                let report = following.await;
                Span::current().record("tablewright.verdict", report.verdict.reason().as_str());
                report
            }
            .instrument(span)
        })
        .collect();
    (Events(sender), futures::future::join_all(following))
}

async fn follow<J: Journal>(
    shared: &Shared<'_, J>,
    target: &ReplicaTarget,
    server: &Server,
    mut events: broadcast::Receiver<Event>,
) -> ReplicaReport {
    let mut gtids = Vec::new();
    let mut without_gtid = false;
    let mut unreached = Vec::new();
    while let Ok(first) = events.recv().await {
        // What has come meanwhile is waited for with it.
        let mut batch = vec![first];
        batch.extend(std::iter::from_fn(|| events.try_recv().ok()));
        let (places, batch): (Vec<usize>, Vec<Option<Gtid>>) = batch.into_iter().unzip();
        let chosen: Vec<Gtid> = batch.iter().flatten().cloned().collect();
        if chosen.len() < batch.len() {
            without_gtid = true;
            continue;
        }
        // Once it is late, statements are only collected: the run must not wait a second for each of them.
        let outcome = match unreached.is_empty() {
            true => mysql::wait_for_gtids(server, &chosen, Duration::from_secs(1)).await.ok(),
            false => None,
        };
        gtids.extend(chosen);
        if outcome == Some(WaitOutcome::Reached) {
            let at = Timestamp::now();
            for statement in places {
                tell(shared, Progress::ReplicaReached { replica: target.name.clone(), statement, at }).await;
            }
        } else {
            unreached.extend(places);
        }
    }
    // Nothing was executed: nothing is waited for.
    let patience = if gtids.is_empty() && !without_gtid { Duration::ZERO } else { shared.options.verify_within };
    let deadline = Instant::now() + patience;
    let awaited = if without_gtid || gtids.is_empty() {
        verify::awaited(shared.connections, &[]).await.unwrap_or(Awaited::Nothing)
    } else {
        Awaited::Gtids(gtids)
    };
    let tables = touched(&shared.approved.planned.statements);
    let mut following = Following::new(shared.connections, target, server, &tables, &awaited, deadline);
    let mut told = None;
    while !following.step().await {
        let verdict = following.report().verdict.clone();
        if told != Some(verdict.reason()) {
            told = Some(verdict.reason());
            tell(shared, Progress::ReplicaWaiting { replica: target.name.clone(), verdict }).await;
        }
    }
    let report = following.report().clone();
    if let Some(at) = report.reached_at {
        for statement in unreached {
            tell(shared, Progress::ReplicaReached { replica: target.name.clone(), statement, at }).await;
        }
    }
    tell(shared, Progress::ReplicaReport(report.clone())).await;
    report
}

async fn tell<J: Journal>(shared: &Shared<'_, J>, progress: Progress) {
    shared.journal.lock().await.progress(progress).await;
}

/// Tables whose definitions a replica must share: all that the statements name, those that are gone included.
fn touched(statements: &[Statement]) -> Vec<TableName> {
    let mut names: Vec<TableName> = statements
        .iter()
        .flat_map(|statement| match statement {
            Statement::CreateTable(table) => vec![table.name.clone()],
            Statement::AlterTable(alter) => vec![alter.table.clone()],
            Statement::DropTable(name) => vec![name.clone()],
            Statement::RenameTable { from, to } => vec![from.clone(), to.clone()],
        })
        .collect();
    names.sort();
    names.dedup();
    names
}
