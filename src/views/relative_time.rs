//! Times for people: how long ago, with the exact moment behind it.

use fluent_bundle::FluentValue;

use super::phrases::Phrases;
use keyward_core::clock::Timestamp;
use keyward_core::problem::Result;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// The mean month and year of the Gregorian calendar.
const MONTH: u64 = 2_629_746;
const YEAR: u64 = 31_556_952;

/// How far `moment` lies from `now`, in the largest unit that fits.
pub(super) fn relative(phrases: &Phrases, moment: Timestamp, now: Timestamp) -> Result<String> {
    let (direction, seconds) = if moment > now {
        ("when-in", moment.since(now).as_secs())
    } else {
        ("when", now.since(moment).as_secs())
    };
    if seconds < MINUTE {
        return phrases.say(&format!("{direction}-now"), &[]);
    }
    let (unit, length) = match seconds {
        ..HOUR => ("minutes", MINUTE),
        HOUR..DAY => ("hours", HOUR),
        DAY..MONTH => ("days", DAY),
        MONTH..YEAR => ("months", MONTH),
        _ => ("years", YEAR),
    };
    // What is to come is rounded to the nearest: a moment after three days were granted, the end
    // is still said to be in three days.
    let count = match moment > now {
        true => (seconds + length / 2) / length,
        false => seconds / length,
    };
    let count = FluentValue::from(count);
    phrases.say(&format!("{direction}-{unit}"), &[("count", count)])
}

/// The element that says it: relative in sight, exact in `title`. A script puts the title into
/// the reader's own time zone.
pub(super) fn element(phrases: &Phrases, moment: Timestamp, now: Timestamp) -> Result<String> {
    let machine = moment.rfc3339();
    let exact = machine.replace('T', " ").replace('Z', " UTC");
    let relative = relative(phrases, moment, now)?;
    Ok(format!(
        r#"<time datetime="{machine}" title="{exact}">{relative}</time>"#
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::Language;

    #[test]
    fn times_are_told_in_the_largest_unit_that_fits() {
        let phrases = Phrases::load(Language::English).expect("English loads");
        let now = Timestamp::from_seconds(1_800_000_000);
        let ago = |seconds: i64| {
            let moment = Timestamp::from_seconds(1_800_000_000 - seconds);
            relative(&phrases, moment, now).expect("a phrase")
        };
        assert_eq!(ago(0), "just now");
        assert_eq!(ago(59), "just now");
        assert_eq!(ago(60), "1 minute ago");
        assert_eq!(ago(3_599), "59 minutes ago");
        assert_eq!(ago(86_399), "23 hours ago");
        assert_eq!(ago(86_400), "yesterday");
        assert_eq!(ago(40 * 86_400), "1 month ago");
        assert_eq!(ago(3 * 31_556_952), "3 years ago");
        assert_eq!(ago(-300), "in 5 minutes");
        assert_eq!(ago(-3 * 86_400 + 1), "in 3 days");
        assert_eq!(ago(-3 * 86_400 + 50_000), "in 2 days");
    }

    #[test]
    fn the_exact_moment_stands_in_the_title() {
        let phrases = Phrases::load(Language::English).expect("English loads");
        let moment = Timestamp::from_seconds(1_795_319_835);
        let element = element(&phrases, moment, moment).expect("an element");
        assert!(element.contains(r#"datetime="2026-11-22T03:57:15Z""#));
        assert!(element.contains(r#"title="2026-11-22 03:57:15 UTC""#));
    }
}
