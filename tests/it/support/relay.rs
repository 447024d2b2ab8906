//! A relay in front of a server that can be cut: clients lose their connections while the server knows nothing of it.

use std::{
    io,
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// The relay; it passes nothing on when this has gone out of scope.
#[derive(Debug)]
pub struct Relay {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    server: u16,
    cut: AtomicBool,
    /// Each client's connection with the one to the server, which stays open when the client's is cut.
    pipes: Mutex<Vec<(TcpStream, TcpStream)>>,
}

impl Relay {
    /// Between any port of its own and this one, both on 127.0.0.1.
    pub fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("a port").port();
        let shared = Arc::new(Shared { server, cut: AtomicBool::new(false), pipes: Mutex::default() });
        let accepting = shared.clone();
        // It ends with the process.
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // A connection that is not passed on is closed.
                let _ = accepting.pass(client);
            }
        });
        Self { port, shared }
    }

    /// Where clients connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Clients lose their connections and get no new ones.
    pub fn cut(&self) {
        // Under the lock, so that no connection is made meanwhile.
        let pipes = self.shared.pipes.lock().expect("no panic");
        self.shared.cut.store(true, Ordering::SeqCst);
        for (client, _) in pipes.iter() {
            let _ = client.shutdown(Shutdown::Both);
        }
    }

    /// New connections are passed on again.
    pub fn mend(&self) {
        self.shared.cut.store(false, Ordering::SeqCst);
    }
}

impl Shared {
    fn pass(&self, client: TcpStream) -> io::Result<()> {
        let mut pipes = self.pipes.lock().expect("no panic");
        if self.cut.load(Ordering::SeqCst) {
            return Ok(());
        }
        let server = TcpStream::connect(("127.0.0.1", self.server))?;
        let (mut from_client, mut from_server) = (client.try_clone()?, server.try_clone()?);
        let (mut to_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
        pipes.push((client, server));
        drop(pipes);
        std::thread::spawn(move || {
            let _ = io::copy(&mut from_server, &mut to_client);
            // The server has ended it.
            let _ = to_client.shutdown(Shutdown::Both);
        });
        std::thread::spawn(move || {
            // A client that ends says goodbye before, and the server ends it then; one that was cut off leaves the
            // server's side as it is.
            let _ = io::copy(&mut from_client, &mut to_server);
        });
        Ok(())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.cut();
        for (_, server) in self.shared.pipes.lock().expect("no panic").drain(..) {
            let _ = server.shutdown(Shutdown::Both);
        }
    }
}
