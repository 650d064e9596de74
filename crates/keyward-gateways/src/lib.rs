//! Calls going out.

pub mod back_channel;
pub mod breached;
pub mod client_keys;
pub mod gpg;
pub mod mail;
pub mod metadata;
mod outgoing;
pub mod phone;
pub mod siem;
pub mod upstream;
pub mod validation;
pub mod webhook;
