//! How long Plans have waited, reckoned at each scrape: a number that only rises need not be written while it does.
//! What a scrape costs grows with the Plans that wait now, never with those that were.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::gauge::ConstGauge;

use super::labels::PendingLabels;
use super::metrics::{FamilyDescription, FamilyKind};

/// Plans that wait, and since when; clones share them.
#[derive(Clone, Debug)]
pub struct Pending {
    name: &'static str,
    help: &'static str,
    since: Arc<Mutex<BTreeMap<PendingLabels, Timestamp>>>,
}

impl Pending {
    pub(super) fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, since: Arc::default() }
    }

    pub(super) fn describe(&self) -> FamilyDescription {
        let labels = &["namespace", "name", "reason"];
        FamilyDescription { name: self.name, kind: FamilyKind::Gauge, labels, help: self.help }
    }

    /// This one waits since then.
    pub fn set(&self, labels: PendingLabels, since: Timestamp) {
        self.since.lock().unwrap_or_else(PoisonError::into_inner).insert(labels, since);
    }

    /// This one no longer waits.
    pub fn remove(&self, labels: &PendingLabels) {
        self.since.lock().unwrap_or_else(PoisonError::into_inner).remove(labels);
    }
}

impl Collector for Pending {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let since = self.since.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if since.is_empty() {
            return Ok(());
        }
        let now = Timestamp::now();
        let sample = |since: Timestamp| ConstGauge::new(now.duration_since(since).as_secs_f64().max(0.0));
        let mut family =
            encoder.encode_descriptor(self.name, self.help, None, sample(Timestamp::UNIX_EPOCH).metric_type())?;
        for (labels, since) in since {
            sample(since).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }
}
