//! A forgotten password: a mail with a link, and a new password by it. The link stands in for the
//! password alone: who has a device is asked for it before anything changes.

mod ask;
mod issue;
mod reset;
pub use ask::ask;
pub(crate) use ask::scope;
pub use issue::ask_for_new_password;
pub use issue::issue_link;
pub use reset::reset_form;
pub use reset::reset_password;

pub use issue::{IssuedLink, LinkWay};
pub use reset::{ResetForm, ResetOutcome};
