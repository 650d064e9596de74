//! Files of declared configuration in, and what is there out as such a file.
//!
//! Every file is read whole and judged before anything is planned; `domain/declared/plan.rs` says what has
//! to change, and `actions/declared/` changes it.

mod beside;
mod export;
mod openid_client;
mod read;
mod source;
mod table;

#[cfg(test)]
mod tests;

pub use export::{as_json, as_toml};
pub use read::read;
