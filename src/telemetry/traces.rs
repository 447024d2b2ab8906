//! OpenTelemetry traces over OTLP (http/protobuf), as the standard `OTEL_*` variables say; off unless an endpoint is set.
//!
//! One change is one trace, from the round that saw the manifest to the replica: the round's context is written on the
//! Plan as W3C `traceparent` ([`traceparent`]), and whoever approves, applies or verifies it later, after a restart too,
//! goes on from there ([`follow`]).
//!
//! Spans carry names of tables and kinds of statements, never statements: those may have literals.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::trace::{
    SpanContext, SpanId, Status, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response, hyper::HyperClient};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, pem};
use tokio::runtime::Handle;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::chain;

/// How long one delivery may take, unless `OTEL_EXPORTER_OTLP_TIMEOUT` says otherwise: the specification's default.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long the end of the process waits for the last delivery.
const LAST_PATIENCE: Duration = Duration::from_secs(5);

/// Why traces cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// Another protocol than ours.
    #[error("traces are sent by http/protobuf only; OTEL_EXPORTER_OTLP_PROTOCOL says {0}")]
    Protocol(String),
    /// What the variables say is of no use.
    #[error("the OTEL_* variables say nothing that traces can be sent by")]
    Exporter(#[source] ExporterBuildError),
    /// The file of certificates cannot be read.
    #[error("no certificates can be read from {path} (OTEL_EXPORTER_OTLP_CERTIFICATE)")]
    Certificates {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: pem::Error,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up for traces")]
    Tls(#[source] rustls::Error),
}

/// Makes spans and sends them.
pub(super) struct Traces(SdkTracerProvider);

impl Traces {
    /// As the environment says.
    pub(super) fn start() -> Result<(Self, SdkTracer), TracesError> {
        let mut provider = SdkTracerProvider::builder().with_resource(resource());
        if wanted() {
            provider = provider.with_batch_exporter(exporter()?);
        }
        let provider = provider.build();
        let tracer = provider.tracer("tablewright");
        Ok((Self(provider), tracer))
    }

    pub(super) async fn end(self) {
        // It blocks until the last spans are delivered, by this runtime: on a thread of its own.
        let ended = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(LAST_PATIENCE)).await;
        if let Ok(Err(error)) = ended {
            tracing::debug!(error = %chain(&error), "the last traces were not delivered");
        }
    }
}

/// A standard variable of this name for traces or, unless that is set, for all signals; an empty one counts as none.
fn variable(name: &str) -> Option<String> {
    let of = |name: String| std::env::var(name).ok().filter(|value| !value.is_empty());
    of(format!("OTEL_EXPORTER_OTLP_TRACES_{name}")).or_else(|| of(format!("OTEL_EXPORTER_OTLP_{name}")))
}

fn wanted() -> bool {
    let says = |name: &str, what: &str| std::env::var(name).is_ok_and(|value| value.eq_ignore_ascii_case(what));
    variable("ENDPOINT").is_some() && !says("OTEL_SDK_DISABLED", "true") && !says("OTEL_TRACES_EXPORTER", "none")
}

fn resource() -> Resource {
    let named = std::env::var("OTEL_SERVICE_NAME").is_ok_and(|name| !name.is_empty())
        || std::env::var("OTEL_RESOURCE_ATTRIBUTES").is_ok_and(|attributes| attributes.contains("service.name="));
    let resource = Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if named { resource.build() } else { resource.with_service_name("tablewright").build() }
}

fn exporter() -> Result<SpanExporter, TracesError> {
    if let Some(protocol) = variable("PROTOCOL").filter(|protocol| protocol != "http/protobuf") {
        return Err(TracesError::Protocol(protocol));
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
        .map_err(TracesError::Exporter)
}

fn tls() -> Result<rustls::ClientConfig, TracesError> {
    let mut roots = rustls::RootCertStore::empty();
    if let Some(path) = variable("CERTIFICATE") {
        let wrong = |source| TracesError::Certificates { path: path.clone(), source };
        for certificate in CertificateDer::pem_file_iter(&path).map_err(wrong)? {
            roots.add(certificate.map_err(wrong)?).map_err(TracesError::Tls)?;
        }
    } else {
        // None where the image has none; then only http:// can be reached, and the log says so.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TracesError::Tls)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
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
            Ok(response) => Some(format!("the collector says {}", response.status())),
            Err(error) => Some(chain(error.as_ref()).to_string()),
        };
        let failed = self.fails.swap(trouble.is_some(), Ordering::Relaxed);
        match trouble {
            Some(error) if !failed => {
                tracing::warn!(error, "traces are not delivered; trying again with the next ones")
            }
            None if failed => tracing::info!("traces are delivered again"),
            Some(_) | None => {}
        }
        sent
    }
}

/// A span's context as W3C `traceparent`; `None` where there are no traces.
pub fn traceparent(span: &Span) -> Option<String> {
    let context = span.context();
    let span = context.span();
    let ids = span.span_context();
    ids.is_valid().then(|| format!("00-{}-{}-{:02x}", ids.trace_id(), ids.span_id(), ids.trace_flags().to_u8()))
}

/// Lets a new span go on from a `traceparent`. One that cannot be read is left alone: the span begins a trace of its own.
pub fn follow(span: &Span, traceparent: &str) {
    if let Some(parent) = parse(traceparent) {
        // A span that is filtered out has no parent.
        drop(span.set_parent(Context::new().with_remote_span_context(parent)));
    }
}

fn parse(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hexadecimal = |text: &str, length| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    if version != "00" || parts.next().is_some() || !hexadecimal(trace, 32) || !hexadecimal(span, 16) {
        return None;
    }
    let flags = hexadecimal(flags, 2).then(|| u8::from_str_radix(flags, 16).ok()).flatten()?;
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(flags),
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}

/// Marks a span as failed, with the error and its causes.
pub fn fail(span: &Span, error: &(dyn std::error::Error + 'static)) {
    span.set_status(Status::error(chain(error).to_string()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_traceparent_is_followed() {
        let whole = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let parsed = parse(whole).unwrap();
        assert_eq!(parsed.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert!(parsed.is_remote() && parsed.is_sampled());
        for wrong in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        ] {
            assert!(parse(wrong).is_none(), "{wrong}");
        }
    }
}
