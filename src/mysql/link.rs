//! The way to a server: a TCP socket of our own, to which the driver comes through a socket within this process.
//!
//! Why it is there: sqlx 0.9.0 opens its TCP socket itself, leaves Nagle's algorithm on (its issue 4335) and sets no
//! keepalive. Under TLS a login takes 44 ms more by this, and so does each message of more than one TLS record; and a
//! server that is gone without a word is never missed. The driver offers one way in from outside: the path of a Unix
//! socket. So a [`Link`] opens the TCP socket as it must be, listens on a Unix socket for one connection of this very
//! process, and copies bytes both ways.
//!
//! TLS is between the link and the server ([`tls`]), so that the link sees what comes before the driver does: the driver
//! allocates whatever a server announces, and a number of columns beyond all memory would end the program. The link hands
//! on no answer of more columns than there can be ([`packets`]), and bounds the bytes of one row. It follows the login
//! ([`login`]), tells errors of the connection exactly, and the authority that is named is the only one that counts.
//!
//! It can go when a release of sqlx sets TCP_NODELAY and a keepalive, bounds what it allocates, and takes the authorities
//! that it is given as the only ones (docs/decisions/0015-the-driver.md).
//!
//! The Unix socket is an abstract one on Linux, which no file system has; other containers of a Pod can see it, so a
//! peer of another process is turned away. Elsewhere it is a file in a folder that only this user can enter.

mod greeting;
mod login;
mod meeting;
mod packets;
mod tls;

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(super) use tls::Encryption;

use super::Secret;
use super::error::io_text;
use meeting::Meeting;
use packets::Answers;

/// After how much silence the kernel asks whether the other end is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// How many bytes a server may send without an end of a row: many times the longest definition.
const MAX_ROW_BYTES: u64 = 64 << 20;
/// How many bytes are copied at once: four TLS records.
const COPIED_BYTES: usize = 64 << 10;

/// A connection to a server, of which the driver has the other end.
#[derive(Debug)]
pub(super) struct Link {
    meeting: Meeting,
    shared: Arc<Shared>,
    copying: JoinHandle<()>,
    /// Dropped with the link: nobody will come to the meeting, or end the login, any more.
    _awaited: oneshot::Sender<()>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Bytes of the server since the last bytes of ours, or since the last row.
    unread: AtomicU64,
    broken: Mutex<Option<Broken>>,
}

/// Why a link came to its end, where it was not our end that was closed.
#[derive(Clone, Debug)]
pub(super) enum Broken {
    /// The server sent this many bytes without an end of a row.
    TooLong(u64),
    /// What the TCP socket reports.
    Lost(io::ErrorKind, String),
    /// TLS did not come about, or the server's certificate was not accepted.
    Tls(String),
    /// A packet is none of the protocol's, or announces more columns than there can be.
    Malformed,
}

/// Why there is no link.
#[derive(Debug)]
pub(super) enum NoLink {
    /// The host's name does not resolve.
    UnknownHost,
    /// No address of the host takes the connection; the last one's error.
    Unreachable(io::Error),
    /// The first bytes are not those of a MySQL server.
    NotMysql,
    /// The connection is to be encrypted, and the server cannot.
    NoTls,
    /// The socket within this process.
    Meeting(io::Error),
}

/// Where a link leads, and what it says there.
#[derive(Debug)]
pub(super) struct Way<'e> {
    pub(super) host: &'e str,
    pub(super) port: u16,
    /// `None`: not encrypted.
    pub(super) encryption: Option<Encryption>,
    /// Sent under TLS alone, to a server that asks for it.
    pub(super) password: Secret,
}

