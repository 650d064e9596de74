//! Times in these files: none says its zone, so all are read and written as UTC.

use time::{Date, Month, PrimitiveDateTime, Time};

use super::RowFault;
use super::field::{decimal, is_absent};
use crate::clock::Timestamp;

/// A time that may be missing: `2009-02-24T17:41:57` or the same with a space, with or without a
/// fraction and a `Z`; nothing, `NULL` and a date of zeros are none.
pub(super) fn parse(text: &str) -> Result<Option<Timestamp>, RowFault> {
    if is_absent(text) || text.starts_with("0000-00-00") {
        return Ok(None);
    }
    read(text).map(Some).ok_or(RowFault::Created)
}

/// The same, or whole seconds since the Unix epoch.
pub(super) fn parse_unix(text: &str) -> Result<Option<Timestamp>, RowFault> {
    match decimal::<i64>(text) {
        // Beyond the year 9999 it is no time but a mistake.
        Some(seconds) if seconds < 253_402_300_800 => Ok(Some(Timestamp::from_seconds(seconds))),
        Some(_) => Err(RowFault::Created),
        None => parse(text),
    }
}

/// `2009-02-24T17:41:57`; nothing where there is none.
pub(super) fn print(moment: Option<Timestamp>) -> String {
    moment
        .map(|moment| moment.rfc3339().trim_end_matches('Z').to_owned())
        .unwrap_or_default()
}

fn read(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_once(['T', ' '])?;
    let time = time.strip_suffix('Z').unwrap_or(time);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    if !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let [year, month, day] = parts(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = parts(time, ':', [2, 2, 2])?;
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let day = u8::try_from(day).ok()?;
    let date = Date::from_calendar_date(i32::from(year), month, day).ok()?;
    let [hour, minute, second] = [hour, minute, second].map(|part| u8::try_from(part).ok());
    let time = Time::from_hms(hour?, minute?, second?).ok()?;
    let moment = PrimitiveDateTime::new(date, time).assume_utc();
    Some(Timestamp::from_seconds(moment.unix_timestamp()))
}

fn parts(text: &str, between: char, lengths: [usize; 3]) -> Option<[u16; 3]> {
    let mut parts = text.split(between);
    let mut numbers = [0; 3];
    for (number, length) in numbers.iter_mut().zip(lengths) {
        let part = parts.next().filter(|part| part.len() == length)?;
        *number = decimal(part)?;
    }
    parts.next().is_none().then_some(numbers)
}
