//! A key that signs tokens, and where it stands in its life.

use super::json_web_key::{Jwk, SigningAlgorithm};
use crate::clock::Timestamp;

/// Where a key stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenidKeyState {
    /// It is published, so that whoever verifies knows it before it signs.
    Next,
    /// It signs.
    Active,
    /// It signs no more; what it signed is verified still.
    Retired,
}

impl OpenidKeyState {
    /// Every state, in the order of a life.
    pub const ALL: [Self; 3] = [Self::Next, Self::Active, Self::Retired];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }

    /// The state of a row.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A key that signs tokens, without its private half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenidKey {
    /// Its name: the thumbprint of its public half (RFC 7638).
    pub kid: String,
    /// How it signs.
    pub algorithm: SigningAlgorithm,
    /// Where it stands.
    pub state: OpenidKeyState,
    /// Its public half.
    pub jwk: Jwk,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it signs; `None` before.
    pub activated_at: Option<Timestamp>,
    /// Until when what it signed is verified; `None` before it was retired.
    pub expires_at: Option<Timestamp>,
}

impl OpenidKey {
    /// Whether tokens that it signed are verified still.
    pub fn verifies(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}
