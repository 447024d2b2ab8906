//! TLS between the link and the server: how much of the server's certificate is verified, and our own certificate.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::mysql::{Endpoint, MysqlError, MysqlErrorKind, Pem, TlsMode};

/// The name that is told to the server where none is verified and the host's is none that a certificate can have.
const NO_NAME: &str = "server";

/// How the link makes its end of TLS.
#[derive(Clone, Debug)]
pub(in crate::mysql) struct Encryption {
    pub(super) config: Arc<ClientConfig>,
    /// The server's name, as it is told to the server, and under `verify-identity` as its certificate must have it.
    pub(super) name: ServerName<'static>,
}

impl Encryption {
    /// For this endpoint; `None` where it is not to be encrypted. An error says which certificate file cannot be read.
    pub(in crate::mysql) async fn of(endpoint: &Endpoint, address: &str) -> Result<Option<Self>, MysqlError> {
        let wrong = |message: String| {
            MysqlError::new(
                address,
                MysqlErrorKind::Tls,
                message,
                "check the certificate files, the host and the TLS mode",
            )
        };
        let provider = Arc::new(ring::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = match endpoint.tls.mode {
            TlsMode::Disabled => return Ok(None),
            TlsMode::Required => Arc::new(Lenient { provider: Arc::clone(&provider), chain: None }),
            TlsMode::VerifyCa => {
                let chain = chain(trusted(endpoint, address).await?, &provider).map_err(wrong)?;
                Arc::new(Lenient { provider: Arc::clone(&provider), chain: Some(chain) })
            }
            TlsMode::VerifyIdentity => chain(trusted(endpoint, address).await?, &provider).map_err(wrong)?,
        };
        let name = ServerName::try_from(endpoint.host.clone());
        let name = match (endpoint.tls.mode, name) {
            (_, Ok(name)) => name,
            (TlsMode::VerifyIdentity, Err(error)) => {
                return Err(wrong(format!("no certificate can name the host {}: {error}", endpoint.host)));
            }
            (TlsMode::Disabled | TlsMode::Required | TlsMode::VerifyCa, Err(_)) => {
                ServerName::try_from(NO_NAME).map_err(|error| wrong(error.to_string()))?
            }
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let config = match &endpoint.tls.client {
            Some(client) => {
                let certificate = read(&client.certificate, address).await?;
                let key = read(&client.key, address).await?;
                let certificates: Vec<_> =
                    CertificateDer::pem_slice_iter(&certificate).collect::<Result<_, _>>().map_err(|_| {
                        wrong(format!("the client's certificate{} cannot be read", place(&client.certificate)))
                    })?;
                let key = PrivateKeyDer::from_pem_slice(&key)
                    .map_err(|_| wrong(format!("the client's key{} cannot be read", place(&client.key))))?;
                builder
                    .with_client_auth_cert(certificates, key)
                    .map_err(|error| wrong(format!("the client's certificate cannot be used: {error}")))?
            }
            None => builder.with_no_client_auth(),
        };
        Ok(Some(Self { config: Arc::new(config), name }))
    }
}

/// Verifies certificates by these authorities and no others.
fn chain(
    authorities: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, String> {
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(authorities);
    if added == 0 {
        return Err("none of the certificate authorities can be used".to_owned());
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| error.to_string())
}

/// Takes a certificate that names another host, and where there is no chain, any.
#[derive(Debug)]
struct Lenient {
    provider: Arc<CryptoProvider>,
    chain: Option<Arc<WebPkiServerVerifier>>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The chain is looked at before the name.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// The authorities that count: the one that is named, and it alone; those of the system where none is.
async fn trusted(endpoint: &Endpoint, address: &str) -> Result<Vec<CertificateDer<'static>>, MysqlError> {
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
        return Ok(system);
    };
    let text = read(ca, address).await?;
    let found: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&text).filter_map(Result::ok).collect();
    if found.is_empty() {
        return Err(wrong(
            format!("the certificate authority{} holds no certificate", place(ca)),
            "check the certificate files: PEM text is expected",
        ));
    }
    Ok(found)
}

fn place(pem: &Pem) -> String {
    match pem {
        Pem::File(path) => format!(" {}", path.display()),
        Pem::Bytes(_) => String::new(),
    }
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
