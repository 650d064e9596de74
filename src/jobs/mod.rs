//! What happens without anybody asking.

pub mod outbox;
pub mod metadata;
pub mod sweep;
