//! `[lockout]`

use std::time::Duration;

use super::forms::number;
use super::section::section;
use crate::domain::attempt::AttemptLimit;

section! {
    /// How failed tries are slowed down.
    Lockout = "lockout" {
        /// Failed tries of one user and factor before it is locked.
        user_failures "user_failures": u32 = number(1..=1000).or("10");
        /// Failed tries from one address (one IPv6 /64) before it is locked.
        address_failures "address_failures": u32 = number(1..=100_000).or("20");
        /// Users whose password was typed wrong from one network (an IPv4 /24, an IPv6 /48) within
        /// an hour, and not right since, before that is noticed as spraying: an event, and a lock
        /// of the address. 0 is off.
        spray_users "spray_users": u32 = number(0..=100_000).or("20");
        /// Seconds of the first lock; each further one is twice as long.
        seconds "seconds": u64 = number(1..=86_400).or("30");
        /// Seconds of the longest lock.
        max_seconds "max_seconds": u64 = number(1..=604_800).or("900");
    }
}

impl Lockout {
    /// The limit for one user and factor.
    pub fn per_user(&self) -> AttemptLimit {
        self.limit(self.user_failures)
    }

    /// The limit for one address.
    pub fn per_address(&self) -> AttemptLimit {
        self.limit(self.address_failures)
    }

    /// How many users are noticed as spraying; `None` where nobody looks.
    pub fn spray_limit(&self) -> Option<i64> {
        (self.spray_users > 0).then_some(i64::from(self.spray_users))
    }

    fn limit(&self, failures: u32) -> AttemptLimit {
        AttemptLimit {
            failures,
            lock: Duration::from_secs(self.seconds),
            longest: Duration::from_secs(self.max_seconds),
        }
    }
}
