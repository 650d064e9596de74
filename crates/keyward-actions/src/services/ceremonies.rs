//! WebAuthn: who we are to authenticators, and how many of their answers are looked at at once.

use std::sync::Arc;
use std::time::Duration;

use super::seats::Seats;
use keyward_core::clock::SharedEntropy;
use keyward_core::factors::webauthn::{RelyingParty, RelyingPartySettings};
use keyward_core::problem::Result;
use keyward_settings::Settings;

/// How long the answer of a new authenticator waits for its seat.
const PATIENCE: Duration = Duration::from_secs(5);

/// What ceremonies need.
pub(crate) struct Ceremonies {
    /// Who we are to authenticators.
    pub(crate) relying_party: Arc<RelyingParty>,
    /// Bounds how many answers of new authenticators are looked at at once.
    pub(crate) seats: Seats,
}

impl Ceremonies {
    /// # Errors
    /// `settings.invalid`
    pub(crate) fn new(settings: &Settings, entropy: SharedEntropy) -> Result<Self> {
        let relying_party = RelyingParty::new(RelyingPartySettings {
            id: settings.relying_party.id.clone(),
            name: settings.relying_party.name.clone(),
            origins: settings.relying_party.origins.clone(),
            top_origins: settings.webauthn.top_origins(),
            algorithms: settings.webauthn.algorithms.clone(),
            user_verification: settings.webauthn.user_verification,
            attestation: settings.webauthn.attestation,
            save_key_slots: settings.webauthn.save_key_slots,
            timeout: settings.webauthn.timeout,
        })?;
        Ok(Self {
            relying_party: Arc::new(relying_party.with_entropy(entropy)),
            seats: Seats::new(2, PATIENCE),
        })
    }
}
