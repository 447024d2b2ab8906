//! What is known of each Table's live state, in memory. No client required; lost with the process and read again.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::api::{Reason, ReplicaVerdict, TableStatus};
use crate::apply::Verdict;
use crate::plan::proposal::Risk;

/// What the live table is, compared with one generation of its manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Live {
    /// Not compared yet.
    Unknown,
    /// As declared.
    InSync,
    /// Not as declared.
    Differs {
        /// The highest risk of the statements that would change it, before any rehearsal.
        risk: Risk,
    },
    /// It cannot be brought to what is declared.
    Refused {
        /// Why.
        reason: Reason,
        /// Why, for people.
        message: String,
    },
}

/// One Table.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// Of the object.
    pub(crate) uid: String,
    /// Of the manifest that was compared.
    pub(crate) generation: i64,
    /// When this generation was first seen.
    pub(crate) seen: Instant,
    /// What was found.
    pub(crate) live: Live,
    /// SHA-256 of the live definition, or `absent`; `None`: not known.
    pub(crate) fingerprint: Option<String>,
    /// What each replica was when this definition was last looked for there.
    pub(crate) replicas: BTreeMap<String, Verdict>,
    /// Whether it must be compared again.
    pub(crate) dirty: bool,
    /// Whether the replicas must be compared again; what is known of them counts until then.
    pub(crate) stale: bool,
}

impl View {
    pub(crate) fn new(uid: String, generation: i64, seen: Instant) -> Self {
        Self {
            uid,
            generation,
            seen,
            live: Live::Unknown,
            fingerprint: None,
            replicas: BTreeMap::new(),
            dirty: true,
            stale: false,
        }
    }

    /// Takes over what an earlier controller wrote of this very generation: it counts until the replicas have been looked
    /// at, so that a restart takes nothing back.
    pub(crate) fn remember(&mut self, status: &TableStatus) {
        if status.observed_generation != self.generation || status.fingerprint.is_none() {
            return;
        }
        self.fingerprint.clone_from(&status.fingerprint);
        self.stale = true;
        self.replicas = status
            .replicas
            .iter()
            .filter(|replica| replica.verdict == ReplicaVerdict::Arrived)
            .map(|replica| (replica.name.clone(), Verdict::Arrived))
            .collect();
    }

    /// Takes what a comparison found. What replicas were holds only for the definition for which it was found.
    pub(crate) fn compared(&mut self, live: Live, fingerprint: Option<String>) {
        if self.fingerprint != fingerprint {
            self.replicas.clear();
        }
        self.live = live;
        self.fingerprint = fingerprint;
        self.dirty = false;
    }

    /// The first of these replicas that has not arrived, with what is known of it.
    pub(crate) fn missing_replica<'a>(&'a self, required: &'a [String]) -> Option<(&'a str, Option<&'a Verdict>)> {
        required
            .iter()
            .map(|name| (name.as_str(), self.replicas.get(name)))
            .find(|(_, verdict)| !verdict.is_some_and(Verdict::arrived))
    }
}
