//! Literal defaults of DATE, TIME, DATETIME and TIMESTAMP.
//!
//! Only the plain spellings `YYYY-M-D[ H:M:S[.f]]` and `H:M:S[.f]` are read; two-digit years, other delimiters, numbers
//! and time zones are left to the server.

/// `YYYY-MM-DD`.
pub(super) fn date(text: &str) -> Option<String> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Some(format!("{}-{}-{}", digits(year, 4)?, digits(month, 2)?, digits(day, 2)?))
}

/// `YYYY-MM-DD HH:MM:SS[.f]` with exactly `fractional` digits; one with more digits would be rounded and is left alone.
pub(super) fn date_time(text: &str, fractional: u8) -> Option<String> {
    match text.split_once([' ', 'T']) {
        Some((day, time_text)) => Some(format!("{} {}", date(day)?, time(time_text, fractional)?)),
        None => Some(format!("{} {}", date(text)?, time("00:00:00", fractional)?)),
    }
}

/// `HH:MM:SS[.f]` with exactly `fractional` digits; `H:M` has no seconds.
pub(super) fn time(text: &str, fractional: u8) -> Option<String> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.split(':');
    let (hours, minutes) = (parts.next()?, parts.next()?);
    let seconds = parts.next().unwrap_or("0");
    if parts.next().is_some() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let clock = format!("{}:{}:{}", digits(hours, 2)?, digits(minutes, 2)?, digits(seconds, 2)?);
    let width = usize::from(fractional);
    if fraction.len() > width {
        return None;
    }
    Some(if width == 0 { clock } else { format!("{clock}.{fraction:0<width$}") })
}

fn digits(text: &str, width: usize) -> Option<String> {
    let fine = !text.is_empty() && text.len() <= width && text.bytes().all(|byte| byte.is_ascii_digit());
    fine.then(|| format!("{text:0>width$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_spellings_get_their_zeros() {
        assert_eq!(date("2020-1-2").as_deref(), Some("2020-01-02"));
        assert_eq!(date_time("2020-01-01", 3).as_deref(), Some("2020-01-01 00:00:00.000"));
        assert_eq!(time("10:00", 0).as_deref(), Some("10:00:00"));
        assert_eq!(date("20-1-2"), None);
        assert_eq!(date_time("2020-01-01 00:00:00.5", 0), None);
    }
}
