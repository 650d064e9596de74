//! Temporary access passes, as administrators issue, list and revoke them. How one is used stands
//! in `sign_in/pass.rs`.

mod issue;
mod list;
pub(crate) use issue::NewPass;
pub use issue::issue;
pub use issue::revoke;
pub use list::of_user;
pub use list::{find, list};

pub use issue::IssuedPass;
