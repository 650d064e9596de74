//! Links by which people choose a password, and the question before everybody is signed out.

use serde::Serialize;

use crate::views::Page;
use keyward_core::clock::Timestamp;
use keyward_core::domain::user::UserId;

/// What the page of a user says about their password.
#[derive(Clone, Debug, Serialize)]
pub struct PasswordState {
    /// Whether there is one.
    pub has_password: bool,
    /// Where a link goes; `None` where no mail reaches them.
    pub mailed_to: Option<String>,
}

/// The answer to `POST /console/users/{id}/password/…` where no mail reaches the user: it alone holds
/// the link.
#[derive(Clone, Serialize)]
pub struct LinkIssuedPage {
    /// Whose it is, by id.
    pub user_id: UserId,
    /// Whose it is, by name.
    pub owner: String,
    /// The link.
    pub address: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

impl Page for LinkIssuedPage {
    const TEMPLATE: &'static str = "console/link-issued.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::{ago, id};
        vec![Self {
            user_id: id(1, UserId::parse),
            owner: "anna".to_owned(),
            address: format!("https://login.example.org/recover/{}", "A".repeat(43)),
            expires_at: ago(-3_000),
        }]
    }
}

/// `GET /console/sessions/everybody`.
#[derive(Clone, Serialize)]
pub struct EndEverybodyPage {}

impl Page for EndEverybodyPage {
    const TEMPLATE: &'static str = "console/end-everybody.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![Self {}]
    }
}
