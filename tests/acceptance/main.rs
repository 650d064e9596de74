//! Black-box tests: the real server, driven over HTTP as a person or a machine would.
//!
//! Folders are those of `src/web`, `src` and `crates`: each test lies where that lies which it drives.
//! What stands around every page lies at the top, as in `src/web`.
#![allow(
    clippy::disallowed_methods,
    reason = "a test is a client like any other, by its own clock"
)]

mod actions;
mod answers;
mod api;
mod bodies;
mod ceremonies;
mod cli;
mod console;
mod extract;
mod gateways;
mod import;
mod jobs;
mod kept_forms;
mod limits;
mod machine;
mod navigation;
mod pages;
mod reading;
mod store;
mod tls;
