//! Watches the Secrets that a Database names, one by one, so that a rotated password is picked up when it is written.
//! Client required.
//!
//! The controller holds `get` and `watch` on each of these Secrets by name, never `list`: a watch from resource version
//! "0" begins with the present state and needs no list before it. Only metadata travels.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::api::{Api, WatchEvent, WatchParams};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::backoff::Backoff;
use super::wake::Wake;
use crate::api::Database;
use crate::telemetry::chain;

/// How long one watch lasts before it is begun anew; the API server takes less than five minutes from kube.
const TERM_SECONDS: u32 = 290;

/// The Secrets from which a Database's endpoints are made.
pub(crate) fn names(database: &Database) -> BTreeSet<String> {
    let (primary, replicas) = (&database.spec.primary, &database.spec.replicas);
    let credentials = replicas.iter().filter_map(|replica| replica.credentials.as_ref()).chain([&primary.credentials]);
    let tls = replicas.iter().filter_map(|replica| replica.tls.as_ref()).chain([&primary.tls]);
    let certificates = tls.flat_map(|tls| [&tls.ca_secret_name, &tls.client_certificate_secret_name]).flatten();
    credentials.map(|credentials| &credentials.secret_name).chain(certificates).cloned().collect()
}

/// The watches of one Database; they end with it.
pub(crate) struct SecretWatches {
    wake: Arc<Wake>,
    tasks: BTreeMap<String, (Arc<Told>, DropGuard)>,
}

/// What a watch has to say.
#[derive(Default)]
struct Told {
    changed: AtomicBool,
    /// It cannot be watched at present: the Secret is to be read now and then.
    blind: AtomicBool,
}

impl SecretWatches {
    pub(crate) fn new(wake: Arc<Wake>) -> Self {
        Self { wake, tasks: BTreeMap::new() }
    }

    /// Watches exactly these. A new watch counts as a change when it begins: what was written between a read of the
    /// Secret and its watch is not missed.
    pub(crate) fn keep(&mut self, api: &Api<Secret>, names: &BTreeSet<String>) {
        self.tasks.retain(|name, _| names.contains(name));
        for name in names {
            if !self.tasks.contains_key(name) {
                let told = Arc::new(Told::default());
                let stop = CancellationToken::new();
                let work = watch(api.clone(), name.clone(), told.clone(), self.wake.clone());
                tokio::spawn(stop.clone().run_until_cancelled_owned(work));
                self.tasks.insert(name.clone(), (told, stop.drop_guard()));
            }
        }
    }

    /// Whether one has changed since this was asked last.
    pub(crate) fn take_changed(&self) -> bool {
        // All of them are asked, so that one round takes all that is known.
        self.tasks.values().filter(|(told, _)| told.changed.swap(false, Ordering::AcqRel)).count() > 0
    }

    /// Whether each is watched, so that none need be read to find out.
    pub(crate) fn sees(&self) -> bool {
        self.tasks.values().all(|(told, _)| !told.blind.load(Ordering::Acquire))
    }
}

async fn watch(api: Api<Secret>, name: String, told: Arc<Told>, wake: Arc<Wake>) {
    let parameters = WatchParams::default().fields(&format!("metadata.name={name}")).timeout(TERM_SECONDS);
    let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(300));
    let mut version = None;
    loop {
        match api.watch_metadata(&parameters, "0").await {
            Ok(events) => {
                let mut events = std::pin::pin!(events);
                while let Some(event) = events.next().await {
                    let now = match event {
                        Ok(WatchEvent::Added(secret) | WatchEvent::Modified(secret)) => secret.resource_version(),
                        Ok(WatchEvent::Deleted(_)) => None,
                        Ok(WatchEvent::Bookmark(_)) => continue,
                        Ok(WatchEvent::Error(_)) | Err(_) => break,
                    };
                    backoff.reset();
                    told.blind.store(false, Ordering::Release);
                    if version.as_ref() != Some(&now) {
                        version = Some(now);
                        told.changed.store(true, Ordering::Release);
                        wake.ring();
                    }
                }
            }
            Err(error) => {
                told.blind.store(true, Ordering::Release);
                tracing::debug!(secret = %name, error = %chain(&error), "Secret not watched; it is read now and then");
            }
        }
        tokio::time::sleep(backoff.next()).await;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_secret_that_a_database_names_is_watched_once() {
        let database: Database = serde_json::from_value(json!({
            "apiVersion": "x/v1", "kind": "Database", "metadata": { "name": "shop" },
            "spec": {
                "primary": {
                    "host": "h", "credentials": { "secretName": "one" },
                    "tls": { "mode": "VerifyCa", "caSecretName": "ca", "clientCertificateSecretName": "client" },
                },
                "replicas": [
                    { "name": "a", "host": "a" },
                    { "name": "b", "host": "b", "credentials": { "secretName": "two" }, "tls": { "caSecretName": "ca" } },
                ],
            },
        }))
        .unwrap();
        assert_eq!(names(&database).into_iter().collect::<Vec<_>>(), ["ca", "client", "one", "two"]);
    }
}
