//! How hard a password is to guess.

use secrecy::{ExposeSecret, SecretString};

use crate::actions::Keyward;
use crate::domain::password::Strength;
use crate::problem::{Problem, Result};

impl Keyward {
    /// The strength of what somebody is typing, off the async threads. Nothing of it is kept.
    ///
    /// # Errors
    /// `internal` where it cannot be computed.
    pub async fn strength(&self, typed: SecretString, name: String) -> Result<Strength> {
        let service = self.settings.relying_party.name.clone();
        tokio::task::spawn_blocking(move || {
            let typed = typed.expose_secret();
            Strength::of(typed, &name).or_weaker(Strength::beside(typed, &service))
        })
        .await
        .map_err(Problem::internal)
    }
}
