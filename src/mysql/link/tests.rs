//! The link between two sockets of a test: no server is needed.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};

use super::*;

/// The first packet of a server without TLS.
fn greeting() -> Vec<u8> {
    let mut payload = b"\x0a9.7.4\0\x07\0\0\x0012345678\0\xff\xf7\xff\x02\0\xff\xff\x15".to_vec();
    payload.extend(b"\0\0\0\0\0\0\0\0\0\x00123456789012\0caching_sha2_password\0");
    packets::bytes(0, &payload)
}
const LOGIN: &[u8] = b"\x04\0\0\x01\x05\0\0\x01";
const TAKEN: &[u8] = b"\x07\0\0\x02\0\0\0\x02\0\0\0";

fn way(port: u16) -> Way<'static> {
    Way { host: "127.0.0.1", port, encryption: None, password: Secret::default() }
}

/// A link, and the server's end of it.
async fn pair() -> (Link, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = async {
        let (mut server, _) = listener.accept().await.unwrap();
        server.write_all(&greeting()).await.unwrap();
        server
    };
    let (link, server) = tokio::join!(Link::open(way(port)), server);
    (link.unwrap(), server)
}

/// The driver's end, logged in.
async fn driver(link: &Link, server: &mut TcpStream) -> UnixStream {
    let mut driver = UnixStream::connect(link.path()).await.unwrap();
    let mut first = vec![0; greeting().len()];
    driver.read_exact(&mut first).await.unwrap();
    assert_eq!(first, greeting());
    driver.write_all(LOGIN).await.unwrap();
    let mut login = [0; LOGIN.len()];
    server.read_exact(&mut login).await.unwrap();
    assert_eq!(login, LOGIN);
    server.write_all(TAKEN).await.unwrap();
    let mut taken = [0; TAKEN.len()];
    driver.read_exact(&mut taken).await.unwrap();
    driver
}

#[tokio::test]
async fn bytes_go_both_ways_and_an_end_of_ours_is_the_servers_too() {
    let (link, mut server) = pair().await;
    let mut driver = driver(&link, &mut server).await;
    driver.write_all(b"question").await.unwrap();
    let mut question = [0; 8];
    server.read_exact(&mut question).await.unwrap();
    assert_eq!(&question, b"question");
    server.write_all(b"answer").await.unwrap();
    let mut answer = [0; 6];
    driver.read_exact(&mut answer).await.unwrap();
    assert_eq!(link.unread(), 6);
    link.row_came();
    assert_eq!(link.unread(), 0);
    // The last bytes are with the server when the link has ended.
    driver.write_all(b"good bye").await.unwrap();
    drop(driver);
    link.ended().await;
    let mut rest = Vec::new();
    server.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"good bye");
}

#[tokio::test]
async fn a_row_without_end_is_broken_off() {
    let (link, mut server) = pair().await;
    let mut driver = driver(&link, &mut server).await;
    let part = vec![b'x'; 1 << 20];
    let sending = async {
        for sent in 0_u64.. {
            if server.write_all(&part).await.is_err() {
                return sent;
            }
        }
        0
    };
    let mut taken = Vec::with_capacity(1 << 20);
    let reading = async {
        loop {
            taken.clear();
            if driver.read_buf(&mut taken).await.unwrap_or(0) == 0 {
                return;
            }
        }
    };
    let (sent, ()) = tokio::join!(sending, reading);
    // What both kernels hold comes on top.
    assert!((60..96).contains(&sent), "{sent} MiB were sent");
    assert!(matches!(link.broken(), Some(Broken::TooLong(bytes)) if bytes > MAX_ROW_BYTES), "{:?}", link.broken());
}

#[tokio::test]
async fn one_peer_is_let_in_and_one_that_never_comes_is_not_waited_for() {
    let (link, mut server) = pair().await;
    let _driver = driver(&link, &mut server).await;
    assert!(UnixStream::connect(link.path()).await.is_err(), "a second peer was let in");
    drop(_driver);
    let mut rest = Vec::new();
    server.read_to_end(&mut rest).await.unwrap();

    let (link, mut server) = pair().await;
    drop(link);
    server.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"");

    // A server that says nothing to a login is let go of with the link.
    let (link, mut server) = pair().await;
    let mut driver = UnixStream::connect(link.path()).await.unwrap();
    driver.write_all(LOGIN).await.unwrap();
    let mut login = [0; LOGIN.len()];
    server.read_exact(&mut login).await.unwrap();
    drop(link);
    server.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"");
}

/// Another process, as another container of the Pod is one, gets nothing, and is in nobody's way.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_peer_of_another_process_is_turned_away() {
    let (link, mut server) = pair().await;
    let name = link.path().to_str().unwrap().trim_start_matches('\0').to_owned();
    let script = "import socket, sys\n\
        s = socket.socket(socket.AF_UNIX)\n\
        s.settimeout(20)\n\
        s.connect('\\0' + sys.argv[1])\n\
        sys.stdout.write(repr(s.recv(100)))\n";
    let other = tokio::process::Command::new("python3").args(["-c", script, &name]).output();
    let Ok(other) = other.await else {
        assert!(std::env::var_os("CI").is_none(), "python3 is missing");
        eprintln!("skipped a_peer_of_another_process_is_turned_away: python3 is missing");
        return;
    };
    // An end without a byte; a reset comes where the link was faster.
    let said = String::from_utf8_lossy(&other.stdout).into_owned() + &String::from_utf8_lossy(&other.stderr);
    assert!(said == "b''" || said.contains("ConnectionResetError"), "{said}");
    driver(&link, &mut server).await;
}

#[tokio::test]
async fn the_socket_sends_at_once_and_misses_a_server_that_is_gone() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = connect("127.0.0.1", listener.local_addr().unwrap().port()).await.unwrap();
    assert!(stream.nodelay().unwrap());
    let socket = socket2::SockRef::from(&stream);
    assert!(socket.keepalive().unwrap());
    assert_eq!(socket.tcp_keepalive_time().unwrap(), KEEPALIVE);
}

#[tokio::test]
async fn what_is_wrong_with_an_address_is_said_exactly() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let refused = Link::open(way(free)).await.unwrap_err();
    assert!(
        matches!(&refused, NoLink::Unreachable(io) if io.kind() == io::ErrorKind::ConnectionRefused),
        "{refused:?}"
    );
    let unknown = Link::open(Way { host: "nowhere.invalid", ..way(free) }).await.unwrap_err();
    assert!(matches!(unknown, NoLink::UnknownHost), "{unknown:?}");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let other = tokio::spawn({
        let port = listener.local_addr().unwrap().port();
        async move { Link::open(way(port)).await }
    });
    let (mut server, _) = listener.accept().await.unwrap();
    server.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").await.unwrap();
    let other = tokio::time::timeout(Duration::from_secs(20), other).await.unwrap().unwrap();
    assert!(matches!(other, Err(NoLink::NotMysql)), "{other:?}");
}
