//! `[recovery]`

use std::time::Duration;

use super::forms::{days, duration, minutes};
use super::section::section;

section! {
    /// Forgotten passwords.
    Recovery = "recovery" {
        /// How long a link in a mail works.
        lasting "lasting": Duration = duration(minutes(5)..=days(7)).or("1h");
    }
}
