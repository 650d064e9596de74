//! Other people's formats, parsed and printed: no I/O, no clock, no database.

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

pub mod django_hash;
pub mod ecs;
pub mod forward;
pub mod jose;
pub mod mds;
pub mod oauth;
pub mod otpauth;
pub mod provisioning;
pub mod relying_party;
pub mod standard_webhooks;
pub mod syslog;
pub mod twilio;
pub mod webauthn;
pub mod yubico;
