//! People, as administrators manage them.

mod create;
mod delete;
mod edit;
mod find;
mod foresee;
mod groups;
mod own;
mod profile;
mod set_password;
mod superuser;
mod switch;

pub use create::NewAccount;
pub use delete::Deletion;
pub use edit::Edit;
pub use find::Meant;
pub use foresee::Foreseen;
pub use own::{EmailOffer, EmailOutcome};
pub use profile::Profile;
