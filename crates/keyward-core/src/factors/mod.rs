//! One file a factor: it verifies, and it alone can make the proof that later code asks for.

// What comes from outside is never cut or counted unchecked.
#![warn(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice
)]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::string_slice,
        reason = "a test may panic"
    )
)]

pub mod activation;
pub mod backup_codes;
pub mod client_certificate;
pub mod delivered_code;
pub mod lock_code;
pub mod otp_key;
pub mod pass;
pub mod password;
pub mod totp;
pub mod trusted_browser;
pub mod upstream;
pub mod webauthn;
pub mod written_code;
pub mod yubikey;
