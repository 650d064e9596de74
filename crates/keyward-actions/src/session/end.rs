//! Ending a user's session.

use crate::grounds;
use crate::{App, WriteContext};
use keyward_core::clock::Timestamp;
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::event_detail::EndedSessions;
use keyward_core::domain::session::SessionId;
use keyward_core::domain::user::{User, UserId};
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::{Result, codes};
use keyward_store::{
    AnyConnection, journeys, keys, passes, recoveries, sessions, trusted_browsers, users,
};

/// Ends whatever lets a user in without proving themselves anew, in the caller's transaction: the
/// sessions but `besides`, the trust in browsers, sign-ins in progress and recovery links. Counts the
/// sessions.
pub(crate) fn end_every_way_in(
    connection: &mut AnyConnection,
    user: UserId,
    besides: Option<SessionId>,
    now: Timestamp,
) -> Result<usize> {
    let sessions = match besides {
        Some(here) => sessions::end_others_of(connection, user, here)?,
        None => sessions::end_all_of(connection, user)?,
    };
    trusted_browsers::end_all_of(connection, user)?;
    journeys::abandon_all_of(connection, user)?;
    recoveries::forget_all_of(connection, user, now)?;
    Ok(sessions)
}

/// Takes back what was issued for a user and lets them in later, in the caller's transaction: passes with the
/// sessions that they opened, and what was registered on keys for them. Whoever issued it was looked at as
/// what the user was then.
pub(crate) fn forget_issued(
    connection: &mut AnyConnection,
    context: &WriteContext,
    user: UserId,
    by: &Event,
) -> Result<()> {
    let event = |kind| {
        let mut event = by.clone().about(user);
        event.kind = kind;
        event.detail = None;
        event
    };
    sessions::end_by_pass(connection, user)?;
    if passes::remove(connection, user)? {
        context.record(connection, &event(EventKind::PassRevoked))?;
    }
    if keys::withdraw_enrolments_of(connection, user)? > 0 {
        context.record(connection, &event(EventKind::KeyEnrolmentWithdrawn))?;
    }
    Ok(())
}

/// Ends one session, and gives back whose it was.
///
/// # Errors
/// `session.unknown`
pub async fn end(app: &App, administrator: &Administrator, id: SessionId) -> Result<User> {
    let event = administrator.does(EventKind::SessionEnded);
    let context = app.context();
    grounds::write_for(app, administrator.grounds(), move |connection| {
        let session = sessions::by_id(connection, id)?.ok_or(codes::SESSION_UNKNOWN)?;
        if !sessions::end(connection, id)? {
            return Err(codes::SESSION_UNKNOWN.into());
        }
        let event = event
            .about(session.user_id)
            .detailed(EventDetail::Session { id });
        context.record(connection, &event)?;
        users::expect(connection, session.user_id)
    })
    .await
}

/// Ends all sessions of a user, the sign-ins in progress, the trust in their browsers and their
/// recovery links, and counts the sessions.
///
/// # Errors
/// `user.unknown`
pub async fn end_all_of(app: &App, administrator: &Administrator, user: UserId) -> Result<usize> {
    let event = administrator.does(EventKind::SessionEnded).about(user);
    let context = app.context();
    grounds::write_for(app, administrator.grounds(), move |connection| {
        users::expect(connection, user)?;
        users::hold(connection, user)?;
        let count = end_every_way_in(connection, user, None, context.now)?;
        context.record(
            connection,
            &event.detailed(EventDetail::SessionsEnded {
                whose: EndedSessions::All,
                sessions: count,
            }),
        )?;
        Ok(count)
    })
    .await
}
