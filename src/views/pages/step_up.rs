//! Stepping up by the password, for a user without a device. The pages of devices are those of the
//! sign-in.

use serde::Serialize;

use super::Way;
use crate::views::Page;

/// `GET /step-up` for a user who has no device.
#[derive(Clone, Serialize)]
pub struct PasswordAgainPage {
    /// The number of this step; an answer to another one is refused.
    pub turn: i64,
    /// Who is signed in.
    pub username: String,
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
        [devices, wiki, named]
            .map(|way| Self {
                turn: 3,
                username: "anna".to_owned(),
                way,
            })
            .into()
    }
}
