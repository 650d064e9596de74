//! People, as administrators manage them.

mod create;
mod find;
mod groups;
mod profile;
mod set_password;
mod superuser;
mod switch;

pub use create::NewAccount;
pub use find::Meant;
pub use profile::Profile;
