//! `[codes]`

use std::time::Duration;

use super::forms::{digits, duration, minutes, number, truth};
use super::section::section;

section! {
    /// Codes that are delivered, by mail or to a phone.
    Codes = "codes" {
        /// Whether codes are sent by mail. A mailbox is no second factor (NIST SP 800-63B-4
        /// §3.1.3.1): an attacker who reads it can often replace passwords too.
        email "email": bool = truth().or("false");
        /// Digits of a code.
        digits "digits": u32 = digits().or("6");
        /// How long a code can be typed.
        lasting "lasting": Duration = duration(minutes(1)..=minutes(30)).or("10m");
        /// The least time between two codes to one address or number.
        pause "pause": Duration = duration(Duration::from_secs(1)..=minutes(60)).or("30s");
        /// How many codes are sent to one address or number within a day.
        per_address "per_address": u32 = number(1..=1000).or("20");
        /// How many codes are sent for one user within a day, wherever they go.
        per_user "per_user": u32 = number(1..=1000).or("40");
    }
}
