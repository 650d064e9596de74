//! Stepping up by the password, for a user without a device. The pages of devices are those of the
//! sign-in.

use serde::Serialize;

use crate::views::Page;

/// `GET /step-up` for a user who has no device.
#[derive(Clone, Serialize)]
pub struct PasswordAgainPage {
    /// The number of this step; an answer to another one is refused.
    pub turn: i64,
    /// Who is signed in.
    pub username: String,
    /// Where it leads.
    pub next: String,
}

impl Page for PasswordAgainPage {
    const TEMPLATE: &'static str = "step-up/password.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![Self {
            turn: 3,
            username: "anna".to_owned(),
            next: "/account/devices/add".to_owned(),
        }]
    }
}
