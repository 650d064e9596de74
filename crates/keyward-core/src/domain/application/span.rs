//! Spans as rules say them.

use std::time::Duration;

const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

/// Reads a span such as `10m`, `1h` or `7d`.
pub(super) fn parse_span(text: &str) -> Option<Duration> {
    let (unit, seconds) = UNITS.into_iter().find(|(unit, _)| text.ends_with(*unit))?;
    let number = text.strip_suffix(unit)?;
    let is_decimal = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = number.parse().ok().filter(|_| is_decimal)?;
    number.checked_mul(seconds).map(Duration::from_secs)
}

/// A span of whole seconds in the largest unit that leaves nothing over: how many of `d`, `h`, `m` or `s`.
pub fn in_largest_unit(span: Duration) -> (u64, char) {
    let whole = span.as_secs();
    let fitting = UNITS
        .into_iter()
        .find(|(_, seconds)| whole.is_multiple_of(*seconds));
    let (unit, seconds) = fitting.unwrap_or(('s', 1));
    (whole / seconds, unit)
}

/// A span as rules are written: `10m`, `1h` or `7d`.
pub fn print_span(span: Duration) -> String {
    let (number, unit) = in_largest_unit(span);
    format!("{number}{unit}")
}
