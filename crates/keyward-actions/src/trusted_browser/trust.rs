//! Beginning to trust a browser.

use super::terms_of;
use crate::App;
use crate::sign_in::Opened;
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::DeviceName;
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind};
use keyward_core::domain::event_detail::TrustEnd;
use keyward_core::domain::session::{Assurance, Client};
use keyward_core::domain::trusted_browser::{TrustedBrowser, TrustedBrowserId};
use keyward_core::domain::user::UserId;
use keyward_core::factors::trusted_browser::BrowserKey;
use keyward_core::problem::Result;
use keyward_core::secret::Token;
use keyward_store::{sessions, trusted_browsers, users};

/// A browser has a key, its first or the next.
#[must_use = "the browser must be told"]
pub struct Trusted {
    /// Whose browser it is.
    pub user_id: UserId,
    /// What its cookie holds.
    pub cookie: zeroize::Zeroizing<String>,
    /// Until when.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Trusted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trusted")
            .field("user_id", &self.user_id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Trusts the browser in which a session was just opened by a second factor; `None` where the
/// terms do not let it, or no second factor was proved.
///
/// # Errors
/// The store's.
pub async fn trust(
    app: &App,
    opened: &Opened,
    name: DeviceName,
    client: &Client,
) -> Result<Option<Trusted>> {
    let id = TrustedBrowserId::generate(app.now(), &*app.entropy);
    let key = BrowserKey::new(id, Token::generate(&*app.entropy));
    let (hash, identifier) = (key.hash(), opened.identifier.hash());
    let (context, client) = (app.context(), client.clone());
    let trusted = app
        .store
        .write(move |connection| {
            let session = sessions::by_identifier(connection, &identifier)?;
            let proved = session.filter(|session| session.assurance == Assurance::Verified);
            let vouched = proved.and_then(|session| Some((session.user_id, session.device_id?)));
            let Some((user_id, device_id)) = vouched else {
                return Ok(None);
            };
            users::hold(connection, user_id)?;
            let settings = &context.settings.trusted_browser;
            let Some(terms) = terms_of(connection, settings, user_id)? else {
                return Ok(None);
            };
            let browser = TrustedBrowser {
                id,
                user_id,
                name,
                device_id,
                created_at: context.now,
                last_used_at: None,
                expires_at: context.now + terms.age,
                client: client.clone(),
            };
            trusted_browsers::insert(connection, &browser, &hash)?;
            let mut others = trusted_browsers::of_user(connection, user_id, context.now)?;
            others.retain(|other| other.id != id);
            others.sort_by_key(|other| other.last_used_at.unwrap_or(other.created_at));
            let too_many = (others.len() + 1).saturating_sub(terms.most);
            for other in others.iter().take(too_many) {
                trusted_browsers::end(connection, other.id)?;
                let event = Event::new(EventKind::BrowserTrustEnded)
                    .by(Actor::User(user_id))
                    .about(user_id)
                    .detailed(EventDetail::Untrusted {
                        browser: other.name.to_string(),
                        why: TrustEnd::TooMany,
                    })
                    .from(&client);
                context.record(connection, &event)?;
            }
            let event = Event::new(EventKind::BrowserTrusted)
                .by(Actor::User(user_id))
                .about(user_id)
                .on(device_id)
                .detailed(EventDetail::Named {
                    name: browser.name.as_str().to_owned(),
                })
                .from(&client);
            context.record(connection, &event)?;
            Ok(Some((user_id, browser.expires_at)))
        })
        .await?;
    Ok(trusted.map(|(user_id, expires_at)| Trusted {
        user_id,
        cookie: key.write(&app.master_key),
        expires_at,
    }))
}
