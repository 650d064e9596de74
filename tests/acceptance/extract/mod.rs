//! What a request must be before a page sees it.

mod proxies;
