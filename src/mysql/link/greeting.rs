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

/// The length and the number of a packet.
const HEADER_BYTES: usize = 4;
/// The longest first packet; a greeting has about a hundred bytes, a refusal at most six hundred.
const MAX_GREETING_BYTES: usize = 4096;
/// The plugins that the driver knows and that do not show the password; the first is MySQL's default.
const PROPOSALS: [&[u8]; 2] = [b"caching_sha2_password", b"mysql_native_password"];
/// What a refusal begins with, in place of the protocol's version.
const REFUSAL: u8 = 0xff;
/// The capability `CLIENT_RESERVED2`, formerly `CLIENT_SECURE_CONNECTION`, in the lower half of the capabilities.
const SECURE_CONNECTION: u16 = 1 << 15;
/// The capability `CLIENT_PLUGIN_AUTH`, in the upper half.
const PLUGIN_AUTH: u16 = 1 << 3;

/// Reads the first packet, as it is to be handed on.
pub(super) async fn take(server: &mut TcpStream) -> Result<Vec<u8>, NoLink> {
    let mut header = [0; HEADER_BYTES];
    server.read_exact(&mut header).await.map_err(NoLink::Unreachable)?;
    let length = usize::from(header[0]) | usize::from(header[1]) << 8 | usize::from(header[2]) << 16;
    // Neither a greeting nor a refusal is empty.
    if length == 0 || length > MAX_GREETING_BYTES {
        return Err(NoLink::NotMysql);
    }
    let mut payload = vec![0; length];
    server.read_exact(&mut payload).await.map_err(|error| {
        if error.kind() == io::ErrorKind::UnexpectedEof { NoLink::NotMysql } else { NoLink::Unreachable(error) }
    })?;
    let payload = if payload[0] == REFUSAL { Some(payload) } else { with_known_plugin(payload) };
    Ok(packet(header[3], &payload.ok_or(NoLink::NotMysql)?))
}

fn packet(number: u8, payload: &[u8]) -> Vec<u8> {
    // At most the greatest length that was taken, and the name of a plugin.
    let length = u32::try_from(payload.len()).unwrap_or(0).to_le_bytes();
    let mut out = vec![length[0], length[1], length[2], number];
    out.extend_from_slice(payload);
    out
}

/// The greeting with a plugin that the driver knows; `None` for what is no greeting. Nothing is handed on that is not
/// understood here, or the driver could read another name in it.
fn with_known_plugin(mut payload: Vec<u8>) -> Option<Vec<u8>> {
    if let Some((start, end)) = plugin(&payload)?
        && !PROPOSALS.contains(&&payload[start..end])
    {
        payload.splice(start..end, PROPOSALS[0].iter().copied());
    }
    Some(payload)
}

/// The place of the plugin's name, where it has one; `None` for what is no greeting.
fn plugin(payload: &[u8]) -> Option<Option<(usize, usize)>> {
    let number = |at: usize| Some(u16::from_le_bytes([*payload.get(at)?, *payload.get(at + 1)?]));
    // The protocol's version is one byte, the server's is a text.
    let version_end = 1 + payload.get(1..)?.iter().position(|byte| *byte == 0)?;
    // The connection's number, eight bytes of the seed, and a zero.
    let lower = version_end + 1 + 4 + 8 + 1;
    // The lower half of the capabilities, the collation, the status.
    let upper = lower + 2 + 1 + 2;
    let (secure, plugins) = (number(lower)? & SECURE_CONNECTION != 0, number(upper)? & PLUGIN_AUTH != 0);
    // The length of the seed, ten bytes that are reserved, the rest of the seed with a zero.
    let seed = if plugins { usize::from(*payload.get(upper + 2)?) } else { 0 };
    let start = upper + 3 + 10 + if secure { seed.saturating_sub(8).max(13) } else { 0 };
    let rest = payload.get(start..)?;
    if !plugins {
        return Some(None);
    }
    let length = rest.iter().position(|byte| *byte == 0)?;
    Some(Some((start, start + length)))
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
                    with_known_plugin(greeting(version, plugin, lower, ALL)),
                    Some(greeting(version, "caching_sha2_password", lower, ALL)),
                    "{plugin}"
                );
            }
            for plugin in ["caching_sha2_password", "mysql_native_password"] {
                let known = greeting(version, plugin, lower, ALL);
                assert_eq!(with_known_plugin(known.clone()), Some(known));
            }
        }
        // Where no plugin is announced, the driver looks for none.
        let old = greeting(10, "mysql_clear_password", ALL, ALL & !PLUGIN_AUTH);
        assert_eq!(with_known_plugin(old.clone()), Some(old));
    }

    #[test]
    fn whatever_is_no_greeting_is_not_handed_on() {
        let whole = greeting(10, "mysql_clear_password", ALL, ALL);
        for length in 0..whole.len() {
            assert_eq!(with_known_plugin(whole[..length].to_vec()), None);
        }
        for text in [&b"HTTP/1.1 400 Bad Request\r\n"[..], b"\x0a9.7", b"\x0a", b""] {
            assert_eq!(with_known_plugin(text.to_vec()), None);
        }
    }
}
