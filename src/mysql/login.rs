//! How a login is made: the link to the server, the account, and how much of the server's certificate is verified.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use sqlx::{ConnectOptions, Connection as _};

use super::link::{Link, NoLink};
use super::unwind::{Panicked, caught};
use super::{Endpoint, MysqlError, MysqlErrorKind, Pem, TlsMode};

/// The server's name where none is verified and the host's is none that a certificate can have.
const NO_NAME: &str = "server";

/// An open connection: the driver's end, and the link to the server.
pub(super) struct Connection {
    pub(super) driver: MySqlConnection,
    pub(super) link: Link,
}

/// Why no connection came about.
#[derive(Debug)]
pub(super) enum Unconnected {
    /// There is no link to the server.
    NoLink(NoLink),
    /// What the driver reports, and what the link knows of it.
    Driver(sqlx::Error, Option<super::link::Broken>),
    /// The server's packets are malformed.
    Malformed,
}

impl Connection {
    /// Connects and logs in.
    pub(super) async fn open(endpoint: &Endpoint, address: &str) -> Result<Self, MysqlError> {
        let options = options(endpoint, address).await?;
        connect(endpoint, options)
            .await
            .map_err(|error| MysqlError::from_connect(address, &endpoint.host, &endpoint.user, &error))
    }

    /// Logs out; the server has read it when this ends.
    pub(super) async fn close(self) {
        let _ = caught(self.driver.close()).await;
        self.link.ended().await;
    }
}

async fn connect(endpoint: &Endpoint, options: MySqlConnectOptions) -> Result<Connection, Unconnected> {
    let link = Link::open(&endpoint.host, endpoint.port).await.map_err(Unconnected::NoLink)?;
    let options = options.socket(link.path());
    match caught(options.connect()).await {
        Ok(Ok(driver)) => Ok(Connection { driver, link }),
        Ok(Err(error)) => Err(Unconnected::Driver(error, link.broken())),
        Err(Panicked) => Err(Unconnected::Malformed),
    }
}

/// What the driver is told; an error says which certificate file cannot be read.
async fn options(endpoint: &Endpoint, address: &str) -> Result<MySqlConnectOptions, MysqlError> {
    let mut options = MySqlConnectOptions::new()
        .host(name(endpoint))
        .port(endpoint.port)
        .username(endpoint.user.expose())
        .statement_cache_capacity(0)
        // Nothing is set or asked at login: queries/session.sql does it.
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .set_names(false)
        // The driver would log statements; ours are logged where they are decided, or not at all.
        .disable_statement_logging();
    if !endpoint.password.expose().is_empty() {
        options = options.password(endpoint.password.expose());
    }
    let tls = &endpoint.tls;
    if let Some(client) = &tls.client {
        let (certificate, key) = (read(&client.certificate, address).await?, read(&client.key, address).await?);
        options = options.ssl_client_cert_from_pem(certificate).ssl_client_key_from_pem(key);
    }
    Ok(match tls.mode {
        TlsMode::Disabled => options.ssl_mode(MySqlSslMode::Disabled),
        TlsMode::Required => options.ssl_mode(MySqlSslMode::Required),
        TlsMode::VerifyCa => {
            options.ssl_mode(MySqlSslMode::VerifyCa).ssl_ca_from_pem(trusted(endpoint, address).await?)
        }
        TlsMode::VerifyIdentity => {
            options.ssl_mode(MySqlSslMode::VerifyIdentity).ssl_ca_from_pem(trusted(endpoint, address).await?)
        }
    })
}

/// The host's name, as the certificate must have it and as the TLS greeting tells it. The driver refuses a name that no
/// certificate can have, even where none is looked at.
fn name(endpoint: &Endpoint) -> &str {
    let host = endpoint.host.as_str();
    match endpoint.tls.mode {
        TlsMode::VerifyIdentity => host,
        TlsMode::Disabled | TlsMode::Required | TlsMode::VerifyCa => {
            if ServerName::try_from(host).is_ok() {
                host
            } else {
                NO_NAME
            }
        }
    }
}

/// The authorities that count, as PEM: the one that is named, and it alone; those of the system where none is.
async fn trusted(endpoint: &Endpoint, address: &str) -> Result<Vec<u8>, MysqlError> {
    let wrong = |message: String, next_step: &str| MysqlError::new(address, MysqlErrorKind::Tls, message, next_step);
    let Some(ca) = &endpoint.tls.ca else {
        let system = tokio::task::spawn_blocking(|| rustls_native_certs::load_native_certs().certs).await;
        let system = system.unwrap_or_default();
        if system.is_empty() {
            return Err(wrong(
                "no certificate authority is named, and this system knows none".to_owned(),
                "name the authority (tls-ca), or install the system's certificates",
            ));
        }
        return Ok(system.iter().flat_map(|certificate| pem(certificate)).collect());
    };
    let text = read(ca, address).await?;
    if CertificateDer::pem_slice_iter(&text).next().is_none() {
        let from = match ca {
            Pem::File(path) => format!(" {}", path.display()),
            Pem::Bytes(_) => String::new(),
        };
        return Err(wrong(
            format!("the certificate authority{from} holds no certificate"),
            "check the certificate files: PEM text is expected",
        ));
    }
    Ok(text)
}

/// A certificate as PEM.
fn pem(certificate: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(certificate);
    let mut out = b"-----BEGIN CERTIFICATE-----\n".to_vec();
    for line in text.as_bytes().chunks(64) {
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out.extend_from_slice(b"-----END CERTIFICATE-----\n");
    out
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
