//! Webhooks: events that are sent to other programs as they happen.

mod change;
mod deliver;
mod find;
mod resend;
mod test;
pub use change::add;
pub(crate) use change::add_with;
pub use change::change;
pub use change::remove;
pub use change::rotate;
pub(crate) use change::rotate_to;
pub use deliver::claim;
pub use deliver::due;
pub use deliver::settle;
pub use deliver::try_once;
pub use find::dead;
pub use find::find;
pub use find::find_by_name;
pub use find::list;
pub(crate) use find::list_with_secrets;
pub use resend::resend;
pub use test::TestOutcome;
pub use test::test;

pub use deliver::ClaimedDelivery;

use keyward_core::domain::event::EventDetail;

/// The most webhooks that there may be: each event is written down once for each.
pub const MOST: i64 = 64;

fn named(name: &str) -> EventDetail {
    EventDetail::Named {
        name: name.to_owned(),
    }
}
