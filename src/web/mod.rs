//! HTTP: routes, pages, ceremonies and machines. Nothing else knows actix.

pub mod answer;
pub mod extract;
pub mod headers;
pub mod openapi;
pub mod origin;
pub mod tls;
pub mod trace;
