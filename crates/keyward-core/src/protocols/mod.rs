//! Other people's formats, parsed and printed: no I/O, no clock, no database.

pub mod django_hash;
pub mod mds;
pub mod otpauth;
pub mod provisioning;
pub mod twilio;
pub mod webauthn;
pub mod yubico;
