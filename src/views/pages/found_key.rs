//! A key that somebody has found.

use serde::Serialize;

use crate::views::Page;

/// `GET /found`.
#[derive(Clone, Default, Serialize)]
pub struct FoundKeyPage {
    /// What was typed for the key, where something was refused.
    pub key: String,
    /// Where it can be collected, the same.
    pub place: String,
    /// How the finder is reached, the same.
    pub contact: String,
}

impl Page for FoundKeyPage {
    const TEMPLATE: &'static str = "found-key.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![
            Self::default(),
            Self {
                key: "10000017 <or so>".to_owned(),
                place: "Café \"Ост\"".to_owned(),
                contact: "carl@example.org".to_owned(),
            },
        ]
    }
}
