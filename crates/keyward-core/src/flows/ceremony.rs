//! A WebAuthn ceremony that waits for its answer, with the moment at which it was asked for: a stage
//! may wait longer for a proof than a challenge stands.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::factors::webauthn::AuthenticationCeremony;
use crate::problem::{Result, codes};

/// A ceremony in progress.
#[derive(Serialize, Deserialize)]
#[must_use]
pub struct CeremonyInProgress {
    ceremony: AuthenticationCeremony,
    begun_at: Timestamp,
}

impl CeremonyInProgress {
    /// A ceremony that begins now.
    pub fn begin(ceremony: AuthenticationCeremony, now: Timestamp) -> Self {
        Self {
            ceremony,
            begun_at: now,
        }
    }

    /// The ceremony, which can be answered once.
    ///
    /// # Errors
    /// `ceremony.not_started` where its challenge is older than `lasting`.
    pub fn open(self, now: Timestamp, lasting: Duration) -> Result<AuthenticationCeremony> {
        if self.begun_at + lasting <= now || now < self.begun_at {
            return Err(codes::CEREMONY_NOT_STARTED.into());
        }
        Ok(self.ceremony)
    }
}
