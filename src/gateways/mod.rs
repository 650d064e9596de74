//! Calls going out.

pub mod gpg;
pub mod mail;
pub mod metadata;
pub mod phone;
pub mod validation;
