//! Journeys in a real browser with virtual authenticators.
#![allow(
    clippy::disallowed_methods,
    reason = "a test is a client like any other, by its own clock"
)]

mod applications;
mod codes;
mod coming_back;
mod console;
mod enrolment;
mod failures;
mod firefox;
mod joining;
mod keys;
mod models;
mod openid_pages;
mod openid_way;
mod pages;
mod passwordless;
mod policies;
mod related_origins;
mod removal;
mod set_up;
mod sign_in;
mod signals;
mod steps;
mod suspects;
