//! Keyward verifies passkeys, hardware keys and one-time codes, manages the keys of an
//! organisation, and tells its applications who is there.
//!
//! The modules stand in reading order; imports go upwards on this page only, and one outside crate
//! has one door (`tests/architecture` keeps both):
#![forbid(unsafe_code)]
#![warn(missing_docs)]

// Ring 0, words: no I/O, no async, no framework.
pub mod clock;
pub mod problem;
pub mod secret;

pub mod domain;
pub mod protocols;

pub mod factors;
pub mod flows;

// Ring 1, the world.
pub mod settings;

pub mod store;

pub mod gateways;

// Ring 2, what can be done.
pub mod actions;

// Ring 3, how it is reached.
pub mod views;

pub mod web;

pub mod jobs;

pub mod import;

pub mod cli;
