//! What failed tries are counted on, and how long they lock it.
//!
//! Tries are counted on the user *and the factor*, never on a session or a cookie, which an
//! attacker can have as many of as they like; and on the address, which is slower to change.

use std::net::IpAddr;
use std::time::Duration;

use super::device::{DeviceKind, SignInMethod};
use super::trusted_browser::TrustedBrowserId;
use super::user::UserId;
use crate::clock::Timestamp;

/// What a count of failed tries belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AttemptScope {
    /// A user's password.
    Password(UserId),
    /// A name that no user has, as a keyed hash. It locks exactly as a real one does, so that a
    /// lockout does not tell which names exist.
    UnknownName(String),
    /// One kind of second factor of a user.
    SecondFactor(UserId, DeviceKind),
    /// A user's temporary pass.
    Pass(UserId),
    /// Recovery links to an address, as a keyed hash: how often they may be sent.
    Recovery(String),
    /// The password, typed in a trusted browser of the user. It has a count of its own, so that no
    /// attacker elsewhere can lock its owner out.
    TrustedBrowser(UserId, TrustedBrowserId),
    /// An address; IPv6 by its /64, which is what one customer has.
    Address(IpAddr),
    /// Wrong API tokens from an address, apart from everything else: a program that shows a revoked
    /// one again and again keeps nobody there from signing in.
    ApiTokens(IpAddr),
    /// Wrong proofs of OpenID clients from an address, apart from everything else: a client with an old
    /// secret keeps nobody there from signing in, and no stranger locks a client.
    OpenidClients(IpAddr),
}

impl AttemptScope {
    /// The scope of an address, with IPv6 cut to its first 64 bits.
    pub fn address(address: IpAddr) -> Self {
        Self::Address(of_one_customer(address))
    }

    /// The scope of wrong API tokens from an address, cut in the same way.
    pub fn api_tokens(address: IpAddr) -> Self {
        Self::ApiTokens(of_one_customer(address))
    }

    /// The scope of wrong proofs of OpenID clients from an address, cut in the same way.
    pub fn openid_clients(address: IpAddr) -> Self {
        Self::OpenidClients(of_one_customer(address))
    }

    /// The scope's key in the database.
    pub fn key(&self) -> String {
        match self {
            Self::Password(user) => format!("user:{user}:password"),
            Self::Pass(user) => format!("user:{user}:pass"),
            Self::TrustedBrowser(user, browser) => format!("user:{user}:browser:{browser}"),
            Self::UnknownName(hash) => format!("name:{hash}"),
            // Passkeys and security keys are one ceremony, in which the kind is the answer's.
            Self::SecondFactor(user, kind) => {
                format!("user:{user}:{}", SignInMethod::of(*kind).as_str())
            }
            Self::Recovery(hash) => format!("recovery:{hash}"),
            Self::Address(address) => format!("address:{address}"),
            Self::ApiTokens(address) => format!("api-tokens:{address}"),
            Self::OpenidClients(address) => format!("openid-clients:{address}"),
        }
    }

    /// The user whose factor it is.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::Password(user)
            | Self::Pass(user)
            | Self::SecondFactor(user, _)
            | Self::TrustedBrowser(user, _) => Some(*user),
            Self::UnknownName(_)
            | Self::Recovery(_)
            | Self::Address(_)
            | Self::ApiTokens(_)
            | Self::OpenidClients(_) => None,
        }
    }

    /// What a key in the database counts on, by the word that pages have for it, and whose address
    /// it is where it is one; `None` for what is no such key.
    pub fn described(key: &str) -> Option<(&str, Option<&str>)> {
        let (first, rest) = key.split_once(':')?;
        match first {
            "user" => {
                Self::user_of(key)?;
                Some((rest.split(':').nth(1)?, None))
            }
            "address" | "api-tokens" | "openid-clients" => Some((first, Some(rest))),
            "recovery" | "name" if !rest.contains(char::is_whitespace) => Some((first, None)),
            _ => None,
        }
    }

    /// The user whom a key in the database is about.
    pub fn user_of(key: &str) -> Option<UserId> {
        UserId::parse(key.strip_prefix("user:")?.split(':').next()?)
    }

    /// Whether what is tried here is an authenticator's signature, which cannot be guessed: it is
    /// not counted and locks nothing, so that forged answers keep no user out.
    pub fn is_hopeless(&self) -> bool {
        match self {
            Self::SecondFactor(_, kind) => kind.is_webauthn(),
            Self::Password(_)
            | Self::UnknownName(_)
            | Self::Pass(_)
            | Self::Recovery(_)
            | Self::TrustedBrowser(..)
            | Self::Address(_)
            | Self::ApiTokens(_)
            | Self::OpenidClients(_) => false,
        }
    }

    /// Whether tries count on the address that they come from, and are refused where that is locked.
    pub fn counts_by_address(&self) -> bool {
        let passes_its_lock = matches!(
            self,
            Self::TrustedBrowser(..) | Self::ApiTokens(_) | Self::OpenidClients(_)
        );
        !self.is_hopeless() && !passes_its_lock
    }

    /// Whose failure it is where those of an address are told apart: a person's, whatever was tried.
    pub fn whose(&self) -> String {
        match self.user() {
            Some(user) => format!("user:{user}"),
            None => self.key(),
        }
    }

    /// What every key about this user begins with.
    pub fn user_prefix(user: UserId) -> String {
        format!("user:{user}:")
    }
}

