//! The login, packet by packet: TLS begins within it, and the server may ask for the password itself.
//!
//! The driver speaks without TLS to the link. Behind the request for TLS the server counts one packet more than the driver.
//! Where it has not cached the login of a `caching_sha2_password` account it asks for the password in clear, which the
//! driver would send only under TLS of its own: so the link does, under TLS alone. MySQL's source documentation,
//! "Connection Phase" and "Caching_sha2_password information".

use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;

use super::packets::{ERROR, OK, Packet};
use super::{Broken, Encryption, Stream};
use crate::mysql::Secret;
use crate::mysql::error::io_text;

/// As much of the login as the request for TLS repeats: capabilities, the longest packet, the collation, 23 zeros.
const TLS_REQUEST_BYTES: usize = 32;
/// The capability `CLIENT_SSL`.
const TLS: u32 = 1 << 11;
/// More of an authentication plugin's.
const MORE: u8 = 0x01;
/// Of `caching_sha2_password`: the login was cached, the answer follows.
const CACHED: u8 = 0x03;
/// Of `caching_sha2_password`: the password is asked for.
const PASSWORD: u8 = 0x04;
/// Another plugin, or none that is known here.
const SWITCH: u8 = 0xfe;

/// Follows a login to its end: the connection as it then is, and the client's capabilities; `None` where it was refused, or
/// the driver went.
pub(super) async fn follow(
    driver: &mut UnixStream,
    server: TcpStream,
    encryption: Option<Encryption>,
    password: &Secret,
) -> Result<Option<(Box<dyn Stream>, u32)>, Broken> {
    let Ok(mut login) = Packet::read(driver).await else { return Ok(None) };
    let Some(capabilities) = login.payload.first_chunk().map(|flags| u32::from_le_bytes(*flags)) else {
        return Err(Broken::Malformed);
    };
    let is_encrypted = encryption.is_some();
    let mut server: Box<dyn Stream> = match encryption {
        Some(encryption) => {
            login.payload.splice(..4, (capabilities | TLS).to_le_bytes());
            Box::new(encrypted(server, &login, encryption).await?)
        }
        None => Box::new(server),
    };
    let ahead = u8::from(is_encrypted);
    loop {
        login.number = login.number.wrapping_add(ahead);
        login.write(&mut server).await.map_err(lost)?;
        loop {
            let mut answer = Packet::read(&mut server).await.map_err(lost)?;
            if is_encrypted && answer.payload == [MORE, PASSWORD] {
                let mut payload = password.expose().as_bytes().to_vec();
                payload.push(0);
                Packet { number: answer.number.wrapping_add(1), payload }.write(&mut server).await.map_err(lost)?;
                continue;
            }
            answer.number = answer.number.wrapping_sub(ahead);
            let what = (answer.payload.first().copied(), answer.payload.get(1).copied());
            if answer.write(driver).await.is_err() {
                return Ok(None);
            }
            match what {
                (Some(OK), _) => return Ok(Some((server, capabilities))),
                (Some(ERROR), _) => return Ok(None),
                (Some(MORE), Some(CACHED)) => {}
                (Some(SWITCH | MORE), _) => break,
                _ => return Err(Broken::Malformed),
            }
        }
        login = match Packet::read(driver).await {
            Ok(answer) => answer,
            Err(_) => return Ok(None),
        };
    }
}

async fn encrypted(
    mut server: TcpStream,
    login: &Packet,
    encryption: Encryption,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Broken> {
    let request = login.payload.get(..TLS_REQUEST_BYTES).ok_or(Broken::Malformed)?.to_vec();
    Packet { number: login.number, payload: request }.write(&mut server).await.map_err(lost)?;
    let Encryption { config, name } = encryption;
    TlsConnector::from(config).connect(name, server).await.map_err(lost)
}

fn lost(error: std::io::Error) -> Broken {
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Broken::Tls(tls.to_string())
    } else if error.kind() == std::io::ErrorKind::InvalidData {
        Broken::Malformed
    } else {
        Broken::Lost(error.kind(), io_text(&error))
    }
}
