//! Calls going out.

pub mod mail;
pub mod validation;
