//! A count that stops at a bound.

use serde::Serialize;

/// How many there are, as far as it was counted: no page waits until a million rows are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// How many were counted, at most [`Count::BOUND`].
    pub number: u64,
    /// Whether there are more.
    pub is_more: bool,
}

impl Count {
    /// Where counting stops.
    pub const BOUND: u64 = 10_000;

    /// The count of a reader that counted no further than one past the bound.
    pub fn of(counted: u64) -> Self {
        Self {
            number: counted.min(Self::BOUND),
            is_more: counted > Self::BOUND,
        }
    }
}
