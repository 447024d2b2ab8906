//! Events, client required: on transitions only, with the condition's reason; in a task of their own, so that they hold
//! up nothing.

use k8s_openapi::api::core::v1::ObjectReference;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::{Client, Resource};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::condition::cut;
use crate::api::{Disposition, Reason};
use crate::telemetry::chain;

/// How many events may wait; more are dropped: they are a courtesy.
const QUEUE: usize = 1024;

/// Where events go; clones share it.
#[derive(Clone)]
pub(crate) struct Events(mpsc::Sender<(ObjectReference, Event)>);

impl Events {
    /// Starts the task that sends them.
    pub(crate) fn start(client: Client, identity: &str, stop: CancellationToken) -> Self {
        let reporter = Reporter { controller: "tablewright".to_owned(), instance: Some(identity.to_owned()) };
        let recorder = Recorder::new(client, reporter);
        let (sender, mut receiver) = mpsc::channel::<(ObjectReference, Event)>(QUEUE);
        tokio::spawn(async move {
            loop {
                let next = tokio::select! {
                    () = stop.cancelled() => return,
                    next = receiver.recv() => next,
                };
                let Some((object, event)) = next else { return };
                if let Err(error) = recorder.publish(&event, &object).await {
                    tracing::debug!(error = %chain(&error), "event not recorded");
                }
            }
        });
        Self(sender)
    }

    /// Tells of a transition of `object` to `reason`.
    pub(crate) fn tell<K: Resource<DynamicType = ()>>(&self, object: &K, action: &str, reason: Reason, note: &str) {
        let kind = match reason.disposition() {
            Disposition::Done | Disposition::Progressing | Disposition::Waiting => EventType::Normal,
            Disposition::Stalled => EventType::Warning,
        };
        let event = Event {
            type_: kind,
            reason: reason.as_str().to_owned(),
            note: Some(cut(note)),
            action: action.to_owned(),
            secondary: None,
        };
        // A full queue drops the event.
        drop(self.0.try_send((object.object_ref(&()), event)));
    }
}
