//! Calls going out.

pub mod mail;
pub mod metadata;
pub mod validation;
