//! `[invitation]`

use std::time::Duration;

use super::forms::{days, duration, minutes};
use super::section::section;

section! {
    /// Invitations by mail.
    Invitation = "invitation" {
        /// How long the link in a mail works.
        lasting "lasting": Duration = duration(minutes(5)..=days(90)).or("7d");
    }
}
