//! API tokens: making, listing and revoking them, and what one that is shown opens.

mod change;
mod list;
mod present;
pub use change::add;
pub use change::revoke;
pub use list::find;
pub use list::find_by_name;
pub use list::list;
pub use list::usual_owner;
pub use present::allow;
pub use present::present;
