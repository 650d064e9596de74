//! A browser that stands in for the second factor: a signed cookie with a key that changes at each
//! use.
//!
//! An attacker who copies the cookie has a key that is worth nothing once the browser has used its
//! own, and the other way round: the first of the two to use it leaves the other with a key of the
//! past. A key of the past that comes back means that there are two of them, and ends the trust.
//!
//! Two tabs of one browser may send the same key at once. The key before the newest is therefore
//! good for [`GRACE`] from the same address and by the same browser, and changes nothing.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::domain::device::DeviceId;
use crate::domain::session::Client;
use crate::domain::trusted_browser::{KeyedBrowser, TrustedBrowserId};
use crate::domain::user::UserId;
use crate::secret::{KeyPurpose, MasterKey, Token, TokenHash, same};

/// How long the key before the newest is good: as long as two tabs that load at once may lie apart.
pub const GRACE: Duration = Duration::from_secs(10);

/// What a browser's cookie holds: which browser it is, and its key. Signed, so that no attacker can
/// make a key of the past up and end a user's trust with it.
#[derive(Clone, Debug)]
pub struct BrowserKey {
    id: TrustedBrowserId,
    key: Token,
}

impl BrowserKey {
    /// The first or the next key of a browser.
    pub fn new(id: TrustedBrowserId, key: Token) -> Self {
        Self { id, key }
    }

    /// Reads a cookie; `None` for anything that we have not signed.
    pub fn read(cookie: &str, master_key: &MasterKey) -> Option<Self> {
        let mut parts = cookie.splitn(3, '.');
        let (id, key, tag) = (parts.next()?, parts.next()?, parts.next()?);
        let expected = tag_of(id, key, master_key);
        if !same(tag.as_bytes(), expected.as_bytes()) {
            return None;
        }
        Some(Self {
            id: TrustedBrowserId::parse(id)?,
            key: Token::parse(key)?,
        })
    }

    /// The cookie.
    pub fn write(&self, master_key: &MasterKey) -> Zeroizing<String> {
        let (id, key) = (self.id.to_string(), self.key.expose());
        let tag = tag_of(&id, &key, master_key);
        Zeroizing::new(format!("{id}.{}.{tag}", key.as_str()))
    }

    /// Which browser it says it is.
    pub fn id(&self) -> TrustedBrowserId {
        self.id
    }

    /// What the database holds of the key.
    pub fn hash(&self) -> TokenHash {
        self.key.hash()
    }
}

fn tag_of(id: &str, key: &str, master_key: &MasterKey) -> String {
    let tag = master_key.tag::<32>(KeyPurpose::TrustedBrowser, &[id, key]);
    data_encoding::HEXLOWER.encode(tag.as_slice())
}

/// The proof that a trusted browser was there. Made by [`verify`] alone.
#[must_use = "a proof that nobody asks for proves nothing"]
#[derive(Debug)]
pub struct BrowserTrusted {
    user_id: UserId,
    browser_id: TrustedBrowserId,
    device_id: DeviceId,
    is_newest: bool,
}

impl BrowserTrusted {
    /// Whose browser it is.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// Which browser it is.
    pub fn browser_id(&self) -> TrustedBrowserId {
        self.browser_id
    }

    /// The device that vouched for it.
    pub fn device_id(&self) -> DeviceId {
        self.device_id
    }

    /// Whether the key was the newest, which is spent now; else another tab has just spent it.
    pub fn is_newest(&self) -> bool {
        self.is_newest
    }
}

/// Why a browser does not stand in for anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrowserRefusal {
    /// The trust is over.
    Expired,
    /// The key is one of the past: an attacker may have a copy of the cookie.
    Reused,
}

