//! People, as administrators manage them.

mod create;

pub use create::NewAccount;
