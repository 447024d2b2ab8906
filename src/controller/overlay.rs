//! What this process wrote and its watches have not shown yet. No client required.
//!
//! Without it a round would decide on what stood before its own last write: write it again, or make a Plan twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kube::{Resource, ResourceExt};

use super::store::ObjectKey;

/// How long a created object may stay unseen by the watch before it counts as gone again.
const UNSEEN: Duration = Duration::from_secs(30);

/// Own writes to objects of one kind.
pub(crate) struct Overlay<K> {
    written: BTreeMap<ObjectKey, (Arc<K>, Instant)>,
}

impl<K: Resource> Overlay<K> {
    pub(crate) fn new() -> Self {
        Self { written: BTreeMap::new() }
    }

    /// Remembers what the API server answered to a write.
    pub(crate) fn put(&mut self, object: K) {
        self.written.insert(ObjectKey::of(&object), (Arc::new(object), Instant::now()));
    }

    /// The object is gone.
    pub(crate) fn forget(&mut self, key: &ObjectKey) {
        self.written.remove(key);
    }

    /// What the watches show, with own writes that are newer.
    pub(crate) fn over(&mut self, seen: Vec<Arc<K>>) -> BTreeMap<ObjectKey, Arc<K>> {
        let mut objects: BTreeMap<ObjectKey, Arc<K>> =
            seen.into_iter().map(|object| (ObjectKey::of(object.as_ref()), object)).collect();
        self.written.retain(|key, (own, at)| match objects.get(key) {
            Some(seen) => seen.uid() == own.uid() && version(own.as_ref()) > version(seen.as_ref()),
            None => at.elapsed() < UNSEEN,
        });
        for (key, (own, _)) in &self.written {
            objects.insert(key.clone(), own.clone());
        }
        objects
    }
}

/// Resource versions of one kind can be compared as numbers (Kubernetes API concepts, "Resource versions").
fn version<K: Resource>(object: &K) -> u64 {
    object.resource_version().and_then(|version| version.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ConfigMap;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

    use super::*;

    fn object(name: &str, version: &str) -> ConfigMap {
        ConfigMap {
            metadata: ObjectMeta {
                name: Some(name.into()),
                namespace: Some("ns".into()),
                uid: Some(name.into()),
                resource_version: Some(version.into()),
                ..ObjectMeta::default()
            },
            ..ConfigMap::default()
        }
    }

    #[test]
    fn an_own_write_counts_until_the_watch_has_caught_up() {
        let mut overlay = Overlay::new();
        overlay.put(object("a", "9"));
        overlay.put(object("b", "10"));
        let version = |objects: &BTreeMap<ObjectKey, Arc<ConfigMap>>, name: &str| {
            objects[&ObjectKey::new("ns", name)].resource_version().unwrap()
        };
        let objects = overlay.over(vec![Arc::new(object("a", "8"))]);
        assert_eq!((version(&objects, "a"), version(&objects, "b")), ("9".into(), "10".into()));
        let objects = overlay.over(vec![Arc::new(object("a", "12")), Arc::new(object("b", "10"))]);
        assert_eq!((version(&objects, "a"), version(&objects, "b")), ("12".into(), "10".into()));
        assert_eq!(overlay.over(Vec::new()).len(), 0);
    }
}
