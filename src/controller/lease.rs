//! Leadership by a `Lease`: at most one controller acts, and it knows when it may no longer.
//!
//! Guaranteed: a term is over for its holder before another can begin one, as long as clocks *run* at the same speed
//! (they need not show the same time: expiry is measured from when a change of the Lease was *seen*).
//! Not guaranteed: that nothing of a term is still under way on a MySQL server when the next begins. A Lease cannot
//! fence DDL; the slot locks on the server do.

use std::time::{Duration, Instant};

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::api::{Api, PostParams};
use kube::{Client, Error};
use tokio_util::sync::CancellationToken;

use crate::telemetry::chain;

/// How leadership is sought.
#[derive(Clone, Debug)]
pub struct LeaseOptions {
    /// The Lease's namespace.
    pub namespace: String,
    /// The Lease's name.
    pub name: String,
    /// Who seeks it: unique per process.
    pub identity: String,
    /// How long a term lasts without being renewed.
    pub duration: Duration,
    /// How often it is renewed.
    pub renew_every: Duration,
}

impl LeaseOptions {
    /// The usual times: 15 s, renewed every 3 s.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>, identity: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
            identity: identity.into(),
            duration: Duration::from_secs(15),
            renew_every: Duration::from_secs(3),
        }
    }

    /// The holder stops itself well before another may start.
    fn deadline(&self) -> Duration {
        self.duration * 2 / 3
    }
}

/// What was last seen of a Lease that another holds.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    holder: String,
    renewed: Option<MicroTime>,
    at: Instant,
}

/// What to do about a Lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// It does not exist.
    Create,
    /// It is ours, free or expired.
    Take,
    /// Another holds it.
    Wait,
}

/// Seeks and keeps one Lease.
pub(crate) struct Leader {
    api: Api<Lease>,
    options: LeaseOptions,
    seen: Option<Seen>,
}

impl Leader {
    pub(crate) fn new(client: Client, options: LeaseOptions) -> Self {
        Self { api: Api::namespaced(client, &options.namespace), options, seen: None }
    }

    /// Waits until the Lease is ours; `false` when `stop` came first.
    pub(crate) async fn acquire(&mut self, stop: &CancellationToken) -> bool {
        let mut troubled = false;
        loop {
            match self.attempt().await {
                Ok(true) => return true,
                Ok(false) => troubled = false,
                Err(error) if !troubled => {
                    troubled = true;
                    tracing::warn!(lease = %self.options.name, error = %chain(&error), "cannot seek the Lease");
                }
                Err(_) => {}
            }
            tokio::select! {
                () = stop.cancelled() => return false,
                () = tokio::time::sleep(self.options.renew_every) => {}
            }
        }
    }

