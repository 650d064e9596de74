//! The inventory of keys: what is said of each, what becomes of it, and what is on it.

mod activate;
mod change;
mod find;
mod link;
mod moves;

pub use change::add;
pub use change::change;
pub use find::find;
pub use find::find_by_serial;
pub use find::history;
pub use find::links;
pub use find::list;
pub use find::of_user;
pub use find::searched;
pub use find::summary;
pub use link::link;
pub use link::unlink;
pub use moves::make_move;

pub(crate) use activate::{Used, activate};
pub use link::OnKey;
pub use moves::WantedMove;

use crate::policy::judge_users;
use crate::write_context::WriteContext;
use keyward_core::domain::event::{Event, EventDetail};
use keyward_core::domain::event_detail::NotedKey;
use keyward_core::domain::key::{Key, KeyLinks};
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;
use keyward_store::{AnyConnection, keys};

/// Records what happened to a key, in the trail and in its history.
fn record(
    context: &WriteContext,
    connection: &mut AnyConnection,
    key: &Key,
    event: Event,
    note: &str,
) -> Result<()> {
    let event = event.detailed(EventDetail::HardwareKey(NotedKey {
        key: key.label(),
        note: note.to_owned(),
    }));
    let event = context.record_as(connection, &event)?;
    keys::note(connection, key.id, event)
}

/// What policy makes of the devices on a key, which may be another's or lost now.
fn judge_owners(
    connection: &mut AnyConnection,
    context: &WriteContext,
    links: &KeyLinks,
) -> Result<()> {
    let mut owners: Vec<UserId> = links.devices.iter().map(|device| device.owner).collect();
    owners.sort_unstable();
    owners.dedup();
    judge_users(connection, context, &owners).map(drop)
}
