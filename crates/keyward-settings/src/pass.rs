//! `[pass]`

use std::time::Duration;

use super::forms::{days, duration, minutes};
use super::section::section;
use super::source::Wrong;

section! {
    /// Temporary access passes: codes that administrators issue to people who have lost everything.
    Pass = "pass" {
        /// How long a pass works unless the administrator says otherwise.
        lasting "lasting": Duration = duration(minutes(1)..=days(7)).or("1h");
        /// The longest that a pass may work.
        longest "longest": Duration = duration(minutes(1)..=days(7)).or("8h");
    }
}

impl Pass {
    /// Refuses a usual length that is longer than the longest.
    pub(super) fn checked(self) -> Result<Self, Wrong> {
        if self.lasting > self.longest {
            return Err(Wrong::new(
                "pass.lasting",
                "must not be longer than pass.longest",
            ));
        }
        Ok(self)
    }
}
