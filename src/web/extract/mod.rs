//! What a request must be before a page sees it.

pub mod client;
