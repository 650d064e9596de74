//! One's own keys, and the question before one is reported lost.

use serde::Serialize;

use crate::views::Page;
use keyward_core::clock::Timestamp;
use keyward_core::domain::event_detail::StoppedByLoss;
use keyward_core::domain::key::{Key, KeyId, KeyState};

/// A key of one's own.
#[derive(Clone, Serialize)]
pub struct OwnKeyRow {
    /// The row.
    pub id: KeyId,
    /// What tells it.
    pub label: String,
    /// What its maker calls it.
    pub model: String,
    /// Its state.
    pub state: &'static str,
    /// Since when.
    pub state_since: Timestamp,
    /// Whether it can be reported lost.
    pub can_be_lost: bool,
}

impl From<&Key> for OwnKeyRow {
    fn from(key: &Key) -> Self {
        Self {
            id: key.id,
            label: key.label(),
            model: key.facts.model.clone(),
            state: key.state.as_str(),
            state_since: key.state_since,
            can_be_lost: matches!(
                key.state,
                KeyState::Shipped | KeyState::Issued | KeyState::Active
            ),
        }
    }
}

#[cfg(test)]
impl OwnKeyRow {
    pub(super) fn samples() -> Vec<Self> {
        use crate::views::tests::{ago, id};
        let row = |number: u8, model: &str, state: KeyState, can_be_lost| Self {
            id: id(number, KeyId::parse),
            label: format!("Yubico 1000001{number}"),
            model: model.to_owned(),
            state: state.as_str(),
            state_since: ago(90_000),
            can_be_lost,
        };
        vec![
            row(1, "YubiKey 5C <NFC>", KeyState::Active, true),
            row(2, "", KeyState::Shipped, true),
            row(3, "", KeyState::Lost, false),
        ]
    }
}

/// `GET /account/keys/{id}/lost`.
#[derive(Clone, Serialize)]
pub struct LostKeyPage {
    /// The key.
    pub id: KeyId,
    /// What tells it.
    pub key: String,
    /// What it puts out of use.
    pub stops: StoppedByLoss,
    /// Whether the session ends in which it is reported.
    pub signs_out: bool,
    /// Whether no device is left then.
    pub is_bare: bool,
    /// What was said about it.
    pub note: String,
}

impl Page for LostKeyPage {
    const TEMPLATE: &'static str = "account/lost-key.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::id;
        let page = |number: usize| Self {
            id: id(1, KeyId::parse),
            key: "Yubico 10000017".to_owned(),
            stops: StoppedByLoss {
                devices: number,
                slots: 0,
                sessions: number,
                browsers: number,
                grants: number,
            },
            signs_out: number > 0,
            is_bare: number > 0,
            note: if number > 1 { "On the <train>" } else { "" }.to_owned(),
        };
        vec![page(0), page(1), page(2)]
    }
}
