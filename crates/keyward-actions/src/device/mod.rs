//! Devices after their enrolment.

mod everybody;
mod list;
mod make_default;
mod release;
mod remove;
mod rename;
mod suspect;
pub use everybody::of_user;
pub use everybody::readable_of_user;
pub use everybody::suspicions;
pub use everybody::{ListedCredential, credential, credentials, find, list};
pub use list::own;
pub use list::own_credentials;
pub use list::own_one;
pub use list::own_suspicions;
pub use make_default::make_default;
pub use release::release;
pub use remove::foresee_removal;
pub use remove::foresee_removal_of;
pub use remove::remove;
pub use remove::remove_own;
pub(crate) use remove::take_away;
pub use rename::rename;
pub(crate) use suspect::overtaken;
pub(crate) use suspect::suspect;
pub(crate) use suspect::suspicion;

pub use remove::Removal;
