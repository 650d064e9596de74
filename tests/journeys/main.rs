//! Journeys in a real browser with virtual authenticators.
#[path = "../support/mod.rs"]
mod support;
