//! `[lockout]`

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

use super::forms::{list, network, number};
use super::section::section;
use keyward_core::domain::attempt::{AttemptLimit, AttemptScope};

section! {
    /// How failed tries are slowed down.
    Lockout = "lockout" {
        /// Failed tries of one user and factor before it is locked.
        user_failures "user_failures": u32 = number(1..=1000).or("10");
        /// Failed tries of one user and factor in a row, however far apart, before nothing but another
        /// proof or an administrator opens it again (NIST SP 800-63B-4 §3.2.2).
        consecutive_failures "consecutive_failures": u32 = number(10..=100).or("100");
        /// How many people failed from one address (one IPv6 /64) within an hour, and did not get in
        /// since, before it is locked. Each who got in makes room for one more; each try at what is
        /// locked already counts as one.
        address_failures "address_failures": u32 = number(1..=100_000).or("20");
        /// Networks of one's own, such as an office's, with a limit of their own.
        trusted_networks "trusted_networks": Vec<IpNet> = list(network(), "a list of networks such as `\"192.0.2.0/24\"`").or("[]");
        /// The same as `address_failures` for addresses of `trusted_networks`. 0 never locks them.
        trusted_failures "trusted_failures": u32 = number(0..=100_000).or("200");
        /// Users whose password was typed wrong from one network (an IPv4 /24, an IPv6 /48) within
        /// an hour, and not right since, before that is noticed as spraying: an event, and a lock
        /// of the address, which `trusted_networks` are spared. 0 is off.
        spray_users "spray_users": u32 = number(0..=100_000).or("20");
        /// Seconds of the first lock; each further one is twice as long.
        seconds "seconds": u64 = number(1..=86_400).or("30");
        /// Seconds of the longest lock.
        max_seconds "max_seconds": u64 = number(1..=604_800).or("900");
    }
}

impl Lockout {
    /// The limit for one user and factor, or for a name that no user has.
    pub fn per_scope(&self, scope: &AttemptScope) -> AttemptLimit {
        AttemptLimit {
            in_a_row: scope.user().map(|_| self.consecutive_failures),
            ..self.limit(self.user_failures)
        }
    }

    /// The limit for an address; `None` where nothing locks it.
    pub fn per_address(&self, address: IpAddr) -> Option<AttemptLimit> {
        let failures = match self.is_trusted(address) {
            true => self.trusted_failures,
            false => self.address_failures,
        };
        (failures > 0).then(|| self.limit(failures))
    }

    /// Whether an address lies in a network of one's own. IPv4 in IPv6's clothes is IPv4.
    pub fn is_trusted(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted_networks
            .iter()
            .any(|network| network.contains(&address))
    }

    /// How many users are noticed as spraying; `None` where that is off.
    pub fn spray_limit(&self) -> Option<i64> {
        (self.spray_users > 0).then_some(i64::from(self.spray_users))
    }

    fn limit(&self, failures: u32) -> AttemptLimit {
        AttemptLimit {
            failures,
            lock: Duration::from_secs(self.seconds),
            longest: Duration::from_secs(self.max_seconds),
            in_a_row: None,
        }
    }
}
