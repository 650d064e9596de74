//! Ceremonies of WebAuthn, each answer by an authenticator made of software.

mod enrol_credential;
mod passwordless;
mod passwordless_attacks;
mod refusals;
mod related_origins;
mod sign_in_credential;
mod suspects;
mod webauthn_settings;
