//! A server that answers what no server answers: each ends in an error of a sentence, and none in a panic.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::Arc,
    time::Duration,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::support::{
    binary::{argument, run},
    certificates::Authority,
};

/// A server's end of a connection.
trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// What is sent in place of an honest packet.
enum Lie {
    /// Instead of the greeting, as it is.
    First(&'static [u8]),
    /// A greeting that proposes this plugin, and nothing more.
    Proposes(&'static str),
    /// To the login, behind a greeting that proposes this plugin.
    ToLogin(&'static str, &'static [u8]),
    /// To the first statement: payloads of packets.
    ToStatement(&'static [&'static [u8]]),
}

const NATIVE: &str = "mysql_native_password";
const SHA2: &str = "caching_sha2_password";
/// What is said of an answer that is none of MySQL's.
const NOT_MYSQL: &str = "does not speak MySQL's protocol";
const CLOSED: &str = "the server closed the connection";
const BROKE_OFF: &str = "the answer broke off";

/// Each lie, and the words of the error.
static LIES: [(&str, Lie, &str); 22] = [
    ("a greeting that is cut", Lie::First(b"\x04\0\0\0\x0a9.7"), NOT_MYSQL),
    ("a greeting of a byte", Lie::First(b"\x01\0\0\0\x0a"), NOT_MYSQL),
    ("an empty packet", Lie::First(b"\0\0\0\0"), NOT_MYSQL),
    ("a version without end", Lie::First(b"\x0b\0\0\0\x0axxxxxxxxxx"), NOT_MYSQL),
    ("a refusal of a byte", Lie::First(b"\x01\0\0\0\xff"), NOT_MYSQL),
    ("a refusal whose SQLSTATE is cut", Lie::First(b"\x05\0\0\0\xff\x10\x04#4"), NOT_MYSQL),
    ("a refusal that is not UTF-8", Lie::First(b"\x0b\0\0\0\xff\x10\x04#42000\xff\xfe"), NOT_MYSQL),
    ("HTTP", Lie::First(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), NOT_MYSQL),
    ("SSH", Lie::First(b"SSH-2.0-OpenSSH_9.9\r\n"), NOT_MYSQL),
    ("a plugin that nobody knows", Lie::Proposes("authentication_ldap_simple"), CLOSED),
    ("another plugin", Lie::ToLogin(NATIVE, b"\xfeauthentication_ldap_simple\0abc\0"), "authentication_ldap_simple"),
    ("another plugin without a name", Lie::ToLogin(NATIVE, b"\xfe"), NOT_MYSQL),
    ("more, of which there is nothing", Lie::ToLogin(SHA2, b"\x01"), NOT_MYSQL),
    ("a request for a file", Lie::ToStatement(&[b"\xfb/etc/passwd"]), BROKE_OFF),
    (
        "a row that is cut",
        Lie::ToStatement(&[b"\x01", b"\x03def\0\0\0\x01a\0\x0c\x21\0\0\x10\0\0\xfd\0\0\0\0\0", b"\x03"]),
        BROKE_OFF,
    ),
    ("a column that is cut", Lie::ToStatement(&[b"\x01", b"\x03def\0\0\0\x01a\0\x0c"]), BROKE_OFF),
    ("more columns than there are numbers", Lie::ToStatement(&[b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff"]), BROKE_OFF),
    // What the driver would make room for: 2^40, and one more than a table can have.
    ("more columns than there is memory for", Lie::ToStatement(&[b"\xfe\0\0\0\0\0\x01\0\0"]), BROKE_OFF),
    ("more columns than a table can have", Lie::ToStatement(&[b"\xfc\x01\x10"]), BROKE_OFF),
    ("more columns in a second answer", Lie::ToStatement(&[b"\0\0\0\x0a\0\0\0", b"\xfe\0\0\0\0\0\x01\0\0"]), BROKE_OFF),
    ("a number of columns that is cut", Lie::ToStatement(&[b"\xfe"]), BROKE_OFF),
    ("a success of a byte", Lie::ToStatement(&[b"\0"]), BROKE_OFF),
];

const OK: &[u8] = b"\0\0\0\x02\0\0\0";
/// The capability to switch to TLS, in the lower half.
const TLS: u16 = 1 << 11;

fn packet(number: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short").to_le_bytes();
    [&[length[0], length[1], length[2], number], payload].concat()
}

fn greeting(plugin: &str, encrypted: bool) -> Vec<u8> {
    let capabilities = if encrypted { u16::MAX } else { !TLS };
    let mut payload = b"\x0a9.7.4\0\x07\0\0\x0012345678\0".to_vec();
    payload.extend(u16::to_le_bytes(capabilities));
    payload.extend(b"\xff\x02\0\xff\xff\x15\0\0\0\0\0\0\0\0\0\x00123456789012\0");
    payload.extend(plugin.as_bytes());
    payload.push(0);
    packet(0, &payload)
}

/// Reads one packet; `None` at the end.
fn receive(stream: &mut dyn Stream) -> Option<Vec<u8>> {
    let mut header = [0; 4];
    stream.read_exact(&mut header).ok()?;
    let mut payload = vec![0; usize::from(header[0]) | usize::from(header[1]) << 8 | usize::from(header[2]) << 16];
    stream.read_exact(&mut payload).ok()?;
    Some(payload)
}

/// Tells the lie, and closes the connection.
fn tell(lie: &Lie, mut stream: TcpStream, tls: Option<Arc<ServerConfig>>) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let plugin = match lie {
        Lie::First(bytes) => {
            return stream.write_all(bytes).ok();
        }
        Lie::Proposes(plugin) | Lie::ToLogin(plugin, _) => plugin,
        Lie::ToStatement(_) => NATIVE,
    };
    stream.write_all(&greeting(plugin, tls.is_some())).ok()?;
    let mut stream: Box<dyn Stream> = match tls {
        Some(config) => {
            receive(&mut stream)?;
            Box::new(StreamOwned::new(ServerConnection::new(config).ok()?, stream))
        }
        None => Box::new(stream),
    };
    receive(&mut *stream)?;
    match lie {
        Lie::First(_) | Lie::Proposes(_) => return None,
        Lie::ToLogin(_, payload) => stream.write_all(&packet(2, payload)).ok()?,
        Lie::ToStatement(payloads) => {
            stream.write_all(&packet(2, OK)).ok()?;
            receive(&mut *stream)?;
            let packets = (1..).zip(*payloads).map(|(number, payload)| packet(number, payload));
            stream.write_all(&packets.collect::<Vec<_>>().concat()).ok()?;
        }
    }
    stream.flush().ok()
}

/// Whether a lie comes before the connection could be encrypted.
fn is_first(lie: &Lie) -> bool {
    matches!(lie, Lie::First(_))
}

fn certificate(folder: &Path) -> Arc<ServerConfig> {
    let authority = Authority::new(folder, "lies");
    let own = authority.issue("server");
    let certificate = CertificateDer::from_pem_file(&own.certificate).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(&own.key).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("TLS");
    Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).expect("a pair"))
}

#[test]
fn a_server_that_lies_is_told_of_in_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("t.sql");
    std::fs::write(&manifest, "CREATE TABLE t (id int)").expect("writable");
    let config = certificate(folder.path());
    for (name, lie, words) in &LIES {
        for tls in [None, Some(Arc::clone(&config))] {
            if tls.is_some() && is_first(lie) {
                continue;
            }
            let mode = if tls.is_some() { "required" } else { "disabled" };
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
            let port = listener.local_addr().expect("an address").port();
            std::thread::spawn(move || {
                for stream in listener.incoming() {
                    let (stream, tls) = (stream.expect("a connection"), tls.clone());
                    std::thread::spawn(move || tell(lie, stream, tls));
                }
            });
            let url = format!("mysql://root:s3cret@127.0.0.1:{port}/s?tls={mode}");
            let outcome = run(&["plan", "-f", argument(&manifest), "--url", &url]);
            assert_eq!(outcome.code, 1, "{name}, tls={mode}: {}", outcome.all());
            assert!(outcome.stderr.contains(words), "{name}, tls={mode}: {}", outcome.all());
            for wrong in ["panicked", "sqlx", "s3cret", "/etc/passwd"] {
                assert!(!outcome.stderr.contains(wrong), "{name}, tls={mode} says `{wrong}`: {}", outcome.all());
            }
        }
    }
}
