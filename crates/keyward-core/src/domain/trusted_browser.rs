//! A browser that may stand in for the second factor for a while.

use std::time::Duration;

use super::client::Client;
use super::device::DeviceName;
pub use super::ids::TrustedBrowserId;
use super::ids::{DeviceId, UserId};
use super::policy::Rules;
use crate::clock::Timestamp;
use crate::secret::TokenHash;

/// One trusted browser of one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedBrowser {
    /// The row.
    pub id: TrustedBrowserId,
    /// Whose it is.
    pub user_id: UserId,
    /// What its owner calls it, by the rules for names of devices.
    pub name: DeviceName,
    /// The device that was proved when the trust began.
    pub device_id: DeviceId,
    /// When the trust began.
    pub created_at: Timestamp,
    /// When it last stood in for the second factor.
    pub last_used_at: Option<Timestamp>,
    /// The end that no use moves.
    pub expires_at: Timestamp,
    /// From where it was last used, or else trusted.
    pub client: Client,
}

/// A trusted browser with the hashes of its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedBrowser {
    /// The browser.
    pub browser: TrustedBrowser,
    /// The hash of the key that the browser has.
    pub key_hash: TokenHash,
    /// The hash of the key before it.
    pub previous_hash: Option<TokenHash>,
    /// When the key changed.
    pub rotated_at: Timestamp,
}

/// For how long, and how many browsers of one user are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustTerms {
    /// How long the trust lasts.
    pub age: Duration,
    /// How many browsers of one user; a further one ends the trust in the one that was used
    /// longest ago.
    pub most: usize,
}

impl TrustTerms {
    /// These terms under the rules of policies as well: the strictest hold. `None` where no browser
    /// is trusted.
    pub fn under(self, rules: &Rules) -> Option<Self> {
        let days = rules.trusted_browser_days.map(u64::from);
        let most = rules.trusted_browsers.map(usize::from);
        let terms = Self {
            age: days.map_or(self.age, |days| {
                self.age.min(Duration::from_hours(24 * days))
            }),
            most: most.map_or(self.most, |most| most.min(self.most)),
        };
        (terms.most > 0).then_some(terms)
    }

    /// Which of a user's browsers stay trusted: those that were used last, while they are young
    /// enough.
    pub fn keep(self, browsers: &[TrustedBrowser], now: Timestamp) -> Vec<TrustedBrowserId> {
        let last_use =
            |browser: &TrustedBrowser| browser.last_used_at.unwrap_or(browser.created_at);
        let mut newest: Vec<&TrustedBrowser> = browsers.iter().collect();
        newest.sort_by_key(|browser| std::cmp::Reverse(last_use(browser)));
        let kept = newest.into_iter().take(self.most);
        let young = kept.filter(|browser| browser.created_at + self.age > now);
        young.map(|browser| browser.id).collect()
    }
}
