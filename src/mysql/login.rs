//! How a login is made: the address, the account, and how much of the server's certificate is verified.

use std::time::Duration;

use mysql_async::{ClientIdentity, Opts, OptsBuilder, SslOpts};

use super::{Endpoint, MysqlError, MysqlErrorKind, Pem, TlsMode};

/// The longest packet, sent or received: many times the longest definition. A row that is longer breaks the answer off.
const PACKET: usize = 64 << 20;
/// After how much silence the kernel asks whether the other end is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// The server's name where none is verified. The driver (0.37.1) looks for this word in the text of rustls' error about
/// the name; but that text has the name that was expected in place of the word, and so refuses every certificate unless
/// that *is* the word. It is no more than what stands in the greeting (SNI), which MySQL does not read.
const NO_NAME: &str = "NotValidForName";

/// What the driver is told; an error says which certificate file cannot be read.
pub(super) async fn options(endpoint: &Endpoint, address: &str) -> Result<Opts, MysqlError> {
    Ok(OptsBuilder::default()
        .ip_or_hostname(endpoint.host.as_str())
        .tcp_port(endpoint.port)
        .user(Some(endpoint.user.expose()))
        .pass(Some(endpoint.password.expose()).filter(|password| !password.is_empty()))
        .ssl_opts(encryption(endpoint, address).await?)
        .tcp_keepalive(Some(KEEPALIVE))
        // Said here, neither is asked of the server; nor is it asked for a socket.
        .max_allowed_packet(Some(PACKET))
        .wait_timeout(Some(0))
        .prefer_socket(false)
        .stmt_cache_size(0)
        .into())
}

async fn encryption(endpoint: &Endpoint, address: &str) -> Result<Option<SslOpts>, MysqlError> {
    let tls = &endpoint.tls;
    let mut options = SslOpts::default();
    if let Some(client) = &tls.client {
        let (certificate, key) = (read(&client.certificate, address).await?, read(&client.key, address).await?);
        options = options.with_client_identity(Some(ClientIdentity::new(certificate.into(), key.into())));
    }
    // The authority that is named is the only one that counts.
    let authority = match &tls.ca {
        Some(ca) => Some(read(ca, address).await?),
        None => None,
    };
    let trusting = |options: SslOpts| match authority {
        Some(ca) => options.with_root_certs(vec![ca.into()]).with_disable_built_in_roots(true),
        None => options,
    };
    Ok(match tls.mode {
        TlsMode::Disabled => None,
        TlsMode::Required => Some(options.with_danger_accept_invalid_certs(true)),
        TlsMode::VerifyCa => Some(
            trusting(options).with_danger_skip_domain_validation(true).with_danger_tls_hostname_override(Some(NO_NAME)),
        ),
        TlsMode::VerifyIdentity => Some(trusting(options)),
    })
}

async fn read(pem: &Pem, address: &str) -> Result<Vec<u8>, MysqlError> {
    match pem {
        Pem::Bytes(bytes) => Ok(bytes.clone()),
        Pem::File(path) => tokio::fs::read(path).await.map_err(|error| {
            MysqlError::new(
                address,
                MysqlErrorKind::Tls,
                format!("the certificate file {} cannot be read: {error}", path.display()),
                "check the path and its permissions",
            )
        }),
    }
}
