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
        tokio::task::spawn_blocking(move || Strength::of(typed.expose_secret(), &name))
            .await
            .map_err(Problem::internal)
    }
}
