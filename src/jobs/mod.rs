//! What happens by itself, in the background.

pub mod judge;
pub mod memory;
pub mod metadata;
pub mod node;
pub mod openid_keys;
pub mod outbox;
pub mod report;
pub mod search;
pub mod session_ends;
pub mod siem;
pub mod sweep;
pub mod webhooks;