/// Verifies a browser's key at this moment. The row stays as it is.
///
/// # Errors
/// The refusal.
pub fn verify(
    stored: &KeyedBrowser,
    key: &BrowserKey,
    now: Timestamp,
    client: &Client,
) -> Result<BrowserTrusted, BrowserRefusal> {
    let browser = &stored.browser;
    if browser.id != key.id() || browser.expires_at <= now {
        return Err(BrowserRefusal::Expired);
    }
    let shown = key.hash();
    let is = |hash: &TokenHash| same(hash.as_str().as_bytes(), shown.as_str().as_bytes());
    let is_newest = is(&stored.key_hash);
    let is_second_tab = stored.previous_hash.as_ref().is_some_and(is)
        && now.since(stored.rotated_at) < GRACE
        && *client == browser.client;
    if is_newest || is_second_tab {
        Ok(BrowserTrusted {
            user_id: browser.user_id,
            browser_id: browser.id,
            device_id: browser.device_id,
            is_newest,
        })
    } else {
        Err(BrowserRefusal::Reused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;
    use crate::domain::device::DeviceName;
    use crate::domain::trusted_browser::TrustedBrowser;

    const NOW: Timestamp = Timestamp::from_seconds(1_795_319_835);

    fn client(address: [u8; 4]) -> Client {
        Client::new(address.into(), "Firefox")
    }

    fn key(id: TrustedBrowserId) -> BrowserKey {
        BrowserKey::new(id, Token::generate(&SystemEntropy))
    }

    fn stored(newest: &BrowserKey, previous: &BrowserKey) -> KeyedBrowser {
        KeyedBrowser {
            browser: TrustedBrowser {
                id: newest.id(),
                user_id: UserId::generate(NOW, &SystemEntropy),
                name: DeviceName::from_typed("Firefox").expect("a name"),
                device_id: DeviceId::generate(NOW, &SystemEntropy),
                created_at: NOW,
                last_used_at: None,
                expires_at: NOW + Duration::from_hours(1),
                client: client([192, 0, 2, 1]),
            },
            key_hash: newest.hash(),
            previous_hash: Some(previous.hash()),
            rotated_at: NOW,
        }
    }

    #[test]
    fn the_newest_key_is_good_until_the_end_and_the_one_before_for_a_moment() {
        let id = TrustedBrowserId::generate(NOW, &SystemEntropy);
        let (newest, previous, older) = (key(id), key(id), key(id));
        let stored = stored(&newest, &previous);
        let here = client([192, 0, 2, 1]);
        let judged = |key, after, from: &Client| {
            let judged = verify(&stored, key, NOW + Duration::from_secs(after), from);
            judged.map(|proof| proof.is_newest())
        };
        assert_eq!(judged(&newest, 3599, &here), Ok(true));
        assert_eq!(judged(&newest, 3600, &here), Err(BrowserRefusal::Expired));
        assert_eq!(judged(&previous, 9, &here), Ok(false));
        assert_eq!(judged(&previous, 10, &here), Err(BrowserRefusal::Reused));
        assert_eq!(judged(&older, 1, &here), Err(BrowserRefusal::Reused));
        let elsewhere = client([192, 0, 2, 2]);
        assert_eq!(
            judged(&previous, 1, &elsewhere),
            Err(BrowserRefusal::Reused)
        );
        assert_eq!(judged(&newest, 1, &elsewhere), Ok(true));
    }

    #[test]
    fn the_key_of_one_browser_is_good_for_no_other() {
        let [one, other] = [(); 2].map(|()| TrustedBrowserId::generate(NOW, &SystemEntropy));
        let token = Token::generate(&SystemEntropy);
        let newest = BrowserKey::new(one, token.clone());
        let stored = stored(&newest, &key(one));
        let here = client([192, 0, 2, 1]);
        assert!(verify(&stored, &newest, NOW, &here).is_ok());
        let under_another = BrowserKey::new(other, token);
        let judged = verify(&stored, &under_another, NOW, &here);
        assert_eq!(judged.err(), Some(BrowserRefusal::Expired));
    }

    #[test]
    fn a_cookie_that_we_have_not_signed_is_nobodys() {
        let master_key = MasterKey::generate(&SystemEntropy);
        let id = TrustedBrowserId::generate(NOW, &SystemEntropy);
        let cookie = key(id).write(&master_key);
        let read = BrowserKey::read(&cookie, &master_key).expect("our own");
        assert_eq!(read.id(), id);
        for at in 0..cookie.len() {
            let mut tampered = cookie.as_bytes().to_vec();
            tampered[at] = if tampered[at] == b'a' { b'b' } else { b'a' };
            let tampered = String::from_utf8(tampered).expect("ASCII");
            assert!(BrowserKey::read(&tampered, &master_key).is_none(), "{at}");
        }
        let other = MasterKey::generate(&SystemEntropy);
        assert!(BrowserKey::read(&cookie, &other).is_none());
        for nonsense in ["", ".", "..", "a.b.c", "a.b"] {
            assert!(BrowserKey::read(nonsense, &master_key).is_none());
        }
    }
}
