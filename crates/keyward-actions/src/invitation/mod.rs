//! Invitations: a mail with a link, and the account that it becomes. The link proves that its user
//! reads the mail of one address; the account has that address, whatever else they type.

mod accept;
mod invite;
mod list;
pub use accept::accept;
pub use accept::form;
pub use accept::refuse_unknown;
pub use invite::address;
pub use invite::invite;
pub use invite::mail_stays_here;
pub use invite::resend;
pub use invite::revoke;
pub use list::to_address;
pub use list::{find, list};

pub use accept::InvitationForm;
pub(crate) use accept::{TakenLink, accept_by};
