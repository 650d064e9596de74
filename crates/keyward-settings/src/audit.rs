//! `[audit]`

use std::time::Duration;

use super::forms::{days, duration_or_off};
use super::section::section;

section! {
    /// The audit trail.
    Audit = "audit" {
        /// How long events are kept. Older ones are removed, a few at a time.
        retention "retention": Option<Duration> = duration_or_off(days(1)..=days(36_500)).or("730d");
    }
}
