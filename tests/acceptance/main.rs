//! Black-box tests: the real server, driven over HTTP as a person or a machine would.
#[path = "../support/mod.rs"]
mod support;

mod answers;
mod command_line;
mod console;
mod databases;
mod devices;
mod passkeys;
mod races;
mod reading;
mod serving;
mod set_up;
mod sign_in;
mod totp;
mod validation;
mod validation_lies;
mod validation_second_reader;
mod yubikey;
