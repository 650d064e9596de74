//! Invitations: a mail with a link, and the account that it becomes. The link proves that somebody
//! reads the mail of one address; the account has that address, whatever else they type.

mod accept;
mod invite;
mod list;

pub use accept::InvitationForm;
