//! A person's own sessions: looking at them, and ending them. Ending asks for a fresh proof (ASVS
//! 5.0, 7.5.2): a browser left open must not be the one that ends its owner's others.

use crate::App;
use crate::grounds;
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind};
use keyward_core::domain::event_detail::EndedSessions;
use keyward_core::domain::session::{Client, Session, SessionId};
use keyward_core::flows::permit::{SignedIn, SteppedUp};
use keyward_core::problem::{Result, codes};
use keyward_store::{journeys, sessions};

/// How many of one's own sessions are shown.
const SHOWN: i64 = 100;

/// The person's open sessions, newest first, at most a hundred.
///
/// # Errors
/// The store's.
pub async fn own(app: &App, signed_in: &SignedIn) -> Result<Vec<Session>> {
    let (user, open) = (signed_in.user().id, super::list::what_is_open(app));
    app.store
        .read(move |connection| {
            let page = sessions::page(connection, Some(user), None, open, SHOWN)?;
            Ok(page.into_iter().map(|(session, _)| session).collect())
        })
        .await
}

/// Ends one of the person's own sessions.
///
/// # Errors
/// `session.unknown`, also for another user's.
pub async fn end_own(app: &App, permit: &SteppedUp, id: SessionId, client: &Client) -> Result<()> {
    let user = permit.user().id;
    let event = ended(permit, client).detailed(EventDetail::Session { id });
    let context = app.context();
    grounds::write_for(app, permit.grounds(), move |connection| {
        if !sessions::end_of(connection, user, id)? {
            return Err(codes::SESSION_UNKNOWN.into());
        }
        context.record(connection, &event)
    })
    .await
}

/// Ends all of the person's own sessions but the one that asks, and the sign-ins in progress;
/// counts the sessions.
///
/// # Errors
/// The store's.
pub async fn end_others(app: &App, permit: &SteppedUp, client: &Client) -> Result<usize> {
    let (user, here) = (permit.user().id, permit.session().id);
    let event = ended(permit, client);
    let context = app.context();
    grounds::write_for(app, permit.grounds(), move |connection| {
        let count = sessions::end_others_of(connection, user, here)?;
        journeys::abandon_all_of(connection, user)?;
        context.record(
            connection,
            &event.detailed(EventDetail::SessionsEnded {
                whose: EndedSessions::Others,
                sessions: count,
            }),
        )?;
        Ok(count)
    })
    .await
}

fn ended(signed_in: &SignedIn, client: &Client) -> Event {
    let user = signed_in.user().id;
    Event::new(EventKind::SessionEnded)
        .by(Actor::User(user))
        .about(user)
        .from(client)
}
