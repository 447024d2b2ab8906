//! Events, client required: on transitions only, with the condition's reason; in a task of their own, so that they hold
//! up nothing.

use k8s_openapi::api::core::v1::ObjectReference;
use kube::{Client, Resource};
use kube_runtime::events::{Event, EventType, Recorder, Reporter};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::condition::cut;
use crate::api::{Disposition, Reason};
use crate::telemetry::{Metrics, chain};

/// How many events may wait; more are dropped: they are a courtesy.
const QUEUE: usize = 1024;

/// Where events go; clones share it.
#[derive(Clone)]
pub(crate) struct Events {
    sender: mpsc::Sender<(ObjectReference, Event)>,
    metrics: Metrics,
}

impl Events {
    /// Starts the task that sends them.
    pub(crate) fn start(client: Client, identity: &str, metrics: Metrics, stop: CancellationToken) -> Self {
        let reporter = Reporter { controller: "tablewright".to_owned(), instance: Some(identity.to_owned()) };
        let recorder = Recorder::new(client, reporter);
        let (sender, mut receiver) = mpsc::channel::<(ObjectReference, Event)>(QUEUE);
        let counted = metrics.clone();
        tokio::spawn(async move {
            loop {
                let next = tokio::select! {
                    () = stop.cancelled() => return,
                    next = receiver.recv() => next,
                };
                let Some((object, event)) = next else { return };
                if let Err(error) = recorder.publish(&event, &object).await {
                    counted.events_dropped.inc();
                    tracing::debug!(error = %chain(&error), "event not recorded");
                }
            }
        });
        Self { sender, metrics }
    }

    /// Tells of a transition of `object` to `reason`.
    pub(crate) fn tell<K: Resource<DynamicType = ()>>(&self, object: &K, action: &str, reason: Reason, note: &str) {
        let kind = if warns(reason) { EventType::Warning } else { EventType::Normal };
        let event = Event {
            type_: kind,
            reason: reason.as_str().to_owned(),
            note: Some(cut(note)),
            action: action.to_owned(),
            secondary: None,
        };
        // A full queue drops the event.
        if self.sender.try_send((object.object_ref(&()), event)).is_err() {
            self.metrics.events_dropped.inc();
        }
    }
}

/// Whether somebody should look: a person is needed, or something is not as it should be, though it may pass.
fn warns(reason: Reason) -> bool {
    reason.disposition() == Disposition::Stalled
        || matches!(
            reason,
            Reason::Drifted
                | Reason::LockWaitTimeout
                | Reason::PrimaryUnreachable
                | Reason::ReplicaBlocked
                | Reason::ReplicaLagging
                | Reason::ReplicaUnobservable
        )
}
