//! Signing in, from the password to the session.

mod ceremony;
mod open_session;
mod password;
mod second_factor;

pub use ceremony::CeremonyOutcome;
pub use open_session::Opened;
pub(super) use open_session::{open, rise};
pub use password::PasswordOutcome;
