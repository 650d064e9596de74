//! What happens without anybody asking.

pub mod judge;
pub mod metadata;
pub mod outbox;
pub mod sweep;
