//! Adding a device of each kind, and what it is good for from then on.

mod email_codes;
mod offers;
mod phone_codes;
mod totp;
mod yubikey;
mod yubikey_held;
