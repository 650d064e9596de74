//! What happens without anybody asking.

pub mod sweep;
