//! Keyward as a validation server: judging one-time passwords of the keys whose secrets it holds,
//! for its clients and for its own sign-in, and what administrators do about both.

mod client;
mod key;
mod own;
mod verify;
pub use client::add_client;
pub use client::change_client;
pub use client::client;
pub use client::clients;
pub(crate) use client::clients_with_keys;
pub use client::replace_client_key;
pub use client::switch_client;
pub use key::hold_otp_key;
pub use key::otp_keys;
pub use key::switch_otp_key;
pub(crate) use own::can_judge_otps;
pub(crate) use own::judge_otp;
pub use verify::answer;

pub use client::NewClientKey;
