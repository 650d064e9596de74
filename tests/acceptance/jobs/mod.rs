//! What happens without anybody asking.

pub mod mail;
mod warnings;
mod webhooks;
