//! Accepts HTTP connections so that no client can keep others from an answer.
//!
//! There are [`Limits::connections`] places. A connection that finds none free ends another one: the oldest that has not
//! sent a whole request yet, else the oldest. An answer takes milliseconds here, so that the oldest connection is never
//! one that somebody needs. A request must be complete within [`Limits::head`], a connection ends after [`Limits::life`].

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::WebError;

/// Bounds for the clients of one listener.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Time until the head of a request has been read, also of the next one on the same connection.
    pub(super) head: Duration,
    /// Time from the first to the last byte of a connection.
    pub(super) life: Duration,
    /// Number of connections at once.
    pub(super) connections: usize,
}

/// Limits of the endpoint: a probe or a scrape takes milliseconds, and few clients come.
pub(super) const LIMITS: Limits =
    Limits { head: Duration::from_secs(2), life: Duration::from_secs(60), connections: 64 };

/// Number of failures to accept in a row, one second apart, after which the endpoint gives up.
const MAX_FAILURES_IN_A_ROW: u32 = 60;

/// Serves connections of `listener` until `stop`; then answers what has been asked, for at most [`Limits::head`].
pub(super) async fn accept(
    listener: TcpListener,
    router: axum::Router,
    limits: Limits,
    stop: CancellationToken,
) -> Result<(), WebError> {
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(limits.head);
    let places = Places::new(limits.connections);
    let open = GracefulShutdown::new();
    let mut failures = 0;
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            // The process has no free file descriptor, or the client is gone already.
            Err(source) => {
                failures += 1;
                if failures == MAX_FAILURES_IN_A_ROW {
                    return Err(WebError::Serve(source));
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        failures = 0;
        let place = places.take();
        let inner = TowerToHyperService::new(router.clone());
        let asked = Arc::clone(&place.asked);
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            inner.call(request)
        });
        let connection = open.watch(protocol.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // The way in which a client leaves is of no interest.
            tokio::select! {
                _ = tokio::time::timeout(limits.life, connection) => {}
                () = place.ended.cancelled() => {}
            }
            drop(place);
        });
    }
    let _ = tokio::time::timeout(limits.head, open.shutdown()).await;
    Ok(())
}

/// The places of a listener, by age.
#[derive(Clone)]
struct Places {
    capacity: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    next: u64,
    /// Keys rise with time.
    by_age: BTreeMap<u64, Holder>,
}

struct Holder {
    asked: Arc<AtomicBool>,
    ended: CancellationToken,
}

/// The place of one connection; dropping it frees the place.
struct Place {
    key: u64,
    /// Whether the connection has sent a whole request.
    asked: Arc<AtomicBool>,
    /// Cancelled when the connection must end for another one.
    ended: CancellationToken,
    places: Places,
}

impl Places {
    fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), taken: Arc::default() }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place; where none is free, ends the connection that matters least.
    fn take(&self) -> Place {
        let mut taken = self.taken();
        while taken.by_age.len() >= self.capacity {
            let incomplete = taken.by_age.iter().find(|(_, holder)| !holder.asked.load(Ordering::Relaxed));
            let Some(key) = incomplete.or_else(|| taken.by_age.iter().next()).map(|(key, _)| *key) else { break };
            if let Some(holder) = taken.by_age.remove(&key) {
                holder.ended.cancel();
            }
        }
        let key = taken.next;
        taken.next += 1;
        let (asked, ended) = (Arc::new(AtomicBool::new(false)), CancellationToken::new());
        taken.by_age.insert(key, Holder { asked: Arc::clone(&asked), ended: ended.clone() });
        Place { key, asked, ended, places: self.clone() }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().by_age.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    /// Longer than any test lasts.
    const LONG: Duration = Duration::from_secs(3600);

    async fn started(limits: Limits) -> (SocketAddr, CancellationToken, tokio::task::JoinHandle<Result<(), WebError>>) {
        let listener = super::super::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = axum::Router::new()
            .route("/healthz", get(async || "ok\n"))
            // More than the buffers of a socket hold.
            .route("/large", get(async || vec![b'x'; 64 << 20]));
        let stop = CancellationToken::new();
        let task = tokio::spawn(accept(listener, router, limits, stop.clone()));
        (address, stop, task)
    }

    async fn rest(mut stream: TcpStream) -> String {
        let mut text = Vec::new();
        // A reset is an end, too.
        let _ = stream.read_to_end(&mut text).await;
        String::from_utf8(text).unwrap()
    }

    async fn sent(address: SocketAddr, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }

    /// No time ends a connection here: only the rule about places can give the last one an answer.
    #[tokio::test]
    async fn three_hundred_half_sent_requests_keep_no_probe_from_its_answer() {
        let (address, stop, task) = started(Limits { head: LONG, life: LONG, connections: 64 }).await;
        let mut half = Vec::new();
        for _ in 0..300 {
            half.push(sent(address, b"GET /hea").await);
        }
        for _ in 0..3 {
            assert!(rest(sent(address, REQUEST).await).await.ends_with("ok\n"));
        }
        stop.cancel();
        drop(half);
        task.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn answers_that_nobody_reads_keep_no_probe_from_its_answer() {
        let (address, stop, task) = started(Limits { head: LONG, life: LONG, connections: 4 }).await;
        let mut unread = Vec::new();
        for _ in 0..8 {
            unread.push(sent(address, b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n").await);
        }
        assert!(rest(sent(address, REQUEST).await).await.ends_with("ok\n"));
        stop.cancel();
        drop(unread);
        task.await.unwrap().unwrap();
    }

    /// A connection whose request is complete outlives those that have sent half of one.
    #[tokio::test]
    async fn incomplete_requests_are_ended_first() {
        let (address, stop, task) = started(Limits { head: LONG, life: LONG, connections: 2 }).await;
        let mut idle = sent(address, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let mut buffer = [0; 512];
        assert!(idle.read(&mut buffer).await.unwrap() > 0);
        let half = sent(address, b"GET /hea").await;
        assert!(rest(sent(address, REQUEST).await).await.ends_with("ok\n"));
        assert_eq!(rest(half).await, "");
        idle.write_all(REQUEST).await.unwrap();
        assert!(rest(idle).await.ends_with("ok\n"));
        stop.cancel();
        task.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn an_incomplete_request_ends_after_its_time() {
        let limits = Limits { head: Duration::from_millis(200), life: LONG, connections: 64 };
        let (address, stop, task) = started(limits).await;
        assert!(!rest(sent(address, b"GET /hea").await).await.contains("200 OK"));
        stop.cancel();
        task.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_connection_ends_after_its_time() {
        let limits = Limits { head: LONG, life: Duration::from_millis(200), connections: 64 };
        let (address, stop, task) = started(limits).await;
        assert!(rest(sent(address, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await).await.ends_with("ok\n"));
        stop.cancel();
        task.await.unwrap().unwrap();
    }
}
