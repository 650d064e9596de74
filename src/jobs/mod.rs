//! What happens without anybody asking.

pub mod outbox;
pub mod judge;
pub mod metadata;
pub mod sweep;
