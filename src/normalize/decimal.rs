//! Decimal numbers as text, rounded as MySQL rounds exact numbers: half away from zero.

/// An exact decimal number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    /// Digits before the point, without leading zeros (empty for 0).
    whole: String,
    /// Digits after the point.
    fraction: String,
}

impl Decimal {
    /// Reads `[+-]digits[.digits]`; nothing else (no exponent: its rounding goes through floating point).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        Some(Self { negative, whole: whole.trim_start_matches('0').to_owned(), fraction: fraction.to_owned() })
    }

    /// With exactly `scale` digits after the point.
    pub(super) fn rounded(&self, scale: usize) -> Self {
        let mut digits: Vec<u8> = self.whole.bytes().chain(self.fraction.bytes().take(scale)).collect();
        let missing = scale.saturating_sub(self.fraction.len());
        digits.extend(std::iter::repeat_n(b'0', missing));
        let up = self.fraction.as_bytes().get(scale).is_some_and(|digit| *digit >= b'5');
        if up {
            let mut carry = true;
            for digit in digits.iter_mut().rev() {
                if !carry {
                    break;
                }
                carry = *digit == b'9';
                *digit = if carry { b'0' } else { *digit + 1 };
            }
            if carry {
                digits.insert(0, b'1');
            }
        }
        let text: String = digits.into_iter().map(char::from).collect();
        let (whole, fraction) = text.split_at(text.len().saturating_sub(scale));
        Self { negative: self.negative, whole: whole.trim_start_matches('0').to_owned(), fraction: fraction.to_owned() }
    }

    /// Without zeros at the end of the fraction.
    pub(super) fn trimmed(&self) -> Self {
        Self { fraction: self.fraction.trim_end_matches('0').to_owned(), ..self.clone() }
    }

    /// Digits that count.
    pub(super) fn significant(&self) -> usize {
        if self.whole.is_empty() {
            self.fraction.trim_start_matches('0').len()
        } else {
            self.whole.len() + self.fraction.len()
        }
    }

    /// Digits before the point.
    pub(super) fn whole_digits(&self) -> usize {
        self.whole.len()
    }

    /// As MySQL prints it.
    pub(super) fn print(&self) -> String {
        let zero = self.whole.is_empty() && self.fraction.bytes().all(|digit| digit == b'0');
        let sign = if self.negative && !zero { "-" } else { "" };
        let whole = if self.whole.is_empty() { "0" } else { &self.whole };
        if self.fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{}", self.fraction) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(text: &str, scale: usize) -> Option<String> {
        Some(Decimal::parse(text)?.rounded(scale).print())
    }

    #[test]
    fn rounds_half_away_from_zero() {
        assert_eq!(rounded("1.6", 0).as_deref(), Some("2"));
        assert_eq!(rounded("1.005", 2).as_deref(), Some("1.01"));
        assert_eq!(rounded("-0.5", 0).as_deref(), Some("-1"));
        assert_eq!(rounded("9.99", 1).as_deref(), Some("10.0"));
        assert_eq!(rounded("007", 0).as_deref(), Some("7"));
        assert_eq!(rounded("1.5", 2).as_deref(), Some("1.50"));
        assert_eq!(rounded("-0", 0).as_deref(), Some("0"));
        assert_eq!(rounded("0", 2).as_deref(), Some("0.00"));
        assert_eq!(rounded("1e3", 0), None);
    }
}
