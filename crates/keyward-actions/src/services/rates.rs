//! How often something may happen, by number: in memory, one table a server.
//!
//! The generic cell rate algorithm (ITU-T I.371): of each number only the moment is kept at which
//! it will have used up what it was given. A server that starts again gives everybody their whole
//! share. Several servers on one database count in it too (`store/validation_rates.rs`).

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::Duration;

use keyward_core::clock::Timestamp;
use keyward_core::domain::validation_client::ValidationClientId;

/// The span over which shares are given.
const MINUTE: Duration = Duration::from_secs(60);

/// The most numbers that are remembered; beyond it those whose share is whole again are forgotten.
const MOST: usize = 4096;

/// Who has used how much of their share.
#[derive(Debug)]
pub(crate) struct Rates<K> {
    used_up: Mutex<HashMap<K, Timestamp>>,
}

impl<K> Default for Rates<K> {
    fn default() -> Self {
        Self {
            used_up: Mutex::default(),
        }
    }
}

impl<K: Eq + Hash> Rates<K> {
    /// Takes one of `share` a minute, all of which may be taken at once; `false` where none is
    /// left.
    pub(crate) fn take(&self, who: K, share: NonZeroU32, now: Timestamp) -> bool {
        let Ok(mut used_up) = self.used_up.lock() else {
            return true;
        };
        if used_up.len() >= MOST {
            used_up.retain(|_, until| *until > now);
        }
        let until = used_up.entry(who).or_insert(now);
        let next = (*until).max(now) + MINUTE / share.get();
        // A clock that was turned back must not shut a client out for as long as it was wrong.
        let is_left = next.since(now) <= MINUTE || *until > now + 2 * MINUTE;
        if is_left {
            *until = next.min(now + MINUTE);
        }
        is_left
    }
}

/// How much of their shares the clients of our validation server have used.
#[derive(Debug, Default)]
pub(crate) struct ValidationRates {
    /// Requests, by client.
    pub(crate) clients: Rates<ValidationClientId>,
    /// Recorded refusals, by client and reason.
    pub(crate) refusals: Rates<(ValidationClientId, &'static str)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).expect("more than zero")
    }

    #[test]
    fn a_share_can_be_taken_at_once_and_comes_back_evenly() {
        let rates = Rates::default();
        let start = Timestamp::from_seconds(1000);
        let take = |seconds: u64| {
            let now = start + Duration::from_secs(seconds);
            rates.take(1, share(3), now)
        };
        assert_eq!(
            [take(0), take(0), take(0), take(0)],
            [true, true, true, false]
        );
        assert_eq!([take(19), take(20), take(20)], [false, true, false]);
        assert_eq!(
            [take(200), take(200), take(200), take(200)],
            [true, true, true, false]
        );
    }

    #[test]
    fn shares_are_each_ones_own() {
        let rates = Rates::default();
        let now = Timestamp::from_seconds(1000);
        assert!(rates.take(1, share(1), now));
        assert!(!rates.take(1, share(1), now));
        assert!(rates.take(2, share(1), now));
    }

    #[test]
    fn a_clock_turned_back_shuts_nobody_out() {
        let rates = Rates::default();
        assert!(rates.take(1, share(1), Timestamp::from_seconds(10_000)));
        assert!(rates.take(1, share(1), Timestamp::from_seconds(1000)));
        assert!(!rates.take(1, share(1), Timestamp::from_seconds(1000)));
    }

    #[test]
    fn strangers_do_not_fill_the_memory() {
        let rates = Rates::default();
        for number in 0..20_000 {
            rates.take(number, share(60), Timestamp::from_seconds(number));
        }
        assert!(rates.used_up.lock().expect("one thread").len() <= MOST);
    }
}
