//! What happens without anybody asking.

pub mod mail;
mod siem;
mod warnings;
mod webhooks;
