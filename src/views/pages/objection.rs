//! Objecting to a change, by the link of a mail.

use serde::Serialize;

use crate::views::Page;
use keyward_core::clock::Timestamp;
use keyward_core::domain::event::EventKind;
use keyward_core::domain::objection::Objection;

/// `GET /objection/{token}`: asks before anything is done, because programs that look at mail open
/// links too.
#[derive(Clone, Serialize)]
pub struct ObjectionPage {
    /// The link's token.
    pub token: String,
    /// What was done, by its stable name.
    pub event: &'static str,
    /// When.
    pub happened_at: Option<Timestamp>,
    /// The device that it was about.
    pub device: Option<String>,
    /// From which address.
    pub address: Option<String>,
    /// In which browser, in our own words.
    pub browser: Option<String>,
    /// Whether a device will be put on hold.
    pub holds_device: bool,
    /// Whether what was linked elsewhere will be taken back.
    pub takes_links_back: bool,
    /// Whether the password will be taken away.
    pub clears_password: bool,
    /// Whether the e-mail address that was there before will be put back.
    pub restores_email: bool,
}

impl ObjectionPage {
    /// The page about what was done, in this browser.
    pub fn new(token: String, objection: &Objection, browser: String) -> Self {
        let event = objection.event;
        Self {
            token,
            event: event.as_str(),
            happened_at: objection.happened_at,
            device: objection.device.clone(),
            browser: objection.user_agent.as_ref().map(|_| browser),
            address: objection.address.clone(),
            holds_device: Objection::holds_device(event),
            takes_links_back: Objection::takes_links_back(event),
            clears_password: Objection::clears_password(event),
            restores_email: event == EventKind::EmailChanged,
        }
    }
}

impl Page for ObjectionPage {
    const TEMPLATE: &'static str = "objection.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use keyward_core::domain::objection::OBJECTIONABLE;
        use keyward_core::domain::user::UserId;
        let kinds = OBJECTIONABLE.iter();
        kinds
            .map(|kind| {
                let objection = Objection {
                    user_id: UserId::nil(),
                    event: *kind,
                    device_id: None,
                    expires_at: crate::views::tests::ago(-3_000),
                    happened_at: (*kind != EventKind::PassUsed)
                        .then(|| crate::views::tests::ago(3_000)),
                    device: Objection::holds_device(*kind).then(|| "Anna’s <key>".to_owned()),
                    address: Some("192.0.2.7".to_owned()),
                    user_agent: Some(String::new()),
                    former_email: None,
                };
                Self::new(
                    "token".to_owned(),
                    &objection,
                    "Firefox on Linux".to_owned(),
                )
            })
            .collect()
    }
}