/// A connection to a server, encrypted or not.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Link {
    /// Connects to the server, takes its greeting, and waits for the driver.
    pub(super) async fn open(way: Way<'_>) -> Result<Self, NoLink> {
        let Way { host, port, encryption, password } = way;
        let mut server = connect(host, port).await?;
        let greeting = greeting::take(&mut server).await?;
        if encryption.is_some() && !greeting.encrypts && !greeting.refuses {
            return Err(NoLink::NoTls);
        }
        let meeting = Meeting::new().map_err(NoLink::Meeting)?;
        let listener = meeting.listen().map_err(NoLink::Meeting)?;
        let shared = Arc::new(Shared::default());
        let (awaited, mut abandoned) = oneshot::channel::<()>();
        let copying = tokio::spawn({
            let shared = Arc::clone(&shared);
            async move {
                let mut driver = tokio::select! {
                    driver = meeting::own_peer(&listener) => match driver {
                        Ok(driver) => driver,
                        Err(_) => return,
                    },
                    _ = &mut abandoned => return,
                };
                drop(listener);
                if driver.write_all(&greeting.packet).await.is_err() {
                    return;
                }
                // A refusal the driver reads and closes.
                if greeting.refuses {
                    return;
                }
                // A server that is silent within the login is not waited for by what nobody asks about any more.
                let logged_in = tokio::select! {
                    logged_in = login::follow(&mut driver, server, encryption, &password) => logged_in,
                    _ = &mut abandoned => return,
                };
                match logged_in {
                    Ok(Some((server, capabilities))) => shared.copy(driver, server, Answers::new(capabilities)).await,
                    Ok(None) => {}
                    Err(broken) => shared.note(broken),
                }
            }
        });
        Ok(Self { meeting, shared, copying, _awaited: awaited })
    }

    /// The path that the driver is given.
    pub(super) fn path(&self) -> &Path {
        self.meeting.path()
    }

    /// Says that a row was read: the bound begins anew.
    pub(super) fn row_came(&self) {
        self.shared.unread.store(0, Ordering::Relaxed);
    }

    /// How many bytes came since the last row, or since the last bytes of ours.
    pub(super) fn unread(&self) -> u64 {
        self.shared.unread.load(Ordering::Relaxed)
    }

    /// Why the link came to its end, where the driver knows only that it did.
    pub(super) fn broken(&self) -> Option<Broken> {
        self.shared.broken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until the server has got the last bytes that the driver sent before it closed its end.
    pub(super) async fn ended(self) {
        let _ = self.copying.await;
    }
}

impl Shared {
    /// Copies both ways until one end is closed.
    async fn copy(&self, driver: UnixStream, server: Box<dyn Stream>, mut answers: Answers) {
        let (mut from_driver, mut to_driver) = driver.into_split();
        let (mut from_server, mut to_server) = tokio::io::split(server);
        let up = async {
            let mut buffer = vec![0; COPIED_BYTES];
            loop {
                let length = from_driver.read(&mut buffer).await.unwrap_or(0);
                if length == 0 {
                    // What was sent last is with the server before the connection ends.
                    let _ = to_server.shutdown().await;
                    return;
                }
                self.unread.store(0, Ordering::Relaxed);
                let sent = async {
                    to_server.write_all(&buffer[..length]).await?;
                    to_server.flush().await
                };
                if let Err(error) = sent.await {
                    // A server that closes says why before: that is still to be read.
                    self.note(Broken::Lost(error.kind(), io_text(&error)));
                    std::future::pending::<()>().await;
                }
            }
        };
        let down = async {
            let mut buffer = vec![0; COPIED_BYTES];
            loop {
                let length = match from_server.read(&mut buffer).await {
                    Ok(length) => length,
                    Err(error) => return self.note(Broken::Lost(error.kind(), io_text(&error))),
                };
                let counted = u64::try_from(length).unwrap_or(u64::MAX);
                let unread = self.unread.fetch_add(counted, Ordering::Relaxed).saturating_add(counted);
                if unread > MAX_ROW_BYTES {
                    return self.note(Broken::TooLong(unread));
                }
                if let Err(broken) = answers.take(&buffer[..length]) {
                    return self.note(broken);
                }
                if length == 0 || to_driver.write_all(&buffer[..length]).await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            () = up => {}
            () = down => {}
        }
    }

    fn note(&self, broken: Broken) {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(broken);
    }
}

/// The first address of the host that takes a connection.
async fn connect(host: &str, port: u16) -> Result<TcpStream, NoLink> {
    let addresses = tokio::net::lookup_host((host, port)).await.map_err(|_| NoLink::UnknownHost)?;
    let mut last = None;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return ready(stream).map_err(NoLink::Unreachable),
            Err(error) => last = Some(error),
        }
    }
    Err(last.map_or(NoLink::UnknownHost, NoLink::Unreachable))
}

/// Each write is sent at once, and a server that is gone is missed.
fn ready(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    let keepalive = socket2::TcpKeepalive::new().with_time(KEEPALIVE);
    socket2::SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
    Ok(stream)
}

#[cfg(test)]
mod tests;
