//! Set-up: the first superuser.

use serde::Serialize;

use crate::views::Page;

/// `GET /setup`: name and password of the first superuser.
#[derive(Clone, Serialize)]
pub struct SetUpPage {
    /// The token of the link, carried on by the form.
    pub token: String,
    /// What was typed before, where something was refused.
    pub username: String,
    /// The same of the e-mail address.
    pub email: String,
}

impl Page for SetUpPage {
    const TEMPLATE: &'static str = "set-up.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        ["", "anna"]
            .map(|username| Self {
                token: "w5f3…".to_owned(),
                username: username.to_owned(),
                email: String::new(),
            })
            .into()
    }
}
