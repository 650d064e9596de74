//! HTTP: routes, pages, ceremonies and machines. Nothing else knows actix.

pub mod extract;
pub mod headers;
pub mod origin;
pub mod tls;
pub mod trace;
