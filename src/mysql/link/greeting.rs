//! The server's first packet, which is never encrypted.
//!
//! It names an authentication plugin, which is a proposal: the account's own is asked for later. The driver (sqlx 0.9.0)
//! ends the login where it does not know the plugin that is proposed, and sends the password in clear, also without TLS,
//! where `mysql_clear_password` is. So another proposal than the two that are safe is replaced here by MySQL's default.
//! The packet is described in MySQL's source documentation, "Protocol::HandshakeV10".

use std::io;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::NoLink;
use super::packets::{ERROR, HEADER_BYTES, bytes, length_of};

/// The longest first packet; a greeting has about a hundred bytes, a refusal at most six hundred.
const MAX_GREETING_BYTES: usize = 4096;
/// The plugins that the driver knows and that do not show the password; the first is MySQL's default.
const PROPOSALS: [&[u8]; 2] = [b"caching_sha2_password", b"mysql_native_password"];
/// The capability `CLIENT_RESERVED2`, formerly `CLIENT_SECURE_CONNECTION`, in the lower half of the capabilities.
const SECURE_CONNECTION: u16 = 1 << 15;
/// The capability `CLIENT_SSL`, in the lower half.
const TLS: u16 = 1 << 11;
/// The capability `CLIENT_PLUGIN_AUTH`, in the upper half.
const PLUGIN_AUTH: u16 = 1 << 3;

/// The first packet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Greeting {
    /// As it is handed on to the driver.
    pub(super) packet: Vec<u8>,
    /// Whether the server can be asked for TLS.
    pub(super) encrypts: bool,
    /// Whether it is a refusal.
    pub(super) refuses: bool,
}

/// Reads the first packet.
pub(super) async fn take(server: &mut TcpStream) -> Result<Greeting, NoLink> {
    let mut header = [0; HEADER_BYTES];
    server.read_exact(&mut header).await.map_err(NoLink::Unreachable)?;
    let length = length_of(header);
    // Neither a greeting nor a refusal is empty.
    if length == 0 || length > MAX_GREETING_BYTES {
        return Err(NoLink::NotMysql);
    }
    let mut payload = vec![0; length];
    server.read_exact(&mut payload).await.map_err(|error| {
        if error.kind() == io::ErrorKind::UnexpectedEof { NoLink::NotMysql } else { NoLink::Unreachable(error) }
    })?;
    let refuses = payload[0] == ERROR;
    let (payload, encrypts) =
        if refuses { (payload, false) } else { for_the_driver(payload).ok_or(NoLink::NotMysql)? };
    Ok(Greeting { packet: bytes(header[3], &payload), encrypts, refuses })
}

/// The greeting with a plugin that the driver knows and without TLS, which is the link's; whether the server has it. `None`
/// for what is no greeting: nothing is handed on that is not understood here, or the driver could read another name in it.
fn for_the_driver(mut payload: Vec<u8>) -> Option<(Vec<u8>, bool)> {
    let Places { capabilities, plugin } = places(&payload)?;
    let lower = capabilities_at(&payload, capabilities)?;
    payload.splice(capabilities..capabilities + 2, (lower & !TLS).to_le_bytes());
    if let Some((start, end)) = plugin
        && !PROPOSALS.contains(&&payload[start..end])
    {
        payload.splice(start..end, PROPOSALS[0].iter().copied());
    }
    Some((payload, lower & TLS != 0))
}

/// Where things are in a greeting.
struct Places {
    /// The lower half of the capabilities.
    capabilities: usize,
    /// The plugin's name, where it has one.
    plugin: Option<(usize, usize)>,
}

fn capabilities_at(payload: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes([*payload.get(at)?, *payload.get(at + 1)?]))
}

/// `None` for what is no greeting.
fn places(payload: &[u8]) -> Option<Places> {
    // The protocol's version is one byte, the server's is a text.
    let version_end = 1 + payload.get(1..)?.iter().position(|byte| *byte == 0)?;
    // The connection's number, eight bytes of the seed, and a zero.
    let lower = version_end + 1 + 4 + 8 + 1;
    // The lower half of the capabilities, the collation, the status.
    let upper = lower + 2 + 1 + 2;
    let secure = capabilities_at(payload, lower)? & SECURE_CONNECTION != 0;
    let plugins = capabilities_at(payload, upper)? & PLUGIN_AUTH != 0;
    // The length of the seed, ten bytes that are reserved, the rest of the seed with a zero.
    let seed = if plugins { usize::from(*payload.get(upper + 2)?) } else { 0 };
    let start = upper + 3 + 10 + if secure { seed.saturating_sub(8).max(13) } else { 0 };
    let rest = payload.get(start..)?;
    let plugin = match plugins {
        true => Some((start, start + rest.iter().position(|byte| *byte == 0)?)),
        false => None,
    };
    Some(Places { capabilities: lower, plugin })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: u16 = 0xffff;

    fn greeting(version: u8, plugin: &str, lower: u16, upper: u16) -> Vec<u8> {
        let mut out = vec![version];
        out.extend(b"9.7.4\0\x07\0\0\x0012345678\0");
        out.extend(lower.to_le_bytes());
        out.extend(b"\xff\x02\0");
        out.extend(upper.to_le_bytes());
        out.extend(b"\x15\0\0\0\0\0\0\0\0\0\0");
        if lower & SECURE_CONNECTION != 0 {
            out.extend(b"123456789012\0");
        }
        out.extend(plugin.as_bytes());
        out.push(0);
        out
    }

    #[test]
    fn a_plugin_that_is_not_known_or_not_safe_is_replaced() {
        // The driver does not look at the version, and skips a part of the seed that is not announced.
        for (version, lower) in [(10, ALL), (9, ALL), (0, ALL), (10, ALL & !SECURE_CONNECTION)] {
            for plugin in ["authentication_ldap_simple", "mysql_clear_password", "sha256_password", "", "x"] {
                assert_eq!(
                    for_the_driver(greeting(version, plugin, lower, ALL)),
                    Some((greeting(version, "caching_sha2_password", lower & !TLS, ALL), true)),
                    "{plugin}"
                );
            }
            for plugin in ["caching_sha2_password", "mysql_native_password"] {
                let known = greeting(version, plugin, lower & !TLS, ALL);
                assert_eq!(for_the_driver(known.clone()), Some((known, false)));
            }
        }
        // Where no plugin is announced, the driver looks for none.
        let old = greeting(10, "mysql_clear_password", ALL & !TLS, ALL & !PLUGIN_AUTH);
        assert_eq!(for_the_driver(old.clone()), Some((old, false)));
    }

    #[test]
    fn whatever_is_no_greeting_is_not_handed_on() {
        let whole = greeting(10, "mysql_clear_password", ALL, ALL);
        for length in 0..whole.len() {
            assert_eq!(for_the_driver(whole[..length].to_vec()), None);
        }
        for text in [&b"HTTP/1.1 400 Bad Request\r\n"[..], b"\x0a9.7", b"\x0a", b""] {
            assert_eq!(for_the_driver(text.to_vec()), None);
        }
    }
}
