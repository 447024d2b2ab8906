//! What a log line looks like: one line per event, whatever happens within it.
//!
//! JSON: `timestamp`, `level`, `message`, `target`, the event's fields, and, where work goes on under a span, its
//! `trace_id` and `span_id`, by which lines of one change are found together, before and after a restart.

use std::fmt::{self, Write as _};

use jiff::Timestamp;
use opentelemetry::trace::TraceContextExt;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber, dispatcher};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// One line of text.
pub(super) struct Text;

/// One JSON object a line.
pub(super) struct Json;

fn now() -> String {
    format!("{:.6}", Timestamp::now())
}

impl<S, N> FormatEvent<S, N> for Text
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        write!(writer, "{} {:>5} ", now(), event.metadata().level())?;
        let mut fields = String::new();
        context.field_format().format_fields(Writer::new(&mut fields), event)?;
        writeln!(writer, "{}", OneLine(&fields))
    }
}

/// A text whose characters that end a line, or command a terminal, are written as escapes: whoever chooses a name or
/// answers with a message cannot write lines of their own.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| {
            if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
                write!(formatter, "{}", character.escape_default())
            } else {
                formatter.write_char(character)
            }
        })
    }
}

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = Map::new();
        line.insert("timestamp".to_owned(), now().into());
        line.insert("level".to_owned(), event.metadata().level().as_str().into());
        // In its place before the fields, whichever comes first.
        line.insert("message".to_owned(), Value::String(String::new()));
        line.insert("target".to_owned(), event.metadata().target().into());
        event.record(&mut Fields(&mut line));
        if let Some(span) = context.lookup_current() {
            let ids = dispatcher::get_default(|dispatch| tracing_opentelemetry::get_otel_context(&span.id(), dispatch));
            if let Some(ids) = ids {
                let ids = ids.span().span_context().clone();
                if ids.is_valid() {
                    line.insert("trace_id".to_owned(), ids.trace_id().to_string().into());
                    line.insert("span_id".to_owned(), ids.span_id().to_string().into());
                }
            }
        }
        writeln!(writer, "{}", Value::Object(line))
    }
}

/// An event's fields, as JSON.
struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    /// Where the lines of a test go.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Kept {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    /// What is written of events whose texts hold line breaks, in all places where an event takes text.
    fn log(kept: &Kept, lines: impl Subscriber + Send + Sync) -> String {
        tracing::subscriber::with_default(lines, || {
            let forged = "x\n2026-01-01T00:00:00Z  WARN forged\r\u{1b}[2J\u{2028}y";
            tracing::info!(name = forged, shown = %forged, debugged = ?forged, "said {forged}");
        });
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn an_event_is_one_line_whatever_its_texts_hold() {
        let text = Kept::default();
        let layer = tracing_subscriber::fmt().with_ansi(false).with_writer(text.clone()).event_format(Text).finish();
        let json = Kept::default();
        let layer_json =
            tracing_subscriber::fmt().with_ansi(false).with_writer(json.clone()).event_format(Json).finish();
        for written in [log(&text, layer), log(&json, layer_json)] {
            assert_eq!(written.matches("forged").count(), 4, "{written}");
            let line = written.strip_suffix('\n').unwrap();
            assert!(!line.contains(char::is_control), "{line:?}");
        }
        let written = String::from_utf8(text.0.lock().unwrap().clone()).unwrap();
        assert!(written.contains("said x\\n2026") && !written.contains('\u{2028}'), "{written}");
    }
}
