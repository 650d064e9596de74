//! Clients of the OpenID provider: what is said of them, and what they prove themselves by.

mod change;
mod find;
mod secret;

pub use change::add;
pub use change::change;
pub use change::created;
pub use change::remove;
pub use find::find;
pub use find::find_by_name;
pub use find::list;
pub use find::registered;
pub use find::registered_clients;
pub use secret::rotate;
pub use secret::secrets;

pub use change::NewSecret;
pub use secret::{Former, Rotated};
