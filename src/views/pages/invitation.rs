//! An invitation becomes an account.

use serde::Serialize;

use super::ProviderButton;
use crate::views::Page;

/// `GET /invite/{token}`.
#[derive(Clone, Serialize)]
pub struct InvitationPage {
    /// The link.
    pub token: String,
    /// The address that the account will have.
    pub email: String,
    /// What was typed before, where something was refused.
    pub username: String,
    /// The fewest characters of the password.
    pub shortest: usize,
    /// Whether a passkey in place of the password is offered.
    pub can_be_passwordless: bool,
    /// Where one can sign in in place of choosing a password.
    pub providers: Vec<ProviderButton>,
}

impl Page for InvitationPage {
    const TEMPLATE: &'static str = "invitation.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [("", 8, true), ("anna", 15, false)]
            .map(|(username, shortest, can_be_passwordless)| Self {
                token: "A".repeat(43),
                email: "anna@example.org".to_owned(),
                username: username.to_owned(),
                shortest,
                can_be_passwordless,
                providers: match can_be_passwordless {
                    true => ProviderButton::samples(),
                    false => Vec::new(),
                },
            })
            .into()
    }
}
