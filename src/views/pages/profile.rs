//! Changing one's own names and e-mail address.

use serde::Serialize;

use crate::views::Page;
use keyward_core::clock::Timestamp;

/// `GET /account/profile`.
#[derive(Clone, Serialize)]
pub struct ProfilePage {
    /// The name that they type.
    pub username: String,
    /// What they are called; empty for no more than that.
    pub display_name: String,
    /// Whether they may change the first.
    pub may_change_name: bool,
    /// Whether they may change the second.
    pub may_change_display_name: bool,
}

impl Page for ProfilePage {
    const TEMPLATE: &'static str = "account/profile.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [(true, true), (false, true), (true, false), (false, false)]
            .map(|(may_change_name, may_change_display_name)| Self {
                username: "anna".to_owned(),
                display_name: "Anna <b>Meijer</b>".to_owned(),
                may_change_name,
                may_change_display_name,
            })
            .into()
    }
}

/// `GET /account/email`, before a code was sent.
#[derive(Clone, Serialize)]
pub struct NewEmailPage {
    /// Where mail goes now.
    pub present: Option<String>,
    /// What was typed before, where it was refused.
    pub typed: String,
    /// Whether the settings let them change it.
    pub may_change: bool,
    /// How many digits a code has.
    pub digits: u32,
}

impl Page for NewEmailPage {
    const TEMPLATE: &'static str = "account/email.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [
            (true, None),
            (true, Some("anna@example.org")),
            (false, None),
        ]
        .map(|(may_change, present)| Self {
            present: present.map(str::to_owned),
            typed: String::new(),
            may_change,
            digits: 6,
        })
        .into()
    }
}

/// `GET /account/email`, while a code is waited for.
#[derive(Clone, Serialize)]
pub struct ConfirmEmailPage {
    /// The step that the answer takes.
    pub turn: i64,
    /// Where the code was sent.
    pub address: String,
    /// Until when it can be typed; `None` where none can any more.
    pub sent_until: Option<Timestamp>,
    /// How many digits it has.
    pub digits: u32,
}

impl Page for ConfirmEmailPage {
    const TEMPLATE: &'static str = "account/confirm-email.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::ago;
        [Some(ago(-500)), None]
            .map(|sent_until| Self {
                turn: 0,
                address: "anna@example.net".to_owned(),
                sent_until,
                digits: 6,
            })
            .into()
    }
}
