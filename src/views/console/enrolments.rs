//! What is registered for the owner of a key, and the code by which they activate it.

use serde::Serialize;

use crate::views::Page;
use crate::views::enrolments::EnrolmentRow;
use keyward_core::clock::Timestamp;
use keyward_core::domain::key::KeyId;
use keyward_core::domain::user::UserId;

/// `GET /console/keys/{id}/enrolments`.
#[derive(Clone, Serialize)]
pub struct EnrolKeyPage {
    /// The key.
    pub key_id: KeyId,
    /// What it is called.
    pub label: String,
    /// Whose it is.
    pub owner_id: UserId,
    /// Whose it is, by name.
    pub owner: String,
    /// What waits for its owner already.
    pub waiting: Vec<EnrolmentRow>,
}

impl Page for EnrolKeyPage {
    const TEMPLATE: &'static str = "console/enrol-key.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::id;
        let page = |waiting| Self {
            key_id: id(1, KeyId::parse),
            label: "Yubico <10000017>".to_owned(),
            owner_id: id(1, UserId::parse),
            owner: "anna <b>".to_owned(),
            waiting,
        };
        vec![page(EnrolmentRow::samples()), page(Vec::new())]
    }
}

/// The answer to `POST /console/keys/{id}/enrolments/{enrolment}/code`: this answer alone holds the code.
#[derive(Clone, Serialize)]
pub struct ActivationCodePage {
    /// The key.
    pub key_id: KeyId,
    /// What it is called.
    pub label: String,
    /// Whose it is, by name.
    pub owner: String,
    /// What its owner types.
    pub code: String,
    /// Where they type it.
    pub address: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// The day on which it ends, in UTC (ISO 8601): paper does not count down.
    pub expires_on: String,
    /// Who gives the key.
    pub organisation: String,
}

impl Page for ActivationCodePage {
    const TEMPLATE: &'static str = "console/activation-code.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use crate::views::tests::{ago, id};
        vec![Self {
            key_id: id(1, KeyId::parse),
            label: "Yubico <10000017>".to_owned(),
            owner: "anna <b>".to_owned(),
            code: "ABCD-EFGH-JKMN-PQRS".to_owned(),
            address: "https://login.example.org/activate".to_owned(),
            expires_at: ago(-900_000),
            expires_on: "2026-12-11".to_owned(),
            organisation: "Example & <Sons>".to_owned(),
        }]
    }
}
