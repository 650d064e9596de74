//! Open sessions, as their owner and as administrators see them.

use serde::Serialize;

use super::Page;
use keyward_core::clock::Timestamp;
use keyward_core::domain::browser::BrowserNames;
use keyward_core::domain::session::{Session, SessionId};

/// An open session in a list.
#[derive(Clone, Serialize)]
pub struct SessionRow {
    /// The row.
    pub id: SessionId,
    /// The browser's name, as far as it is known.
    pub browser: Option<&'static str>,
    /// Its system's.
    pub system: Option<&'static str>,
    /// What the browser says it is, in full.
    pub user_agent: String,
    /// From which address.
    pub address: String,
    /// How well it was proved.
    pub assurance: &'static str,
    /// By what, as RFC 8176 names methods.
    pub methods: Vec<String>,
    /// The level that this comes to, as NIST SP 800-63B-4 writes it: `AAL2`.
    pub level: String,
    /// When it began.
    pub opened_at: Timestamp,
    /// When it was last seen.
    pub last_seen_at: Timestamp,
    /// Whether it is the one that looks.
    pub is_here: bool,
}

impl SessionRow {
    /// A session, seen from the session `here`.
    pub fn new(session: &Session, here: SessionId) -> Self {
        let names = BrowserNames::of(&session.client.user_agent);
        Self {
            id: session.id,
            browser: names.browser,
            system: names.system,
            user_agent: session.client.user_agent.clone(),
            address: session.client.address.to_string(),
            assurance: session.assurance.as_str(),
            methods: session.methods.iter().map(str::to_owned).collect(),
            level: session.level.as_str().to_uppercase(),
            opened_at: session.opened_at,
            last_seen_at: session.last_seen_at,
            is_here: session.id == here,
        }
    }

    /// Two sessions: this one, and one of an unknown browser.
    #[cfg(test)]
    pub(super) fn samples() -> Vec<Self> {
        use crate::views::tests::{ago, id};
        use keyward_core::domain::session::Assurance;
        let here = Self {
            id: id(1, SessionId::parse),
            browser: Some("Firefox"),
            system: Some("Linux"),
            user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
                .to_owned(),
            address: "192.0.2.7".to_owned(),
            assurance: Assurance::Verified.as_str(),
            methods: ["pwd", "hwk", "user", "mfa"].map(str::to_owned).to_vec(),
            level: "AAL3".to_owned(),
            opened_at: ago(7_000),
            last_seen_at: ago(30),
            is_here: true,
        };
        let unknown = Self {
            id: id(2, SessionId::parse),
            browser: None,
            system: None,
            user_agent: "<script>".to_owned(),
            address: "2001:db8:1234:5678:9abc:def0:1234:5678".to_owned(),
            assurance: Assurance::Password.as_str(),
            methods: vec!["pwd".to_owned()],
            level: "AAL1".to_owned(),
            is_here: false,
            ..here.clone()
        };
        vec![here, unknown]
    }
}

/// `GET /account/sessions`.
#[derive(Clone, Serialize)]
pub struct SessionsPage {
    /// The sessions, newest first.
    pub sessions: Vec<SessionRow>,
}

impl Page for SessionsPage {
    const TEMPLATE: &'static str = "account/sessions.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let mut alone = SessionRow::samples();
        alone.truncate(1);
        [SessionRow::samples(), alone]
            .map(|sessions| Self { sessions })
            .into()
    }
}

/// A session in the console's list.
#[derive(Clone, Serialize)]
pub struct OwnedSessionRow {
    /// The session.
    pub session: SessionRow,
    /// Whose it is, by id.
    pub owner_id: String,
    /// Whose it is, by name.
    pub owner: String,
}

/// `GET /console/sessions?user=&after=`.
#[derive(Clone, Serialize)]
pub struct ConsoleSessionsPage {
    /// Whose sessions: what stands in their names or addresses; empty for everybody's.
    pub user: String,
    /// Whether that fits more people than those who are shown.
    pub are_more_meant: bool,
    /// A page of sessions, newest first.
    pub sessions: Vec<OwnedSessionRow>,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Whether this page came without an `after`.
    pub is_first_page: bool,
}

impl Page for ConsoleSessionsPage {
    const TEMPLATE: &'static str = "console/sessions.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let rows = SessionRow::samples()
            .into_iter()
            .map(|session| OwnedSessionRow {
                session,
                owner_id: "018f".to_owned(),
                owner: "anna".to_owned(),
            });
        let some = Self {
            user: "anna".to_owned(),
            are_more_meant: true,
            sessions: rows.collect(),
            next: Some("018f".to_owned()),
            is_first_page: true,
        };
        let none = Self {
            user: "<ben> & co".to_owned(),
            are_more_meant: false,
            sessions: Vec::new(),
            next: None,
            is_first_page: false,
        };
        vec![some, none]
    }
}
