//! The inventory of keys: what is said of each, what becomes of it, and what is on it.

mod activate;
mod activation;
mod adopt;
mod assign_listed;
mod case;
mod change;
mod enrolment;
mod export;
mod find;
mod found;
mod import;
mod link;
mod lost;
mod moves;
mod touch;

pub use activation::activate_registered;
pub use activation::activation_options;
pub use activation::own_enrolments;
pub use activation::take_activation_code;
pub use adopt::adopt;
pub use adopt::proposals;
pub use assign_listed::assign_listed;
pub use assign_listed::judge_assignments;
pub use case::cases;
pub use case::close_replaced;
pub use case::keep_spare;
pub use case::open_case;
pub use change::add;
pub use change::change;
pub use enrolment::desk_options;
pub use enrolment::desk_registered;
pub use enrolment::enrolments;
pub use enrolment::find_enrolment;
pub use enrolment::issue_activation_code;
pub use enrolment::keep_for;
pub use enrolment::withdraw_enrolment;
pub use export::begin_export;
pub use export::exported_after;
pub use find::find;
pub use find::find_by_serial;
pub use find::history;
pub use find::links;
pub use find::list;
pub use find::of_user;
pub use find::own;
pub use find::searched;
pub use find::summary;
pub use found::close_found_report;
pub use found::found_reports;
pub use found::open_found_reports;
pub use found::report_found;
pub use import::import;
pub use import::judge_import;
pub use link::link;
pub use link::unlink;
pub use lost::ends_with;
pub use lost::foresee_loss;
pub use lost::foresee_own_loss;
pub use lost::report_lost;
pub use lost::report_own_lost;
pub use moves::make_move;
pub use touch::touch_options;
pub use touch::touched;

pub(crate) use activate::{Used, activate};
pub use adopt::{Adopted, MOST_ADOPTED};
pub use enrolment::IssuedActivationCode;
pub use export::ExportedKey;
pub use found::FinderWords;
pub use link::OnKey;
pub use lost::{ForeseenLoss, Loss, LossReport};
pub use moves::WantedMove;
pub use touch::Touched;

use crate::policy::judge_users;
use crate::write_context::WriteContext;
use keyward_core::domain::device::DeviceName;
use keyward_core::domain::event::{Event, EventDetail};
use keyward_core::domain::event_detail::NotedKey;
use keyward_core::domain::key::{Key, KeyFacts, KeyId, KeyLinks};
use keyward_core::domain::spelling::typed_note;
use keyward_core::domain::user::UserId;
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::{AnyConnection, keys};

/// Records one event about several keys, in the trail and in the history of each.
fn record_all(
    context: &WriteContext,
    connection: &mut AnyConnection,
    ids: &[KeyId],
    event: &Event,
) -> Result<()> {
    let event = context.record_as(connection, event)?;
    ids.iter()
        .try_for_each(|id| keys::note(connection, *id, event))
}

/// Records what happened to a key, in the trail and in its history.
fn record(
    context: &WriteContext,
    connection: &mut AnyConnection,
    key: &Key,
    event: Event,
    note: &str,
) -> Result<()> {
    let noted = NotedKey {
        key: key.label(),
        note: note.to_owned(),
        stopped: None,
    };
    record_noted(context, connection, key.id, event, noted)
}

fn record_noted(
    context: &WriteContext,
    connection: &mut AnyConnection,
    id: KeyId,
    event: Event,
    noted: NotedKey,
) -> Result<()> {
    let event = event.detailed(EventDetail::HardwareKey(noted));
    record_all(context, connection, &[id], &event)
}

/// What the device on a key is called before its owner calls it something else.
fn own_name(key: &Key) -> Result<DeviceName> {
    DeviceName::from_typed(&key.label()).ok_or_else(|| codes::KEY_INVALID.into())
}

/// What policy makes of the devices on a key, which may be another's or lost now.
fn judge_owners(
    connection: &mut AnyConnection,
    context: &WriteContext,
    links: &KeyLinks,
) -> Result<()> {
    judge_users(connection, context, &owners(links)).map(drop)
}

/// Whose devices are on a key.
fn owners(links: &KeyLinks) -> Vec<UserId> {
    let mut owners: Vec<UserId> = links.devices.iter().map(|device| device.owner).collect();
    owners.sort_unstable();
    owners.dedup();
    owners
}

/// What there is to say about what becomes of a key.
///
/// # Errors
/// `key.invalid` for what cannot be kept
fn note(said: &str) -> Result<String> {
    typed_note(said, KeyFacts::LONGEST_NOTE).ok_or_else(|| {
        Problem::new(codes::KEY_INVALID).detailed("a note has at most 256 characters on one line")
    })
}
