//! Black-box tests: the real server, driven over HTTP as a person or a machine would.
#[path = "../support/mod.rs"]
mod support;

mod command_line;
mod databases;
mod races;
mod reading;
mod serving;
mod set_up;
mod sign_in;
mod totp;
mod validation;
mod validation_lies;
mod validation_second_reader;
