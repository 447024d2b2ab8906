//! Sets of GTIDs as the server prints them: `uuid:1-5:7, uuid:tag:1-3`. No I/O.

use crate::model::Gtid;

/// A set of GTIDs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GtidSet {
    /// Per (uuid, tag; untagged: empty) sorted, disjoint, inclusive intervals.
    intervals: std::collections::BTreeMap<(String, String), Vec<(u64, u64)>>,
}

/// A text that is not a GTID set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a set of GTIDs")]
pub struct GtidSetError {
    text: String,
}

impl GtidSet {
    /// Reads the server's form; white space is allowed anywhere between parts.
    pub fn parse(_text: &str) -> Result<Self, GtidSetError> {
        todo!()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// Whether it holds this one (untagged).
    pub fn contains(&self, _gtid: &Gtid) -> bool {
        todo!()
    }

    /// Whether it holds all of the other.
    pub fn contains_set(&self, _other: &Self) -> bool {
        todo!()
    }

    /// What is here and not in the other.
    pub fn subtract(&self, _other: &Self) -> Self {
        todo!()
    }

    /// The highest untagged number of a UUID.
    pub fn highest(&self, _source: &str) -> Option<u64> {
        todo!()
    }

    /// How many GTIDs it holds.
    pub fn count(&self) -> u64 {
        todo!()
    }
}
