//! Applications: what is said of them, and who may pass to them.

mod change;
mod explain;
mod find;
mod hand_over;
mod obstacle;
mod pass;

pub use change::add;
pub use change::change;
pub use change::change_together;
pub use change::remove;
pub use explain::explain;
pub use find::destination;
pub use find::find;
pub use find::find_by_name;
pub use find::is_beyond_proof;
pub use find::list;
pub use hand_over::browser_token;
pub use hand_over::enter;
pub use hand_over::open_here;
pub use hand_over::redeem;
pub use hand_over::way_to;
pub use pass::pass;

pub use super::services::{Visiting, VisitingBy};
pub use change::ApplicationChange;
pub use explain::{Explanation, Reachable};
pub(crate) use find::ask_for_hardware;
pub use hand_over::{Entering, Entry};
pub use obstacle::Obstacle;
pub(crate) use obstacle::{WayToProve, way_to_prove};
pub(crate) use pass::visiting_of;
pub use pass::{Passing, Shown, ShownToken};
