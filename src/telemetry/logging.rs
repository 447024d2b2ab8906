//! Starts log lines on standard error (text for people, JSON for machines) and traces.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use super::lines::{Json, Text};
use super::{chain, traces};

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// One line of text.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What was started, to be ended with the process: what is still on its way is delivered then.
#[must_use = "what is on its way when the process ends is delivered by `end`"]
pub struct Telemetry {
    traces: traces::Traces,
}

impl Telemetry {
    /// Delivers what is on its way.
    pub async fn end(self) {
        self.traces.end().await;
    }
}

/// Starts logging and traces. `filter` is in `tracing`'s directive syntax (`info`, `tablewright=debug,kube=warn`); a wrong
/// one falls back to `info`. Traces go where the standard `OTEL_*` variables say, and nowhere without them or where these are of
/// no use, which is said; their ids are in the log lines all the same. To be called within the runtime that delivers them.
pub fn init(format: LogFormat, filter: &str) -> Telemetry {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    let lines = match format {
        LogFormat::Text => lines.event_format(Text).with_filter(filter).boxed(),
        LogFormat::Json => lines.event_format(Json).with_filter(filter).boxed(),
    };
    let (traces, tracer, delivery) = traces::Traces::start();
    let spans = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_context_activation(false)
        .with_filter(Targets::new().with_target("tablewright", LevelFilter::INFO));
    // A second call (in tests) finds a subscriber in place; the first one stays.
    drop(tracing_subscriber::registry().with(lines).with(spans).try_init());
    if format == LogFormat::Json {
        // A panic is a bug, and its line must be readable by what reads all others.
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, "panic: {}", panic.payload_as_str().unwrap_or("(no words)"));
        }));
    }
    if let Err(error) = delivery {
        let error = chain(&error).to_string();
        tracing::warn!(error, "no traces are sent, all else goes on; correct the OTEL_* variables and restart");
    }
    Telemetry { traces }
}
