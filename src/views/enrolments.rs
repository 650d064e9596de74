//! What is registered for the owner of a key, as the console and its owner see it.

use serde::Serialize;

use keyward_core::clock::Timestamp;
use keyward_core::domain::key::{Enrolment, EnrolmentId};

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
