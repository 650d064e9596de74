//! Stepping up by the password, for a user without a device. The pages of devices are those of the
//! sign-in.

use serde::Serialize;

use super::{ProviderButton, Way};
use crate::views::Page;

/// `GET /step-up` for a user who has no device.
#[derive(Clone, Serialize)]
pub struct PasswordAgainPage {
    /// The number of this step; an answer to another one is refused.
    pub turn: i64,
    /// Who is signed in.
    pub username: String,
    /// Whether they have a password.
    pub has_password: bool,
    /// Where they can sign in anew.
    pub providers: Vec<ProviderButton>,
    /// What it is for, and where it leads.
    pub way: Way,
}

impl Page for PasswordAgainPage {
    const TEMPLATE: &'static str = "step-up/password.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use keyward_core::flows::next_path::NextPath;
        let [devices, wiki] = [
            "/account/devices/add",
            "/applications/enter?to=https%3A%2F%2Fwiki.example.org%2F",
        ]
        .map(|next| Way::step_up(&NextPath::parse(next).expect("a path")));
        let named = wiki.clone().asked_by(Some("Wiki <west>".to_owned()));
        [
            (devices, true, false),
            (wiki, true, true),
            (named, false, true),
        ]
        .map(|(way, has_password, is_linked)| Self {
            turn: 3,
            username: "anna".to_owned(),
            has_password,
            providers: match is_linked {
                true => ProviderButton::samples(),
                false => Vec::new(),
            },
            way,
        })
        .into()
    }
}