    /// Renews until `stop`, or until the term is lost or could not be renewed in time. Returns when it is over.
    pub(crate) async fn keep(&mut self, stop: &CancellationToken) {
        let mut renewed = Instant::now();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.options.renew_every) => {}
            }
            let sent = Instant::now();
            let left = self.options.deadline().saturating_sub(renewed.elapsed());
            match tokio::time::timeout(left, self.attempt()).await {
                Ok(Ok(true)) => renewed = sent,
                Ok(Ok(false)) => {
                    tracing::warn!(lease = %self.options.name, "another controller holds the Lease now");
                    return;
                }
                Ok(Err(error)) => {
                    tracing::warn!(lease = %self.options.name, error = %chain(&error), "cannot renew the Lease");
                }
                Err(_) => {}
            }
            if renewed.elapsed() >= self.options.deadline() {
                tracing::warn!(lease = %self.options.name, "the Lease could not be renewed in time");
                return;
            }
        }
    }

    /// Gives the Lease up, so that a standby need not wait for it to expire.
    pub(crate) async fn release(&mut self) {
        let released = async {
            let mut lease = self.api.get(&self.options.name).await?;
            let ours = lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref());
            if ours == Some(self.options.identity.as_str()) {
                let spec = lease.spec.get_or_insert_default();
                spec.holder_identity = None;
                spec.lease_duration_seconds = Some(1);
                self.api.replace(&self.options.name, &PostParams::default(), &lease).await?;
            }
            Ok::<_, Error>(())
        };
        match tokio::time::timeout(Duration::from_secs(3), released).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error = %chain(&error), "cannot release the Lease; it will expire"),
            Err(_) => tracing::warn!("cannot release the Lease in time; it will expire"),
        }
    }

    /// One try to take or renew it. A conflict means that another was faster.
    async fn attempt(&mut self) -> Result<bool, Error> {
        let live = self.api.get_opt(&self.options.name).await?;
        let step = self.decide(live.as_ref(), Instant::now());
        let result = match (step, live) {
            (Step::Wait, _) => return Ok(false),
            (Step::Take, Some(live)) => {
                let lease = self.taken(live);
                self.api.replace(&self.options.name, &PostParams::default(), &lease).await
            }
            (Step::Create | Step::Take, _) => {
                let fresh = Lease {
                    metadata: ObjectMeta { name: Some(self.options.name.clone()), ..ObjectMeta::default() },
                    spec: None,
                };
                let lease = self.taken(fresh);
                self.api.create(&PostParams::default(), &lease).await
            }
        };
        match result {
            Ok(_) => Ok(true),
            Err(Error::Api(status)) if status.is_conflict() || status.is_already_exists() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn decide(&mut self, live: Option<&Lease>, now: Instant) -> Step {
        let Some(live) = live else { return Step::Create };
        let spec = live.spec.clone().unwrap_or_default();
        let holder = spec.holder_identity.unwrap_or_default();
        if holder.is_empty() || holder == self.options.identity {
            self.seen = None;
            return Step::Take;
        }
        let duration = spec
            .lease_duration_seconds
            .and_then(|seconds| u64::try_from(seconds).ok())
            .map_or(self.options.duration, Duration::from_secs);
        match &self.seen {
            Some(seen) if seen.holder == holder && seen.renewed == spec.renew_time => {
                if now.duration_since(seen.at) > duration { Step::Take } else { Step::Wait }
            }
            _ => {
                self.seen = Some(Seen { holder, renewed: spec.renew_time, at: now });
                Step::Wait
            }
        }
    }

    fn taken(&self, mut lease: Lease) -> Lease {
        let now = MicroTime(jiff::Timestamp::now());
        let spec = lease.spec.get_or_insert_with(LeaseSpec::default);
        if spec.holder_identity.as_deref() != Some(self.options.identity.as_str()) {
            spec.lease_transitions = Some(spec.lease_transitions.unwrap_or(0).saturating_add(1));
            spec.acquire_time = Some(now.clone());
        }
        spec.holder_identity = Some(self.options.identity.clone());
        spec.lease_duration_seconds = i32::try_from(self.options.duration.as_secs()).ok();
        spec.renew_time = Some(now);
        lease
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leader() -> Leader {
        let service = tower_stub();
        Leader::new(service, LeaseOptions::new("ns", "tablewright", "a"))
    }

    /// A client that is never used: these tests decide only.
    fn tower_stub() -> Client {
        Client::try_from(kube::Config::new("http://127.0.0.1:1".parse().unwrap())).unwrap()
    }

    fn held_by(holder: &str, renewed: i64) -> Lease {
        Lease {
            metadata: ObjectMeta::default(),
            spec: Some(LeaseSpec {
                holder_identity: Some(holder.to_owned()),
                lease_duration_seconds: Some(15),
                renew_time: Some(MicroTime(jiff::Timestamp::from_second(renewed).unwrap())),
                ..LeaseSpec::default()
            }),
        }
    }

    #[tokio::test]
    async fn expiry_counts_from_when_a_renewal_was_seen_not_from_its_time_stamp() {
        let mut leader = leader();
        let start = Instant::now();
        assert_eq!(leader.decide(None, start), Step::Create);
        assert_eq!(leader.decide(Some(&held_by("a", 0)), start), Step::Take);
        assert_eq!(leader.decide(Some(&held_by("", 0)), start), Step::Take);
        // Renewed in 1970 by its stamp, but seen for the first time now.
        assert_eq!(leader.decide(Some(&held_by("b", 0)), start), Step::Wait);
        assert_eq!(leader.decide(Some(&held_by("b", 0)), start + Duration::from_secs(14)), Step::Wait);
        assert_eq!(leader.decide(Some(&held_by("b", 1)), start + Duration::from_secs(16)), Step::Wait);
        assert_eq!(leader.decide(Some(&held_by("b", 1)), start + Duration::from_secs(30)), Step::Wait);
        assert_eq!(leader.decide(Some(&held_by("b", 1)), start + Duration::from_secs(32)), Step::Take);
    }
}
