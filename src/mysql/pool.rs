//! One server and one schema on it, with a handful of lazily opened sessions.
//!
//! Not the driver's pool: that one tries a refused connection again until its own timeout and then forgets why.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use super::session::Session;
use super::{Endpoint, MysqlError, MysqlErrorKind};
use crate::model::SchemaName;

/// How many pooled sessions one server has at most; DDL, scratch and slot sessions come on top.
const SESSIONS: usize = 4;
/// After how long an idle session is closed.
const IDLE: Duration = Duration::from_secs(20);
/// For how long an idle session is believed to be alive without asking.
const TRUSTED: Duration = Duration::from_millis(500);
/// For how long a session that was opened ahead is used without asking.
const FRESH: Duration = Duration::from_secs(5);

/// A server, a schema on it, and a few sessions. Cheap to clone; clones share the sessions.
///
/// Nothing is connected until something is asked; idle sessions are closed after a while. The schema need not exist.
#[derive(Clone, Debug)]
pub struct Server {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    endpoint: Endpoint,
    schema: SchemaName,
    address: Arc<str>,
    places: Arc<Semaphore>,
    idle: Mutex<Idle>,
    spares: Mutex<Vec<Spare>>,
}

/// A session that is opened ahead of its use.
#[derive(Debug)]
struct Spare {
    since: Instant,
    opening: JoinHandle<Result<Session, MysqlError>>,
}

#[derive(Debug, Default)]
struct Idle {
    sessions: Vec<(Session, Instant)>,
    /// Whether a task is about that closes them.
    reaped: bool,
}

/// A pooled session on loan; it goes back unless its last statement has no answer yet or lost the connection.
#[derive(Debug)]
pub(super) struct Lease {
    /// `None` only while it is dropped.
    session: Option<Session>,
    server: Server,
    _place: OwnedSemaphorePermit,
}

impl Lease {
    /// The session.
    pub(super) fn get(&mut self) -> Result<&mut Session, MysqlError> {
        let address = self.server.address();
        self.session.as_mut().ok_or_else(|| MysqlError::unexpected(address, "a session is gone"))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(session) = self.session.take().filter(Session::usable) {
            self.server.give_back(session);
        }
    }
}

impl Server {
    /// Names the server; does not connect.
    pub fn new(endpoint: Endpoint, schema: SchemaName) -> Self {
        let address = endpoint.address().into();
        let places = Arc::new(Semaphore::new(SESSIONS));
        Self {
            inner: Arc::new(Inner {
                endpoint,
                schema,
                address,
                places,
                idle: Mutex::default(),
                spares: Mutex::default(),
            }),
        }
    }

    /// Where it is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.inner.endpoint
    }

    /// The schema that all calls are about.
    pub fn schema(&self) -> &SchemaName {
        &self.inner.schema
    }

    /// `host:port`, for messages.
    pub fn address(&self) -> &str {
        &self.inner.address
    }

    /// Asks for a sign of life: says whether login works.
    pub async fn ping(&self) -> Result<(), MysqlError> {
        self.session().await?.get()?.query("DO 0", &[]).await.map(drop)
    }

    /// Sees to it that so many sessions are being opened for those who will ask in a moment: a handshake is mostly waiting,
    /// and several can wait at once. What is not taken, [`Server::dismiss`] closes.
    pub fn expect(&self, sessions: usize) {
        let mut known = self.inner.spares();
        known.retain(|spare| spare.since.elapsed() < FRESH);
        let missing = sessions.saturating_sub(known.len());
        known.extend((0..missing).map(|_| {
            let server = self.clone();
            let opening = tokio::spawn(async move { server.open_now().await });
            Spare { since: Instant::now(), opening }
        }));
    }

    /// Closes the sessions that were opened ahead and not asked for.
    pub async fn dismiss(&self) {
        let spares = std::mem::take(&mut *self.inner.spares());
        for spare in spares {
            if let Ok(Ok(session)) = spare.opening.await {
                session.close().await;
            }
        }
    }

    /// Closes all idle sessions; sessions that were opened apart (DDL, scratch, slots) live on.
    pub async fn close(&self) {
        self.dismiss().await;
        for session in self.take_idle(Duration::ZERO) {
            session.close().await;
        }
    }

    /// A session for keeps, which does not go back to the pool: an idle one where there is one.
    pub(super) async fn detach(&self) -> Result<Session, MysqlError> {
        match self.idle_alive().await {
            Some(session) => Ok(session),
            None => self.open().await,
        }
    }

    /// Opens a session apart from the pool.
    pub(super) async fn open(&self) -> Result<Session, MysqlError> {
        loop {
            let Some(spare) = self.inner.spares().pop() else { return self.open_now().await };
            let under_way = !spare.opening.is_finished();
            match spare.opening.await {
                Ok(Ok(session)) if spare.since.elapsed() < FRESH => return Ok(session),
                Ok(Ok(stale)) => stale.close().await,
                // What is tried at this moment need not be tried again; what failed before may succeed now, but for a login.
                Ok(Err(error)) if under_way || error.kind == MysqlErrorKind::LoginRefused => return Err(error),
                Ok(Err(_)) | Err(_) => {}
            }
        }
    }

    async fn open_now(&self) -> Result<Session, MysqlError> {
        Session::open(&self.inner.endpoint, &self.inner.address).await
    }

    /// A pooled session, alive as far as one can know.
    pub(super) async fn session(&self) -> Result<Lease, MysqlError> {
        let place = Arc::clone(&self.inner.places).acquire_owned().await.map_err(|_| {
            MysqlError::new(self.address(), MysqlErrorKind::Unreachable, "the session pool is closed", "")
        })?;
        let session = self.detach().await?;
        Ok(Lease { session: Some(session), server: self.clone(), _place: place })
    }

    /// An idle session of the pool, alive as far as one can know.
    async fn idle_alive(&self) -> Option<Session> {
        while let Some((mut session, since)) = self.idle_session() {
            if since.elapsed() < TRUSTED || session.query("DO 0", &[]).await.is_ok() {
                return Some(session);
            }
        }
        None
    }

    fn idle_session(&self) -> Option<(Session, Instant)> {
        self.inner.idle().sessions.pop()
    }

    fn give_back(&self, session: Session) {
        let mut idle = self.inner.idle();
        idle.sessions.push((session, Instant::now()));
        // Sessions can be dropped outside of the runtime only while it shuts down.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if !std::mem::replace(&mut idle.reaped, true) {
            drop(idle);
            let inner = Arc::downgrade(&self.inner);
            runtime.spawn(async move {
                loop {
                    tokio::time::sleep(IDLE).await;
                    let Some(inner) = inner.upgrade() else { return };
                    let server = Self { inner };
                    for session in server.take_idle(IDLE) {
                        session.close().await;
                    }
                    let mut idle = server.inner.idle();
                    if idle.sessions.is_empty() {
                        idle.reaped = false;
                        return;
                    }
                }
            });
        }
    }

    fn take_idle(&self, for_at_least: Duration) -> Vec<Session> {
        let mut idle = self.inner.idle();
        let (taken, kept) =
            std::mem::take(&mut idle.sessions).into_iter().partition(|(_, since)| since.elapsed() >= for_at_least);
        idle.sessions = kept;
        let taken: Vec<(Session, Instant)> = taken;
        taken.into_iter().map(|(session, _)| session).collect()
    }
}

impl Inner {
    fn spares(&self) -> std::sync::MutexGuard<'_, Vec<Spare>> {
        self.spares.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The idle sessions; a panic elsewhere cannot leave the list half changed.
    fn idle(&self) -> std::sync::MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
