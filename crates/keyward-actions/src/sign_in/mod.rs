//! Signing in, from the password to the session.

mod ceremony;
mod confirm;
mod open_session;
mod pass;
mod password;
mod passwordless;
mod second_factor;

pub use ceremony::CeremonyOutcome;
pub use confirm::{ConfirmOutcome, Confirming};
pub use open_session::Opened;
pub(super) use open_session::{level_of, open, rekey, rise};
pub use pass::PassOutcome;
pub use password::PasswordOutcome;
pub use passwordless::PasskeyOutcome;
