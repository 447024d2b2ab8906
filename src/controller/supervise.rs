//! Keeps one worker per Database while a term lasts. A worker that panics is a bug, but one Database's bug: it begins
//! anew after a while, and the others work on.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Touched;
use super::backoff::Backoff;
use super::context::Context;
use super::store::ObjectKey;
use super::wake::Wake;
use super::worker::Worker;
use crate::telemetry::{ControllerLabels, DATABASE, ReasonLabels};

/// After the first panic; doubling.
const FIRST: Duration = Duration::from_secs(1);
/// No wait is longer.
const MOST: Duration = Duration::from_secs(300);
/// Who has worked for so long has recovered: the next wait is the first again.
const RECOVERED: Duration = Duration::from_secs(600);

/// Keeps one worker per Database until `term` ends.
pub(super) async fn supervise(context: &Arc<Context>, touched: &Touched, term: CancellationToken) {
    // A new term begins with everything there is.
    let mut keys: BTreeSet<ObjectKey> = context.databases.databases().into_iter().collect();
    keys.extend(context.tables.databases());
    keys.extend(context.plans.databases());
    keys.extend(context.approvals.databases());
    touched.add(keys);
    let work = |key, wake| Worker::new(context.clone(), key, wake, term.clone()).work();
    let metrics = &context.metrics;
    let panicked = || {
        metrics.reconcile_errors.get_or_create(&ControllerLabels { controller: DATABASE }).inc();
        metrics.troubles.get_or_create(&ReasonLabels { reason: PANIC }).inc();
    };
    keep(work, || Arc::new(Wake::new(metrics.clone())), touched, &term, panicked).await;
}

/// What is counted where a worker panicked.
const PANIC: &str = "Panic";

/// The same for any kind of work. `panicked` is told of each panic.
async fn keep<W>(
    work: impl Fn(ObjectKey, Arc<Wake>) -> W,
    wake: impl Fn() -> Arc<Wake>,
    touched: &Touched,
    term: &CancellationToken,
    panicked: impl Fn(),
) where
    W: Future<Output = ()> + Send + 'static,
{
    let mut crew: BTreeMap<ObjectKey, Post> = BTreeMap::new();
    let mut tasks = JoinSet::new();
    loop {
        for key in touched.take() {
            crew.entry(key).or_insert_with(|| Post::new(wake())).wake.ring();
        }
        let now = Instant::now();
        for (key, post) in &mut crew {
            if post.vacant_until.is_some_and(|at| at <= now) {
                post.vacant_until = None;
                post.since = now;
                let (key, work) = (key.clone(), work(key.clone(), post.wake.clone()));
                tasks.spawn(async move {
                    let end = AssertUnwindSafe(work).catch_unwind().await;
                    (key, end.is_err())
                });
            }
        }
        let next = crew.values().filter_map(|post| post.vacant_until).min();
        tokio::select! {
            biased;
            () = term.cancelled() => break,
            Some(ended) = tasks.join_next() => match ended {
                Ok((key, true)) => {
                    panicked();
                    if let Some(post) = crew.get_mut(&key) {
                        let wait = post.leave();
                        tracing::error!(database = %key, ?wait, "a worker panicked; it begins anew after this wait");
                    }
                }
                // It has nothing left to do: the next change of its objects begins it anew.
                Ok((key, false)) => drop(crew.remove(&key)),
                Err(error) => tracing::error!(%error, "a worker ended abnormally"),
            },
            () = tokio::time::sleep_until(next.unwrap_or(now)), if next.is_some() => {}
            () = touched.wake.notified() => {}
        }
    }
    while tasks.join_next().await.is_some() {}
}

/// A Database's place for a worker.
struct Post {
    wake: Arc<Wake>,
    /// Since when the present worker has worked.
    since: Instant,
    /// Nobody works here; from then on somebody shall.
    vacant_until: Option<Instant>,
    backoff: Backoff,
}

impl Post {
    fn new(wake: Arc<Wake>) -> Self {
        let now = Instant::now();
        Self { wake, since: now, vacant_until: Some(now), backoff: Backoff::new(FIRST, MOST) }
    }

    /// Its worker panicked: how long it stays vacant.
    fn leave(&mut self) -> Duration {
        if self.since.elapsed() >= RECOVERED {
            self.backoff.reset();
        }
        let wait = self.backoff.next();
        self.vacant_until = Some(Instant::now() + wait);
        // Whatever was touched meanwhile, the next worker looks at everything.
        self.wake.ring();
        wait
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::telemetry::Metrics;

    #[tokio::test]
    async fn who_panics_begins_anew_after_a_while_and_the_others_work_on() {
        let touched = Touched::default();
        touched.add([ObjectKey::new("ns", "bad"), ObjectKey::new("ns", "good")].into());
        let term = CancellationToken::new();
        let begun: Arc<Mutex<Vec<(String, Instant)>>> = Arc::default();
        let panics = Mutex::new(0);
        let work = |key: ObjectKey, _wake| {
            let (begun, term) = (begun.clone(), term.clone());
            async move {
                let before = {
                    let mut begun = begun.lock().unwrap();
                    begun.push((key.name.clone(), Instant::now()));
                    begun.iter().filter(|(name, _)| name == "bad").count()
                };
                assert!(key.name == "good" || before > 1, "the first worker of this Database panics");
                if key.name == "bad" {
                    term.cancel();
                }
                term.cancelled().await;
            }
        };
        let metrics = Metrics::new("0.1.0");
        let wake = || Arc::new(Wake::new(metrics.clone()));
        let told = || {
            *panics.lock().unwrap() += 1;
        };
        tokio::time::timeout(Duration::from_secs(10), keep(work, wake, &touched, &term, told)).await.unwrap();
        assert_eq!(*panics.lock().unwrap(), 1);
        let begun = begun.lock().unwrap();
        let of = |name: &str| begun.iter().filter(|(other, _)| other == name).map(|(_, at)| *at).collect::<Vec<_>>();
        assert_eq!(of("good").len(), 1);
        let bad = of("bad");
        assert_eq!(bad.len(), 2);
        assert!(bad[1].duration_since(bad[0]) >= FIRST);
    }
}
