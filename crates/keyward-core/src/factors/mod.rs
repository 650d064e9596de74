//! One file a factor: it verifies, and it alone can make the proof that later code asks for.

pub mod backup_codes;
pub mod delivered_code;
mod letters;
pub mod lock_code;
pub mod otp_key;
pub mod pass;
pub mod password;
pub mod totp;
pub mod trusted_browser;
pub mod webauthn;
pub mod yubikey;
