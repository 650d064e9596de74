//! Ending the trust in a browser. Like ending a session it asks for no fresh proof.

use crate::grounds;
use crate::{App, WriteContext};
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind};
use keyward_core::domain::session::Client;
use keyward_core::domain::trusted_browser::{TrustedBrowser, TrustedBrowserId};
use keyward_core::domain::user::{User, UserId};
use keyward_core::flows::permit::{Administrator, SignedIn};
use keyward_core::problem::{Result, codes};
use keyward_store::{AnyConnection, sessions, trusted_browsers, users};

/// Ends the trust in one of the person's own browsers, and the sessions that it opened.
///
/// # Errors
/// `trusted_browser.unknown`, also for another user's.
pub async fn end_own(
    app: &App,
    signed_in: &SignedIn,
    id: TrustedBrowserId,
    client: &Client,
) -> Result<TrustedBrowser> {
    let (user, here) = (signed_in.user().id, signed_in.session().trusted_browser_id);
    let event = Event::new(EventKind::BrowserTrustEnded)
        .by(Actor::User(user))
        .from(client);
    let context = app.context();
    grounds::write_for(app, signed_in.grounds(), move |connection| {
        let keeps_sessions = here == Some(id);
        end_trust(connection, &context, id, Some(user), keeps_sessions, event)
    })
    .await
}

/// Ends the trust in any user's browser and the sessions that it opened, and gives back whose it
/// was.
///
/// # Errors
/// `trusted_browser.unknown`
pub async fn end(app: &App, administrator: &Administrator, id: TrustedBrowserId) -> Result<User> {
    let event = administrator.does(EventKind::BrowserTrustEnded);
    let context = app.context();
    grounds::write_for(app, administrator.grounds(), move |connection| {
        let browser = end_trust(connection, &context, id, None, false, event)?;
        users::expect(connection, browser.user_id)
    })
    .await
}

/// In the session that the browser itself opened, its owner stays signed in.
fn end_trust(
    connection: &mut AnyConnection,
    context: &WriteContext,
    id: TrustedBrowserId,
    owner: Option<UserId>,
    keeps_sessions: bool,
    event: Event,
) -> Result<TrustedBrowser> {
    let stored = trusted_browsers::get(connection, id)?;
    let browser = stored
        .map(|stored| stored.browser)
        .filter(|browser| owner.is_none_or(|owner| browser.user_id == owner))
        .ok_or(codes::TRUSTED_BROWSER_UNKNOWN)?;
    if !trusted_browsers::end(connection, id)? {
        return Err(codes::TRUSTED_BROWSER_UNKNOWN.into());
    }
    if !keeps_sessions {
        sessions::end_opened_by(connection, id)?;
    }
    let event = event.about(browser.user_id).detailed(EventDetail::Named {
        name: browser.name.as_str().to_owned(),
    });
    context.record(connection, &event)?;
    Ok(browser)
}
