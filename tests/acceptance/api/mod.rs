//! The API for other programs: who may call it, and what it answers.

mod client_crate;
mod document;
mod enrolments;
mod keys;
mod openid_clients;
mod reports;
mod resources;
mod scopes;
mod tokens;
mod verify;
