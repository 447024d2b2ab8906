//! Health and metrics over HTTP, for the kubelet and for Prometheus. Read only; says nothing about schemas.
//!
//! `/healthz`: the process answers. `/readyz`: its caches are filled, whether or not it holds the Lease (a standby is
//! ready to take over). `/metrics`: OpenMetrics text for whoever accepts it, else the older text format.
//!
//! Whoever reaches the port must not be able to keep the others from it: a connection has a time for its request, one
//! for its whole life, and there are so many at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::telemetry::{Metrics, OPENMETRICS, TEXT};

/// Why the endpoint could not be served.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address} for health and metrics; choose another --metrics-address")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Serving ended.
    #[error("the health and metrics endpoint stopped")]
    Serve(#[source] std::io::Error),
}

/// Whether the process is ready; clones share it.
#[derive(Clone, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// From now on `/readyz` says so.
    pub fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Relaxed);
    }

    /// Whether it is ready.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Clone)]
struct Shared {
    metrics: Metrics,
    readiness: Readiness,
}

/// Binds the address, so that a wrong one fails at the start and not in the background.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, WebError> {
    TcpListener::bind(address).await.map_err(|source| WebError::Listen { address, source })
}

/// Serves until `stop`.
pub async fn serve(
    listener: TcpListener,
    metrics: Metrics,
    readiness: Readiness,
    stop: CancellationToken,
) -> Result<(), WebError> {
    let router = axum::Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics_text))
        .with_state(Shared { metrics, readiness });
    accept(listener, router, LIMITS, stop).await
}

/// What one client may take of the endpoint.
#[derive(Clone, Copy)]
struct Limits {
    /// Until the head of a request has been read, also of the next one on the same connection.
    head: Duration,
    /// From the first to the last byte.
    life: Duration,
    /// At once; the next one waits.
    connections: usize,
}

/// A scrape takes milliseconds, and nobody but the kubelet and a few collectors comes.
const LIMITS: Limits = Limits { head: Duration::from_secs(10), life: Duration::from_secs(60), connections: 64 };

/// Failures to accept in a row, a second apart, after which the endpoint gives up.
const GIVE_UP_AFTER: u32 = 60;

async fn accept(
    listener: TcpListener,
    router: axum::Router,
    limits: Limits,
    stop: CancellationToken,
) -> Result<(), WebError> {
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(limits.head);
    let free = Arc::new(Semaphore::new(limits.connections));
    let open = GracefulShutdown::new();
    let mut failures = 0;
    loop {
        let next = async {
            // Never closed, so that there is always a place in the end.
            let place = Arc::clone(&free).acquire_owned().await.ok();
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = stop.cancelled() => break,
            next = next => next,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            // Out of descriptors, or a client that is gone already.
            Err(source) => {
                failures += 1;
                if failures == GIVE_UP_AFTER {
                    return Err(WebError::Serve(source));
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        failures = 0;
        let service = TowerToHyperService::new(router.clone());
        let connection = open.watch(protocol.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // How a client leaves is no news.
            let _ = tokio::time::timeout(limits.life, connection).await;
            drop(place);
        });
    }
    // What is being answered is answered; nobody is waited for longer than for a request.
    let _ = tokio::time::timeout(limits.head, open.shutdown()).await;
    Ok(())
}

async fn readyz(State(shared): State<Shared>) -> Response {
    if shared.readiness.get() {
        (StatusCode::OK, "ok\n").into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "caches are being filled\n").into_response()
    }
}

async fn metrics_text(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let (kind, text) = if accepts.contains("application/openmetrics-text") {
        (OPENMETRICS, shared.metrics.encode())
    } else {
        (TEXT, shared.metrics.encode_text())
    };
    match text {
        Ok(text) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    async fn started(limits: Limits) -> (SocketAddr, CancellationToken, tokio::task::JoinHandle<Result<(), WebError>>) {
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = axum::Router::new().route("/healthz", get(async || "ok\n"));
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

    /// With one place, taken by a client that never ends its request: the next one is answered once that has lost it.
    #[tokio::test]
    async fn whoever_is_silent_loses_the_place() {
        let limits = Limits { head: Duration::from_millis(200), life: Duration::from_secs(3600), connections: 1 };
        let (address, stop, task) = started(limits).await;
        let mut silent = TcpStream::connect(address).await.unwrap();
        silent.write_all(b"GET /hea").await.unwrap();
        let mut other = TcpStream::connect(address).await.unwrap();
        other.write_all(REQUEST).await.unwrap();
        assert!(rest(other).await.ends_with("ok\n"));
        assert!(!rest(silent).await.contains("200 OK"));
        stop.cancel();
        task.await.unwrap().unwrap();
    }

    /// The same where requests come one after the other on a connection that never ends.
    #[tokio::test]
    async fn no_connection_lives_for_ever() {
        let limits = Limits { head: Duration::from_secs(3600), life: Duration::from_millis(200), connections: 1 };
        let (address, stop, task) = started(limits).await;
        let mut endless = TcpStream::connect(address).await.unwrap();
        endless.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        assert!(rest(endless).await.ends_with("ok\n"));
        stop.cancel();
        task.await.unwrap().unwrap();
    }
}
