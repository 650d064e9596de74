//! Keys whose secrets are held here.

use serde::Serialize;

use crate::views::Page;
use keyward_core::clock::Timestamp;
use keyward_core::factors::otp_key::OtpKey;

/// A held key in the list.
#[derive(Clone, Serialize)]
pub struct OtpKeyRow {
    /// What its one-time passwords begin with.
    pub public_id: String,
    /// The serial number, where it is known.
    pub serial: Option<String>,
    /// Whether its one-time passwords are judged.
    pub is_active: bool,
    /// What it is.
    pub note: String,
    /// When its secret came here.
    pub created_at: Timestamp,
    /// When a one-time password of it was last accepted.
    pub last_used_at: Option<Timestamp>,
}

impl From<&OtpKey> for OtpKeyRow {
    fn from(key: &OtpKey) -> Self {
        Self {
            public_id: key.public_id.to_string(),
            serial: key.serial.map(|serial| serial.to_string()),
            is_active: key.is_active,
            note: key.note.clone(),
            created_at: key.created_at,
            last_used_at: key.last_used_at,
        }
    }
}

/// `GET /console/otp-keys?q=&after=`.
#[derive(Clone, Serialize)]
pub struct OtpKeysPage {
    /// What the public ids begin with; empty for all.
    pub query: String,
    /// The keys in the order of their public ids.
    pub keys: Vec<OtpKeyRow>,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Whether this page came without an `after`.
    pub is_first_page: bool,
}

impl Page for OtpKeysPage {
    const TEMPLATE: &'static str = "console/otp-keys.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let row = |public_id: &str, is_active: bool| OtpKeyRow {
            public_id: public_id.to_owned(),
            serial: is_active.then(|| "10000017".to_owned()),
            is_active,
            note: if is_active { "Batch <2026>" } else { "" }.to_owned(),
            created_at: Timestamp::from_seconds(1_795_000_000),
            last_used_at: is_active.then(|| Timestamp::from_seconds(1_795_319_000)),
        };
        let keys = vec![row("vvccccccccct", true), row("vvcccccccccu", false)];
        let page = |query: &str, keys: Vec<OtpKeyRow>, next: Option<&str>| Self {
            query: query.to_owned(),
            keys,
            next: next.map(str::to_owned),
            is_first_page: next.is_some(),
        };
        vec![
            page("", keys, Some("vvcccccccccu")),
            page("", Vec::new(), None),
            page("vvb", Vec::new(), None),
        ]
    }
}
