//! A temporary pass: typing it, and what it opens besides a device.

use serde::Serialize;

use crate::views::Page;

/// `GET /sign-in?method=pass`.
#[derive(Clone, Serialize)]
pub struct PassPage {
    /// What was typed before, where something was refused.
    pub username: String,
}

impl Page for PassPage {
    const TEMPLATE: &'static str = "sign-in/pass.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        ["", "anna"]
            .map(|username| Self {
                username: username.to_owned(),
            })
            .into()
    }
}

/// `GET /account/password/new`, in a session that a pass opened.
#[derive(Clone, Serialize)]
pub struct ChoosePasswordPage {
    /// Whose password it is; password managers look for it.
    pub username: String,
    /// The fewest characters of the new one.
    pub shortest: usize,
}

impl Page for ChoosePasswordPage {
    const TEMPLATE: &'static str = "account/new-password.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [8, 15]
            .map(|shortest| Self {
                username: "anna".to_owned(),
                shortest,
            })
            .into()
    }
}
