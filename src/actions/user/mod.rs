//! People, as administrators manage them.

mod create;
mod find;
mod groups;
mod set_password;
mod superuser;
mod switch;

pub use create::NewAccount;
