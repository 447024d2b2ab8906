//! Keeps a [`Store`] current by a watch. Client required.
//!
//! A failed watch is taken up again with backoff, an expired one lists anew (410), and one malformed object stops
//! neither the watch nor the others: it is left out and logged.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

use futures::StreamExt;
use kube::api::Api;
use kube::core::DeserializeGuard;
use kube::{Resource, ResourceExt};
use kube_runtime::watcher::{self, Event};
use kube_runtime::{WatchStreamExt, watcher as watch_objects};
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use super::store::{ObjectKey, Store};
use crate::telemetry::chain;

/// Watches until `stop`; `touched` is told which Databases a change concerns.
pub(crate) async fn watch<K>(
    api: Api<DeserializeGuard<K>>,
    config: watcher::Config,
    scope: String,
    store: Arc<Store<K>>,
    touched: impl Fn(BTreeSet<ObjectKey>),
    stop: CancellationToken,
) where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
{
    let kind = K::kind(&());
    let mut stream = std::pin::pin!(watch_objects(api, config).default_backoff());
    loop {
        let next = tokio::select! {
            () = stop.cancelled() => return,
            next = stream.next() => next,
        };
        match next {
            Some(Ok(event)) => touched(take(&store, &scope, event)),
            // kube repeats with backoff; a flood is kept from the log by logging what the API server said only.
            Some(Err(error)) => tracing::warn!(kind = %kind, error = %chain(&error), "watch interrupted; trying again"),
            None => return,
        }
    }
}

fn take<K>(store: &Store<K>, scope: &str, event: Event<DeserializeGuard<K>>) -> BTreeSet<ObjectKey>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug,
{
    match event {
        Event::Init => store.take(scope, Event::Init),
        Event::InitDone => store.take(scope, Event::InitDone),
        Event::InitApply(DeserializeGuard(Ok(object))) => store.take(scope, Event::InitApply(slim(object))),
        Event::Apply(DeserializeGuard(Ok(object))) => store.take(scope, Event::Apply(slim(object))),
        Event::Delete(DeserializeGuard(Ok(object))) => store.take(scope, Event::Delete(object)),
        Event::InitApply(DeserializeGuard(Err(invalid)))
        | Event::Apply(DeserializeGuard(Err(invalid)))
        | Event::Delete(DeserializeGuard(Err(invalid))) => {
            let key = ObjectKey::new(
                invalid.metadata.namespace.clone().unwrap_or_default(),
                invalid.metadata.name.clone().unwrap_or_default(),
            );
            tracing::warn!(kind = %K::kind(&()), object = %key, error = %invalid.error, "object cannot be read and is left out");
            store.forget(&key)
        }
    }
}

/// Managed fields are of no use here and often larger than the object.
fn slim<K: Resource>(mut object: K) -> K {
    object.managed_fields_mut().clear();
    object
}
