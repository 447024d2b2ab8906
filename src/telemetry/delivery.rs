//! Delivers traces to a collector, as the standard `OTEL_*` variables say.
//!
//! Never a reason not to work: what stands in the way is said once, with what to do about it, and once when it is over.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response, hyper::HyperClient};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{AlertDescription, CertificateError};
use tokio::runtime::Handle;

use super::chain;

/// How long one delivery may take, unless `OTEL_EXPORTER_OTLP_TIMEOUT` says otherwise: the specification's default.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why traces cannot be sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum DeliveryError {
    /// Another protocol than ours.
    #[error("traces are sent by http/protobuf only; OTEL_EXPORTER_OTLP_PROTOCOL says {0}")]
    Protocol(String),
    /// What the variables say is of no use.
    #[error("the OTEL_* variables say nothing that traces can be sent by")]
    Exporter(#[source] ExporterBuildError),
    /// A file in PEM format cannot be read.
    #[error("nothing can be read from {path}, which {variable} names")]
    Unreadable {
        /// Who names it.
        variable: &'static str,
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: pem::Error,
    },
    /// A file has no certificate in it.
    #[error("there is no certificate in {path}, which {variable} names")]
    NoCertificate {
        /// Who names it.
        variable: &'static str,
        /// Which.
        path: String,
    },
    /// A certificate without its key, or a key without its certificate.
    #[error("{given} is set and {missing} is not: a client's certificate takes both")]
    HalfAClient {
        /// What there is.
        given: &'static str,
        /// What there is not.
        missing: &'static str,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up for traces")]
    Tls(#[source] rustls::Error),
}

/// A standard variable of this name for traces or, unless that is set, for all signals; an empty one counts as none.
fn variable(name: &str) -> Option<String> {
    let of = |name: String| std::env::var(name).ok().filter(|value| !value.is_empty());
    of(format!("OTEL_EXPORTER_OTLP_TRACES_{name}")).or_else(|| of(format!("OTEL_EXPORTER_OTLP_{name}")))
}

/// Whether traces are to be sent.
pub(super) fn wanted() -> bool {
    let says = |name: &str, what: &str| std::env::var(name).is_ok_and(|value| value.eq_ignore_ascii_case(what));
    variable("ENDPOINT").is_some() && !says("OTEL_SDK_DISABLED", "true") && !says("OTEL_TRACES_EXPORTER", "none")
}

/// Sends them as the variables say.
pub(super) fn exporter() -> Result<SpanExporter, DeliveryError> {
    if let Some(protocol) = variable("PROTOCOL").filter(|protocol| protocol != "http/protobuf") {
        return Err(DeliveryError::Protocol(protocol));
    }
    let timeout = variable("TIMEOUT").and_then(|text| text.parse().ok()).map_or(TIMEOUT, Duration::from_millis);
    let connector =
        hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls()?).https_or_http().enable_http1().build();
    let sender = Sender {
        inner: Arc::new(HyperClient::new(connector, timeout, None)),
        runtime: Handle::current(),
        fails: Arc::new(AtomicBool::new(false)),
    };
    SpanExporter::builder()
        .with_http()
        .with_http_client(sender)
        .with_protocol(Protocol::HttpBinary)
        .build()
        .map_err(DeliveryError::Exporter)
}

const CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CERTIFICATE";
const CLIENT_CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE";
const CLIENT_KEY: &str = "OTEL_EXPORTER_OTLP_CLIENT_KEY";

fn tls() -> Result<rustls::ClientConfig, DeliveryError> {
    let mut roots = rustls::RootCertStore::empty();
    if let Some(path) = variable("CERTIFICATE") {
        for certificate in certificates(CERTIFICATE, &path)? {
            roots.add(certificate).map_err(DeliveryError::Tls)?;
        }
    } else {
        // None where the image has none; then only http:// can be reached, and the log says so.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(DeliveryError::Tls)?
        .with_root_certificates(roots);
    match (variable("CLIENT_CERTIFICATE"), variable("CLIENT_KEY")) {
        (None, None) => Ok(config.with_no_client_auth()),
        (Some(certificate), Some(key)) => {
            let chain = certificates(CLIENT_CERTIFICATE, &certificate)?;
            let key = PrivateKeyDer::from_pem_file(&key).map_err(|source| DeliveryError::Unreadable {
                variable: CLIENT_KEY,
                path: key,
                source,
            })?;
            config.with_client_auth_cert(chain, key).map_err(DeliveryError::Tls)
        }
        (Some(_), None) => Err(DeliveryError::HalfAClient { given: CLIENT_CERTIFICATE, missing: CLIENT_KEY }),
        (None, Some(_)) => Err(DeliveryError::HalfAClient { given: CLIENT_KEY, missing: CLIENT_CERTIFICATE }),
    }
}

/// All of a file; at least one.
fn certificates(variable: &'static str, path: &str) -> Result<Vec<CertificateDer<'static>>, DeliveryError> {
    let unreadable = |source| DeliveryError::Unreadable { variable, path: path.to_owned(), source };
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(unreadable)?.collect();
    let found = found.map_err(unreadable)?;
    if found.is_empty() { Err(DeliveryError::NoCertificate { variable, path: path.to_owned() }) } else { Ok(found) }
}

/// Sends on the process's runtime whatever thread the batches come from, and logs when it begins and ends to fail.
#[derive(Clone, Debug)]
struct Sender {
    inner: Arc<dyn HttpClient>,
    runtime: Handle,
    fails: Arc<AtomicBool>,
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let inner = self.inner.clone();
        let sent = self.runtime.spawn(async move { inner.send_bytes(request).await }).await?;
        let trouble = match &sent {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some((format!("the collector says {}", response.status()), TRYING)),
            Err(error) => Some((chain(error.as_ref()).to_string(), advice(error.as_ref()))),
        };
        let failed = self.fails.swap(trouble.is_some(), Ordering::Relaxed);
        match trouble {
            Some((error, advice)) if !failed => {
                tracing::warn!(error, "traces are not delivered, all else goes on; {advice}")
            }
            None if failed => tracing::info!("traces are delivered again"),
            Some(_) | None => {}
        }
        sent
    }
}

const TRYING: &str = "trying again with the next ones";

/// What to do about a delivery that failed.
fn advice(error: &(dyn Error + 'static)) -> &'static str {
    let Some(error) = tls_error(error) else { return TRYING };
    if matches!(error, rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) {
        "let OTEL_EXPORTER_OTLP_CERTIFICATE name a PEM file with the authority of the collector's certificate, and restart"
    } else if matches!(
        error,
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
        )
    ) {
        "let the endpoint name the collector by a name that its certificate has, and restart"
    } else if matches!(error, rustls::Error::InvalidCertificate(_)) {
        "the collector needs another certificate"
    } else if matches!(
        error,
        rustls::Error::AlertReceived(
            AlertDescription::CertificateRequired
                | AlertDescription::BadCertificate
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnknownCA
        )
    ) {
        "the collector wants another certificate of its clients: let OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY name one, and restart"
    } else {
        TRYING
    }
}

/// The cause, if it is one of TLS. An `io::Error` is no source of what is within it: it has to be opened.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<rustls::Error>() {
            return Some(found);
        }
        let within = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match within {
            Some(within) => Some(within),
            None => error.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_found_within_errors_of_input_and_output() {
        let cause = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let error = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, cause));
        assert!(advice(&error).contains("OTEL_EXPORTER_OTLP_CERTIFICATE"), "{}", advice(&error));
        assert_eq!(advice(&io::Error::other("the network is down")), TRYING);
    }
}
