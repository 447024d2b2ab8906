//! Wakes the worker of a Database, and measures how long it takes to come: what client-go calls a work queue. No client
//! required.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use crate::telemetry::{DATABASE, Metrics, QueueLabels};

const QUEUE: QueueLabels = QueueLabels { name: DATABASE };

/// One Database's bell.
pub(crate) struct Wake {
    notify: Notify,
    /// Since when somebody has been waiting for the worker.
    since: Mutex<Option<Instant>>,
    metrics: Metrics,
}

impl Wake {
    pub(crate) fn new(metrics: Metrics) -> Self {
        Self { notify: Notify::new(), since: Mutex::new(None), metrics }
    }

    fn since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something is to be looked at. Many rings before the worker comes are one.
    pub(crate) fn ring(&self) {
        {
            let mut since = self.since();
            if since.is_none() {
                *since = Some(Instant::now());
                self.metrics.queue_depth.get_or_create(&QUEUE).inc();
                self.metrics.queue_adds.get_or_create(&QUEUE).inc();
            }
        }
        self.notify.notify_one();
    }

    /// Waits for a ring.
    pub(crate) async fn rung(&self) {
        self.notify.notified().await;
    }

    /// The worker begins: whoever rang before has been heard. One that comes by its own alarm has waited for nobody.
    pub(crate) fn heard(&self) {
        let waited = match self.since().take() {
            Some(since) => {
                self.metrics.queue_depth.get_or_create(&QUEUE).dec();
                since.elapsed().as_secs_f64()
            }
            None => {
                self.metrics.queue_adds.get_or_create(&QUEUE).inc();
                0.0
            }
        };
        self.metrics.queue_seconds.get_or_create(&QUEUE).observe(waited);
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        if self.since().is_some() {
            self.metrics.queue_depth.get_or_create(&QUEUE).dec();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_waits_from_the_first_ring_until_its_worker_comes() {
        let metrics = Metrics::new("0.1.0");
        let depth = || metrics.queue_depth.get_or_create(&QUEUE).get();
        let adds = || metrics.queue_adds.get_or_create(&QUEUE).get();
        let wake = Wake::new(metrics.clone());
        wake.ring();
        wake.ring();
        assert_eq!((depth(), adds()), (1, 1));
        wake.rung().await;
        wake.heard();
        assert_eq!((depth(), adds()), (0, 1));
        // By its alarm.
        wake.heard();
        assert_eq!((depth(), adds()), (0, 2));
        wake.ring();
        drop(wake);
        assert_eq!(depth(), 0);
    }
}
