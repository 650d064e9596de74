//! Signing in at another OpenID provider, and being linked with who one is there.
//!
//! ```text
//! start ─> the provider ─> receive ─┬─ sign_in
//!                                   ├─ link
//!                                   ├─ accept_invitation
//!                                   └─ step_up
//! ```
//! What comes back is verified by [`receive`]; what it is for stands in what the browser kept, and each
//! of the ways on asks for the permit that it needs.

mod check;
mod enter;
mod link;
mod new_account;
mod oversee;
mod receive;
mod sign_out;
mod start;
mod step_up;
pub(crate) use check::check_providers;
pub use enter::{UpstreamOutcome, sign_in};
pub use link::{OwnUpstream, link, own, unlink};
pub use new_account::accept_invitation;
pub use oversee::{UserUpstream, of_user, remove};
pub use receive::{Received, receive};
pub use sign_out::{end_sessions, sign_out_address, signs_out_at};
pub use start::{Started, buttons, start};
pub use step_up::step_up;
