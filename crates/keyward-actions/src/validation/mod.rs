//! Keyward as a validation server: judging one-time passwords of the keys whose secrets it holds,
//! for its clients and for its own sign-in, and what administrators do about both.

mod client;
mod key;
mod own;
mod rates;
mod verify;

pub use client::NewClientKey;
pub use rates::Rates;

use keyward_core::domain::validation_client::ValidationClientId;

/// How much of their shares everybody has used.
#[derive(Debug, Default)]
pub struct ValidationRates {
    /// Requests, by client.
    clients: Rates<ValidationClientId>,
    /// Recorded refusals, by client and reason.
    refusals: Rates<(ValidationClientId, &'static str)>,
}
