//! Black-box tests: the real server, driven over HTTP as a person or a machine would.
#[path = "../support/mod.rs"]
mod support;

mod answers;
mod at_rest;
mod attacks;
mod backup_codes;
mod bodies;
mod command_line;
mod console;
mod databases;
mod devices;
mod enrol_credential;
mod health;
mod key_files;
mod key_races;
mod lockouts;
mod mail;
mod metadata;
mod navigation;
mod passwords;
mod policy;
mod races;
mod reading;
mod recovery;
mod serving;
mod sessions;
mod set_up;
mod sign_in;
mod sign_in_credential;
mod step_up;
mod tls;
mod totp;
mod validation;
mod validation_lies;
mod validation_second_reader;
mod yubikey;
