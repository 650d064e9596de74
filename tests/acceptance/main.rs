//! Black-box tests: the real server, driven over HTTP as a person or a machine would.
#[path = "../support/mod.rs"]
mod support;

mod databases;
mod reading;
mod validation;
mod validation_lies;
mod validation_second_reader;
