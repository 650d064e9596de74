//! Trusted browsers, as their owner and as administrators see them.

use serde::Serialize;

use super::Page;
use keyward_core::clock::Timestamp;
use keyward_core::domain::trusted_browser::{TrustedBrowser, TrustedBrowserId};

/// A trusted browser in a list.
#[derive(Clone, Serialize)]
pub struct TrustedBrowserRow {
    /// The row.
    pub id: TrustedBrowserId,
    /// What its owner calls it.
    pub name: String,
    /// What the browser says it is.
    pub user_agent: String,
    /// From which address it was last used.
    pub address: String,
    /// When the trust began.
    pub created_at: Timestamp,
    /// When it last stood in for a device.
    pub last_used_at: Option<Timestamp>,
    /// When the trust ends.
    pub expires_at: Timestamp,
    /// Whose it is, by id.
    pub owner_id: String,
    /// Whose it is, by name.
    pub owner: String,
}

impl TrustedBrowserRow {
    /// A browser of this user.
    pub fn new(browser: &TrustedBrowser, owner: &str) -> Self {
        Self {
            id: browser.id,
            name: browser.name.as_str().to_owned(),
            user_agent: browser.client.user_agent.clone(),
            address: browser.client.address.to_string(),
            created_at: browser.created_at,
            last_used_at: browser.last_used_at,
            expires_at: browser.expires_at,
            owner_id: browser.user_id.to_string(),
            owner: owner.to_owned(),
        }
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::{ago, id};
        let used = Self {
            id: id(1, TrustedBrowserId::parse),
            name: "Firefox on Linux".to_owned(),
            user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
                .to_owned(),
            address: "192.0.2.7".to_owned(),
            created_at: ago(700_000),
            last_used_at: Some(ago(3_000)),
            expires_at: ago(-900_000),
            owner_id: "018f".to_owned(),
            owner: "anna".to_owned(),
        };
        let unused = Self {
            id: id(2, TrustedBrowserId::parse),
            name: "Anna's <laptop>".to_owned(),
            last_used_at: None,
            ..used.clone()
        };
        vec![used, unused]
    }
}

/// `GET /account/browsers`.
#[derive(Clone, Serialize)]
pub struct TrustedBrowsersPage {
    /// The browsers, newest first.
    pub browsers: Vec<TrustedBrowserRow>,
}

impl Page for TrustedBrowsersPage {
    const TEMPLATE: &'static str = "account/trusted-browsers.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [TrustedBrowserRow::samples(), Vec::new()]
            .map(|browsers| Self { browsers })
            .into()
    }
}

/// `GET /console/browsers?user=&after=`.
#[derive(Clone, Serialize)]
pub struct ConsoleTrustedBrowsersPage {
    /// Whose browsers: what stands in their names or addresses; empty for everybody's.
    pub user: String,
    /// Whether that fits more people than those who are shown.
    pub are_more_meant: bool,
    /// A page of browsers, newest first.
    pub browsers: Vec<TrustedBrowserRow>,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Whether this page came without an `after`.
    pub is_first_page: bool,
}

impl Page for ConsoleTrustedBrowsersPage {
    const TEMPLATE: &'static str = "console/trusted-browsers.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [TrustedBrowserRow::samples(), Vec::new()]
            .map(|browsers| Self {
                user: "anna".to_owned(),
                are_more_meant: browsers.is_empty(),
                next: browsers.first().map(|row| row.id.to_string()),
                is_first_page: !browsers.is_empty(),
                browsers,
            })
            .into()
    }
}
