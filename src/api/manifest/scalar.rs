//! What a plain scalar is to kubectl, which reads YAML 1.1: what is refused here would arrive in the cluster as something
//! else than what this command line compares.

/// What a reader of YAML 1.1 takes a plain scalar for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing at all.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number in plain decimal notation.
    Integer(i128),
    /// A number in a notation that readers take differently (octal, hexadecimal, with underscores), or not a whole one.
    OtherNumber,
    /// Text.
    String,
}

impl Kind {
    /// How a person would call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Null => "nothing (null)",
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) | Self::OtherNumber => "a number",
            Self::String => "a string",
        }
    }
}

/// What a reader of YAML 1.1 takes this plain scalar for.
pub(super) fn kind(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Kind::Boolean(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Kind::Boolean(false);
        }
        _ => {}
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return Kind::String;
    }
    number(text, unsigned)
}

fn number(text: &str, unsigned: &str) -> Kind {
    let decimal = unsigned.bytes().all(|byte| byte.is_ascii_digit());
    if decimal && (unsigned == "0" || !unsigned.starts_with('0')) && !text.starts_with('+') {
        return text.parse().map_or(Kind::OtherNumber, Kind::Integer);
    }
    if decimal {
        return Kind::OtherNumber;
    }
    let digits: String = unsigned.chars().filter(|character| *character != '_').collect();
    let based = [("0x", 16), ("0o", 8), ("0b", 2)].into_iter().any(|(prefix, base)| {
        digits
            .strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|digit| digit.is_digit(base)))
    });
    let special = matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN");
    let fraction = digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'))
        && digits.parse::<f64>().is_ok();
    if based || special || fraction { Kind::OtherNumber } else { Kind::String }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_kubectl_reads_it() {
        for text in ["y", "Yes", "on", "true"] {
            assert_eq!(kind(text), Kind::Boolean(true), "{text}");
        }
        for text in ["n", "NO", "off", "False"] {
            assert_eq!(kind(text), Kind::Boolean(false), "{text}");
        }
        for (text, number) in [("0", 0), ("42", 42), ("-7", -7), ("18446744073709551615", 18_446_744_073_709_551_615)] {
            assert_eq!(kind(text), Kind::Integer(number), "{text}");
        }
        for text in ["1.50", "1e3", ".5", "0x1F", "0o17", "0b11", "1_000", "0755", "+1", ".inf", "-.inf", ".nan"] {
            assert_eq!(kind(text), Kind::OtherNumber, "{text}");
        }
        for text in
            ["yep", "2020-01-01", "varchar(255)", "1st", "10.0.0.1", "-", "--", ".", "...", "0xZZ", "1:30", "e5"]
        {
            assert_eq!(kind(text), Kind::String, "{text}");
        }
        for text in ["", "~", "null", "NULL"] {
            assert_eq!(kind(text), Kind::Null, "{text}");
        }
    }
}
