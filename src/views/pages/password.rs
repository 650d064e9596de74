//! Changing one's own password.

use serde::Serialize;

use crate::views::Page;

/// `GET /account/password`.
#[derive(Clone, Serialize)]
pub struct PasswordChangePage {
    /// Whose password it is; password managers look for it.
    pub username: String,
    /// The fewest characters of a new one.
    pub shortest: usize,
    /// Whether there is a present one.
    pub has_password: bool,
}

impl Page for PasswordChangePage {
    const TEMPLATE: &'static str = "account/password.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [(8, true), (15, true), (8, false)]
            .map(|(shortest, has_password)| Self {
                username: "anna".to_owned(),
                shortest,
                has_password,
            })
            .into()
    }
}
