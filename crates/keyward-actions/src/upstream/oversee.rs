//! Who users are at providers, as administrators see it and take it back.

use super::link::keep_a_way_in;
use crate::{App, grounds};
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::domain::upstream::{UpstreamLink, UpstreamLinkId, UpstreamName};
use keyward_core::domain::user::UserId;
use keyward_core::flows::permit::{Administrator, MayLookUp};
use keyward_core::problem::{Result, codes};
use keyward_store::{upstream_links, upstream_sessions, users};

/// A link of a user, with what people call the provider.
#[derive(Clone, Debug)]
pub struct UserUpstream {
    /// The link.
    pub link: UpstreamLink,
    /// What the provider is called in addresses; `None` where the settings name none of this issuer, by
    /// which nobody signs in.
    pub provider: Option<UpstreamName>,
    /// What people call it; its issuer where the settings do not know it.
    pub label: String,
}

/// Who a user is at providers, in the order in which they said so.
///
/// # Errors
/// `user.unknown`
pub async fn of_user(app: &App, _: &MayLookUp, user: UserId) -> Result<Vec<UserUpstream>> {
    let links = app
        .store
        .look(move |connection| {
            users::expect(connection, user)?;
            upstream_links::of_user(connection, user)
        })
        .await?;
    Ok(links.into_iter().map(|link| told(app, link)).collect())
}

fn told(app: &App, link: UpstreamLink) -> UserUpstream {
    let mut upstreams = app.upstreams.iter();
    let known = upstreams.find(|one| one.provider.issuer == link.identity.issuer);
    UserUpstream {
        provider: known.map(|one| one.provider.name.clone()),
        label: known.map_or_else(
            || link.identity.issuer.clone(),
            |one| one.provider.label.clone(),
        ),
        link,
    }
}

/// Takes a link of any user back, and ends the sessions that it opened. Another user's last way in may go
/// too: an administrator gives them a pass or a link for a password.
///
/// # Errors
/// `user.unknown`, `upstream.link_unknown`, `api_token.scope`; `upstream.only_way_in` for one's own.
pub async fn remove(
    app: &App,
    administrator: &Administrator,
    user: UserId,
    id: UpstreamLinkId,
) -> Result<UserUpstream> {
    let found = of_user(app, administrator, user).await?.into_iter();
    let found = found
        .into_iter()
        .find(|one| one.link.id == id)
        .ok_or(codes::UPSTREAM_LINK_UNKNOWN)?;
    let event = administrator.does(EventKind::UpstreamUnlinked).about(user);
    let event = event.detailed(EventDetail::Named {
        name: found.label.clone(),
    });
    let issuer = &found.link.identity.issuer;
    let others: Vec<String> = app.upstreams.issuers();
    let others: Vec<String> = others.into_iter().filter(|other| other != issuer).collect();
    let is_own = administrator.is(user);
    let (context, told, by) = (app.context(), event.clone(), administrator.grounds());
    let removed = grounds::write_for(app, by.clone(), move |connection| {
        users::hold(connection, user)?;
        grounds::may_change(connection, &by, user)?;
        if is_own {
            keep_a_way_in(connection, user, &others)?;
        }
        // Before it goes: a session does not outlive what it hangs on.
        upstream_sessions::end_opened_by(connection, id, None)?;
        if !upstream_links::remove(connection, id, user)? {
            return Err(codes::UPSTREAM_LINK_UNKNOWN.into());
        }
        context.record(connection, &told)
    })
    .await;
    app.or_refusal(event, removed).await?;
    Ok(found)
}
