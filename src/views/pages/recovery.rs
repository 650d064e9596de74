//! A forgotten password.

use serde::Serialize;

use crate::views::Page;

/// `GET /recover`.
#[derive(Clone, Serialize)]
pub struct RecoverPage {
    /// What was typed before, where something was refused.
    pub email: String,
}

impl Page for RecoverPage {
    const TEMPLATE: &'static str = "recover/ask.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        ["", "anna@"]
            .map(|email| Self {
                email: email.to_owned(),
            })
            .into()
    }
}

/// `GET /recover/{token}`.
#[derive(Clone, Serialize)]
pub struct ResetPage {
    /// The link.
    pub token: String,
    /// Whose password it is; password managers look for it.
    pub username: String,
    /// The fewest characters of the new one.
    pub shortest: usize,
}

impl Page for ResetPage {
    const TEMPLATE: &'static str = "recover/reset.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [8, 15]
            .map(|shortest| Self {
                token: "A".repeat(43),
                username: "anna".to_owned(),
                shortest,
            })
            .into()
    }
}
