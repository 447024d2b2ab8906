//! OpenTelemetry traces over OTLP (http/protobuf), as the standard `OTEL_*` variables say; off unless an endpoint is set.
//!
//! One change is one trace, from the round that saw the manifest to the replica: the round's context is written on the
//! Plan as W3C `traceparent` ([`traceparent`]), and whoever approves, applies or verifies it later, after a restart too,
//! goes on from there ([`follow`]).
//!
//! Spans carry names of tables, kinds of statements and of errors, never statements: those may have literals.

use std::time::Duration;

use opentelemetry::trace::{
    SpanContext, SpanId, Status, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::chain;
use super::delivery::{DeliveryError, exporter, wanted};

/// How long the end of the process waits for the last delivery.
const LAST_PATIENCE: Duration = Duration::from_secs(5);

/// Makes spans and sends them.
pub(super) struct Traces(SdkTracerProvider);

impl Traces {
    /// As the environment says; where that is of no use, spans are made and sent nowhere, and the error says why.
    pub(super) fn start() -> (Self, SdkTracer, Result<(), DeliveryError>) {
        let mut provider = SdkTracerProvider::builder().with_resource(resource());
        let mut delivery = Ok(());
        if wanted() {
            match exporter() {
                Ok(exporter) => provider = provider.with_batch_exporter(exporter),
                Err(error) => delivery = Err(error),
            }
        }
        let provider = provider.build();
        let tracer = provider.tracer("tablewright");
        (Self(provider), tracer, delivery)
    }

    pub(super) async fn end(self) {
        // It blocks until the last spans are delivered, by this runtime: on a thread of its own.
        let ended = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(LAST_PATIENCE)).await;
        if let Ok(Err(error)) = ended {
            tracing::debug!(error = %chain(&error), "the last traces were not delivered");
        }
    }
}

fn resource() -> Resource {
    let named = std::env::var("OTEL_SERVICE_NAME").is_ok_and(|name| !name.is_empty())
        || std::env::var("OTEL_RESOURCE_ATTRIBUTES").is_ok_and(|attributes| attributes.contains("service.name="));
    let resource = Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if named { resource.build() } else { resource.with_service_name("tablewright").build() }
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

/// Marks a span as failed. What is said of it has no statement in it: an error's own text may.
pub fn fail(span: &Span, said: String) {
    span.set_status(Status::error(said));
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
