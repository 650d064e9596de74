//! HTTP: routes, pages, ceremonies and machines. Nothing else knows actix.
//!
//! `routes` has every address; a page parses, calls an action and matches its outcome; `answer` is
//! the only place that turns a problem into a status.

pub mod answer;
mod api;
mod application_cookie;
pub mod body;
pub mod browser_sessions;
pub mod client_certificate;
pub mod connections;
pub mod deadlines;
pub mod extract;
mod form_pages;
pub mod head;
pub mod headers;
mod kept_forms;
pub mod openapi;
pub mod origin;
pub mod tls;
pub mod trace;

mod ceremonies;
pub(crate) mod console;
mod machine;
mod measure;
mod pages;
mod routes;
mod server;
mod session_cookie;
mod set_back;

pub use self::server::{Purpose, Server, Site, Waits, serve};
