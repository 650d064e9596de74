//! Journeys in a real browser with virtual authenticators.
#[path = "../support/mod.rs"]
mod support;

mod console;
mod enrolment;
mod pages;
mod removal;
mod set_up;
mod sign_in;
mod steps;
