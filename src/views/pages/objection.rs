//! Objecting to a change, by the link of a mail.

use serde::Serialize;

use crate::domain::event::EventKind;
use crate::domain::objection::Objection;
use crate::views::Page;

/// `GET /objection/{token}`: asks before anything is done, because programs that look at mail open
/// links too.
#[derive(Clone, Serialize)]
pub struct ObjectionPage {
    /// The link's token.
    pub token: String,
    /// What was done, by its stable name.
    pub event: &'static str,
    /// Whether a device will be put on hold.
    pub holds_device: bool,
    /// Whether the password will be taken away.
    pub clears_password: bool,
}

impl ObjectionPage {
    /// The page about this event.
    pub fn new(token: String, event: EventKind) -> Self {
        Self {
            token,
            event: event.as_str(),
            holds_device: Objection::holds_device(event),
            clears_password: Objection::clears_password(event),
        }
    }
}

impl Page for ObjectionPage {
    const TEMPLATE: &'static str = "objection.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::domain::objection::OBJECTIONABLE;
        let kinds = OBJECTIONABLE.iter();
        kinds
            .map(|kind| Self::new("token".to_owned(), *kind))
            .collect()
    }
}
