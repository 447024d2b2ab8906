//! A replica whose rows are compared must be one that applies: what it is instead is said.

use std::time::Duration;

use super::super::verdict::{Subject, judge_absence, judge_error, judge_health};
use super::super::{Verdict, VerdictReason};
use crate::mysql::{self, Server};

/// Why the replica's rows say nothing, if they do not: it does not apply, or not this schema. One that is late is waited for.
pub(super) async fn hindrance(server: &Server) -> Option<String> {
    let verdict = match mysql::observe(server).await {
        Ok(state) => judge_health(&state, &subject(server), Duration::MAX)?,
        Err(error) => judge_error(&error),
    };
    match verdict.reason() {
        VerdictReason::Arrived
        | VerdictReason::Lagging
        | VerdictReason::ApplierBlocked
        | VerdictReason::Diverged
        | VerdictReason::Errant => None,
        VerdictReason::ApplierStopped | VerdictReason::Unobservable | VerdictReason::Filtered => Some(told(&verdict)),
    }
}

/// Why a replica has not executed what it was waited for.
pub(super) async fn absence(server: &Server) -> String {
    let verdict = match mysql::observe(server).await {
        Ok(state) => judge_absence(&state, &subject(server)),
        Err(error) => judge_error(&error),
    };
    told(&verdict)
}

/// The schema as a whole, by the replica's own filters.
fn subject(server: &Server) -> Subject {
    Subject { schema: server.schema().as_str().to_owned(), ..Subject::default() }
}

fn told(verdict: &Verdict) -> String {
    format!("{}: {verdict}", verdict.reason().as_str())
}