fn of_one_customer(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(
            || IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
            IpAddr::V4,
        ),
    }
}

/// The network of an address, as text: an IPv4 /24, an IPv6 /48. Neighbours in it are taken for one
/// where one could have many addresses.
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(v6) => {
            let kept = v6.to_bits() & (u128::MAX << 80);
            format!("{}/48", std::net::Ipv6Addr::from(kept))
        }
    }
}

/// How many failures lock a scope, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptLimit {
    /// Failures before the lock.
    pub failures: u32,
    /// The first lock's length; each further one is twice as long.
    pub lock: Duration,
    /// The longest lock.
    pub longest: Duration,
    /// Failures in a row, however far apart, after which nothing but an administrator or another
    /// proof opens the scope again (NIST SP 800-63B-4 §3.2.2: 100 at most); `None` for no end.
    pub in_a_row: Option<u32>,
}

/// Until when a scope is locked whose failures in a row have ended it: the last second of the year
/// 9999.
pub const FOR_GOOD: Timestamp = Timestamp::from_seconds(253_402_300_799);

impl AttemptLimit {
    /// The length of the next lock after `earlier` ones.
    pub fn lock_after(&self, earlier: u32) -> Duration {
        self.lock
            .saturating_mul(2u32.saturating_pow(earlier))
            .min(self.longest)
    }
}

/// One count, as consoles and the command line show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptCount {
    /// The scope's key.
    pub scope: String,
    /// Failures since the last success or lock.
    pub failures: u32,
    /// Until when it is locked, if it is: [`FOR_GOOD`] where too many failures in a row ended it.
    pub locked_until: Option<Timestamp>,
}

impl AttemptCount {
    /// Whether it is counted on a network's address rather than on an account.
    pub fn is_of_network(&self) -> bool {
        matches!(AttemptScope::described(&self.scope), Some((_, Some(_))))
    }

    /// Whether it is locked until an administrator clears it.
    pub fn is_ended(&self) -> bool {
        self.locked_until.is_some_and(|until| until >= FOR_GOOD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_network() {
        let of = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(of("192.0.2.7"), "192.0.2.0/24");
        assert_eq!(of("192.0.2.200"), of("::ffff:192.0.2.7"));
        assert_eq!(of("2001:db8:1:2::3"), "2001:db8:1::/48");
        assert_eq!(of("2001:db8:1:ffff::"), of("2001:db8:1::"));
        assert_ne!(of("192.0.3.7"), of("192.0.2.7"));
    }

    #[test]
    fn locks_double_up_to_the_longest() {
        let limit = AttemptLimit {
            failures: 10,
            lock: Duration::from_secs(30),
            longest: Duration::from_secs(100),
            in_a_row: None,
        };
        let seconds: Vec<u64> = (0..4).map(|n| limit.lock_after(n).as_secs()).collect();
        assert_eq!(seconds, [30, 60, 100, 100]);
        assert_eq!(limit.lock_after(u32::MAX).as_secs(), 100);
    }

    #[test]
    fn an_ipv6_customer_is_one_address_and_a_mapped_ipv4_is_itself() {
        let scope = |text: &str| text.parse().map(AttemptScope::address).map(|s| s.key());
        assert_eq!(
            scope("2001:db8:1:2:3::4"),
            Ok("address:2001:db8:1:2::".to_owned())
        );
        assert_eq!(
            scope("::ffff:192.0.2.7"),
            Ok("address:192.0.2.7".to_owned())
        );
    }
}
