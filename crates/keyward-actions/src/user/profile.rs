//! Everything about one user, for administrators.

use crate::App;
use crate::delivered_code::spent_until;
use crate::session;
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::{Device, Suspicion};
use keyward_core::domain::event::{EventId, RecordedEvent};
use keyward_core::domain::event_filter::{EventFilter, UserFilter};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::session::Session;
use keyward_core::domain::user::{User, UserId};
use keyward_core::flows::permit::MayLookUp;
use keyward_core::problem::Result;
use keyward_store::events;
use keyward_store::{attempts, devices, groups, sessions, suspicions, users};

/// The most sessions that a profile names.
const MOST_SESSIONS: i64 = 50;

/// One user with what belongs to them.
#[derive(Debug)]
pub struct Profile {
    /// The user.
    pub user: User,
    /// Their groups, by name.
    pub groups: Vec<GroupName>,
    /// Until when they are locked out, or get no further codes, if that is so.
    pub locked_until: Option<Timestamp>,
    /// Their devices, oldest first.
    pub devices: Vec<Device>,
    /// What made some of them suspect.
    pub suspicions: Vec<Suspicion>,
    /// Their newest open sessions.
    pub sessions: Vec<Session>,
    /// How many open sessions they have.
    pub session_count: u64,
    /// What happened to them, newest first.
    pub events: Vec<RecordedEvent>,
}

/// A user with everything that belongs to them, and `limit` events that came before the event
/// `before`.
///
/// # Errors
/// `user.unknown`
pub async fn profile(
    app: &App,
    _: &MayLookUp,
    id: UserId,
    before: Option<EventId>,
    limit: i64,
) -> Result<Profile> {
    let (open, codes) = (session::what_is_open(app), app.settings.codes.clone());
    let filter = EventFilter {
        whose: Some(UserFilter::About(id)),
        before,
        ..EventFilter::default()
    };
    app.store
        .read(move |connection| {
            let sessions = sessions::page(connection, Some(id), None, open, MOST_SESSIONS)?;
            let session_count = sessions::count_of(connection, id, open)?;
            Ok(Profile {
                user: users::expect(connection, id)?,
                groups: groups::of_user(connection, id)?,
                locked_until: attempts::lock_of_user(connection, id, open.now)?
                    .max(spent_until(connection, id, &codes, open.now)?),
                devices: devices::readable_of(connection, id)?,
                suspicions: suspicions::of_user(connection, id)?,
                sessions: sessions.into_iter().map(|(session, _)| session).collect(),
                session_count: session_count.try_into().unwrap_or_default(),
                events: events::page(connection, filter, limit)?,
            })
        })
        .await
}
