//! Values as the server shows them, and whether two of them are one value of two types.
//!
//! A value is the same after a change of its type if it means the same: a number the same number, a moment the same
//! moment, a text the same characters, bytes the same bytes. Padding, leading zeros and the spelling of fractions are not
//! part of it.

use super::types::{Family, Type};

/// The expression that shows a column's values in one form, without anything that ends a line or a field. Long values are
/// shown by their hash.
pub fn form(column: &str, data_type: Type) -> String {
    let short = |bytes: &str| format!("IF(LENGTH({bytes}) > 2000, CONCAT('#', SHA2({bytes}, 256)), HEX({bytes}))");
    match data_type.family {
        Family::Whole if data_type.text.starts_with("bit") => format!("CAST({column} + 0 AS CHAR)"),
        // As the clock shows it, and as it is.
        Family::Moment if is_timestamp(data_type) => {
            format!("CONCAT(CAST({column} AS CHAR), '@', UNIX_TIMESTAMP({column}) DIV 1)")
        }
        Family::Whole | Family::Decimal | Family::Moment | Family::Clock => format!("CAST({column} AS CHAR)"),
        // A FLOAT is shown with six digits, but it is as near to its value as its bits are.
        Family::Float => format!("CAST(CAST({column} AS DOUBLE) AS CHAR)"),
        Family::Text | Family::LongText | Family::Enum | Family::Set => {
            let own = format!("CAST({column} AS BINARY)");
            let characters = format!("CAST(CONVERT({column} USING utf8mb4) AS BINARY)");
            format!("CONCAT({}, '|', {})", short(&characters), short(&own))
        }
        Family::Json => short(&format!("CAST(CAST({column} AS CHAR) AS BINARY)")),
        Family::Binary | Family::LongBinary => short(column),
        Family::Geometry | Family::Vector => format!("HEX({column})"),
    }
}

fn is_timestamp(data_type: Type) -> bool {
    data_type.text.starts_with("timestamp")
}

/// What the clock showed of a value, and of a TIMESTAMP the moment, too.
fn clock(shown: &str, data_type: Type) -> (&str, Option<&str>) {
    let both = shown.split_once('@').filter(|_| is_timestamp(data_type));
    both.map_or((shown, None), |(clock, moment)| (clock, Some(moment)))
}

/// Whether what was shown of one type means what is shown of the other. NULL is shown as NULL.
pub fn same(before: &str, from: Type, after: &str, to: Type) -> bool {
    use Family::{
        Binary, Clock, Decimal, Enum, Float, Geometry, Json, LongBinary, LongText, Moment, Set, Text, Vector, Whole,
    };
    if before == "NULL" || after == "NULL" {
        return before == after;
    }
    let (before, was) = clock(before, from);
    let (after, is) = clock(after, to);
    if was.zip(is).is_some_and(|(was, is)| was != is) {
        return false;
    }
    match (from.family, to.family) {
        (Whole | Decimal | Float, Whole | Decimal | Float) => {
            // A FLOAT with digits is shown with them, and is as near to its value as a FLOAT can be.
            let near = |shown: &str| shown.parse::<f64>().ok().map(|value| value as f32);
            let shown = to.text.starts_with("float(") && near(before).is_some() && near(before) == near(after);
            shown || number(before, from.family) == number(after, to.family)
        }
        (Moment, Moment) | (Clock, Clock) => moment(before) == moment(after),
        (Whole | Decimal | Float, Json) => spelled(before, from, &unhexed(after), to),
        (Set, Set) => members(before) == members(after),
        (Text | LongText, Json) => json(&characters(before), &unhexed(after)),
        (Text | LongText | Enum | Set, Text | LongText | Enum | Set) => {
            before.split('|').next() == after.split('|').next()
        }
        (Json, Text | LongText) => Some(before) == after.split('|').next(),
        // Bits become the bytes that they are.
        (Whole, Binary | LongBinary) if from.text.starts_with("bit") => {
            number(before, from.family)
                == number(&u64::from_str_radix(after, 16).unwrap_or_default().to_string(), to.family)
        }
        (Whole | Decimal | Float, Binary | LongBinary) => spelled(before, from, &unhexed(after), to),
        (Moment | Clock, Binary | LongBinary) => moment(before) == moment(&unhexed(after)),
        (Text | LongText | Enum | Set, Binary | LongBinary) => before.split('|').nth(1) == Some(after),
        (Binary | LongBinary, Text | LongText | Enum | Set) => Some(before) == after.split('|').nth(1),
        (Binary | LongBinary, Binary | LongBinary) | (Json, Json) | (Geometry, Geometry) | (Vector, Vector) => {
            before == after
        }
        (Whole | Decimal | Float, Text | LongText | Enum | Set) => spelled(before, from, &characters(after), to),
        (Text | LongText | Enum | Set, Whole | Decimal | Float) => {
            number(&characters(before), from.family) == number(after, to.family)
        }
        (Moment | Clock, Text | LongText) => moment(before) == moment(&characters(after)),
        (Moment | Clock, Whole | Decimal | Float) => number(&digits(before), to.family) == number(after, to.family),
        (Text | LongText, Moment | Clock) => moment(&characters(before)) == moment(after),
        (
            Whole | Decimal | Float | Moment | Clock | Text | LongText | Enum | Set | Binary | LongBinary | Json
            | Geometry | Vector,
            _,
        ) => before == after,
    }
}

