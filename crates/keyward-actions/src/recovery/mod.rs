//! A forgotten password: a mail with a link, and a new password by it. The link stands in for the
//! password alone: who has a device is asked for it before anything changes.

mod ask;
mod issue;
mod reset;

pub use issue::{IssuedLink, LinkWay};
pub use reset::{ResetForm, ResetOutcome};
