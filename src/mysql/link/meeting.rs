//! Where the driver meets the link: a Unix socket that takes one connection of this process, and no other.

use std::io;
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

/// The place of the socket; a file and its folder are removed with it.
#[derive(Debug)]
pub(super) struct Meeting {
    path: PathBuf,
}

/// A name that no other socket has.
fn name() -> String {
    use std::hash::{BuildHasher, Hasher};
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let random = std::hash::RandomState::new().build_hasher().finish();
    format!("tablewright-{}-{}-{random:016x}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

#[cfg(target_os = "linux")]
impl Meeting {
    /// An abstract address: a path that begins with NUL, which is in no file system (Linux manual, unix(7)).
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { path: PathBuf::from(format!("\0{}", name())) })
    }
}

#[cfg(not(target_os = "linux"))]
impl Meeting {
    /// A file in a folder that only this user can enter.
    pub(super) fn new() -> io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        let folder = std::env::temp_dir().join(name());
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Self { path: folder.join("s") })
    }
}

#[cfg(not(target_os = "linux"))]
impl Drop for Meeting {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
        if let Some(folder) = self.path.parent() {
            let _ = std::fs::remove_dir(folder);
        }
    }
}

impl Meeting {
    /// The path, as the driver is given it.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Listens there.
    pub(super) fn listen(&self) -> io::Result<UnixListener> {
        UnixListener::bind(&self.path)
    }
}

/// The first peer that is of this process; others are turned away.
pub(super) async fn own_peer(listener: &UnixListener) -> io::Result<UnixStream> {
    loop {
        let (peer, _) = listener.accept().await?;
        if is_own(&peer) {
            return Ok(peer);
        }
    }
}

/// Whether the peer is this process. Where the kernel does not tell processes, the folder keeps other users out.
fn is_own(peer: &UnixStream) -> bool {
    let Ok(credentials) = peer.peer_cred() else { return false };
    credentials.pid().is_none_or(|process| u32::try_from(process) == Ok(std::process::id()))
}
