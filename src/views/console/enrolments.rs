//! What is registered for the owner of a key, and the code by which they activate it.

use serde::Serialize;

use crate::views::Page;
use keyward_core::clock::Timestamp;
use keyward_core::domain::key::{Enrolment, EnrolmentId, KeyId};
use keyward_core::domain::user::UserId;

/// A passkey or security key that waits for its owner.
#[derive(Clone, Serialize)]
pub struct EnrolmentRow {
    /// The row.
    pub id: EnrolmentId,
    /// What kind of device it becomes.
    pub kind: &'static str,
    /// What it will be called.
    pub name: String,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Until when its code is good; `None` where none is.
    pub code_until: Option<Timestamp>,
}

impl EnrolmentRow {
    /// One, at this moment.
    pub fn new(enrolment: &Enrolment, now: Timestamp) -> Self {
        Self {
            id: enrolment.id,
            kind: enrolment.kind().as_str(),
            name: enrolment.name.to_string(),
            created_at: enrolment.created_at,
            code_until: enrolment
                .code_expires_at
                .filter(|_| enrolment.has_code(now)),
        }
    }

    #[cfg(test)]
    pub(in crate::views) fn samples() -> Vec<Self> {
        use crate::views::tests::{ago, id};
        let row = |number, kind, code_until| Self {
            id: id(number, EnrolmentId::parse),
            kind,
            name: "Yubico <10000017>".to_owned(),
            created_at: ago(90_000),
            code_until,
        };
        vec![
            row(1, "passkey", Some(ago(-900_000))),
            row(2, "security-key", None),
        ]
    }
}

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
        }]
    }
}