/// Whether a text is a number. A FLOAT with digits is spelled with them, and is the same FLOAT when it is read again.
fn spelled(before: &str, from: Type, text: &str, to: Type) -> bool {
    let read = |text: &str| text.trim().parse::<f32>().ok();
    let again = from.text.starts_with("float(") && read(before).is_some() && read(before) == read(text);
    // Of a DOUBLE, sixteen digits were shown, and seventeen are spelled.
    let exact = |text: &str| text.trim().parse::<f64>().ok().map(|value| value.clamp(f64::MIN, f64::MAX));
    let close = from.text == "double"
        && exact(before).zip(exact(text)).is_some_and(|(one, other)| (one - other).abs() <= one.abs() * 1e-15);
    again || close || number(before, from.family) == number(text, to.family)
}

/// The characters of a text that is shown.
fn characters(shown: &str) -> String {
    unhexed(shown.split('|').next().unwrap_or_default())
}

/// What was shown as hexadecimal digits; a hash stays one.
fn unhexed(shown: &str) -> String {
    let digits: Vec<char> = shown.chars().collect();
    let bytes: Option<Vec<u8>> =
        digits.chunks(2).map(|two| u8::from_str_radix(&two.iter().collect::<String>(), 16).ok()).collect();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| shown.to_owned())
}

fn members(shown: &str) -> Vec<String> {
    let mut members: Vec<String> = characters(shown).split(',').map(str::to_owned).collect();
    members.sort();
    members
}

/// A number with its point where it belongs, without leading and trailing zeros; what is none stays as it is.
fn number(shown: &str, family: Family) -> String {
    // What a double is exactly, where its fifteen digits do not reach its end.
    let exact = match shown.parse::<f64>() {
        Ok(value) if family == Family::Float && value.abs() >= 9_007_199_254_740_992.0 => format!("{value:.0}"),
        Ok(_) | Err(_) => shown.to_owned(),
    };
    plain(&exact).unwrap_or_else(|| shown.to_owned())
}

fn plain(shown: &str) -> Option<String> {
    let shown = shown.trim();
    let (negative, shown) = match shown.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, shown.strip_prefix('+').unwrap_or(shown)),
    };
    let (mantissa, exponent) = match shown.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (shown, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // 0.digits times ten to this power.
    let power = i64::try_from(whole.len()).ok()? + exponent;
    let leading = digits.bytes().take_while(|byte| *byte == b'0').count();
    let power = power - i64::try_from(leading).ok()?;
    let digits = digits.trim_matches('0');
    if digits.is_empty() {
        return Some("0".to_owned());
    }
    Some(format!("{}0.{digits}e{power}", if negative { "-" } else { "" }))
}

/// A moment without a fraction that is nothing, and without midnight.
fn moment(shown: &str) -> String {
    let shown = shown.trim();
    let shown = match shown.split_once('.') {
        Some((start, fraction)) => match fraction.trim_end_matches('0') {
            "" => start.to_owned(),
            fraction => format!("{start}.{fraction}"),
        },
        None => shown.to_owned(),
    };
    shown.strip_suffix(" 00:00:00").map(str::to_owned).unwrap_or(shown)
}

/// A moment as the number that the server makes of it.
fn digits(shown: &str) -> String {
    shown
        .chars()
        .enumerate()
        .filter(|(at, one)| one.is_ascii_digit() || *one == '.' || (*at == 0 && *one == '-'))
        .map(|(_, one)| one)
        .collect()
}

/// Whether the server's JSON is what the text says: the same value, and no member fewer.
fn json(text: &str, json: &str) -> bool {
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    // Members that stand twice are dropped by each reader.
    let colons = |text: &str| text.bytes().filter(|byte| *byte == b':').count();
    value(text).is_some() && value(text) == value(json) && colons(text) == colons(json)
}

#[test]
fn values_are_the_same_by_what_they_mean() {
    let of = |text: &str| *super::types::TYPES.iter().find(|data_type| data_type.text == text).expect("a type");
    let (int, bigint, decimal, double) = (of("int"), of("bigint"), of("decimal(10,4)"), of("double"));
    assert!(
        same("00042", int, "42.0000", decimal)
            && same("-0", double, "0", int)
            && same("1e20", double, "100000000000000000000", decimal)
    );
    assert!(!same("9223372036854775807", bigint, "9.223372036854776e18", double));
    assert!(same("9007199254740992", bigint, "9007199254740992", double));
    assert!(!same("1.05", decimal, "1.1", decimal) && !same("10", int, "1", int) && !same("NULL", int, "0", int));
    let (day, moment) = (of("date"), of("datetime(3)"));
    assert!(same("2020-01-02", day, "2020-01-02 00:00:00.000", moment));
    assert!(!same("2020-01-02 03:04:05.678", moment, "2020-01-02 03:04:06", of("datetime")));
    let (text, set, json) = (of("varchar(20)"), of("set('r','w','x')"), of("json"));
    assert!(same("722C77|722C77", set, "772C72|772C72", set));
    assert!(same("3132|3132", text, "12", int) && !same("313261|313261", text, "12", int));
    let twice = "7B2261223A20312C202261223A20327D";
    assert!(!same(&format!("{twice}|{twice}"), text, "7B2261223A20327D", json));
}
