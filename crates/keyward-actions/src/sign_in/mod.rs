//! Signing in, from the password to the session.

mod ceremony;
mod confirm;
mod open_session;
mod pass;
mod password;
mod passwordless;
mod second_factor;
pub use ceremony::authentication_options;
pub use ceremony::with_ceremony;
pub use confirm::awaiting_password;
pub use confirm::confirm_with_password;
pub use pass::with_pass;
pub(crate) use password::unknown_name;
pub use password::with_password;
pub use passwordless::challenges_last;
pub use passwordless::is_void;
pub use passwordless::passwordless_challenge;
pub use passwordless::passwordless_options;
pub use passwordless::passwordless_token;
pub use passwordless::refuse_unasked;
pub use passwordless::with_passkey;
pub use second_factor::awaiting_second_factor;
pub use second_factor::send_code;
pub use second_factor::with_code;

pub use ceremony::CeremonyOutcome;
pub use confirm::{ConfirmOutcome, Confirming};
pub use open_session::Opened;
pub(super) use open_session::{level_of, open, rekey, rise};
pub use pass::PassOutcome;
pub use password::PasswordOutcome;
pub use passwordless::PasskeyOutcome;
