//! `[session]`

use std::time::Duration;

use super::form::Form;
use super::forms::{days, duration, duration_or_off, minutes, number};
use super::section::section;

section! {
    /// How long a sign-in holds.
    Session = "session" {
        /// A session ends after this long without a request.
        idle "idle": Duration = lasting().or("12h");
        /// A session ends after this long whatever happens.
        absolute "absolute": Duration = lasting().or("7d");
        /// How many sessions a person may have at once. One more ends the one that was not seen for
        /// longest.
        max_per_user "max_per_user": u32 = number(1..=1000).or("100");
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
