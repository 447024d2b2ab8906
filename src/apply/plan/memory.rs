//! What a server has already answered: its form of a table, and how a rehearsal went. Kept per Database, so that many
//! tables which are the same but for their name cost one rehearsal, planned together or apart.
//!
//! Sound because a rehearsal is a function of the definitions, the statements and the server's build and settings: the
//! key holds them, settings as far as they are known; and a run reads every table back all the same. Nothing in here
//! says anything about a live table.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use super::super::observe::Observed;
use super::rehearse::After;
use crate::model::Table;
use crate::plan::Chosen;

/// When there are more entries than this they are all forgotten: 10,000 tables share far fewer shapes.
const LIMIT: usize = 2_000;

/// What was answered.
#[derive(Debug, Default)]
pub(in crate::apply) struct Memory {
    canonical: Mutex<BTreeMap<Key, Table>>,
    rehearsed: Mutex<BTreeMap<Key, Vec<(Chosen, After)>>>,
    alike: Mutex<BTreeMap<Key, Vec<Chosen>>>,
}

/// The digest of everything that an answer depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(Vec<u8>);

impl Key {
    /// Of what is asked (`about`), and of all of this value that counts for its equality.
    pub(super) fn new(observed: &Observed, about: &str, shape: &impl Hash) -> Self {
        let identity = &observed.identity;
        let mut digest = Digesting(Sha256::new());
        (identity.server_uuid.0.as_str(), identity.version_text.as_str(), about).hash(&mut digest);
        format!("{:?}\n{:?}", identity.facts, observed.defaults).hash(&mut digest);
        shape.hash(&mut digest);
        Self(digest.0.finalize().to_vec())
    }
}

/// Takes a value's own way of being hashed for a digest without collisions.
struct Digesting(Sha256);

impl Hasher for Digesting {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Not asked for: the digest is longer.
    fn finish(&self) -> u64 {
        0
    }
}

impl Memory {
    /// The server's form of the table of this shape (under whatever name it was asked).
    pub(super) fn canonical(&self, key: &Key) -> Option<Table> {
        self.canonical.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(super) fn keep_canonical(&self, key: Key, table: Table) {
        keep(&self.canonical, key, table);
    }

    /// Per statement what was accepted, and what the table (under whatever name) was afterwards.
    pub(super) fn rehearsed(&self, key: &Key) -> Option<Vec<(Chosen, After)>> {
        self.rehearsed.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(super) fn keep_rehearsed(&self, key: Key, statements: Vec<(Chosen, After)>) {
        keep(&self.rehearsed, key, statements);
    }

    /// Per statement what was accepted for changes of this likeness.
    pub(super) fn alike(&self, key: &Key) -> Option<Vec<Chosen>> {
        self.alike.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(super) fn keep_alike(&self, key: Key, chosen: Vec<Chosen>) {
        keep(&self.alike, key, chosen);
    }
}

fn keep<V>(entries: &Mutex<BTreeMap<Key, V>>, key: Key, value: V) {
    let mut entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
    if entries.len() >= LIMIT {
        entries.clear();
    }
    entries.insert(key, value);
}
