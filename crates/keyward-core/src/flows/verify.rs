//! Verifying a user for another program: a ceremony on a page of that program's own.

use serde::{Deserialize, Serialize};

use super::AwaitsSecondFactor;
use super::ceremony::CeremonyInProgress;
use crate::domain::api_token::ApiTokenId;
use crate::domain::event::EventKind;
use crate::domain::user::UserId;

/// A passkey or security key is waited for, for a program.
#[derive(Serialize, Deserialize)]
pub struct Verifying {
    pub(super) user_id: UserId,
    token: ApiTokenId,
    token_name: String,
    ceremony: Option<CeremonyInProgress>,
}

impl Verifying {
    /// The stage in which a user proves themselves to the program that has this token.
    pub fn begin(user_id: UserId, token: ApiTokenId, token_name: &str) -> Self {
        Self {
            user_id,
            token,
            token_name: token_name.to_owned(),
            ceremony: None,
        }
    }

    /// Whether this is the token of the program that began it.
    pub fn is_of(&self, token: ApiTokenId) -> bool {
        self.token == token
    }
}

impl AwaitsSecondFactor for Verifying {
    const CHECK: EventKind = EventKind::SecondFactorChecked;

    fn with_ceremony(self, ceremony: CeremonyInProgress) -> Self {
        let ceremony = Some(ceremony);
        Self { ceremony, ..self }
    }

    fn take_ceremony(self) -> (Self, Option<CeremonyInProgress>) {
        let ceremony = self.ceremony;
        let stage = Self {
            ceremony: None,
            ..self
        };
        (stage, ceremony)
    }

    fn token(&self) -> Option<&str> {
        Some(&self.token_name)
    }
}
