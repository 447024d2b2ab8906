//! The trace of one change: begun by the round that proposed it, and gone on with by whoever has to do with its Plan
//! later, in this process or another. It is kept in an annotation, outside of the proposal and its digest.

use kube::ResourceExt;
use tracing::Span;

use crate::api::{Plan, labels};
use crate::telemetry::{follow, traceparent};

/// A new span (made with `parent: None`) that belongs to this Plan's trace.
pub(crate) fn of_plan(plan: &Plan, span: Span) -> Span {
    if let Some(parent) = plan.annotations().get(labels::TRACEPARENT) {
        follow(&span, parent);
    }
    span
}

/// Writes down that the Plan comes from what goes on now.
pub(crate) fn begin(plan: &mut Plan) {
    if let Some(context) = traceparent(&Span::current()) {
        plan.annotations_mut().insert(labels::TRACEPARENT.to_owned(), context);
    }
}
