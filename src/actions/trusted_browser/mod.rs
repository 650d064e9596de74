//! Trusted browsers: beginning the trust, standing in for the second factor, and ending it.

mod end;
mod list;
mod stand_in;
mod trust;

pub use trust::Trusted;

pub(super) use stand_in::{Recognised, stand_in};

use super::Keyward;
use crate::domain::trusted_browser::TrustTerms;
use crate::domain::user::UserId;
use crate::factors::trusted_browser::BrowserKey;

impl Keyward {
    /// On which terms browsers are trusted; `None` where they are not.
    pub fn trust_terms(&self) -> Option<TrustTerms> {
        let settings = &self.settings.trusted_browser;
        settings.age.map(|age| TrustTerms {
            age,
            most: settings.max_per_user,
        })
    }

    /// What tells the cookies of several users of one browser apart, without saying who they are.
    pub fn browser_mark(&self, user: UserId) -> String {
        let mark = self
            .master_key
            .derive::<8>(&format!("trusted browser of {user}"));
        data_encoding::HEXLOWER.encode(mark.as_slice())
    }

    /// Reads a cookie; `None` for what we have not signed.
    pub fn read_browser_key(&self, cookie: &str) -> Option<BrowserKey> {
        BrowserKey::read(cookie, &self.master_key)
    }
}
