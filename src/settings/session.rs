//! `[session]`

use std::time::Duration;

use super::form::Form;
use super::forms::{days, duration, duration_or_off, minutes};
use super::section::section;

section! {
    /// How long a sign-in holds.
    Session = "session" {
        /// A session ends after this long without a request.
        idle "idle": Duration = lasting().or("12h");
        /// A session ends after this long whatever happens.
        absolute "absolute": Duration = lasting().or("7d");
        /// How long a fresh proof opens what is dangerous.
        step_up "step_up": Duration = duration(minutes(1)..=days(1)).or("10m");
        /// How long the second factor may take after the password.
        sign_in_timeout "sign_in_timeout": Option<Duration> = waiting().or("10m");
    }
}

fn lasting() -> Form<Duration> {
    duration(minutes(1)..=days(365))
}

fn waiting() -> Form<Option<Duration>> {
    duration_or_off(Duration::from_secs(10)..=days(1))
}
