//! Keyward verifies passkeys, hardware keys and one-time codes, manages the keys of an
//! organisation, and tells its applications who is there.
//!
//! How it is reached; what can be done stands in `keyward_actions`. The modules stand in reading
//! order; imports go upwards on this page only, and one outside crate has one door
//! (`tests/architecture` keeps both).

pub mod views;

pub mod rows;

pub mod lists;

pub mod import;

pub mod web;

pub mod jobs;

pub mod apply;

pub mod cli;
