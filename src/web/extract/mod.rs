//! What a request must be before a page sees it.

pub mod browser;
pub mod ceremony;
pub mod client;
pub mod permits;
pub mod reader;
pub mod trusted_cookies;
pub mod upstream_cookie;
