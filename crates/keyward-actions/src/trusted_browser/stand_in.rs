//! A trusted browser stands in for the second factor.

use super::{Trusted, terms_of};
use crate::policy::policy_states;
use crate::{App, WriteContext};
use keyward_core::domain::device::DeviceState;
use keyward_core::domain::event::{Event, EventDetail, EventKind};
use keyward_core::domain::event_detail::TrustEnd;
use keyward_core::domain::session::Client;
use keyward_core::domain::trusted_browser::{KeyedBrowser, TrustedBrowser};
use keyward_core::domain::user::UserId;
use keyward_core::factors::trusted_browser::{BrowserKey, BrowserRefusal, BrowserTrusted, verify};
use keyward_core::problem::Result;
use keyward_core::secret::Token;
use keyward_store::{AnyConnection, devices, sessions, trusted_browsers, users};

/// A browser that its user trusts showed a key that is good at this moment.
pub(crate) struct Recognised {
    /// The key that it showed.
    pub key: BrowserKey,
    /// The browser.
    pub stored: KeyedBrowser,
}

/// Whether one of the cookies is that of a browser which this user trusts. A key of the past
/// ends the trust.
pub(crate) async fn recognise(
    app: &App,
    user: UserId,
    cookies: &[BrowserKey],
    client: &Client,
) -> Result<Option<Recognised>> {
    if app.settings.trusted_browser.age.is_none() {
        return Ok(None);
    }
    for key in cookies {
        let id = key.id();
        let stored = app
            .store
            .look(move |connection| trusted_browsers::get(connection, id))
            .await?;
        let Some(stored) = stored.filter(|stored| stored.browser.user_id == user) else {
            continue;
        };
        match verify(&stored, key, app.now(), client) {
            Ok(_) => {
                return Ok(Some(Recognised {
                    key: key.clone(),
                    stored,
                }));
            }
            // Over for good: a clock that is set back does not bring it back.
            Err(BrowserRefusal::Expired) => {
                let end = move |connection: &mut _| trusted_browsers::end(connection, id);
                app.store.write(end).await?;
            }
            Err(BrowserRefusal::Reused) => notice_copy(app, &stored, client).await?,
        }
    }
    Ok(None)
}

async fn notice_copy(app: &App, stored: &KeyedBrowser, client: &Client) -> Result<()> {
    let (context, stored, client) = (app.context(), stored.clone(), client.clone());
    app.store
        .write(move |connection| end_copied(connection, &context, &stored, &client))
        .await
}

/// The next key of a browser, for its cookie.
pub(crate) fn next_key(app: &App, recognised: &Recognised) -> BrowserKey {
    BrowserKey::new(recognised.key.id(), Token::generate(&*app.entropy))
}

/// The cookie of a key that was put in place.
pub(crate) fn cookie_of(app: &App, recognised: &Recognised, key: &BrowserKey) -> Trusted {
    Trusted {
        user_id: recognised.stored.browser.user_id,
        cookie: key.write(&app.master_key),
        expires_at: recognised.stored.browser.expires_at,
    }
}

/// Lets a browser stand in, in the caller's transaction: spends its key and puts `next` in place.
/// The second value says whether it did, which it does not for another tab of a moment ago. `None`
/// where the trust is over: another use was faster, say.
pub(crate) fn stand_in(
    connection: &mut AnyConnection,
    context: &WriteContext,
    recognised: &Recognised,
    next: &BrowserKey,
    client: &Client,
) -> Result<Option<(BrowserTrusted, bool)>> {
    let (id, key) = (recognised.key.id(), &recognised.key);
    if !may_stand_in(connection, context, recognised, client)? {
        return Ok(None);
    }
    let rotated = trusted_browsers::rotate(
        connection,
        id,
        &key.hash(),
        &next.hash(),
        client,
        context.now,
    )?;
    let stored = if rotated {
        Some(recognised.stored.clone())
    } else {
        trusted_browsers::get(connection, id)?
    };
    let Some(stored) = stored else {
        return Ok(None);
    };
    match verify(&stored, key, context.now, client) {
        Ok(proof) => Ok(Some((proof, rotated))),
        Err(BrowserRefusal::Expired) => Ok(None),
        Err(BrowserRefusal::Reused) => {
            end_copied(connection, context, &stored, client)?;
            Ok(None)
        }
    }
}

/// Whether the device that vouched for a browser still counts, and policy still trusts it. A trust
/// that policy became too strict for ends here.
fn may_stand_in(
    connection: &mut AnyConnection,
    context: &WriteContext,
    recognised: &Recognised,
    client: &Client,
) -> Result<bool> {
    let browser = &recognised.stored.browser;
    let user = browser.user_id;
    let device = devices::by_id(connection, browser.device_id)?;
    let policy_states = policy_states(connection, user, context.now)?;
    let counts = device.is_some_and(|device| {
        device.state == DeviceState::Active && !policy_states.has_stopped(device.id)
    });
    if !counts {
        return Ok(false);
    }
    let terms = terms_of(connection, &context.settings.trusted_browser, user)?;
    let last_use = |browser: &TrustedBrowser| browser.last_used_at.unwrap_or(browser.created_at);
    let used_later = trusted_browsers::of_user(connection, user, context.now)?
        .iter()
        .filter(|other| other.id != browser.id && last_use(other) > last_use(browser))
        .count();
    let is_trusted = terms.is_some_and(|terms| {
        browser.created_at + terms.age > context.now && used_later < terms.most
    });
    if !is_trusted && trusted_browsers::end(connection, browser.id)? {
        let event = Event::new(EventKind::BrowserTrustEnded)
            .about(user)
            .detailed(EventDetail::Untrusted {
                browser: browser.name.to_string(),
                why: TrustEnd::Policy,
            })
            .from(client);
        context.record(connection, &event)?;
    }
    Ok(is_trusted)
}

/// Ends the trust, and every session that came of it: one of them is the thief's.
fn end_copied(
    connection: &mut AnyConnection,
    context: &WriteContext,
    stored: &KeyedBrowser,
    client: &Client,
) -> Result<()> {
    let browser = &stored.browser;
    users::hold(connection, browser.user_id)?;
    if !trusted_browsers::end(connection, browser.id)? {
        return Ok(());
    }
    let sessions = sessions::end_opened_by(connection, browser.id)?;
    let event = Event::new(EventKind::BrowserKeyReused)
        .about(browser.user_id)
        .on(browser.device_id)
        .detailed(EventDetail::CopiedBrowser {
            browser: browser.name.to_string(),
            sessions,
        })
        .from(client);
    context.record(connection, &event)
}
