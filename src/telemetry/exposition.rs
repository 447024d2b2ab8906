//! The older text format (0.0.4) for whoever does not ask for OpenMetrics: a person with curl, promtool, older scrapers.
//!
//! The two differ in names: OpenMetrics describes the family `x` of a counter and samples it as `x_total`; here both are
//! `x_total`. Types that the older format has not are written as the nearest that it has.

use std::fmt::Write;

/// The content type of what [`Metrics::encode`](super::Metrics::encode) writes.
pub const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The content type of what [`Metrics::encode_text`](super::Metrics::encode_text) writes.
pub const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// From OpenMetrics.
pub(super) fn text_format(openmetrics: &str) -> Result<String, std::fmt::Error> {
    let mut text = String::with_capacity(openmetrics.len());
    // HELP comes before TYPE, and which name it carries depends on the type.
    let mut help: Option<(&str, &str)> = None;
    for line in openmetrics.lines() {
        let Some(comment) = line.strip_prefix("# ") else {
            writeln!(text, "{line}")?;
            continue;
        };
        let mut words = comment.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some("HELP"), Some(name), said) => help = Some((name, said.unwrap_or_default())),
            (Some("TYPE"), Some(name), Some(kind)) => {
                let (suffix, kind) = match kind {
                    "counter" => ("_total", "counter"),
                    "info" => ("_info", "gauge"),
                    "unknown" => ("", "untyped"),
                    same => ("", same),
                };
                if let Some((_, said)) = help.take().filter(|(of, _)| *of == name) {
                    writeln!(text, "# HELP {name}{suffix} {said}")?;
                }
                writeln!(text, "# TYPE {name}{suffix} {kind}")?;
            }
            _ => {}
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_and_infos_are_described_by_the_names_of_their_samples() {
        let openmetrics = "# HELP a Some.\n# TYPE a counter\na_total{b=\"c\"} 1\n# HELP i It.\n# TYPE i info\ni_info{v=\"1\"} 1\n# HELP g Now.\n# TYPE g gauge\ng 2\n# EOF\n";
        let text = "# HELP a_total Some.\n# TYPE a_total counter\na_total{b=\"c\"} 1\n# HELP i_info It.\n# TYPE i_info gauge\ni_info{v=\"1\"} 1\n# HELP g Now.\n# TYPE g gauge\ng 2\n";
        assert_eq!(text_format(openmetrics).unwrap(), text);
    }
}
