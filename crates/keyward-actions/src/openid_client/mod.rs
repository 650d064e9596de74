//! Clients of the OpenID provider: what is said of them, and what they prove themselves by.

mod change;
mod check;
mod find;
mod secret;
mod together;

pub use change::add;
pub use change::change;
pub use change::created;
pub use change::remove;
pub use find::find;
pub use find::find_by_name;
pub use find::list;
pub use find::list_with_secrets;
pub use find::registered;
pub use find::registered_clients;
pub use secret::rotate;
pub use secret::secrets;
pub use together::change_together;

pub use change::NewSecret;
pub(crate) use change::checked;
pub(crate) use check::check_clients;
pub use secret::{Former, Rotated};
pub use together::ClientChange;
