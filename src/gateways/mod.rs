//! Calls going out.

pub mod validation;
