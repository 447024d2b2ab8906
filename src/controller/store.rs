//! What the API server holds, as the watches last saw it, sorted by Database. No client required.
//!
//! Unlike a plain reflector it answers "the objects of this Database" without looking at all the others, and tells which
//! Databases a change concerns.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kube::{Resource, ResourceExt};
use kube_runtime::watcher::Event;

/// Namespace and name of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ObjectKey {
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl ObjectKey {
    pub(crate) fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }

    pub(crate) fn of<K: Resource>(object: &K) -> Self {
        Self::new(object.namespace().unwrap_or_default(), object.name_any())
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.namespace, self.name)
    }
}

/// Objects of one kind, sorted by the Database that they belong to.
pub(crate) struct Store<K> {
    database_of: fn(&K) -> ObjectKey,
    inner: Mutex<Inner<K>>,
}

struct Inner<K> {
    by_database: BTreeMap<ObjectKey, BTreeMap<ObjectKey, Arc<K>>>,
    database: BTreeMap<ObjectKey, ObjectKey>,
    /// Objects listed so far while a list is under way, by the namespace that is watched (empty: all).
    listed: BTreeMap<String, BTreeSet<ObjectKey>>,
    /// Watches whose first list is not complete.
    missing: BTreeSet<String>,
}

impl<K: Resource + Clone> Store<K> {
    /// `scopes`: the namespaces that are watched, each by a watch of its own; one empty text: all of them.
    pub(crate) fn new(database_of: fn(&K) -> ObjectKey, scopes: impl IntoIterator<Item = String>) -> Self {
        Self {
            database_of,
            inner: Mutex::new(Inner {
                by_database: BTreeMap::new(),
                database: BTreeMap::new(),
                listed: BTreeMap::new(),
                missing: scopes.into_iter().collect(),
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<K>> {
        // A panic elsewhere leaves the maps as they are: they hold whole objects only.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one event of the watch of `scope` and returns the Databases that it concerns.
    pub(crate) fn take(&self, scope: &str, event: Event<K>) -> BTreeSet<ObjectKey> {
        let mut inner = self.lock();
        let mut touched = BTreeSet::new();
        match event {
            Event::Init => {
                inner.listed.insert(scope.to_owned(), BTreeSet::new());
            }
            Event::InitApply(object) => {
                if let Some(listed) = inner.listed.get_mut(scope) {
                    listed.insert(ObjectKey::of(&object));
                }
                inner.put(self.database_of, object, &mut touched);
            }
            Event::InitDone => {
                let listed = inner.listed.remove(scope).unwrap_or_default();
                let in_scope = |key: &&ObjectKey| scope.is_empty() || key.namespace == scope;
                let gone: Vec<_> =
                    inner.database.keys().filter(in_scope).filter(|key| !listed.contains(key)).cloned().collect();
                for key in gone {
                    inner.remove(&key, &mut touched);
                }
                inner.missing.remove(scope);
            }
            Event::Apply(object) => inner.put(self.database_of, object, &mut touched),
            Event::Delete(object) => inner.remove(&ObjectKey::of(&object), &mut touched),
        }
        touched
    }

    /// The objects of one Database, by namespace and name.
    pub(crate) fn of(&self, database: &ObjectKey) -> Vec<Arc<K>> {
        self.lock().by_database.get(database).map(|objects| objects.values().cloned().collect()).unwrap_or_default()
    }

    /// One object.
    pub(crate) fn get(&self, key: &ObjectKey) -> Option<Arc<K>> {
        let inner = self.lock();
        let database = inner.database.get(key)?;
        inner.by_database.get(database)?.get(key).cloned()
    }

    /// Every object.
    pub(crate) fn all(&self) -> Vec<Arc<K>> {
        self.lock().by_database.values().flat_map(BTreeMap::values).cloned().collect()
    }

    /// All Databases that have objects here.
    pub(crate) fn databases(&self) -> Vec<ObjectKey> {
        self.lock().by_database.keys().cloned().collect()
    }

    /// Removes an object that can no longer be read.
    pub(crate) fn forget(&self, key: &ObjectKey) -> BTreeSet<ObjectKey> {
        let mut touched = BTreeSet::new();
        self.lock().remove(key, &mut touched);
        touched
    }

    /// Whether the first lists are complete.
    pub(crate) fn filled(&self) -> bool {
        self.lock().missing.is_empty()
    }
}

impl<K: Resource + Clone> Inner<K> {
    fn put(&mut self, database_of: fn(&K) -> ObjectKey, object: K, touched: &mut BTreeSet<ObjectKey>) {
        let key = ObjectKey::of(&object);
        let database = database_of(&object);
        if self.database.get(&key).is_some_and(|before| *before != database) {
            self.remove(&key, touched);
        }
        let objects = self.by_database.entry(database.clone()).or_default();
        // Lists repeat what is known already; only what moved wakes anybody.
        let same = objects.get(&key).is_some_and(|known| known.resource_version() == object.resource_version());
        if !same {
            objects.insert(key.clone(), Arc::new(object));
            self.database.insert(key, database.clone());
            touched.insert(database);
        }
    }

    fn remove(&mut self, key: &ObjectKey, touched: &mut BTreeSet<ObjectKey>) {
        let Some(database) = self.database.remove(key) else { return };
        if let Some(objects) = self.by_database.get_mut(&database) {
            objects.remove(key);
            if objects.is_empty() {
                self.by_database.remove(&database);
            }
        }
        touched.insert(database);
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ConfigMap;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

    use super::*;

    fn object(name: &str, database: &str, version: &str) -> ConfigMap {
        ConfigMap {
            metadata: ObjectMeta {
                name: Some(name.into()),
                namespace: Some("ns".into()),
                resource_version: Some(version.into()),
                ..ObjectMeta::default()
            },
            data: Some([("database".to_owned(), database.to_owned())].into()),
            ..ConfigMap::default()
        }
    }

    fn store() -> Store<ConfigMap> {
        Store::new(
            |object| ObjectKey::new("ns", object.data.clone().unwrap_or_default()["database"].clone()),
            [String::new()],
        )
    }

    fn names(keys: BTreeSet<ObjectKey>) -> Vec<String> {
        keys.into_iter().map(|key| key.name).collect()
    }

    #[test]
    fn a_list_that_repeats_what_is_known_wakes_nobody_and_what_it_lacks_is_gone() {
        let store = store();
        assert!(!store.filled());
        store.take("", Event::Init);
        assert_eq!(names(store.take("", Event::InitApply(object("a", "one", "1")))), ["one"]);
        assert_eq!(names(store.take("", Event::InitApply(object("b", "two", "1")))), ["two"]);
        assert!(store.take("", Event::InitDone).is_empty());
        assert!(store.filled());
        store.take("", Event::Init);
        assert!(store.take("", Event::InitApply(object("a", "one", "1"))).is_empty());
        assert_eq!(names(store.take("", Event::InitDone)), ["two"]);
        assert_eq!(store.of(&ObjectKey::new("ns", "one")).len(), 1);
        assert!(store.of(&ObjectKey::new("ns", "two")).is_empty());
    }

    #[test]
    fn an_object_that_moves_wakes_both_databases() {
        let store = store();
        store.take("", Event::Apply(object("a", "one", "1")));
        assert_eq!(names(store.take("", Event::Apply(object("a", "two", "2")))), ["one", "two"]);
        assert_eq!(names(store.take("", Event::Delete(object("a", "two", "3")))), ["two"]);
    }
}
