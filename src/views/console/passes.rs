//! Temporary passes: those that work, and a new one, which is shown once.

use serde::Serialize;

use crate::views::Page;
use keyward_core::clock::Timestamp;
use keyward_core::domain::pass::{Pass, PassSummary};
use keyward_core::domain::user::UserId;

/// A pass that works.
#[derive(Clone, Serialize)]
pub struct PassRow {
    /// Whose it is, by id.
    pub user_id: UserId,
    /// Whose it is, by name.
    pub owner: String,
    /// Who issued it; `None` for the command line.
    pub issued_by: Option<String>,
    /// When.
    pub issued_at: Timestamp,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// Whether it works once.
    pub is_once: bool,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

impl From<&PassSummary> for PassRow {
    fn from(summary: &PassSummary) -> Self {
        let mut row = Self::new(&summary.pass, &summary.owner);
        row.issued_by = summary.issued_by.clone();
        row
    }
}

impl PassRow {
    /// A pass of a user.
    pub fn new(pass: &Pass, owner: &str) -> Self {
        Self {
            user_id: pass.user_id,
            owner: owner.to_owned(),
            issued_by: None,
            issued_at: pass.issued_at,
            expires_at: pass.expires_at,
            is_once: pass.is_once,
            used_at: pass.used_at,
        }
    }

    #[cfg(test)]
    pub(super) fn samples() -> Vec<Self> {
        use crate::views::tests::{ago, id};
        let once = Self {
            user_id: id(1, UserId::parse),
            owner: "<anna>".to_owned(),
            issued_by: Some("ben".to_owned()),
            issued_at: ago(600),
            expires_at: ago(-3_000),
            is_once: true,
            used_at: None,
        };
        let timed = Self {
            user_id: id(2, UserId::parse),
            owner: "carla".to_owned(),
            issued_by: None,
            is_once: false,
            used_at: Some(ago(60)),
            ..once.clone()
        };
        vec![once, timed]
    }
}

/// What is asked for a new pass.
#[derive(Clone, Serialize)]
pub struct PassForm {
    /// For how many minutes it works unless an administrator says otherwise.
    pub usual: u64,
    /// The most minutes.
    pub most: u64,
}

/// `GET /console/passes?after=`.
#[derive(Clone, Serialize)]
pub struct PassesPage {
    /// A page of passes.
    pub passes: Vec<PassRow>,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// Whether this page came without an `after`.
    pub is_first_page: bool,
}

impl Page for PassesPage {
    const TEMPLATE: &'static str = "console/passes.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [PassRow::samples(), Vec::new()]
            .map(|passes| Self {
                next: passes.first().map(|row| row.user_id.to_string()),
                is_first_page: passes.is_empty(),
                passes,
            })
            .into()
    }
}

/// The answer to `POST /console/users/{id}/pass`: this answer alone holds the code.
#[derive(Clone, Serialize)]
pub struct PassIssuedPage {
    /// Whose it is, by id.
    pub user_id: UserId,
    /// Whose it is, by name.
    pub owner: String,
    /// What its owner types.
    pub code: String,
    /// Where they type it.
    pub address: String,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// Whether it works once.
    pub is_once: bool,
}

impl Page for PassIssuedPage {
    const TEMPLATE: &'static str = "console/pass-issued.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let rows = PassRow::samples().into_iter();
        rows.map(|row| Self {
            user_id: row.user_id,
            owner: row.owner,
            code: "ABCD-EFGH-JKMN-PQRS".to_owned(),
            address: "https://login.example.org/sign-in?method=pass".to_owned(),
            expires_at: row.expires_at,
            is_once: row.is_once,
        })
        .collect()
    }
}
